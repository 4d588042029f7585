"""The labels of one answer as bars with their thresholds, best first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.evaluation.decisions import Ranked
from core.i18n import _, label_title
from core.plots import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 48


def ranking(rows: Sequence[Ranked], title: str) -> "go.Figure":
    """Probability bars, best on top, with each label's threshold marked."""
    rows = list(reversed(rows))
    names = [theme.escaped(label_title(row.label)) for row in rows]
    marks = {
        "type": "scatter",
        "mode": "markers",
        "x": [row.threshold for row in rows],
        "y": names,
        "name": _("threshold"),
        "marker": theme.line_mark(theme.THRESHOLD),
        "hovertemplate": "%{y}<br>" + _("threshold") + " %{x:.0%}<extra></extra>",
    }
    # Names above the bars leave room for long bars on a narrow screen.
    name = {"x": 0, "showarrow": False, "xanchor": "left", "yshift": 18, "font": {"size": 13}}
    return theme.figure(
        ROW * len(rows) + 150,
        title,
        right=0,
        traces=[
            _bars(rows, names, True, _("predicted"), theme.PREDICTED),
            _bars(rows, names, False, _("not predicted"), theme.OTHER),
            marks,
        ],
        annotations=[name | {"y": text, "text": text} for text in names],
        barmode="overlay",
        bargap=0.66,
        margin={"l": 12, "t": 76},
        legend={"y": 1},
        xaxis=_probability_axis(1.1),
        yaxis={"categoryorder": "array", "categoryarray": names, "showticklabels": False},
    )


def _bars(
    rows: Sequence[Ranked], names: Sequence[str], predicted: bool, legend: str, colour: str
) -> dict[str, Any]:
    """The bars of the labels that are predicted, or of the others."""
    part = [
        (row, name) for row, name in zip(rows, names, strict=True) if row.predicted == predicted
    ]
    return theme.row_bars(
        [row.probability for row, _ in part],
        name=legend,
        marker={"color": colour},
        text=[f"{row.probability:.0%}" for row, _ in part],
        hovertemplate="%{y}<br>" + _("probability") + " %{x:.1%}<extra></extra>",
    ) | {"y": [name for _, name in part]}


def _probability_axis(end: float) -> dict[str, Any]:
    """An axis from 0 to `end`, more than 1 to leave room for a number beside the longest bar."""
    title = {"text": _("probability")}
    return {"title": title, "range": [0, end], "tickformat": ".0%", "dtick": 0.25}


def shares(labels: Sequence[str], values: Sequence[float]) -> "go.Figure":
    """Probabilities that add up to one, the first on top."""
    bars = theme.row_bars(
        values,
        marker={"color": [theme.PREDICTED] + [theme.OTHER] * (len(labels) - 1)},
        text=[f"{value:.0%}" for value in values],
        hovertemplate="%{y}<br>" + _("probability") + " %{x:.1%}<extra></extra>",
    ) | {"y": [theme.escaped(label) for label in labels]}
    return theme.figure(
        44 * len(labels) + 80,
        right=0,
        traces=[bars],
        xaxis=_probability_axis(1.12),
        yaxis={"autorange": "reversed"},
    )
