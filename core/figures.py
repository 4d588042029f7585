"""Every figure. Takes results, never models; Plotly is imported when the first one is drawn."""

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core import taxonomy
from core.classifiers.base import Ranked

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Okabe and Ito's colour-blind-safe palette; the grey reads on light and dark.
PREDICTED = "#0072B2"
OTHER = "#9aa5b1"
THRESHOLD = "#D55E00"
FOR, AGAINST = "0, 114, 178", "213, 94, 0"
ROW = 48


def label_title(label: str) -> str:
    """A code beside its official name, marked if retired."""
    name = taxonomy.name(label)
    words = label if name == label else f"{name} ({label})"
    return f"{words}, retired" if taxonomy.is_retired(label) else words


def ranking(rows: Sequence[Ranked], title: str) -> "go.Figure":
    """Probability bars, best on top, with each label's threshold drawn in."""
    import plotly.graph_objects as go

    rows = list(reversed(rows))
    names = [html.escape(label_title(row.label)) for row in rows]
    traces: list[dict] = []
    for predicted, colour, legend in (
        (True, PREDICTED, "predicted"),
        (False, OTHER, "not predicted"),
    ):
        part = [(n, r) for n, r in zip(names, rows, strict=True) if r.predicted == predicted]
        traces.append(
            {
                "type": "bar",
                "x": [r.probability for _, r in part],
                "y": [n for n, _ in part],
                "orientation": "h",
                "name": legend,
                "marker": {"color": colour},
                "text": [f"{r.probability:.0%}" for _, r in part],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{y}<br>probability %{x:.1%}<extra></extra>",
            }
        )
    traces.append(
        {
            "type": "scatter",
            "x": [r.threshold for r in rows],
            "y": names,
            "mode": "markers",
            "name": "threshold",
            "marker": {"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": THRESHOLD}},
            "hovertemplate": "%{y}<br>threshold %{x:.0%}<extra></extra>",
        }
    )
    layout = {
        "title": {"text": title, "x": 0, "xanchor": "left"},
        "height": ROW * len(rows) + 150,
        "barmode": "overlay",
        "bargap": 0.66,
        "margin": {"l": 12, "r": 0, "t": 76, "b": 0},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "xaxis": {
            "title": {"text": "probability"},
            "range": [0, 1.1],
            "tickformat": ".0%",
            "dtick": 0.25,
        },
        "yaxis": {"categoryorder": "array", "categoryarray": names, "showticklabels": False},
        # Above its bar, a name keeps the bars long on a narrow screen.
        "annotations": [
            {"x": 0, "y": name, "text": name, "showarrow": False, "xanchor": "left", "yshift": 18,
             "font": {"size": 13}}
            for name in names
        ],
    }  # fmt: skip
    # All at once: Plotly checks the whole figure anew with each addition to it.
    return go.Figure(traces, layout)


def shares(labels: Sequence[str], values: Sequence[float]) -> "go.Figure":
    """Probabilities that add up to one, the first on top."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=[html.escape(label) for label in labels],
            orientation="h",
            marker_color=[PREDICTED] + [OTHER] * (len(labels) - 1),
            text=[f"{value:.0%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>probability %{x:.1%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=44 * len(labels) + 80,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        xaxis={"title": "probability", "range": [0, 1.12], "tickformat": ".0%", "dtick": 0.25},
        yaxis={"autorange": "reversed"},
    )
    return figure


# Term similarity.

SIMILARITY = "RdBu_r"  # diverging, blue below 0 and red above; the scale is fixed at -1 to 1
VALUES_UP_TO = 20
"""A heatmap of so many terms has its values printed."""

CELL, HEATMAP_LEAST, HEATMAP_MOST = 34, 420, 980
LONGEST_NAME = 40
"""Characters of a term that stand beside an axis; hovering shows them all."""

DENDROGRAM = 0.12
"""The dendrogram's share of a heatmap's height."""


@dataclass(frozen=True)
class Heatmap:
    """What a heatmap shows, rows and columns in the order drawn.

    values: float (n, n); ranks: int (n, n), 1 the nearest of a row; known: whether each term has a
    vector; breaks: where a new group begins; linkage: of the dendrogram, None without one.
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
            term if known else f"{term} (unknown)"
            for term, known in zip(self.terms, self.known, strict=True)
        )

    @property
    def shown(self) -> np.ndarray:
        """The values, NaN where one of the two terms is unknown; float (n, n)."""
        known = np.array(self.known, bool)
        return np.where(np.outer(known, known), self.values, np.nan)


