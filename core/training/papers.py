"""Training papers, and metrics on held-out papers, for recipes for papers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import taxonomy
from core.corpora import arxiv, arxiv_newest, blocks, labels, splits
from core.evaluation import curves, metrics, prediction_sets
from core.files import checksum
from core.text import arxiv_ids, documents, pasted
from core.training.recipe import Model, rounded

RECENT = 2025
"""The first year of the recent slice."""

MAX_PAPERS = 600_000
"""The maximum number of papers read from a folder, to limit memory."""

HOW_TO_GET = "python -m core download arxiv"

COURSE_FILE = "arxiv-course.jsonl.zst"
LISTS_FILES = ("arxiv-recent.jsonl.zst", arxiv_newest.FILE)
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
            pasted.tidy_paper(*pair).text
            for pair in zip(columns["title"], columns["abstract"], strict=True)
        ],
        columns["categories"],
        np.array([arxiv_ids.year_of(i) or 0 for i in columns["id"]]),
        course,
        splits.parts(columns["abstract"]),
        np.array([file.name in LISTS_FILES for file in files])[corpus.sources],
        {
            "files": {file.name: checksum.sha256(file) for file in files},
            "papers": len(course),
            "split": "by a hash of the abstract's letters: 90% train, 5% validation, 5% test",
        },
    )


@dataclass(frozen=True)
class Rows:
    """Which papers a recipe uses for what, as indices; no paper has two uses.

    train: to learn from, (m,); validation: to choose epochs with, (v,); calibration: to fit slopes
    and thresholds to, some of the validation papers, (c,), and their weights, (c,); test: the
    papers of each slice to measure on.
    """

    train: np.ndarray
    validation: np.ndarray
    calibration: np.ndarray
    weights: np.ndarray
    test: dict[str, np.ndarray]


def choose_rows(papers: Papers, task: str, course: bool = False, calibrated: bool = True) -> Rows:
    """Which papers a recipe uses for what; every recipe for papers asks this.

    course: learn from the course's 80 % of its sample, otherwise from the training part;
    calibrated: keep validation papers apart, otherwise, as in the course, learn from them too.
    """
    learnt, held_out = course_split(papers)
    train = learnt if course else np.flatnonzero(papers.part == "train")
    test = _measured(papers, task, learnt, held_out)
    if not calibrated:
        none = np.empty(0, int)
        return Rows(train, none, none, np.empty(0), test)
    validation = np.flatnonzero(papers.part == "validation")
    train = np.setdiff1d(train, validation, assume_unique=True)
    return Rows(train, validation, *slice_weights(papers, "validation"), test)


def course_split(papers: Papers) -> tuple[np.ndarray, np.ndarray]:
    """The course's split of its sample: the 80 % to learn from, and the 20 % held out."""
    from sklearn.model_selection import train_test_split

    return train_test_split(np.flatnonzero(papers.course), test_size=0.2, random_state=1)


COURSE_TASK = "archive"
"""The task that the course's recipes answer."""


def _measured(
    papers: Papers, task: str, learnt: np.ndarray, held_out: np.ndarray
) -> dict[str, np.ndarray]:
    """The papers that all models of a task are measured on, by slice: none has learnt from them.

    learnt, held_out: the course's split, which counts for the task of its recipes; a copy of a
    paper that they learn from is left out too.
    """
    slices = papers.slice("test")
    if task != COURSE_TASK:
        return slices
    known = {_abstract(papers, i) for i in learnt if papers.part[i] == "test"}
    if "course" in slices:
        slices["course"] = np.intersect1d(slices["course"], held_out)
    for name, rows in slices.items():
        new = [_abstract(papers, i) not in known for i in rows]
        slices[name] = rows[np.array(new, bool)]
    return {name: rows for name, rows in slices.items() if len(rows)}


def _abstract(papers: Papers, row: int) -> float:
    """A number for the letters of a paper's abstract: copies have the same."""
    return splits.position(documents.split_paper(papers.texts[row])[1])


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
    """The contract's metrics, and the curves, by slice; rows: indices of each slice's papers.

    Papers without any of the model's labels are left out and counted in `unknown`. For a model with
    prediction sets also `set_coverage` and `set_size`, of the sets of
    `prediction_sets.CONFIDENCE`.
    """
    figures, slice_curves = {}, {}
    for name, indices in rows.items():
        truth = labels.truth([papers.categories[i] for i in indices], model.task, model.labels)
        single = truth.ndim == 1
        known = truth >= 0 if single else truth.any(axis=1)
        if not known.any():
            continue
        truth, scores = (
            truth[known],
            model.predict_scores([papers.texts[i] for i in indices[known]]),
        )
        if single:
            found = metrics.evaluate_single(model.labels, truth, scores)
            found |= _of_sets(model, truth, scores)
            slice_curves[name] = curves.curves(model.labels, truth, scores)
        else:
            found = metrics.evaluate(model.labels, truth, scores, model.thresholds)
            slice_curves[name] = curves.curves(model.labels, truth, scores, model.thresholds)
        figures[name] = rounded(found | {"unknown": int((~known).sum())})
    return figures, slice_curves


def _of_sets(model: Model, truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """The coverage and mean size of a model's prediction sets; empty if it gives none."""
    sets = model.prediction_sets(scores, prediction_sets.CONFIDENCE)
    if sets is None:
        return {}
    share, size = prediction_sets.coverage(sets, truth)
    return {"set_coverage": share, "set_size": size}


def slice_weights(papers: Papers, part: str) -> tuple[np.ndarray, np.ndarray]:
    """The papers of a part's slices, (m,), and weights that give the slices equal weight, (m,)."""
    weights = np.zeros(len(papers.texts))
    for indices in papers.slice(part).values():
        weights[indices] += 1 / len(indices)
    rows = np.flatnonzero(weights)
    return rows, weights[rows] / weights[rows].mean()
