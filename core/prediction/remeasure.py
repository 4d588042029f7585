"""A model measured again, to add the curves that its card lacks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import cards
from core.classifiers import store
from core.evaluation import curves
from core.training.papers import COURSE_SPLIT, course_split, measure, read_papers

TOLERANCE = 5e-4
"""How far a slice's figures may lie from the card's when a model is measured again.

A recipe measures weights that `save` then rounds to float16, so a paper or two of thousands falls
on the other side of a threshold: 0.00015 on the shipped models.
"""


@dataclass(frozen=True)
class Apart:
    """The largest difference between two measurements: of a slice's figures, of a label's."""

    whole: float
    label: float


def measure_again(card: cards.Card, data: Path) -> tuple[cards.Card, Apart]:
    """Write the curves of a saved model, measured on the papers that its recipe held back.

    The metrics on the card stay; the second value says how far from them those found now are.
    Raises store.ModelError where the papers are not those of the card, or the figures of a slice
    differ by more than `TOLERANCE`.
    """
    papers = read_papers(data)
    if papers.facts["files"] != card.data.get("files"):
        raise cards.ModelError(
            "The papers at {path} are not those that {model} was trained on: its card lists "
            "files with other checksums.",
            path=data,
            model=f"{card.task}/{card.name}",
        )
    by_course = card.data.get("split") == COURSE_SPLIT
    rows = course_split(papers)[1] if by_course else papers.slice("test")
    figures, drawn = measure(store.load(card), papers, rows)
    apart = Apart(
        _apart(_without(card.metrics), _without(figures)),
        _apart(_only(card.metrics), _only(figures)),
    )
    if apart.whole > TOLERANCE:
        raise cards.ModelError(
            "The figures of {model} differ by {apart:.5f} from those on its card; nothing was "
            "written. Train it again.",
            model=f"{card.task}/{card.name}",
            apart=apart.whole,
        )
    return curves.add_curves(card, drawn), apart


def _without(metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        part: {key: value for key, value in figures.items() if key != "per_label"}
        for part, figures in metrics.items()
    }


def _only(metrics: dict[str, Any]) -> dict[str, Any]:
    return {part: figures.get("per_label", {}) for part, figures in metrics.items()}


def _apart(one: Any, other: Any) -> float:
    """The largest difference between two records of numbers; infinite where they differ in form."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return float("inf")
        return max((_apart(one[key], other[key]) for key in one), default=0.0)
    numbers = isinstance(one, int | float) and isinstance(other, int | float | np.number)
    return abs(float(one) - float(other)) if numbers else float("inf")
