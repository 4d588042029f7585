"""Training papers, and metrics on held-out papers, for recipes for papers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import taxonomy
from core.corpora import arxiv, blocks, labels, splits
from core.evaluation import curves, metrics
from core.files import checksum
from core.text import documents
from core.training.recipe import Model, rounded

RECENT = 2025
"""The first year of the recent slice."""

MAX_PAPERS = 600_000
"""The maximum number of papers read from a folder, to limit memory."""

HOW_TO_GET = "python -m core download arxiv"

COURSE_FILE = "arxiv-course.jsonl.zst"
LISTS_FILE = "arxiv-recent.jsonl.zst"
COURSE_SPLIT = "the course's: 80 % train, 20 % test, random_state=1"


@dataclass(frozen=True)
class Papers:
    """Papers for training and evaluation; all columns have the same length.

    course: whether a paper belongs to the sample with the course's mix of archives; part: "train",
    "validation" or "test"; years: by id, 0 where it has none; listed: whether a paper comes from
    the daily lists, in which computer science crowds out the other fields.
    """

    texts: list[str]
    categories: list[str]
    years: np.ndarray
    course: np.ndarray
    part: np.ndarray
    listed: np.ndarray
    facts: dict[str, Any]

    def slice(self, part: str) -> dict[str, np.ndarray]:
        """Indices of a part's two slices: the course's mix, and recent papers."""
        in_part = self.part == part
        slices = {
            "course": np.flatnonzero(in_part & self.course),
            "recent": np.flatnonzero(in_part & (self.years >= RECENT) & ~self.listed),
        }
        return {name: rows for name, rows in slices.items() if len(rows)}


def _corpus_path(data: Path) -> Path:
    """A path's `arxiv` folder if it has one, otherwise the path itself."""
    folder = data / "arxiv"
    return folder if folder.is_dir() else data


def installed(data: Path) -> bool:
    """Whether there is a corpus file at a path."""
    try:
        return any(file.is_file() for file in arxiv.files(_corpus_path(data)))
    except (blocks.CorpusError, OSError):
        return False


def read_papers(data: Path) -> Papers:
    """The papers at a path; if more than `MAX_PAPERS`, a random sample, always the same.

    data: a corpus file, a folder of them, or a folder with an `arxiv` folder of them. If the folder
    has a file `COURSE_FILE`, only its papers have the course's mix, otherwise all.
    Raises CorpusError for files that cannot be read.
    """
    path = _corpus_path(data)
    files = arxiv.files(path)
    corpus = arxiv.read(path, sample=MAX_PAPERS)
    is_course = np.array([file.name == COURSE_FILE for file in files])
    course = (is_course if is_course.any() else ~is_course)[corpus.sources]
    columns = {name: corpus.papers[name].fillna("").tolist() for name in blocks.PAPER_COLUMNS}
    return Papers(
        [
            documents.paper_text(*pair)
            for pair in zip(columns["title"], columns["abstract"], strict=True)
        ],
        columns["categories"],
        np.array([arxiv.year_of(i) or 0 for i in columns["id"]]),
        course,
        splits.parts(columns["abstract"]),
        np.array([file.name == LISTS_FILE for file in files])[corpus.sources],
        {
            "files": {file.name: checksum.sha256(file) for file in files},
            "papers": len(course),
            "split": "by a hash of the abstract's letters: 90% train, 5% validation, 5% test",
        },
    )


def course_split(papers: Papers) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The course's split of its sample: training papers, and the test slices.

    The course slice is the 20 % test part; the recent one excludes training papers.
    """
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(np.flatnonzero(papers.course), test_size=0.2, random_state=1)
    recent = np.setdiff1d(papers.slice("test").get("recent", np.empty(0, int)), train)
    slices = {"course": test, "recent": recent}
    return train, {name: rows for name, rows in slices.items() if len(rows)}


def encode(papers: Papers, task: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Truth (n, k) and the task's labels: the course's archives, or frequent live subjects.

    For the task `primary` truth (n,), -1 for none, and the live categories.
    """
    if task == "primary":
        return labels.encode_primary(papers.categories, taxonomy.PRIMARIES), taxonomy.PRIMARIES
    if task == "archive":
        return labels.encode_archives(papers.categories, taxonomy.COURSE_ARCHIVES)
    return labels.encode_subjects(papers.categories)


PAPER_WEIGHTS = {"1995 to 2019": 0.6, "since 2024": 1.5, "from the daily lists": 0.5}


def paper_weights(papers: Papers, rows: np.ndarray) -> np.ndarray:
    """The weight of each paper: files of 1995 to 2019 lack most single-archive physics papers."""
    years, weights = papers.years[rows], np.ones(len(rows))
    weights[(years >= 1995) & (years < 2020)] = PAPER_WEIGHTS["1995 to 2019"]
    weights[years >= 2024] = PAPER_WEIGHTS["since 2024"]
    weights[papers.listed[rows]] *= PAPER_WEIGHTS["from the daily lists"]
    return weights


def measure(
    model: Model, papers: Papers, rows: dict[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The contract's metrics, and the curves, by slice; rows: indices of each slice's papers."""
    figures, slice_curves = {}, {}
    for name, indices in rows.items():
        truth = labels.truth([papers.categories[i] for i in indices], model.task, model.labels)
        scores = model.predict_scores([papers.texts[i] for i in indices])
        if truth.ndim == 1:
            truth, scores = truth[truth >= 0], scores[truth >= 0]
            figures[name] = rounded(metrics.evaluate_single(model.labels, truth, scores))
            slice_curves[name] = curves.curves(model.labels, truth, scores)
            continue
        figures[name] = rounded(metrics.evaluate(model.labels, truth, scores, model.thresholds))
        slice_curves[name] = curves.curves(model.labels, truth, scores, model.thresholds)
    return figures, slice_curves


def slice_weights(papers: Papers, part: str) -> tuple[np.ndarray, np.ndarray]:
    """The papers of a part's slices, (m,), and weights that give the slices equal weight, (m,)."""
    weights = np.zeros(len(papers.texts))
    for indices in papers.slice(part).values():
        weights[indices] += 1 / len(indices)
    rows = np.flatnonzero(weights)
    return rows, weights[rows] / weights[rows].mean()
