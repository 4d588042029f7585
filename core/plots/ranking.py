"""The labels of one answer as bars with their thresholds, and of several models as dots."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.evaluation.decisions import Ranked
from core.i18n import _, label_title
from core.plots import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 48
SYMBOLS = ("circle", "diamond", "square")
"""Of the models in `dots`, in turn."""


def percent(probability: float) -> str:
    """A probability in percent; neither 0 nor 100 unless it is exactly that."""
    if 0 < probability < 0.005:
        return "<1%"
    if 0.995 <= probability < 1:
        return ">99%"
    return f"{probability:.0%}"


def ranking(
    rows: Sequence[Ranked],
    title: str,
    *,
    picked: str = "",
    name: Callable[[str], str] = label_title,
    legends: tuple[str, str] | None = None,
) -> "go.Figure":
    """Probability bars, best on top, with each label's threshold marked.

    A bar that reaches its mark is suggested. picked: the label whose name is bold; name: of a
    label on screen; legends: what bars that reach their marks are called, and others. Labels are
    the custom data of the bars, for selections.
    """
    reached, below = legends or (_("suggested"), _("not suggested"))
    rows = list(reversed(rows))
    names = [theme.escaped(name(row.label)) for row in rows]
    marks = {
        "type": "scatter",
        "mode": "markers",
        "x": [row.threshold for row in rows],
        "y": names,
        "name": _("threshold"),
        "marker": theme.line_mark(theme.THRESHOLD),
        "customdata": [theme.escaped(row.label) for row in rows],
        "hovertemplate": "%{y}<br>" + _("threshold") + " %{x:.0%}<extra></extra>",
        "unselected": {"marker": {"opacity": 1}},
    }
    groups = ((True, reached, theme.PREDICTED), (False, below, theme.OTHER))
    bars = [
        _bars(
            [pair for pair in zip(rows, names, strict=True) if pair[0].predicted == is_predicted],
            legend,
            colour,
        )
        for is_predicted, legend, colour in groups
    ]
    ends = [max(row.probability, row.threshold) for row in rows]
    return _rows_of_labels(
        title,
        names,
        [*bars, marks, _numbers(rows, names, ends)],
        [row.label == picked for row in rows],
    )


def _bars(pairs: Sequence[tuple[Ranked, str]], legend: str, colour: str) -> dict[str, Any]:
    """The bars of some labels, each with its name."""
    return theme.row_bars(
        [row.probability for row, _ in pairs],
        name=legend,
        marker={"color": colour},
        customdata=[theme.escaped(row.label) for row, _ in pairs],
        hovertemplate="%{y}<br>" + _("probability") + " %{x:.1%}<extra></extra>",
        # A click selects a bar; the others keep their colour.
        unselected={"marker": {"opacity": 1}},
    ) | {"y": [name for _, name in pairs]}


def _numbers(rows: Sequence[Ranked], names: Sequence[str], ends: Sequence[float]) -> dict[str, Any]:
    """The percents, right of bars and marks."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": list(ends),
        "y": list(names),
        "text": [f" {percent(row.probability)}" for row in rows],
        "textposition": "middle right",
        "textfont": {"color": theme.INK},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _rows_of_labels(
    title: str, names: Sequence[str], traces: Sequence[dict[str, Any]], bold: Sequence[bool]
) -> "go.Figure":
    """A figure with a row for each name, the last on top; bold: which names are."""
    # Names above the bars leave room for long bars on a narrow screen.
    name = {"x": 0, "showarrow": False, "xanchor": "left", "yshift": 18, "font": {"size": 13}}
    texts = [f"<b>{text}</b>" if strong else text for text, strong in zip(names, bold, strict=True)]
    return theme.figure(
        ROW * len(names) + 146,
        title,
        right=0,
        traces=traces,
        annotations=[
            name | {"y": row, "text": text} for row, text in zip(names, texts, strict=True)
        ],
        barmode="overlay",
        bargap=0.66,
        margin={"l": 12, "t": 72},
        legend={"y": 1.02},
        xaxis=_probability_axis(1.12),
        yaxis={
            "categoryorder": "array",
            "categoryarray": list(names),
            "showticklabels": False,
            "type": "category",
        },
    )


def _probability_axis(end: float) -> dict[str, Any]:
    """An axis from 0 to `end`, more than 1 to leave room for a number beside the longest bar."""
    title = {"text": _("probability")}
    return {"title": title, "range": [0, end], "tickformat": ".0%", "dtick": 0.25}


def dots(
    labels: Sequence[str],
    models: Mapping[str, Mapping[str, Ranked]],
    title: str,
    name: Callable[[str], str] = label_title,
) -> "go.Figure":
    """What models say of the same labels: a row a label, the first on top, a dot a model.

    models: by name their rows by label; a label that a model does not know has no dot. A filled
    dot is suggested.
    """
    shown = list(reversed(labels))
    names = [theme.escaped(name(label)) for label in shown]
    traces = []
    for index, (model, rows) in enumerate(models.items()):
        known = [
            (rows[label], text) for label, text in zip(shown, names, strict=True) if label in rows
        ]
        symbol, colour = SYMBOLS[index % len(SYMBOLS)], theme.COLOURS[index % len(theme.COLOURS)]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [row.probability for row, _ in known],
                "y": [text for _, text in known],
                "name": theme.escaped(model),
                "marker": {
                    "symbol": [symbol if row.predicted else f"{symbol}-open" for row, _ in known],
                    "size": 13,
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
                "hovertemplate": "%{y}<br>%{fullData.name} %{x:.1%}<extra></extra>",
            }
        )
    return _rows_of_labels(title, names, traces, [False] * len(names))


def shares(labels: Sequence[str], values: Sequence[float]) -> "go.Figure":
    """Probabilities that add up to one, the first on top."""
    bars = theme.row_bars(
        values,
        marker={"color": [theme.PREDICTED] + [theme.OTHER] * (len(labels) - 1)},
        text=[percent(value) for value in values],
        hovertemplate="%{y}<br>" + _("probability") + " %{x:.1%}<extra></extra>",
    ) | {"y": [theme.escaped(label) for label in labels]}
    return theme.figure(
        44 * len(labels) + 80,
        right=0,
        traces=[bars],
        xaxis=_probability_axis(1.12),
        yaxis={"autorange": "reversed"},
    )
