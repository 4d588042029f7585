"""The heatmap of terms, on the screen and in the style of the CORD-19 notebook."""

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.i18n import _
from core.plots import theme
from core.plots.groups import group_name

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VALUES_UP_TO = 20
"""The maximum number of terms for which values are printed in the cells."""

CELL, HEATMAP_MIN, HEATMAP_MAX = 30, 270, 980
"""Pixels of a cell, and the minimum and maximum of a heatmap."""

STRIP = 0.012
"""The width of the groups' strip as a share of a heatmap's, at least a quarter of a cell."""

SLANTED_UP_TO = 12
"""The maximum number of columns with slanted names; otherwise they are vertical."""

CLICKABLE_UP_TO = 40
"""The maximum number of terms of a heatmap that can be clicked: each cell is an element then."""

ROWS_NAMED, COLUMNS_NAMED, COLUMNS_THINNED = 80, 40, 24
"""The maximum numbers of rows and columns that are all named; with more columns, at most
`COLUMNS_THINNED` are named, to be legible on a phone."""

DENDROGRAM = 0.12
"""The dendrogram's share of a heatmap's height."""


@dataclass(frozen=True)
class Heatmap:
    """The content of a heatmap, rows and columns in the order drawn.

    values: float (n, n); ranks: int (n, n), 1 the nearest of a row; groups: the group of each term,
    () for one group of all; breaks: indices where a group begins; linkage: of the dendrogram, None
    without one; rarity: the shares of random pairs of words that are as similar, float (n, n), None
    where they cannot be told; source: where the vectors are from, for files. Title, measure, source
    and the dashboard's own groups are English, translated when drawn.
    """

    title: str
    measure: str
    terms: tuple[str, ...]
    values: np.ndarray
    ranks: np.ndarray
    groups: tuple[str, ...] = ()
    breaks: tuple[int, ...] = ()
    linkage: np.ndarray | None = None
    rarity: np.ndarray | None = None
    source: str = ""

    @property
    def strips(self) -> list[tuple[int, int, str, str]]:
        """Runs of terms of one group: first, end, group and colour; none with a single group."""
        colours = theme.group_colours(self.groups)
        if len(colours) < 2:
            return []
        starts = [i for i, g in enumerate(self.groups) if not i or g != self.groups[i - 1]]
        ends = [*starts[1:], len(self.groups)]
        groups = [self.groups[i] for i in starts]
        return [(a, b, g, colours[g]) for a, b, g in zip(starts, ends, groups, strict=True)]


def heatmap(picture: Heatmap, clickable: bool = False) -> "go.Figure":
    """An interactive heatmap; hovering shows the value, the ranks, and how rare the value is.

    clickable: whether a click selects a cell, point `row * n + column` of the last trace.
    """
    count = len(picture.terms)
    positions = np.arange(count)
    hovers = _hover_texts(picture)
    cells = {
        "type": "heatmap",
        "z": picture.values,
        "x": positions,
        "y": positions,
        # Fixed, so that colours are comparable between heatmaps.
        "zmin": -1,
        "zmax": 1,
        "colorscale": theme.DIVERGING,
        "colorbar": {"title": {"text": _wrapped(_(picture.measure)), "side": "top"}},
        "customdata": hovers,
        "hovertemplate": _("similarity") + " %{z:.3f}<br>%{customdata}<extra></extra>",
        "texttemplate": "%{z:.2f}" if count <= VALUES_UP_TO else None,
        "xgap": 1 if count <= theme.CELL_GAPS else 0,
        "ygap": 1 if count <= theme.CELL_GAPS else 0,
    }
    traces = [cells]
    tree = picture.linkage is not None and len(picture.linkage) > 0
    if tree:
        traces.append(_dendrogram(picture.linkage))
    top = 1 - DENDROGRAM if tree else 1.0
    size = int(np.clip(CELL * count, HEATMAP_MIN, HEATMAP_MAX))
    above = {"domain": [top + 0.01, 1], "visible": False, "rangemode": "tozero", "anchor": "x"}
    names = [theme.escaped(theme.shorten(name)) for name in picture.terms]
    strips = picture.strips
    strip = max(0.25, STRIP * count) if strips else 0
    across = {
        **theme.names_axis(_thinned(names, COLUMNS_NAMED, COLUMNS_THINNED)),
        "range": [-0.5 - strip, count - 0.5],
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
        round(size / top) + 110,
        right=0,
        traces=[
            *traces,
            *theme.group_legend({group_name(g): colour for _a, _b, g, colour in strips}),
            *([_click_targets(picture.values, hovers)] if clickable else []),
        ],
        barmode="overlay",
        xaxis=across,
        yaxis=down,
        shapes=[
            *(line for position in picture.breaks for line in _break_lines(position - 0.5)),
            *(_strip(a, b, colour, strip) for a, b, _group, colour in strips),
        ],
        showlegend=bool(strips),
        **({"yaxis2": above} if tree else {}),
    )


