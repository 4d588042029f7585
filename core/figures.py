"""Every figure. Takes results, never models; Plotly is imported when the first one is drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    names = [label_title(row.label) for row in rows]
    figure = go.Figure()
    for predicted, colour, legend in (
        (True, PREDICTED, "predicted"),
        (False, OTHER, "not predicted"),
    ):
        part = [(n, r) for n, r in zip(names, rows, strict=True) if r.predicted == predicted]
        figure.add_bar(
            x=[r.probability for _, r in part],
            y=[n for n, _ in part],
            orientation="h",
            name=legend,
            marker_color=colour,
            text=[f"{r.probability:.0%}" for _, r in part],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>probability %{x:.1%}<extra></extra>",
        )
    figure.add_scatter(
        x=[r.threshold for r in rows],
        y=names,
        mode="markers",
        name="threshold",
        marker={"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": THRESHOLD}},
        hovertemplate="%{y}<br>threshold %{x:.0%}<extra></extra>",
    )
    for name in names:
        # Above its bar, a name keeps the bars long on a narrow screen.
        figure.add_annotation(
            x=0, y=name, text=name, showarrow=False, xanchor="left", yshift=18, font_size=13
        )
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left"},
        height=ROW * len(rows) + 150,
        barmode="overlay",
        bargap=0.66,
        margin={"l": 12, "r": 0, "t": 76, "b": 0},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        xaxis={"title": "probability", "range": [0, 1.1], "tickformat": ".0%", "dtick": 0.25},
        yaxis={"categoryorder": "array", "categoryarray": names, "showticklabels": False},
    )
    return figure
