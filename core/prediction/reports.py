"""Evaluates a model on a file with the true labels, and formats metrics as text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from core import cards, taxonomy
from core.classifiers import store
from core.classifiers.base import Classifier
from core.corpora import labels
from core.evaluation import metrics, prediction_sets
from core.evaluation.prediction_sets import CONFIDENCE
from core.files.errors import BatchError
from core.files.records import Columns, Row, chunked, read_rows
from core.prediction.questions import ClassifyingRespondent
from core.tasks import TASKS

CHUNK = 10_000
"""Texts in memory at a time; of all others only scores and labels are stored."""
EXAMPLES = 3
"""Unknown labels that are told."""
HEADLINES = (
    *("micro_f1", "macro_f1", "macro_f1_live", "samples_f1", "weighted_f1", "subset_accuracy"),
    *("binary_accuracy", "top5_recall", "log_loss", "ece", "ece_top"),
)
OF_SINGLE = ("accuracy", "top3_accuracy")
OF_PRIMARY = (*OF_SINGLE, "set_coverage", "set_size", "none")
"""The metrics of every task, of those with one label a text, and of `primary`."""


def record(card: cards.Card) -> dict[str, Any]:
    """What lists of models tell of a card, as it becomes JSON."""
    return {
        "task": card.task,
        "name": card.name,
        "label": card.label,
        "bytes": card.size,
        "metrics": headlines(card),
    }


def headlines(card: cards.Card) -> dict[str, dict[str, float]]:
    """The headline metrics of each slice on a card; rho by word set for an embedding."""
    if card.task == cards.EMBEDDING:
        return {
            part: {name: f["rho"] for name, f in sets.items() if f["rho"] is not None}
            for part, sets in card.metrics.items()
        }
    return {
        part: {name: figures[name] for name in TASKS[card.task].headlines}
        for part, figures in card.metrics.items()
    }


class Measured:
    """Scores and true labels of the rows that a model is measured on.

    skipped: rows without a text or a label; unknown: rows with labels of which the task knows none,
    and examples of their labels.
    """

    def __init__(self, model: Classifier, most: int | None = None) -> None:
        self.model, self._most = model, most
        self.skipped = self.unknown = 0
        self.examples: dict[str, None] = {}
        self.truth: list[str] = []
        self._scores: list[np.ndarray] = []
        self._suggested: list[np.ndarray] = []
        self._classes = frozenset(model.labels)

    def select(self, rows: Sequence[Row]) -> list[int]:
        """The rows to measure, by index; counts the others."""
        found = []
        for i, row in enumerate(rows):
            if row.note or not self._labels(row):
                self.skipped += 1
            elif not self._knows(row.truth):
                self.unknown += 1
                if len(self.examples) < EXAMPLES:
                    self.examples[row.truth.strip()[:40]] = None
            else:
                found.append(i)
        return found if self._most is None else found[: self._most - len(self.truth)]

    def add(self, rows: Sequence[Row], scores: np.ndarray, is_suggested: np.ndarray) -> None:
        """Add rows that were selected, with their scores, float32 (n, k).

        is_suggested: whether there is an answer for each, bool (n,).
        """
        self.truth += [row.truth for row in rows]
        self._scores.append(scores)
        self._suggested.append(is_suggested)

    def report(self) -> dict[str, Any]:
        """The contract's metrics; None for each where no row is measured."""
        if not self.truth:
            return self._empty_report()
        task, scores = self.model.task, np.concatenate(self._scores)
        if not self.model.multilabel:
            none = float(1 - np.concatenate(self._suggested).mean())
            return _single_label(self.model, self.truth, scores, none)
        table = labels.truth(self.truth, task, self.model.labels)
        return metrics.evaluate(self.model.labels, table, scores, self.model.thresholds)

    def _empty_report(self) -> dict[str, Any]:
        more = () if self.model.multilabel else OF_SINGLE
        names = OF_PRIMARY if self.model.task == "primary" else more
        return {"n": 0, **dict.fromkeys((*HEADLINES, *names)), "per_label": {}}

    def _labels(self, row: Row) -> Sequence[str]:
        truth = row.truth.strip()
        return taxonomy.split_categories(truth) if self.model.task != "intent" else truth

    def _knows(self, truth: str) -> bool:
        if self.model.task == "intent":
            return truth in self._classes
        return labels.knows(truth, self.model.task, self._classes)