def _click_targets(values: np.ndarray, hovers: list[list[str]]) -> dict[str, Any]:
    """Transparent bars over the cells, as Plotly selects no cells; the others dim then."""
    count = len(values)
    rows, columns = np.divmod(np.arange(count * count), count)
    texts = [text for row in hovers for text in row]
    clear = {"color": "rgba(0, 0, 0, 0)", "opacity": 1}
    return {
        "type": "bar",
        "orientation": "h",
        "x": np.ones(count * count),
        "base": columns - 0.5,
        "y": rows,
        "width": 1,
        "marker": clear,
        "selected": {"marker": clear},
        "unselected": {"marker": clear | {"color": "rgba(128, 128, 128, 0.25)"}},
        "customdata": list(zip(values.ravel().tolist(), texts, strict=True)),
        "hovertemplate": _("similarity")
        + " %{customdata[0]:.3f}<br>%{customdata[1]}<extra></extra>",
        "showlegend": False,
    }


def _strip(start: int, end: int, colour: str, width: float) -> dict[str, Any]:
    """The coloured strip left of the rows of a group."""
    place = {"x0": -0.5 - width, "x1": -0.5 - width / 4, "y0": start - 0.5, "y1": end - 0.5}
    return {"type": "rect", "xref": "x", "yref": "y", "fillcolor": colour, **place} | {
        "line": {"width": 0}
    }


def _wrapped(text: str) -> str:
    """A text in lines that fit above a colour bar, and a line apart from its numbers."""
    return "<br>".join([*textwrap.wrap(text, 10, break_long_words=False), "\u00a0"])


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


def _hover_texts(picture: Heatmap) -> list[list[str]]:
    """The hover text of each cell; short, as there are up to 40,000 cells."""
    escaped = [theme.escaped(name) for name in picture.terms]
    ranks, rarity = picture.ranks, picture.rarity
    # Translated once: for each cell it would take a tenth of a second.
    pair_text = _("ranks {a} and {b}").format
    rare_text = _("top {share} of random pairs").format
    rare = [[""] * len(escaped)] * len(escaped)
    if rarity is not None:
        rare = [[f"<br>{rare_text(share=percent(value))}" for value in row] for row in rarity]
    return [
        [
            f"{a} · {b}<br>{pair_text(a=r, b=q)}{more}" if a is not b else a
            for b, r, q, more in zip(escaped, row.tolist(), column.tolist(), rares, strict=True)
        ]
        for a, row, column, rares in zip(escaped, ranks, ranks.T, rare, strict=True)
    ]


def percent(share: float) -> str:
    """A share in percent, to two digits under one percent, at least a thousandth of one."""
    value = max(100 * share, 0.001)
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


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
    return tree | {"x": xs, "y": ys, "yaxis": "y2", "showlegend": False}


def heatmap_file(picture: Heatmap, form: str) -> bytes:
    """What the screen shows, in the notebook's style, with seaborn: "png", "svg" or "pdf".

    With the dendrogram, the groups, the measure, the source and the date.
    """
    side = float(np.clip(2.5 + 0.45 * len(picture.terms), 5, 40))
    return theme.picture(form, (side + 1, side), lambda drawing: _draw_heatmap(drawing, picture))


def _draw_heatmap(drawing: "Figure", picture: Heatmap) -> None:
    import seaborn as sns

    tree = picture.linkage is not None and len(picture.linkage) > 0
    if tree:
        upper, axes = drawing.subplots(2, 1, height_ratios=[DENDROGRAM, 1 - DENDROGRAM])
    else:
        upper = axes = drawing.subplots()
    names = [theme.literal(theme.shorten(name)) for name in picture.terms]
    sns.heatmap(
        picture.values,
        vmin=-1,
        vmax=1,
        cmap=theme.DIVERGING_ON_PAPER,
        annot=len(names) <= VALUES_UP_TO,
        fmt=".2f",
        square=not tree,
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
    if tree:
        _draw_dendrogram(upper, axes, picture.linkage)
    _draw_strips(axes, picture)
    upper.set_title(_(picture.title))
    theme.footer(drawing, picture.source, _(picture.measure))


def _draw_dendrogram(upper: "Axes", axes: "Axes", linkage: np.ndarray) -> None:
    """The tree above a heatmap whose columns it shares; seaborn's columns begin at 0."""
    lines = _dendrogram(linkage)
    xs = [np.nan if x is None else x + 0.5 for x in lines["x"]]
    ys = [np.nan if y is None else y for y in lines["y"]]
    upper.plot(xs, ys, color="dimgray", linewidth=1.2)
    upper.sharex(axes)
    upper.set_ylim(bottom=0)
    upper.axis("off")


def _draw_strips(axes: "Axes", picture: Heatmap) -> None:
    """The groups as strips left of the rows, and their names in a legend under the heatmap."""
    from matplotlib.patches import Patch, Rectangle

    strips = picture.strips
    if not strips:
        return
    across = axes.get_yaxis_transform()
    for start, end, _group, colour in strips:
        place = {"transform": across, "color": colour, "clip_on": False, "linewidth": 0}
        axes.add_patch(Rectangle((-0.015, start + 0.03), 0.012, end - start - 0.06, **place))
    axes.tick_params(axis="y", pad=8)
    named = {group_name(group): colour for _start, _end, group, colour in strips}
    patches = [Patch(color=c, label=theme.literal(theme.shorten(g))) for g, c in named.items()]
    axes.figure.legend(handles=patches, loc="outside upper center", ncols=min(len(patches), 3))
