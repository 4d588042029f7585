"""The commands that ask a model: suggest, classify, evaluate."""

import re
from pathlib import Path

import click

from core.cli.console import echo, echo_json, progress_bar, warn
from core.cli.options import (
    PATH,
    SOURCE,
    Count,
    column_option,
    examples,
    json_option,
    model_option,
    task_option,
)
from core.files import formats
from core.files.columns import CITATION_FIELDS, PAPER_FIELDS
from core.prediction import batch
from core.prediction.dask_cluster import DaskExecutor
from core.prediction.reports import evaluate_file, lines

FIELDS = tuple(dict.fromkeys((*PAPER_FIELDS, *CITATION_FIELDS)))
INPUTS = f"{' '.join(formats.FORMATS)}, all but .parquet and .xlsx also .gz or .zst"


def _address(value: str) -> str:
    if not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+", value):
        raise click.BadParameter(f"{value!r} is not an address such as tcp://host:8786.")
    return value


def _confidence(value: str) -> float:
    # Not click's range of numbers, in which "nan" lies.
    if not re.fullmatch(r"0?\.\d+", value) or not 0 < float(value) < 1:
        raise click.BadParameter(f"{value!r} is not a number over 0 and under 1, such as 0.9.")
    return float(value)


def _executor(workers: int, cluster: str | None) -> batch.Executor:
    if cluster and workers > 1:
        raise click.UsageError("--workers and --cluster exclude each other.")
    if cluster:
        return DaskExecutor(cluster)
    return batch.ProcessExecutor(workers) if workers > 1 else batch.SerialExecutor()


def _tell(summary: batch.Summary, out: Path, work: str) -> None:
    """Say how many rows were answered, and how fast."""
    rate = (summary.rows - summary.resumed) / max(summary.classifying, 1e-9)
    earlier = f", {summary.resumed:,} of them done before" if summary.resumed else ""
    warn(
        f"{summary.rows:,} rows in {summary.seconds:.1f} s ({work} alone {rate:,.0f} a second)"
        f"{earlier}, {summary.noted:,} with a note: {out}"
    )


STOPPED = "Stopped; what is done is saved: run the same command again to continue from there."
source_argument = click.argument(
    "source", metavar="IN", type=SOURCE,
    help=f"{INPUTS}; a folder of such files; or - for standard input.",
)  # fmt: skip
out_option = click.option(
    "--out", type=PATH, required=True, metavar="OUT",
    help=f"{' '.join(batch.OUTPUTS)}, or without an ending a folder of Parquet files.",
)  # fmt: skip
workers_option = click.option(
    "--workers", type=Count(1), metavar="N", default=1, show_default=True,
    help="Processes that do the work.",
)  # fmt: skip
cluster_option = click.option(
    "--cluster", type=_address, metavar="tcp://HOST:PORT",
    help="A Dask scheduler whose workers do the work.",
)  # fmt: skip


@click.command(
    epilog=examples(
        "suggest papers.csv --out answers.csv",
        "suggest papers.jsonl.gz --out answers.parquet --workers 4",
        "suggest table.csv --out answers.csv --confidence 0.95 --column title=Heading",
    )
)
@source_argument
@out_option
@click.option("--confidence", type=_confidence, default="0.9", show_default=True, metavar="SHARE",
              help="How often the prediction set holds the primary category.")  # fmt: skip
@workers_option
@cluster_option
@column_option(PAPER_FIELDS)
def suggest(
    source: Path, out: Path, confidence: float, workers: int, cluster: str | None,
    columns: tuple[tuple[str, str], ...],
) -> None:  # fmt: skip
    """Suggest where to submit and cross-list every paper of a file.

    OUT has a row for each row of IN, in order, with its own columns and then primary,
    primary_probability, cross_lists, prediction_set, certainty (sure, unsure or none) and note. It
    appears complete or not at all; after an interruption the same command continues.
    """
    executor = _executor(workers, cluster)
    with progress_bar(stopped=STOPPED) as report:
        summary = batch.suggest_file(source, out, confidence, executor, report, dict(columns))
    _tell(summary, out, "suggesting")


@click.command(
    epilog=examples(
        "classify papers.csv --out answers.csv",
        "classify papers.jsonl.gz --out answers.parquet --workers 4",
        "classify citations.tsv --out answers.csv --task intent",
        "classify table.csv --out answers.csv --column title=Heading",
    )
)
@source_argument
@out_option
@task_option
@model_option
@workers_option
@cluster_option
@column_option(FIELDS)
def classify(
    source: Path, out: Path, task: str, model: str | None, workers: int, cluster: str | None,
    columns: tuple[tuple[str, str], ...],
) -> None:  # fmt: skip
    """Classify every row of a file into another file.

    OUT has a row for each row of IN, in order, with the columns id, predicted, scores and note. It
    appears complete or not at all; after an interruption the same command continues.
    """
    executor = _executor(workers, cluster)
    with progress_bar(stopped=STOPPED) as report:
        summary = batch.classify_file(source, out, task, model, executor, report, dict(columns))
    _tell(summary, out, "classification")


@click.command(
    epilog=examples("evaluate papers.csv --task subject", "evaluate papers.jsonl --json")
)
@click.argument("source", metavar="IN", type=SOURCE,
                help=f"{INPUTS}; or - for standard input.")  # fmt: skip
@task_option
@model_option
@json_option
@column_option(FIELDS)
def evaluate(
    source: Path, task: str, model: str | None, as_json: bool, columns: tuple[tuple[str, str], ...]
) -> None:
    """Compare a model with the true labels in a file.

    IN holds papers with their categories, or citations with their labels.
    """
    report = evaluate_file(source, task, model, dict(columns))
    known_none = ", ".join(report.pop("unknown_examples"))
    if unknown := report["unknown_labels"]:
        rows = "1 row is" if unknown == 1 else f"{unknown:,} rows are"
        warn(f"{rows} left out, with labels that the task {task} does not know: {known_none}")
    if as_json:
        echo_json(report)
    else:
        echo(lines(report))
