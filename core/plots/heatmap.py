"""The heatmap of terms, on the screen and as the CORD-19 notebook draws it."""

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
"""A heatmap of so many terms has its values printed."""

CELL, HEATMAP_LEAST, HEATMAP_MOST = 34, 420, 980
"""Pixels of a cell, and of a whole heatmap at least and at most."""

SLANTED_UP_TO = 12
"""The names of so many columns are slanted; those of more stand upright, which takes less room."""

ROWS_NAMED, COLUMNS_NAMED, COLUMNS_THINNED = 80, 40, 24
"""So many rows and columns have each its name. Where there are more columns, so many names at most
are left, that they are read on a phone too."""

DENDROGRAM = 0.12
"""The dendrogram's share of a heatmap's height."""


@dataclass(frozen=True)
class Heatmap:
    """What a heatmap shows, rows and columns in the order drawn.

    values: float (n, n); ranks: int (n, n), 1 the nearest of a row; known: whether each term has a
    vector; breaks: where a new group begins; linkage: of the dendrogram over the known terms, which
    then come first, None without one. Title and measure are English and translated when drawn.
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
        """The terms as they stand on the axes, unknown ones marked."""
        return tuple(
            term if known else _("{term} (unknown)").format(term=term)
            for term, known in zip(self.terms, self.known, strict=True)
        )

    @property
    def shown(self) -> np.ndarray:
        """The values, NaN where one of the two terms is unknown; float (n, n)."""
        known = np.array(self.known, bool)
        return np.where(np.outer(known, known), self.values, np.nan)


def heatmap(picture: Heatmap) -> "go.Figure":
    """An interactive heatmap; hovering shows the value and how near each term is to the other."""
    count = len(picture.terms)
    places = np.arange(count)
    cells = {
        "type": "heatmap",
        "z": picture.shown,
        "x": places,
        "y": places,
        # Fixed, so that a colour means the same in every heatmap.
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
    size = int(np.clip(CELL * count, HEATMAP_LEAST, HEATMAP_MOST))
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
        shapes=[line for place in picture.breaks for line in _break_lines(place - 0.5)],
        showlegend=False,
        **({"yaxis2": above} if tree else {}),
    )


def _thinned(names: list[str], room: int, limit: int) -> list[str]:
    """The names of an axis; where there is no room for all, some evenly spread ones."""
    step = 1 if len(names) <= room else -(-len(names) // limit)
    return [name if i % step == 0 else "" for i, name in enumerate(names)]


def _break_lines(at: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """A line across and one down where a group begins."""
    line = {"type": "line", "line": {"width": 2, "color": theme.OTHER}}
    across = {"xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": at, "y1": at}
    down = {"yref": "y domain", "y0": 0, "y1": 1, "xref": "x", "x0": at, "x1": at}
    return line | across, line | down


def _hover_texts(names: Sequence[str], ranks: np.ndarray) -> list[list[str]]:
    """What hovering over each cell shows; short, for there are up to 40,000 cells."""
    escaped = [theme.escaped(name) for name in names]
    # Looked up once: `say` for each cell would take a tenth of a second.
    both = _("ranks {a} and {b}").format
    return [
        [
            f"{a} · {b}<br>{both(a=r, b=q)}" if a is not b else a
            for b, r, q in zip(escaped, row.tolist(), column.tolist(), strict=True)
        ]
        for a, row, column in zip(escaped, ranks, ranks.T, strict=True)
    ]


def _dendrogram(linkage: np.ndarray) -> dict[str, Any]:
    """The trace of the tree above a heatmap whose columns are in its leaf order."""
    from scipy.cluster.hierarchy import dendrogram

    # SciPy puts leaf k at 10 k + 5, and columns stand at whole numbers.
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
    """The heatmap as the notebook draws it, with seaborn: "png", "svg" or "pdf"."""
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
    for place in picture.breaks:
        axes.axhline(place, color="white", linewidth=3)
        axes.axvline(place, color="white", linewidth=3)
    axes.set_title(_(picture.title))