def best_are_right(model: Classifier, truths: Sequence[str], scores: np.ndarray) -> int:
    """For how many rows the label with the best score is a true one; scores: float (n, k)."""
    best = scores.argmax(axis=1)
    if model.task == "intent":
        return sum(model.labels[i] == truth for i, truth in zip(best, truths, strict=True))
    table = labels.truth(truths, model.task, model.labels)
    if model.task == "primary":
        return int((table == best).sum())
    return int(table[np.arange(len(best)), best].sum())


def _single_label(
    model: Classifier, truth: Sequence[str], scores: np.ndarray, none: float
) -> dict[str, Any]:
    """The metrics where a text has one label; for papers those of suggestions too.

    set_coverage, set_size: of the prediction sets of CONFIDENCE, None for a model without them;
    none: the share of papers for which nothing is suggested.
    """
    if model.task == "intent":
        indices = np.array([model.labels.index(label) for label in truth])
        return metrics.evaluate_single(model.labels, indices, scores)
    indices = labels.encode_primary(truth, model.labels)
    chosen = model.prediction_sets(scores, CONFIDENCE)
    found = (None, None) if chosen is None else prediction_sets.coverage(chosen, indices)
    measured = metrics.evaluate_single(model.labels, indices, scores)
    sets = {"set_coverage": found[0], "set_size": found[1], "none": none}
    return {**measured, **sets, "per_label": measured["per_label"]}


def evaluate_file(
    path: Path, task: str, name: str | None = None, columns: Columns | None = None
) -> dict[str, Any]:
    """The contract's metrics for a model on a file of labelled papers or citations.

    Rows without a text or without labels are left out and counted in `skipped`, those with labels
    of which the task knows none in `unknown_labels`; `unknown_examples` are some of these.
    columns: the column of each field that has another name.
    Raises BatchError where no row has both a text and labels.
    """
    card = cards.find(task, name)
    respondent = ClassifyingRespondent(store.load(card))
    measured = Measured(respondent.model)
    for rows in chunked(read_rows(path, task, columns), CHUNK):
        if chosen := [rows[i] for i in measured.select(rows)]:
            scores, notes = respondent.scores_and_notes([row.text for row in chosen])
            measured.add(chosen, scores, np.array([not note for note in notes], bool))
    if not measured.truth and not measured.unknown:
        _raise_without_labels(path, respondent.model)
    return {
        "task": task,
        "model": card.name,
        **measured.report(),
        "skipped": measured.skipped,
        "unknown_labels": measured.unknown,
        "unknown_examples": list(measured.examples),
    }


def _raise_without_labels(path: Path, model: Classifier) -> NoReturn:
    if model.task != "intent":
        raise BatchError("{name} holds no row with both a text and its categories.", name=path.name)
    raise BatchError(
        "{name} holds no row with both a text and its label ({labels}).",
        name=path.name,
        labels=", ".join(model.labels),
    )


def lines(report: dict[str, Any]) -> str:
    """Metrics as text, one per line, then one line per label as in `classification_report`."""
    figures = [
        f"{key:16}{_formatted(value)}"
        for key, value in report.items()
        if key != "per_label" and value is not None
    ]
    table = ["", label_table(report["per_label"])] if report.get("per_label") else []
    return "\n".join([*figures, *table])


def _formatted(value: Any) -> str:
    """A number, or several with their names."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_formatted(part)}" for name, part in value.items())
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def label_table(per_label: dict[str, dict[str, float]]) -> str:
    """Precision, recall, F1 and support, one line per label."""
    head = f"{'':20}{'precision':>10}{'recall':>10}{'f1-score':>10}{'support':>10}"
    body = [
        f"{label:20}{row['precision']:10.2f}{row['recall']:10.2f}{row['f1']:10.2f}"
        f"{row['support']:10.0f}"
        for label, row in per_label.items()
    ]
    return "\n".join([head, *body])


def label_rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of each label that has support, the most frequent first."""
    table = [{"label": label, **row} for label, row in report["per_label"].items()]
    return sorted((row for row in table if row["support"]), key=lambda row: -row["support"])
