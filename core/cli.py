"""The command line: `python -m core COMMAND`. A contract: names, columns and exit codes stay."""

import argparse
import json
import math
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from core import settings
from core.cards import Card, ModelError, check_files, installed
from core.classifiers import store
from core.classifiers.registry import recipes
from core.corpora import download
from core.corpora.blocks import CorpusError
from core.embeddings import (
    hub_module,
    module_download,
    module_table,
    similarity,
    vectors,
    word_pairs,
)
from core.embeddings.hub_module import Module
from core.embeddings.term_list import MAX_TERMS
from core.files import export, limits, readers
from core.prediction import batch
from core.prediction.reports import evaluate_file, headlines, lines
from core.statistics import aggregates, summaries
from core.statistics.corpus import Corpus
from core.tasks import TASKS
from core.text.documents import visible
from core.training import swivel_recipe
from core.training.recipe import Options, Recipe
from core.training.runs import Run

DONE, FAILED, USAGE = 0, 1, 2
UNREAD = 128 + signal.SIGPIPE
"""Whoever read what is said has gone, as `head` does; a shell tells it of other commands so."""

EXPECTED = (
    ModelError,
    module_table.ModuleError,
    vectors.TermError,
    limits.BatchError,
    CorpusError,
    download.DownloadError,
    OSError,
)


class _Bar:
    """A line on standard error that is drawn over, where that is a terminal."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()

    def show(self, words: str) -> None:
        if self.live:
            sys.stderr.write(f"\r\033[K{words}")
            sys.stderr.flush()

    def share(self, share: float, words: str) -> None:
        """A bar with words; off a terminal a line each time."""
        if self.live:
            filled = round(24 * share)
            self.show(f"[{'#' * filled}{'.' * (24 - filled)}] {share:4.0%} {words}")
        else:
            sys.stderr.write(f"{share:4.0%} {words}\n")

    def show_share(self, share: float, words: str) -> None:
        """A bar with words where it is a terminal; nothing elsewhere, for it comes often."""
        if self.live:
            self.share(share, words)

    def end(self) -> None:
        if self.live:
            sys.stderr.write("\n")


def _write(line: str) -> None:
    try:
        with export.full_disk_named("standard output"):
            sys.stdout.write(line + "\n")
    except BrokenPipeError:
        raise SystemExit(UNREAD) from None


def _say(text: str) -> None:
    """Write lines for people: terms, categories and names in them do not command a terminal."""
    _write(visible(text))


def _warn(words: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(_one_line(words) + "\n")


def _one_line(words: str) -> str:
    return " ".join(visible(words).split())


def _models(args: argparse.Namespace) -> None:
    cards, problems = installed()
    for problem in problems:
        _warn(problem)
    records = [
        {
            "task": card.task,
            "name": card.name,
            "label": card.label,
            "bytes": card.size,
            "metrics": headlines(card),
            "damaged": _damaged(card),
        }
        for card in cards
    ]
    if args.json:
        _write(json.dumps(records, indent=1))
        return
    _say(f"{'task':10}{'name':15}{'MB':>6}  metrics")
    for record in records:
        metrics = "; ".join(
            f"{part}: " + ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
            for part, figures in record["metrics"].items()
        )
        if record["damaged"]:
            metrics = "damaged"
        _say(f"{record['task']:10}{record['name']:15}{record['bytes'] / 1e6:6.1f}  {metrics}")


def _damaged(card: Card) -> bool:
    """Whether a file of the model is not the one of its card; says so on standard error."""
    try:
        check_files(card)
    except (ModelError, OSError) as problem:
        _warn(str(problem))
        return True
    return False


def _classify(args: argparse.Namespace) -> None:
    bar = _Bar()

    def progress(rows: int, seconds: float, share: float) -> None:
        bar.show(f"{share:4.0%} {rows:,} rows, {rows / max(seconds, 1e-9):,.0f} a second")

    try:
        summary = batch.classify_file(
            args.input, args.out, args.task, args.model, _crew(args), progress, dict(args.column)
        )
    except KeyboardInterrupt:
        raise batch.Interrupted(
            "Stopped; what is done is kept: run the same command again to go on from there."
        ) from None
    bar.end()
    rate = (summary.rows - summary.resumed) / max(summary.classifying, 1e-9)
    earlier = f", {summary.resumed:,} of them done before" if summary.resumed else ""
    sys.stderr.write(
        f"{summary.rows:,} rows in {summary.seconds:.1f} s (classification alone {rate:,.0f} a "
        f"second){earlier}, {summary.noted:,} with a note: {args.out}\n"
    )


def _crew(args: argparse.Namespace) -> batch.Crew:
    """Who classifies: this process, several, or a cluster."""
    if args.cluster:
        from core.prediction.dask_cluster import Cluster

        return Cluster(args.cluster)
    return batch.Processes(args.workers) if args.workers > 1 else batch.Alone()


def _evaluate(args: argparse.Namespace) -> None:
    report = evaluate_file(args.input, args.task, args.model)
    if args.json:
        _write(json.dumps(report))
    else:
        _say(lines(report))


def _recipes() -> dict[str, Recipe]:
    """Every recipe by name, of classifiers and of embeddings."""
    return recipes() | {recipe.name: recipe for recipe in swivel_recipe.RECIPES}


def _options(args: argparse.Namespace, recipe: Recipe) -> Options | None:
    """The recipe's own settings but for those given. Raises ModelError for one it does not heed."""
    given = {name: value for name in OPTIONS if (value := getattr(args, name)) is not None}
    for name in given:
        if name not in recipe.supported_options:
            raise ModelError(
                f"The recipe {recipe.name} has no --{name.replace('_', '-')}; it heeds "
                f"{', '.join(recipe.supported_options).replace('_', '-') or 'no settings'}."
            )
    return replace(recipe.options, **given) if given else None


