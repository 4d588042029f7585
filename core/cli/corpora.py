"""The commands about corpora: download, statistics."""

from pathlib import Path

import click

from core import settings, taxonomy
from core.cli.console import echo, progress_bar
from core.cli.options import (
    PATH,
    SOURCE,
    STANDARD_INPUT,
    Count,
    column_option,
    examples,
)
from core.corpora import arxiv_newest
from core.corpora import download as downloads
from core.embeddings import module_download
from core.files import export
from core.files.columns import PAPER_FIELDS
from core.statistics import aggregates, conversion, label_counts, summaries
from core.statistics.corpus import CorpusDatabase


def _archives(value: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(filter(None, (code.strip() for code in value.split(",")))))
    if unknown := [code for code in codes if code not in taxonomy.ARCHIVES]:
        known = ", ".join(taxonomy.LIVE_ARCHIVES)
        raise click.BadParameter(f"{unknown[0]!r} is not one of {known}.")
    return codes


@click.command(
    epilog=examples(
        "download arxiv",
        "download arxiv-recent --archives cs,math --papers 10000",
        "download scicite --to corpora",
    )
)
@click.argument("what", type=click.Choice(["arxiv", "arxiv-recent", "scicite", "cord19-swivel"]))
@click.option("--to", type=PATH, metavar="DIR", default=settings.data_folder,
              help="[default: the data folder]")  # fmt: skip
@click.option(
    "--archives",
    type=_archives,
    metavar="CODES",
    help="The archives of arxiv-recent, separated by commas.  [default: all]",
)
@click.option("--papers", type=Count(1, arxiv_newest.MAX_PAPERS), metavar="N",
              help=f"How many papers arxiv-recent fetches.  [default: {arxiv_newest.PAPERS}]",
              )  # fmt: skip
def download(what: str, to: Path, archives: tuple[str, ...] | None, papers: int | None) -> None:
    """Download a public corpus, arXiv's newest papers or Google's CORD-19 module.

    After an interruption the same command continues.
    """
    if what != "arxiv-recent" and (archives is not None or papers is not None):
        raise click.UsageError("--archives and --papers go with arxiv-recent.")
    stopped = "Stopped; what was downloaded is saved: run the same command again to continue."
    with progress_bar(log=True, stopped=stopped) as report:
        if what == "arxiv-recent":
            papers = papers or arxiv_newest.PAPERS
            folder = arxiv_newest.fetch(to, report, archives or (), papers)
        elif what == "cord19-swivel":
            folder = module_download.cord19_swivel(to / "tfhub", report)
        else:
            get = downloads.arxiv if what == "arxiv" else downloads.scicite
            folder = get(to, report)
    echo(str(folder))


def _years(value: str) -> tuple[int, int]:
    first, _, last = value.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal()) or int(last) < int(first):
        raise click.BadParameter(f"{value!r} is not a year or two, such as 2019 or 2010-2019.")
    return int(first), int(last)


@click.command(
    epilog=examples(
        "statistics papers.jsonl",
        "statistics papers.jsonl --years 2010-2019 --archive math --out tables",
    )
)
@click.argument("source", metavar="IN", type=SOURCE,
                help="Papers with categories: file, folder, or - for standard input.")  # fmt: skip
@click.option("--out", type=PATH, metavar="DIR", help="Write every table there as CSV.")
@click.option("--years", type=_years, metavar="FROM-TO", help="Count these years, by the ids.")
@click.option("--archive", "archives", multiple=True, metavar="CODE",
              help="Count papers in this archive. May be repeated.")  # fmt: skip
@click.option("--text", default="", help="Count papers with this in title or abstract.")
@click.option("--merge", is_flag=True, help="Count retired archives as their successors.")
@click.option("--aggregate", type=PATH, metavar="DIR",
              help="Write there only the papers by month and categories, as in "
              "models/statistics. No other option goes with it.")  # fmt: skip
@column_option(PAPER_FIELDS)
@click.pass_context
def statistics(
    context: click.Context, source: Path, out: Path | None, years: tuple[int, int] | None,
    archives: tuple[str, ...], text: str, merge: bool, aggregate: Path | None,
    columns: tuple[tuple[str, str], ...],
) -> None:  # fmt: skip
    """Count a corpus: categories, time, lengths, words."""
    others = {"years": years, "archive": archives, "text": text, "merge": merge, "out": out}
    if aggregate and (given := [name for name, value in others.items() if value]):
        raise click.UsageError(f"--aggregate counts every paper of IN and takes no --{given[0]}")
    with progress_bar() as report:
        home = context.meta.get(STANDARD_INPUT)
        cached = conversion.convert(source, report, home=home, columns=dict(columns))
    if aggregate:
        aggregates.write_aggregate(source, aggregate, cached.source)
        echo(f"{cached.papers:,} papers counted in {aggregate}")
        return
    wanted = label_counts.Filter(years, archives, " ".join(text.split()), merge)
    corpus = CorpusDatabase(cached)
    counts = corpus.counts(wanted)
    for line in summaries.summary(counts, cached):
        echo(line)
    if not out:
        echo("\n" + label_counts.by_label(counts, "archive").to_string(index=False))
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, table in summaries.tables(counts, corpus, wanted).items():
        file = out / f"{name}.csv"
        with export.atomic_write(file) as scratch:
            scratch.write_bytes(export.csv_bytes(table().round(6)))
        echo(str(file))