def heatmap(picture: Heatmap) -> "go.Figure":
    """An interactive heatmap; hovering shows the value and how near each term is to the other."""
    import plotly.graph_objects as go

    count = len(picture.terms)
    places = np.arange(count)
    trace = {
        "type": "heatmap",
        "z": picture.shown,
        "x": places,
        "y": places,
        "zmin": -1,
        "zmax": 1,
        "colorscale": SIMILARITY,
        "colorbar": {"title": {"text": picture.measure, "side": "right"}, "thickness": 14},
        "customdata": _hover_texts(picture.names, picture.ranks),
        "hovertemplate": "similarity %{z:.3f}<br>%{customdata}<extra></extra>",
        "hoverongaps": False,
        "texttemplate": "%{z:.2f}" if count <= VALUES_UP_TO else None,
        "xgap": 1 if count <= 60 else 0,
        "ygap": 1 if count <= 60 else 0,
    }
    tree = picture.linkage is not None and count > 1
    top = 1 - DENDROGRAM if tree else 1.0
    size = int(np.clip(CELL * count, HEATMAP_LEAST, HEATMAP_MOST))
    ticks = {
        "tickmode": "array",
        "tickvals": places,
        "ticktext": [html.escape(_cut(name)) for name in picture.names],
        "showgrid": False,
        "zeroline": False,
    }
    layout = {
        "title": {"text": picture.title, "x": 0, "xanchor": "left"},
        "height": round(size / top) + 150,
        "margin": {"l": 0, "r": 0, "t": 56, "b": 0},
        "xaxis": {**ticks, "range": [-0.5, count - 0.5], "tickangle": -45},
        "yaxis": {**ticks, "range": [count - 0.5, -0.5], "domain": [0, top]},
        "showlegend": False,
        "shapes": [line for place in picture.breaks for line in _break_lines(place - 0.5)],
    }
    if tree:
        layout["yaxis2"] = {
            "domain": [1 - DENDROGRAM + 0.01, 1],
            "visible": False,
            "rangemode": "tozero",
            "anchor": "x",
        }
    # All at once: Plotly checks the whole figure anew with each addition to it.
    return go.Figure([trace, *([_dendrogram(picture.linkage)] if tree else [])], layout)


def _break_lines(place: float) -> tuple[dict, dict]:
    """A line across and one down where a group begins."""
    look = {"type": "line", "line": {"width": 2, "color": OTHER}}
    return (
        {**look, "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": place, "y1": place},
        {**look, "yref": "y domain", "y0": 0, "y1": 1, "xref": "x", "x0": place, "x1": place},
    )


def _hover_texts(names: Sequence[str], ranks: np.ndarray) -> list[list[str]]:
    """What hovering over each cell says; short, for there are up to 40,000 cells."""
    escaped = [html.escape(name) for name in names]
    return [
        [
            f"{a} · {b}<br>ranks {r} and {q}" if a is not b else a
            for b, r, q in zip(escaped, row.tolist(), column.tolist(), strict=True)
        ]
        for a, row, column in zip(escaped, ranks, ranks.T, strict=True)
    ]


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _dendrogram(linkage: np.ndarray) -> dict:
    """The tree above a heatmap whose columns are in its leaf order, as a trace."""
    from scipy.cluster.hierarchy import dendrogram

    # SciPy puts leaf k at 10 k + 5, and columns stand at whole numbers.
    tree = dendrogram(linkage, no_plot=True)
    xs: list[float | None] = []
    ys: list[float | None] = []
    for across, up in zip(tree["icoord"], tree["dcoord"], strict=True):
        xs += [*((x - 5) / 10 for x in across), None]
        ys += [*up, None]
    return {
        "type": "scatter",
        "x": xs,
        "y": ys,
        "yaxis": "y2",
        "mode": "lines",
        "line": {"color": OTHER, "width": 1.5},
        "hoverinfo": "skip",
    }