def _train(args: argparse.Namespace) -> None:
    recipe = _recipes()[args.name]
    tasks = [args.task] if args.task else recipe.tasks
    saved: list[str] = []
    try:
        for task in tasks:
            _train_one(args, recipe, task, saved)
    except KeyboardInterrupt:
        if recipe in swivel_recipe.RECIPES:
            raise KeyboardInterrupt(
                "Stopped; run the same command again to go on from what was kept."
            ) from None
        raise KeyboardInterrupt(f"Stopped; saved: {', '.join(saved) or 'nothing'}.") from None


def _train_one(args: argparse.Namespace, recipe: Recipe, task: str, saved: list[str]) -> None:
    """Train for one task; what is saved joins the list."""
    if task not in recipe.tasks:
        raise ModelError(f"The recipe {recipe.name} answers {', '.join(recipe.tasks)}, not {task}.")
    bar = _Bar()
    run = Run(recipe, task, _options(args, recipe), bar.share)
    trained = recipe.train(args.data, task, run)
    bar.end()
    out = args.out / task / recipe.name if args.out else None
    card = store.save(trained, recipe, out, run.seconds)
    saved.append(f"{task}/{recipe.name}")
    _say(f"{task}/{recipe.name}: {card.size / 1e6:.1f} MB in {card.folder}")
    for part, figures in trained.metrics.items():
        _say(f"\n{part}\n{lines(figures)}")


def _module(args: argparse.Namespace) -> Module:
    if args.module:
        return hub_module.load(args.module)
    place = hub_module.default()
    return hub_module.load(place.source, place.key)


def _similarity(args: argparse.Namespace) -> None:
    if len(args.terms) > MAX_TERMS:
        raise vectors.TermError(f"A matrix takes up to {MAX_TERMS} terms, not {len(args.terms)}.")
    loaded = _module(args)
    values = similarity.similarity(loaded.embed(args.terms), args.measure)
    for term in args.terms:
        for word in loaded.table.unknown_words(term) if loaded.table else ():
            _warn(f"“{word}” is not in the vocabulary.")
    if args.out:
        import pandas as pd

        matrix = pd.DataFrame(values, columns=args.terms).round(6)
        matrix.insert(0, "term", args.terms, allow_duplicates=True)
        with export.whole(args.out) as scratch:
            scratch.write_bytes(export.csv_bytes(matrix))
        return
    shown = [_one_line(term) for term in args.terms]
    width = max(8, *(len(term) + 2 for term in shown))
    _say(" " * width + "".join(f"{term:>{width}}" for term in shown))
    for term, row in zip(shown, values, strict=True):
        _say(f"{term:{width}}" + "".join(f"{value:{width}.3f}" for value in row))


