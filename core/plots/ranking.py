"""The labels of one answer as bars over their thresholds, best first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.evaluation.decisions import Ranked
from core.i18n import say
from core.plots import theme
from core.taxonomy import label_title

if TYPE_CHECKING:
    import plotly.graph_objects as go


ROW = 48


def ranking(rows: Sequence[Ranked], title: str) -> "go.Figure":
    """Probability bars, best on top, with each label's threshold drawn in."""
    rows = list(reversed(rows))
    names = [theme.escaped(label_title(row.label)) for row in rows]
    traces: list[dict[str, Any]] = []
    for predicted, colour, legend in (
        (True, theme.PREDICTED, say("predicted")),
        (False, theme.OTHER, say("not predicted")),
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
                "hovertemplate": "%{y}<br>" + say("probability") + " %{x:.1%}<extra></extra>",
            }
        )
    mark = {"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": theme.THRESHOLD}}
    traces.append(
        {
            "type": "scatter",
            "x": [r.threshold for r in rows],
            "y": names,
            "mode": "markers",
            "name": say("threshold"),
            "marker": mark,
            "hovertemplate": "%{y}<br>" + say("threshold") + " %{x:.0%}<extra></extra>",
        }
    )
    # Above its bar, a name keeps the bars long on a narrow screen.
    name = {"x": 0, "showarrow": False, "xanchor": "left", "yshift": 18, "font": {"size": 13}}
    return theme.figure(
        ROW * len(rows) + 150,
        title,
        right=0,
        traces=traces,
        annotations=[name | {"y": text, "text": text} for text in names],
        barmode="overlay",
        bargap=0.66,
        margin={"l": 12, "t": 76},
        legend={"y": 1},
        xaxis=_probability_axis(1.1),
        yaxis={"categoryorder": "array", "categoryarray": names, "showticklabels": False},
    )


def _probability_axis(end: float) -> dict[str, Any]:
    """0 to 1 and room beyond for a number beside the longest bar."""
    return {
        "title": {"text": say("probability")},
        "range": [0, end],
        "tickformat": ".0%",
        "dtick": 0.25,
    }


def shares(labels: Sequence[str], values: Sequence[float]) -> "go.Figure":
    """Probabilities that add up to one, the first on top."""
    bars = {
        "type": "bar",
        "x": list(values),
        "y": [theme.escaped(label) for label in labels],
        "orientation": "h",
        "marker": {"color": [theme.PREDICTED] + [theme.OTHER] * (len(labels) - 1)},
        "text": [f"{value:.0%}" for value in values],
        "hovertemplate": "%{y}<br>" + say("probability") + " %{x:.1%}<extra></extra>",
    }
    return theme.figure(
        44 * len(labels) + 80,
        right=0,
        traces=[bars],
        xaxis=_probability_axis(1.12),
        yaxis={"autorange": "reversed"},
    )
