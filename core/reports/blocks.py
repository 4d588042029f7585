"""What a report consists of, as plain data; `render` turns it into HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar

import pandas as pd

from core import cards
from core.cards import Card, Version
from core.i18n import _
from core.tasks import TASKS


@dataclass(frozen=True)
class ReportBlock:
    """A part of a report; kind: the name of its macro in the template."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Paragraph(ReportBlock):
    """A paragraph; note: whether in small grey type."""

    kind = "paragraph"
    text: str
    note: bool = False


@dataclass(frozen=True)
class FactList(ReportBlock):
    """Names and values."""

    kind = "facts"
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class BarRow:
    """A bar: its name, its value as text, its length and the mark on it (0 to 1), its colour."""

    name: str
    value: str
    share: float
    mark: float | None = None
    strong: bool = True


@dataclass(frozen=True)
class BarList(ReportBlock):
    """Bars, one below the other."""

    kind = "bars"
    rows: Sequence[BarRow]


@dataclass(frozen=True)
class Grid(ReportBlock):
    """A table; numeric: positions of the columns that are aligned to the right."""

    kind = "grid"
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class MarkedText(ReportBlock):
    """A text in pieces, each shaded from -1 (against) over 0 (not at all) to 1 (for)."""

    kind = "marked"
    pieces: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Picture(ReportBlock):
    """A drawing as SVG; alt: what it shows."""

    kind = "picture"
    svg: bytes
    alt: str


@dataclass(frozen=True)
class Chart(ReportBlock):
    """An interactive figure: Plotly's JSON; alt: what it shows."""

    kind = "chart"
    figure: str
    alt: str


@dataclass(frozen=True)
class ReportSection:
    """Blocks below a heading."""

    title: str
    blocks: Sequence[ReportBlock]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Report:
    """A report; models: names and versions; link: the page it is from, empty if unknown."""

    title: str
    lead: Sequence[ReportBlock]
    sections: Sequence[ReportSection] = ()
    models: Sequence[tuple[str, str]] = ()
    link: str = ""
    made: datetime = field(default_factory=_now)

    @property
    def blocks(self) -> list[ReportBlock]:
        """All blocks, in order."""
        return [*self.lead, *(block for section in self.sections for block in section.blocks)]


def fingerprint(version: Version) -> str:
    """Twelve characters that identify the training of a model."""
    return sha256(repr(version).encode()).hexdigest()[:12]


def model_row(name: str, task: str, version: Version) -> tuple[str, str]:
    """A model's name, with its task and what tells its version."""
    title = _(TASKS[task].title) if task in TASKS else _("Embedding")
    text = _("{task}, version {version}").format(task=title, version=fingerprint(version))
    return name, text


def models_of(used: Iterable[Card]) -> list[tuple[str, str]]:
    """The rows of models by their cards."""
    return [model_row(_(card.label), card.task, cards.version(card)) for card in used]


def grid_of(table: pd.DataFrame, heads: Sequence[str]) -> Grid:
    """A table's rows as text, numbers with at most four digits after the point."""
    numeric = (i for i, dtype in enumerate(table.dtypes) if pd.api.types.is_numeric_dtype(dtype))
    rows = [tuple(map(_cell, row)) for row in table.itertuples(index=False, name=None)]
    return Grid(heads, rows, frozenset(numeric))


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