def _neighbours(args: argparse.Namespace) -> None:
    table = hub_module.table_of(_module(args))
    found = similarity.neighbours(table, args.term, args.top)
    if args.json:
        _write(json.dumps([asdict(word) for word in found], ensure_ascii=False, indent=1))
        return
    for word in found:
        _say(f"{word.rank:4} {word.similarity:7.3f}  {word.word}")


def _evaluate_embedding(args: argparse.Namespace) -> None:
    pairs = word_pairs.read_word_pairs(args.set)
    result = word_pairs.word_similarity(hub_module.table_of(_module(args)), pairs)
    _write(json.dumps({"set": args.set.stem, **asdict(result)}))


def _statistics(args: argparse.Namespace) -> None:
    # pandas takes a third of a second to import.
    from core.statistics import conversion, label_counts

    wanted = label_counts.Filter(
        args.years, tuple(args.archive or ()), " ".join(args.text.split()), args.merge
    )
    others = [name for name in ("years", "archive", "text", "merge", "out") if getattr(args, name)]
    if args.aggregate and others:
        args.refuse(f"--aggregate counts every paper of IN and takes no --{others[0]}")
    bar = _Bar()
    cached = conversion.convert(args.input, bar.show_share)
    bar.end()
    if args.aggregate:
        aggregates.aggregate(args.input, args.aggregate, cached.source)
        _say(f"{cached.papers:,} papers counted in {args.aggregate}")
        return
    corpus = Corpus(cached)
    counts = corpus.counts(wanted)
    for line in summaries.summary(counts, cached):
        _say(line)
    if not args.out:
        _say("")
        _say(label_counts.by_label(counts, "archive").to_string(index=False))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    for name, table in summaries.tables(counts, corpus, wanted).items():
        with export.whole(args.out / f"{name}.csv") as scratch:
            scratch.write_bytes(export.csv_bytes(table().round(6)))
        _say(str(args.out / f"{name}.csv"))


def _years(value: str) -> tuple[int, int]:
    first, _, last = value.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()) or int(last or first) < int(first):
        raise argparse.ArgumentTypeError("must be a year or two, such as 2019 or 2010-2019")
    return int(first), int(last or first)


def _download(args: argparse.Namespace) -> None:
    bar = _Bar()
    get = {
        "arxiv": download.arxiv,
        "scicite": download.scicite,
        "cord19-swivel": lambda to, progress: module_download.cord19_swivel(to / "tfhub", progress),
    }[args.what]
    try:
        folder = get(args.to, bar.share)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "Stopped; what was downloaded is kept: run the same command again to go on from there."
        ) from None
    bar.end()
    _say(str(folder))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Paperlens")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], None], text: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run, refuse=sub.error)
        return sub

    models = command("models", _models, "What is installed: task, name, size, headline metrics.")
    models.add_argument("--json", action="store_true", help="as JSON")

    classify = command("classify", _classify, "Classify every row of a file into another.")
    classify.add_argument(
        "input", type=Path, metavar="IN", help=f"{' '.join(readers.INPUTS)}, or a folder"
    )
    classify.add_argument(
        "--out",
        type=Path,
        required=True,
        help=f"{' '.join(batch.OUTPUTS)}, or without an ending a folder of Parquet",
    )
    where = classify.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_positive, default=1, help="processes (default 1)")
    where.add_argument(
        "--cluster", type=_address, metavar="tcp://HOST:PORT", help="a Dask scheduler"
    )
    classify.add_argument(
        "--column",
        type=_column,
        action="append",
        default=[],
        metavar="FIELD=NAME",
        help="which column holds a field, as in title=Heading; may be repeated",
    )

    evaluate = command("evaluate", _evaluate, "Compare a model with the true labels in a file.")
    evaluate.add_argument("input", type=Path, metavar="IN", help="papers with categories")
    evaluate.add_argument("--json", action="store_true", help="as one JSON object")
    for sub in (classify, evaluate):
        sub.add_argument("--task", choices=TASKS, default="archive")
        sub.add_argument("--model", metavar="NAME", help="default: the task's default model")

    train = command("train", _train, "Train a recipe; writes the model and its card.")
    train.add_argument("name", metavar="NAME", choices=sorted(_recipes()), help="a recipe")
    train.add_argument("--data", type=Path, default=settings.data_folder(), metavar="PATH")
    train.add_argument("--out", type=Path, metavar="DIR", help="default: the models folder")
    train.add_argument("--task", choices=TASKS, help="default: every task of the recipe")

    for name, kind in OPTIONS.items():
        train.add_argument(
            f"--{name.replace('_', '-')}", type=kind, help=f"{name.replace('_', ' ')} of the recipe"
        )

    fetch = command("download", _download, "Get a public corpus or module; resumes.")
    fetch.add_argument("what", choices=("arxiv", "scicite", "cord19-swivel"))
    fetch.add_argument(
        "--to", type=Path, default=settings.data_folder(), metavar="DIR", help="the data folder"
    )

    counted = command(
        "statistics", _statistics, "Count a corpus: categories, time, lengths, words."
    )
    counted.add_argument("input", type=Path, metavar="IN", help="papers with categories")
    counted.add_argument("--out", type=Path, metavar="DIR", help="write every table as CSV there")
    counted.add_argument("--years", type=_years, metavar="FROM-TO", help="by the papers' ids")
    counted.add_argument(
        "--archive", action="append", metavar="CODE", help="papers in it; again for another"
    )
    counted.add_argument("--text", default="", help="papers whose title or abstract holds this")
    counted.add_argument(
        "--merge", action="store_true", help="count retired archives as their successors"
    )
    counted.add_argument(
        "--aggregate", type=Path, metavar="DIR",
        help="write only the papers by month and categories there, as they ship",
    )  # fmt: skip

    matrix = command("similarity", _similarity, "How near terms lie: a matrix.")
    matrix.add_argument("terms", nargs="+", metavar="TERM")
    matrix.add_argument("--measure", choices=similarity.MEASURES, default="inner")
    matrix.add_argument("--out", type=Path, metavar="M.csv", help="write a CSV file instead")
    near = command("neighbours", _neighbours, "The nearest words of the vocabulary to a term.")
    near.add_argument("term", metavar="TERM")
    near.add_argument("--top", type=_positive, default=10, help="how many (default 10)")
    near.add_argument("--json", action="store_true", help="as JSON")
    words = command(
        "evaluate-embedding", _evaluate_embedding, "Spearman's rho on a word-similarity set."
    )
    words.add_argument("set", type=Path, metavar="SET", help="term1 TAB term2 TAB score")
    for sub in (matrix, near, words):
        sub.add_argument(
            "--module", metavar="PATH_OR_HANDLE", help="default: the one the dashboard shows first"
        )
    return parser


