"""What every recipe for papers needs: the papers, their parts, and figures on held-back slices."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import taxonomy
from core.corpora import arxiv, blocks, labels, splits
from core.evaluation import curves, metrics
from core.files import checksum
from core.text import documents
from core.training.recipe import Model

RECENT = 2025
"""Papers from this year on make the recent slice."""

MOST = 600_000
"""Papers read to learn from, of all files of a folder together; of more a random sample is taken,
so that memory is bounded."""

HOW_TO_GET = "python -m core download arxiv"

COURSE_FILE = "arxiv-course.jsonl.zst"
COURSE_SPLIT = "the course's: 80 % train, 20 % test, random_state=1"


@dataclass(frozen=True)
class Papers:
    """Papers to learn from, all columns of one length.

    course: whether a paper belongs to the sample with the course's mix of archives; part: "train",
    "validation" or "test"; years: by id, 0 where the id does not tell.
    """

    texts: list[str]
    categories: list[str]
    years: np.ndarray
    course: np.ndarray
    part: np.ndarray
    facts: dict[str, Any]

    def slice(self, part: str) -> dict[str, np.ndarray]:
        """Indices of a part's two slices: the course's mix, and the recent papers."""
        own = self.part == part
        slices = {
            "course": np.flatnonzero(own & self.course),
            "recent": np.flatnonzero(own & (self.years >= RECENT)),
        }
        return {name: rows for name, rows in slices.items() if len(rows)}


def _home(data: Path) -> Path:
    """Where the corpus files of a path are: its `arxiv` folder, or itself."""
    folder = data / "arxiv"
    return folder if folder.is_dir() else data


def installed(data: Path) -> bool:
    """Whether there is a corpus file at a path."""
    try:
        return any(file.is_file() for file in arxiv.files(_home(data)))
    except (blocks.CorpusError, OSError):
        return False


def read_papers(data: Path) -> Papers:
    """The papers at a path, with their parts; of more than `MOST` a random sample, always the same.

    data: a corpus file, or a folder of them (or with an `arxiv` folder of them); where the folder
    has the course sample under its own name, only that counts as the course's mix.
    Raises arxiv.CorpusError for files that cannot be read.
    """
    home = _home(data)
    files = arxiv.files(home)
    corpus = arxiv.read(home, sample=MOST)
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
        {
            "files": {file.name: checksum.sha256(file) for file in files},
            "papers": len(course),
            "split": "by a hash of the abstract's letters: 90% train, 5% validation, 5% test",
        },
    )


def course_split(papers: Papers) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The course's own split of its sample: training papers, and the slices to measure on.

    The course slice is the whole 20 %; the recent one leaves out any paper trained on.
    """
    from sklearn.model_selection import train_test_split

    train, held = train_test_split(np.flatnonzero(papers.course), test_size=0.2, random_state=1)
    recent = np.setdiff1d(papers.slice("test").get("recent", np.empty(0, int)), train)
    slices = {"course": held, "recent": recent}
    return train, {name: rows for name, rows in slices.items() if len(rows)}


def encode(papers: Papers, task: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Truth (n, k) and the task's labels: the course's archives, or the frequent live subjects."""
    if task == "archive":
        return labels.encode_archives(papers.categories, taxonomy.COURSE_ARCHIVES)
    return labels.encode_subjects(papers.categories)


def measure(
    model: Model, papers: Papers, rows: dict[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The contract's figures, and the curves, on each slice."""
    figures, drawn = {}, {}
    for name, at in rows.items():
        truth = labels.truth([papers.categories[i] for i in at], model.task, model.labels)
        scores = model.predict_scores([papers.texts[i] for i in at])
        own = metrics.evaluate(model.labels, truth, scores, model.thresholds)
        figures[name] = {k: round(v, 5) if isinstance(v, float) else v for k, v in own.items()}
        drawn[name] = curves.curves(model.labels, truth, scores, model.thresholds)
    return figures, drawn


def slice_weights(papers: Papers, part: str) -> tuple[np.ndarray, np.ndarray]:
    """The papers of a part's slices, (m,), and weights that give each slice the same say, (m,)."""
    slices = papers.slice(part)
    weights = np.zeros(len(papers.texts))
    for at in slices.values():
        weights[at] += 1 / len(at)
    rows = np.flatnonzero(weights)
    return rows, weights[rows] / weights[rows].mean()
