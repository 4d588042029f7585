"""`make bench`: measure Paperlens against the course's recipe and write BENCHMARKS.md.

Needs the development data (PAPERLENS_DATA); nothing else should run on the machine meanwhile.
"""

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import zstandard

from benchmarks import api, batch, course, load, memory, networks, reading, statistics, terms
from benchmarks.clock import milliseconds, timed
from benchmarks.server import start_and_open
from core import cards, settings
from core.classifiers import store
from core.corpora import arxiv
from core.tasks import TASKS
from core.text import documents, tfidf
from core.training.papers import COURSE_FILE
from pages.classify.examples import EXAMPLES

MANY = 10_000
ROOT = Path(__file__).resolve().parent.parent


def unpacked(folder: Path) -> Path:
    """The course sample as uncompressed JSON lines, the only format the course's loop reads."""
    packed = settings.data_folder() / "arxiv" / COURSE_FILE
    if not packed.exists():
        sys.exit(f"The benchmarks need {COURSE_FILE}: point PAPERLENS_DATA at its folder.")
    plain = folder / "arxiv-course.json"
    with packed.open("rb") as source, plain.open("wb") as target:
        zstandard.ZstdDecompressor().copy_stream(source, target)
    return plain


def rows(folder: Path) -> list[tuple[str, str, str, str]]:
    """Rows of the main table: task, the course's figure, ours, and the ratio."""
    plain = unpacked(folder)
    theirs, data = timed(lambda: course.read_file(plain))
    ours, corpus = timed(lambda: arxiv.read(plain))
    found = [ratio("load 170,618 papers", theirs, ours, "s")]

    joined = course.texts(data)
    truth, _ = course.labels(data)
    theirs, (vectorizer, matrix) = timed(lambda: course.vectorise(joined), 1)
    papers = [
        documents.paper_text(t, a)
        for t, a in zip(corpus.papers["title"], corpus.papers["abstract"], strict=True)
    ]
    bag = tfidf.learn_course(papers, 4_000)
    ours, _ = timed(lambda: bag.transform(papers), 1)
    model = store.load(cards.find("archive"))
    features = store.load(cards.find("archive", "linear")).vectorizer
    pairs, _ = timed(lambda: [None for _ in features.batches(papers)], 1)
    found.append(
        ratio("vectorise them, 4,000 words (the course's time includes fitting)", theirs, ours, "s")
    )
    found.append(ratio("vectorise them with the default model's features", theirs, pairs, "s"))

    theirs, nb = timed(lambda: course.train(matrix, truth), 1)
    found.append(("train naive Bayes on them", f"{theirs:.2f} s", "", ""))

    one, papers_one = joined.iloc[:1], papers[:1]
    theirs = milliseconds(lambda: nb.predict(vectorizer.transform(one)), 50)
    ours = milliseconds(lambda: model.predict_scores(papers_one))
    found.append(ratio("classify one paper (median)", theirs, ours, "ms"))

    theirs, _ = timed(lambda: nb.predict(vectorizer.transform(joined.iloc[:MANY])))
    ours, _ = timed(lambda: model.predict_scores(papers[:MANY]))
    found.append(ratio(f"classify {MANY:,} papers", theirs, ours, "s"))

    for name, theirs, ours in networks.rows(joined, papers, truth):
        what, _, unit = name.rpartition(", ")
        found.append(ratio(what, theirs, ours, unit))

    loading, _ = timed(lambda: store.load(cards.find("archive")))
    found.append(("load the default archive model", "", f"{loading:.2f} s", ""))
    loading, _ = timed(lambda: store.load(cards.find("subject")))
    found.append(("load the default subject model", "", f"{loading:.2f} s", ""))
    start = start_and_open(ROOT)
    found += [
        ("start until the health check answers", "", f"{start.healthy:.2f} s", ""),
        ("start until the landing page’s first paint", "", f"{start.painted:.2f} s", ""),
        ("start until the landing page is complete", "", f"{start.rest:.2f} s", ""),
        ("CPU time of the server until then", "", f"{start.cpu:.2f} s", ""),
        ("memory of the server after the landing page", "", f"{start.megabytes:.0f} MB", ""),
    ]
    return found


def ratio(name: str, theirs: float, ours: float, unit: str) -> tuple[str, str, str, str]:
    """A row with both times and the speedup."""
    return (name, f"{theirs:.2f} {unit}", f"{ours:.2f} {unit}", f"{theirs / ours:.1f} x")


def main() -> None:
    """Measure, print and write the tables."""
    # First, while this process is small: the peak memory of a child process includes what its
    # parent held when it was forked.
    many, corpora = list(batch.rows()), statistics.lines()
    with tempfile.TemporaryDirectory() as folder:
        table = rows(Path(folder))
        report, micro = course.report(unpacked(Path(folder)))
    lines = [
        "# Benchmarks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}; `make bench` writes this page.",
        "",
        "| | the course's recipe | Paperlens | ratio |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in table),
        "",
        *leaderboard(),
        "",
        "## Classifying files of many papers",
        "",
        batch.HEAD,
        *many,
        "",
        "## Reading tables row by row",
        "",
        reading.HEAD,
        *reading.rows(),
        "",
        "## Compare terms",
        "",
        "| median of warm runs | the notebook's code | Paperlens |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in terms.rows()),
        "",
        *corpora,
        "",
        *load.lines(load.measure()),
        "",
        *api.lines(api.measure()),
        "",
        *memory.lines(memory.measure()),
        "",
        f"## The course's recipe on the development sample: micro-F1 {micro:.3f} (published 0.72)",
        "",
        "```",
        report.rstrip(),
        "```",
    ]
    page = "\n".join(lines) + "\n"
    (ROOT / "BENCHMARKS.md").write_text(page, encoding="utf-8")
    print(page)


def leaderboard() -> list[str]:
    """The metrics on the card of every installed model, a row for each slice.

    Accuracy, or micro-F1, and the calibration of what is shown come first.
    """
    keys = (
        "accuracy", "top3_accuracy", "micro_f1", "ece_top", "ece", "set_coverage", "set_size",
        "macro_f1", "macro_f1_live", "samples_f1", "binary_accuracy", "top5_recall", "log_loss",
    )  # fmt: skip
    lines = [
        "## Models on held-out test papers",
        "",
        f"| task | model | slice | papers | training, s | ms per paper | MB | {' | '.join(keys)} |",
        "|---|---|---|---|---|---|---|" + "---|" * len(keys),
    ]
    example = documents.paper_text(EXAMPLES[0].title, EXAMPLES[0].abstract)
    times = networks.latencies(example)
    for card in cards.installed(tuple(TASKS))[0]:
        for part, figures in card.metrics.items():
            cells = ["" if figures.get(key) is None else f"{figures[key]:.3f}" for key in keys]
            facts = [
                card.task,
                card.name,
                part,
                f"{figures['n']:,}",
                f"{card.seconds:,.0f}" if card.seconds else "",
                times.get(f"{card.task}/{card.name}", ""),
                f"{card.size / 1e6:.1f}",
            ]
            lines.append(f"| {' | '.join([*facts, *cells])} |")
    return lines


if __name__ == "__main__":
    main()
