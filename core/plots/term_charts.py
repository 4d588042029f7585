"""Figures of terms other than the heatmap: bars of similarities, and a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.plots import theme
from core.plots.groups import group_name
from core.plots.labels import PLACES, place_labels

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

FONT, SMALL_FONT = 12, 10
"""Pixels of terms and of context words on a map."""

WIDTH, HEIGHT, PADDING = 420, 440, 0.1
"""Pixels for which labels of a map are placed, and the margin on each side as a share of them; on
wider screens labels lie further apart."""

PAPER = (7.5, 6.5)
"""Inches of a map's file."""


def term_bars(names: Sequence[str], values: Sequence[float], axis: str) -> "go.Figure":
    """Horizontal bars, first on top, with their values; axis: the title, translated."""
    trace = theme.row_bars(
        values,
        marker={"color": theme.PREDICTED},
        text=[f"{value:.3f}" for value in values],
        customdata=[theme.escaped(name) for name in names],
        hovertemplate="%{customdata}<br>" + axis + " %{x:.3f}<extra></extra>",
    )
    return theme.figure(
        26 * len(names) + 90,
        right=48,
        traces=[trace],
        xaxis={"title": {"text": axis}, "rangemode": "tozero"},
        yaxis=theme.names_axis([theme.escaped(theme.shorten(name)) for name in names], down=True),
    )


def bars_file(
    names: Sequence[str], values: Sequence[float], axis: str, source: str, form: str
) -> bytes:
    """The bars as a file: "png", "svg" or "pdf"; source: English, translated."""

    def draw(drawing: "Figure") -> None:
        axes = drawing.subplots()
        labels = [theme.literal(theme.shorten(name)) for name in names]
        bars = axes.barh(range(len(names)), values, color=theme.PREDICTED)
        axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=3, size=8)
        axes.set_yticks(range(len(names)), labels)
        axes.invert_yaxis()
        axes.set_xlabel(theme.literal(axis))
        theme.footer(drawing, source)

    return theme.picture(form, (7, 1 + 0.28 * len(names)), draw)


@dataclass(frozen=True, eq=False)
class TermMap:
    """Terms as points, and words near them as their context.

    points: (n + m, 2) or (n + m, 3), the n terms first; names, groups: of the terms; axes: a title
    for each dimension, translated; context: m words; source: English.
    """

    points: np.ndarray
    names: Sequence[str]
    groups: Sequence[str]
    axes: Sequence[str]
    context: Sequence[str] = ()
    source: str = ""

    @property
    def labels(self) -> list[str]:
        """The labels of all points."""
        return [theme.shorten(name) for name in (*self.names, *self.context)]

    @property
    def ranges(self) -> np.ndarray:
        """The least and greatest value of each axis with a margin for labels, (d, 2)."""
        if not len(self.points):
            return np.tile([-1.0, 1.0], (self.points.shape[1], 1))
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        margin = np.where(high > low, (high - low) * PADDING, 1)
        return np.stack([low - margin, high + margin], axis=1)

    def places(self, width: float, height: float, sizes: tuple[float, float]) -> list[str]:
        """Where labels stand beside their points on a flat map; sizes: of terms and context."""
        low, high = self.ranges.T
        pixels = (self.points - low) / (high - low) * [width, height]
        pixels[:, 1] = height - pixels[:, 1]
        fonts = [sizes[0]] * len(self.names) + [sizes[1]] * len(self.context)
        return place_labels(pixels, self.labels, fonts, len(self.names), (width, height))


