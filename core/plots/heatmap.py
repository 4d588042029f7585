"""The heatmap of terms, on the screen and in the style of the CORD-19 notebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.i18n import _
from core.plots import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

VALUES_UP_TO = 20
"""The maximum number of terms for which values are printed in the cells."""

CELL, HEATMAP_MIN, HEATMAP_MAX = 34, 420, 980
"""Pixels of a cell, and the minimum and maximum of a heatmap."""

SLANTED_UP_TO = 12
"""The maximum number of columns with slanted names; otherwise they are vertical."""

ROWS_NAMED, COLUMNS_NAMED, COLUMNS_THINNED = 80, 40, 24
"""The maximum numbers of rows and columns that are all named; with more columns, at most
`COLUMNS_THINNED` are named, to be legible on a phone."""

DENDROGRAM = 0.12
"""The dendrogram's share of a heatmap's height."""


@dataclass(frozen=True)
class Heatmap:
    """The content of a heatmap, rows and columns in the order drawn.

    values: float (n, n); ranks: int (n, n), 1 the nearest of a row; known: whether each term has a
    vector; breaks: indices where a group begins; linkage: of the dendrogram over the known terms,
    which then come first, None without one. Title and measure are English, translated when drawn.
    """

    title: str
    measure: str
    terms: tuple[str, ...]
    values: np.ndarray
    ranks: np.ndarray
    known: tuple[bool, ...]
    breaks: tuple[int, ...] = ()
    linkage: np.ndarray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The terms as shown on the axes, unknown ones marked."""
        return tuple(
            term if known else _("{term} (unknown)").format(term=term)
            for term, known in zip(self.terms, self.known, strict=True)
        )

    @property
    def shown(self) -> np.ndarray:
        """The values, NaN where a term is unknown; float (n, n)."""
        known = np.array(self.known, bool)
        return np.where(np.outer(known, known), self.values, np.nan)


def heatmap(picture: Heatmap) -> "go.Figure":
    """An interactive heatmap; hovering shows the value and the ranks."""
    count = len(picture.terms)
    positions = np.arange(count)
    cells = {
        "type": "heatmap",
        "z": picture.shown,
        "x": positions,
        "y": positions,
        # Fixed, so that colours are comparable between heatmaps.
        "zmin": -1,
        "zmax": 1,
        "colorscale": theme.DIVERGING,
        "colorbar": {"title": {"text": _(picture.measure)}},
        "customdata": _hover_texts(picture.names, picture.ranks),
        "hovertemplate": _("similarity") + " %{z:.3f}<br>%{customdata}<extra></extra>",
        "texttemplate": "%{z:.2f}" if count <= VALUES_UP_TO else None,
        "xgap": 1 if count <= theme.CELL_GAPS else 0,
        "ygap": 1 if count <= theme.CELL_GAPS else 0,
    }
    tree = picture.linkage is not None and len(picture.linkage) > 0
    top = 1 - DENDROGRAM if tree else 1.0
    size = int(np.clip(CELL * count, HEATMAP_MIN, HEATMAP_MAX))
    above = {"domain": [top + 0.01, 1], "visible": False, "rangemode": "tozero", "anchor": "x"}
    names = [theme.escaped(theme.shorten(name)) for name in picture.names]
    across = {
        **theme.names_axis(_thinned(names, COLUMNS_NAMED, COLUMNS_THINNED)),
        "range": [-0.5, count - 0.5],
        "tickangle": -45 if count <= SLANTED_UP_TO else -90,
        "zeroline": False,
    }
    down = {
        **theme.names_axis(_thinned(names, ROWS_NAMED, ROWS_NAMED)),
        "range": [count - 0.5, -0.5],
        "domain": [0, top],
        "zeroline": False,
    }
    return theme.figure(
        round(size / top) + 150,
        _(picture.title),
        right=0,
        traces=[cells, _dendrogram(picture.linkage)] if tree else [cells],
        xaxis=across,
        yaxis=down,
        shapes=[line for position in picture.breaks for line in _break_lines(position - 0.5)],
        showlegend=False,
        **({"yaxis2": above} if tree else {}),
    )


def _thinned(names: list[str], max_names: int, thinned_to: int) -> list[str]:
    """The names of an axis; if more than `max_names`, about `thinned_to` evenly spaced ones."""
    step = 1 if len(names) <= max_names else -(-len(names) // thinned_to)
    return [name if i % step == 0 else "" for i, name in enumerate(names)]


def _break_lines(position: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """A horizontal and a vertical line where a group begins."""
    line = {"type": "line", "line": {"width": 2, "color": theme.OTHER}}
    across = {"xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": position, "y1": position}
    down = {"yref": "y domain", "y0": 0, "y1": 1, "xref": "x", "x0": position, "x1": position}
    return line | across, line | down


def _hover_texts(names: Sequence[str], ranks: np.ndarray) -> list[list[str]]:
    """The hover text of each cell; short, as there are up to 40,000 cells."""
    escaped = [theme.escaped(name) for name in names]
    # Translated once: for each cell it would take a tenth of a second.
    pair_text = _("ranks {a} and {b}").format
    return [
        [
            f"{a} · {b}<br>{pair_text(a=r, b=q)}" if a is not b else a
            for b, r, q in zip(escaped, row.tolist(), column.tolist(), strict=True)
        ]
        for a, row, column in zip(escaped, ranks, ranks.T, strict=True)
    ]


def _dendrogram(linkage: np.ndarray) -> dict[str, Any]:
    """The trace of the tree above a heatmap whose columns are in its leaf order."""
    from scipy.cluster.hierarchy import dendrogram

    # SciPy puts leaf k at 10 k + 5, but columns are at k.
    merges = dendrogram(linkage, no_plot=True)
    xs: list[float | None] = []
    ys: list[float | None] = []
    for across, up in zip(merges["icoord"], merges["dcoord"], strict=True):
        xs += [*((x - 5) / 10 for x in across), None]
        ys += [*up, None]
    line = {"color": theme.OTHER, "width": 1.5}
    tree = {"type": "scatter", "mode": "lines", "line": line, "hoverinfo": "skip"}
    return tree | {"x": xs, "y": ys, "yaxis": "y2"}


def heatmap_file(picture: Heatmap, form: str) -> bytes:
    """The heatmap in the notebook's style, with seaborn: "png", "svg" or "pdf"."""
    side = float(np.clip(2.5 + 0.45 * len(picture.terms), 5, 40))
    return theme.picture(form, (side + 1, side), lambda drawing: _draw_heatmap(drawing, picture))


def _draw_heatmap(drawing: "Figure", picture: Heatmap) -> None:
    import seaborn as sns

    axes = drawing.subplots()
    names = [theme.literal(theme.shorten(name)) for name in picture.names]
    sns.heatmap(
        picture.shown,
        vmin=-1,
        vmax=1,
        cmap=theme.DIVERGING,
        annot=len(names) <= VALUES_UP_TO,
        fmt=".2f",
        square=True,
        linewidths=0.5 if len(names) <= theme.CELL_GAPS else 0,
        xticklabels=names,
        yticklabels=names,
        cbar_kws={"label": _(picture.measure), "shrink": 0.8},
        ax=axes,
    )
    axes.tick_params(axis="x", rotation=90, length=0)
    axes.tick_params(axis="y", rotation=0, length=0)
    for position in picture.breaks:
        axes.axhline(position, color="white", linewidth=3)
        axes.axvline(position, color="white", linewidth=3)
    axes.set_title(_(picture.title))