def _positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return int(value)


def _seed(value: str) -> int:
    if not value.isdecimal():
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return int(value)


def _rate(value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError("must be a number above 0")
    return rate


OPTIONS = {
    "epochs": _positive,
    "batch_size": _positive,
    "learning_rate": _rate,
    "sample": _positive,
    "patience": _positive,
    "seed": _seed,
}
"""The settings of a training that can be given on the command line, and how each is read."""


def _address(value: str) -> str:
    if not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d+", value):
        raise argparse.ArgumentTypeError("must be an address such as tcp://host:8786")
    return value


def _column(value: str) -> tuple[str, str]:
    field, equals, name = value.partition("=")
    fields = dict.fromkeys((*readers.PAPER_FIELDS, *readers.CITATION_FIELDS))
    if field not in fields or not equals or not name:
        raise argparse.ArgumentTypeError(f"must be FIELD=NAME, FIELD one of {', '.join(fields)}")
    return field, name


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 0 done, 1 the work failed, 2 wrong usage, or UNREAD."""
    code = _run(argv)
    try:
        if sys.stdout:
            with export.full_disk_named("standard output"):
                sys.stdout.flush()
    except OSError as error:
        # At its end Python would try once more, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD if isinstance(error, BrokenPipeError) else _failed(str(error))
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = _parser().parse_args(argv)
        args.run(args)
    except SystemExit as stop:
        return int(stop.code or 0)
    except EXPECTED as error:
        return _failed(_reason(error))
    except KeyboardInterrupt as stop:
        return _failed(str(stop) or "Stopped.")
    except MemoryError:
        return _failed("Out of memory; try a smaller file.")
    except Exception as error:
        # The contract: no traceback ever reaches a user, whatever happened.
        return _failed(f"Something went wrong ({type(error).__name__}: {error}).")
    return DONE


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in export.FULL:
        place = f" for {error.filename}" if error.filename else ""
        return f"There is no room{place} ({error.strerror}); free some space and try again."
    return str(error)


def _failed(words: str) -> int:
    _warn(words)
    return FAILED
