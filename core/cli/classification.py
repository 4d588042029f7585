"""The commands that ask a model: classify, evaluate."""

import re
from pathlib import Path

import click

from core.cli.console import echo, echo_json, progress_bar, warn
from core.cli.options import PATH, Count, examples, json_option, model_option, task_option
from core.files import formats, records
from core.prediction import batch
from core.prediction.dask_cluster import DaskExecutor
from core.prediction.reports import evaluate_file, lines

FIELDS = tuple(dict.fromkeys((*records.PAPER_FIELDS, *records.CITATION_FIELDS)))
INPUTS = f"{' '.join(formats.FORMATS)}, all but the last also .gz or .zst"


def _address(value: str) -> str:
    if not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+", value):
        raise click.BadParameter(f"{value!r} is not an address such as tcp://host:8786.")
    return value


def _column(value: str) -> tuple[str, str]:
    field, _, name = value.partition("=")
    if field not in FIELDS or not name:
        raise click.BadParameter(f"{value!r} is not FIELD=NAME, FIELD one of {', '.join(FIELDS)}.")
    return field, name


@click.command(
    epilog=examples(
        "classify papers.csv --out answers.csv",
        "classify papers.jsonl.gz --out answers.parquet --workers 4",
        "classify citations.tsv --out answers.csv --task intent",
        "classify table.csv --out answers.csv --column title=Heading",
    )
)
@click.argument("source", metavar="IN", type=PATH, help=f"{INPUTS}; or a folder of such files.")
@click.option(
    "--out", type=PATH, required=True, metavar="OUT",
    help=f"{' '.join(batch.OUTPUTS)}, or without an ending a folder of Parquet files.",
)  # fmt: skip
@task_option
@model_option
@click.option("--workers", type=Count(1), metavar="N", default=1, show_default=True,
              help="Processes that classify.")  # fmt: skip
@click.option("--cluster", type=_address, metavar="tcp://HOST:PORT",
              help="A Dask scheduler whose workers classify.")  # fmt: skip
@click.option("--column", "columns", type=_column, multiple=True, metavar="FIELD=NAME",
              help=f"The column of a field: {', '.join(FIELDS)}. May be repeated.")  # fmt: skip
def classify(
    source: Path, out: Path, task: str, model: str | None, workers: int, cluster: str | None,
    columns: tuple[tuple[str, str], ...],
) -> None:  # fmt: skip
    """Classify every row of a file into another file.

    OUT has a row for each row of IN, in order, with the columns id, predicted, scores and note. It
    appears complete or not at all; after an interruption the same command continues.
    """
    if cluster and workers > 1:
        raise click.UsageError("--workers and --cluster exclude each other.")
    executor: batch.Executor = batch.SerialExecutor()
    if cluster:
        executor = DaskExecutor(cluster)
    elif workers > 1:
        executor = batch.ProcessExecutor(workers)
    stopped = "Stopped; what is done is saved: run the same command again to continue from there."
    with progress_bar(stopped=stopped) as report:
        summary = batch.classify_file(source, out, task, model, executor, report, dict(columns))
    rate = (summary.rows - summary.resumed) / max(summary.classifying, 1e-9)
    earlier = f", {summary.resumed:,} of them done before" if summary.resumed else ""
    warn(
        f"{summary.rows:,} rows in {summary.seconds:.1f} s (classification alone {rate:,.0f} a "
        f"second){earlier}, {summary.noted:,} with a note: {out}"
    )


@click.command(
    epilog=examples("evaluate papers.csv --task subject", "evaluate papers.jsonl --json")
)
@click.argument("source", metavar="IN", type=PATH, help=f"{INPUTS}.")
@task_option
@model_option
@json_option
def evaluate(source: Path, task: str, model: str | None, as_json: bool) -> None:
    """Compare a model with the true labels in a file.

    IN holds papers with their categories, or citations with their labels.
    """
    report = evaluate_file(source, task, model)
    if as_json:
        echo_json(report)
    else:
        echo(lines(report))