def term_map(drawn: TermMap) -> "go.Figure":
    """The terms in the colours of their groups, context words in grey.

    On a flat map labels do not cover each other: hovering shows those for which there is no room.
    """
    in_space = drawn.points.shape[1] == 3
    fonts = (FONT, SMALL_FONT)
    count = len(drawn.points)
    places = ["top center"] * count if in_space else drawn.places(WIDTH, HEIGHT, fonts)
    traces = []
    words = range(len(drawn.names), count)
    if drawn.context:
        grey = {"color": theme.GREY, "size": 3 if in_space else 5}
        traces.append(_points(drawn, words, places, "", grey) | {"showlegend": False})
        traces[0]["textfont"] = {"size": SMALL_FONT, "color": theme.GREY}
    for group, colour in theme.group_colours(drawn.groups).items():
        rows = [i for i, name in enumerate(drawn.groups) if name == group]
        marker = {"size": 5 if in_space else 10, "color": colour}
        traces.append(_points(drawn, rows, places, group_name(group), marker))
    ranges = [{}] * 3 if in_space else [{"range": list(limits)} for limits in drawn.ranges]
    titles = {
        f"{letter}axis": {"title": {"text": text}} | limits
        for letter, text, limits in zip("xyz", drawn.axes, ranges, strict=False)
    }
    # In 3D the points are small; in the legend they are not.
    layout = {"scene": titles, "legend_itemsizing": "constant"} if in_space else titles
    return theme.figure(560, traces=traces, **layout)


def _points(
    drawn: TermMap, rows: Sequence[int], places: list[str], group: str, marker: dict[str, Any]
) -> dict[str, Any]:
    """The trace of some points of a map."""
    in_space = drawn.points.shape[1] == 3
    names = [theme.escaped(drawn.labels[i]) for i in rows]
    # On narrow screens labels at the sides reach over the axes.
    kind = {"type": "scatter3d"} if in_space else {"type": "scatter", "cliponaxis": False}
    return {
        **kind,
        **dict(zip("xyz", drawn.points[list(rows)].T, strict=False)),
        "mode": "markers+text",
        "name": theme.escaped(group),
        "text": [name if places[i] else "" for i, name in zip(rows, names, strict=True)],
        "textposition": [places[i] or "top center" for i in rows],
        "customdata": names,
        "marker": marker,
        "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
    }


def map_file(drawn: TermMap, form: str) -> bytes:
    """The map as a file: "png", "svg" or "pdf"."""
    return theme.picture(form, PAPER, lambda drawing: _draw_map(drawing, drawn))


def _draw_map(drawing: "Figure", drawn: TermMap) -> None:
    in_space = drawn.points.shape[1] == 3
    axes = drawing.add_subplot(projection="3d" if in_space else None)
    fonts = (9, 7)
    count = len(drawn.points)
    # A picture's sizes are points: 72 an inch, and about a tenth of the paper is for the axes.
    room = [0.85 * 72 * inches for inches in PAPER]
    places = ["top center"] * count if in_space else drawn.places(*room, fonts)
    words = drawn.points[len(drawn.names) :]
    axes.scatter(*words.T, s=12, color=theme.GREY)
    for group, colour in theme.group_colours(drawn.groups).items():
        rows = [i for i, name in enumerate(drawn.groups) if name == group]
        label = theme.literal(theme.shorten(group_name(group)))
        axes.scatter(*drawn.points[rows].T, s=40, color=colour, label=label)
    for i, (text, place) in enumerate(zip(drawn.labels, places, strict=True)):
        if place:
            is_term = i < len(drawn.names)
            look = {"size": fonts[not is_term], "color": "black" if is_term else "dimgray"}
            _draw_label(axes, drawn.points[i], theme.literal(text), place, look)
    for letter, text, limits in zip("xyz", drawn.axes, drawn.ranges, strict=False):
        axes.set(**{f"{letter}label": theme.literal(text)})
        if not in_space:
            axes.set(**{f"{letter}lim": limits})
    drawing.legend(loc="outside upper left", ncols=3)
    theme.footer(drawing, drawn.source)


def _draw_label(axes: Any, point: np.ndarray, text: str, place: str, look: dict[str, Any]) -> None:
    """A label beside its point."""
    right, down = PLACES[place]
    if len(point) == 3:
        axes.text(*point, text, **look)
        return
    aligned = {
        "ha": {0: "center", 1: "left", -1: "right"}[right],
        "va": {0: "center", 1: "top", -1: "bottom"}[down],
    }
    offset = (6 * right, -6 * down)
    axes.annotate(text, point, offset, textcoords="offset points", **aligned, **look)
