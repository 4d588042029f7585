"""Evaluates a model on a file with the true labels, and formats metrics as text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core import cards
from core.classifiers import store
from core.classifiers.base import Classifier
from core.corpora import labels
from core.evaluation import metrics
from core.files.errors import BatchError
from core.files.records import Row, chunked, read_rows
from core.tasks import TASKS

CHUNK = 10_000
"""Texts in memory at a time; of all others only scores and labels are stored."""


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


def evaluate_file(path: Path, task: str, name: str | None = None) -> dict[str, Any]:
    """The contract's metrics for a model on a file of labelled papers or citations.

    Rows without a text or without their labels are left out and counted in `skipped`.
    Raises BatchError where no row has both.
    """
    card = cards.find(task, name)
    model = store.load(card)
    truth: list[str] = []
    scores: list[np.ndarray] = []
    skipped = 0
    for rows in chunked(read_rows(path, task), CHUNK):
        labelled = [row for row in rows if has_truth(row, model)]
        skipped += len(rows) - len(labelled)
        if labelled:
            truth += [row.truth for row in labelled]
            scores.append(model.predict_scores([row.text for row in labelled]))
    if not scores:
        if model.multilabel:
            raise BatchError(
                "{name} holds no row with both a text and its categories.", name=path.name
            )
        raise BatchError(
            "{name} holds no row with both a text and its label ({labels}).",
            name=path.name,
            labels=", ".join(model.labels),
        )
    measured = figures(model, task, truth, np.concatenate(scores))
    return {"task": task, "model": card.name, **measured, "skipped": skipped}


def figures(
    model: Classifier, task: str, truth: Sequence[str], scores: np.ndarray
) -> dict[str, Any]:
    """The contract's metrics of scores, float32 (n, k), of rows with these true labels."""
    if model.multilabel:
        table = labels.truth(truth, task, model.labels)
        return metrics.evaluate(model.labels, table, scores, model.thresholds)
    indices = np.array([model.labels.index(label) for label in truth])
    return metrics.evaluate_single(model.labels, indices, scores)


def has_truth(row: Row, model: Classifier) -> bool:
    """Whether a row has a text, and labels that the model can predict."""
    if row.note:
        return False
    return bool(row.truth.strip()) if model.multilabel else row.truth in model.labels


def lines(report: dict[str, Any]) -> str:
    """Metrics as text, one per line, then one line per label as in `classification_report`."""
    figures = [
        f"{key:16}{_formatted(value)}"
        for key, value in report.items()
        if key != "per_label" and value is not None
    ]
    table = ["", label_table(report["per_label"])] if "per_label" in report else []
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