def heatmap_file(picture: Heatmap, form: str) -> bytes:
    """The heatmap as the notebook draws it, with seaborn: "png", "svg" or "pdf"."""
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(picture.terms)
    side = float(np.clip(2.5 + 0.45 * count, 5, 40))
    # A figure of its own, not pyplot's: several users may ask at once. Fonts as outlines would
    # make the text of an SVG unreadable for search.
    with mpl.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "text.usetex": False}):
        drawing = Figure(figsize=(side + 1, side), layout="constrained")
        FigureCanvasAgg(drawing)
        axes = drawing.subplots()
        names = [_cut(name).replace("$", r"\$") for name in picture.names]
        sns.heatmap(
            picture.shown,
            vmin=-1,
            vmax=1,
            cmap=SIMILARITY,
            annot=count <= VALUES_UP_TO,
            fmt=".2f",
            square=True,
            xticklabels=names,
            yticklabels=names,
            cbar_kws={"label": picture.measure, "shrink": 0.8},
            ax=axes,
        )
        axes.tick_params(axis="x", rotation=90)
        axes.tick_params(axis="y", rotation=0)
        for place in picture.breaks:
            axes.axhline(place, color="white", linewidth=2)
            axes.axvline(place, color="white", linewidth=2)
        axes.set_title(picture.title)
        buffer = io.BytesIO()
        drawing.savefig(buffer, format=form, dpi=150)
    return buffer.getvalue()


def term_bars(names: Sequence[str], values: Sequence[float], axis: str) -> "go.Figure":
    """Horizontal bars, first on top, the value beside each."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=list(range(len(names))),
            orientation="h",
            marker_color=PREDICTED,
            text=[f"{value:.3f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[html.escape(name) for name in names],
            hovertemplate="%{customdata}<br>" + axis + " %{x:.3f}<extra></extra>",
        )
    )
    figure.update_layout(
        height=26 * len(names) + 90,
        margin={"l": 0, "r": 40, "t": 12, "b": 0},
        xaxis={"title": axis, "rangemode": "tozero"},
        yaxis={
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": [html.escape(_cut(name)) for name in names],
            "autorange": "reversed",
            "showgrid": False,
        },
    )
    return figure


GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#9aa5b1")


def term_map(
    points: np.ndarray, names: Sequence[str], groups: Sequence[str], axes: Sequence[str]
) -> "go.Figure":
    """Terms as points, (n, 2) or (n, 3), coloured by group; axes: a title for each dimension."""
    import plotly.graph_objects as go

    solid = points.shape[1] == 3
    figure = go.Figure()
    for place, group in enumerate(dict.fromkeys(groups)):
        rows = [i for i, g in enumerate(groups) if g == group]
        at = dict(zip("xyz", points[rows].T, strict=False))
        figure.add_trace(
            (go.Scatter3d if solid else go.Scatter)(
                **at,
                mode="markers+text",
                name=html.escape(group),
                text=[html.escape(_cut(names[i])) for i in rows],
                textposition="top center",
                marker={
                    "size": 5 if solid else 10,
                    "color": GROUP_COLOURS[place % len(GROUP_COLOURS)],
                },
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    titles = {
        f"{letter}axis": {"title": {"text": text}}
        for letter, text in zip("xyz", axes, strict=False)
    }
    figure.update_layout(
        height=640,
        margin={"l": 0, "r": 0, "t": 12, "b": 0},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        **({"scene": titles} if solid else titles),
    )
    return figure
