"""Published figures and training curves, from published.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PublishedFigure:
    """A figure of a system; section: whether it uses the section's name, None for papers."""

    task: str
    system: str
    metric: str
    value: float
    date: str
    paper: str
    section: bool | None = None


@dataclass(frozen=True)
class PublishedCurve:
    """A training: our recipe to compare with, one record per epoch, and test figures."""

    name: str
    label: str
    recipe: str
    source: str
    history: tuple[dict[str, float], ...]
    test: dict[str, float]


def _curve(record: dict[str, Any]) -> PublishedCurve:
    columns = record.pop("history")
    epochs = zip(*columns.values(), strict=True)
    history = tuple(
        {"epoch": number} | dict(zip(columns, values, strict=True))
        for number, values in enumerate(epochs, start=1)
    )
    return PublishedCurve(history=history, **record)


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
FIGURES = tuple(PublishedFigure(**record) for record in _DATA["figure"])
CURVES = tuple(_curve(record) for record in _DATA["curve"])
NOTEBOOK, COURSE = CURVES


def curve_of(recipe: str) -> PublishedCurve | None:
    """The published training to compare a recipe with, None if there is none."""
    return next((curve for curve in CURVES if curve.recipe == recipe), None)
