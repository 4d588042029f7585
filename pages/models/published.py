"""Published figures and training curves, from published.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PublishedFigure:
    """A system of others.

    figures: as printed, by their names on our cards; url: empty where there is none; source: of the
    figures; section: whether it uses the section's name, None for papers.
    """

    task: str
    system: str
    figures: dict[str, float]
    year: int
    source: str
    url: str = ""
    section: bool | None = None


@dataclass(frozen=True)
class PublishedCurve:
    """A training: our recipe to compare with, one record per epoch, and test figures."""

    name: str
    label: str
    task: str
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
