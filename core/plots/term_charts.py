"""Figures of terms other than the heatmap: bars of similarities, and a map."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.plots import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

GROUP_COLOURS = (*theme.COLOURS, theme.OTHER)


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


def term_map(
    points: np.ndarray, names: Sequence[str], groups: Sequence[str], axes: Sequence[str]
) -> "go.Figure":
    """Terms as points, (n, 2) or (n, 3), coloured by group; axes: a title for each dimension."""
    in_space = points.shape[1] == 3
    traces = []
    for index, group in enumerate(dict.fromkeys(groups)):
        rows = [i for i, name in enumerate(groups) if name == group]
        traces.append(
            {
                "type": "scatter3d" if in_space else "scatter",
                **dict(zip("xyz", points[rows].T, strict=False)),
                "mode": "markers+text",
                "name": theme.escaped(group),
                "text": [theme.escaped(theme.shorten(names[i])) for i in rows],
                "marker": {
                    "size": 5 if in_space else 10,
                    "color": GROUP_COLOURS[index % len(GROUP_COLOURS)],
                },
                "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
            }
        )
    titles = {
        f"{letter}axis": {"title": {"text": text}}
        for letter, text in zip("xyz", axes, strict=False)
    }
    # In 3D the points are small; in the legend they are not.
    layout = {"scene": titles, "legend_itemsizing": "constant"} if in_space else titles
    return theme.figure(640, traces=traces, **layout)
