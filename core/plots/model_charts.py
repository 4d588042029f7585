"""Figures of a model's quality, from `core.evaluation.curves`."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.evaluation.curves import rates
from core.i18n import _, label_title
from core.messages import N_
from core.plots import theme
from core.plots.labels import PLACES, place_labels

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 460
MAX_LABELS = 6
"""The maximum number of labels in one figure, the number of distinguishable colours."""

MAX_CONFUSED = 14
MAX_ERRORS = 10
SCATTER = (900, 320)
"""The width and height in pixels for which the scatter's labels are placed."""
RATES = {
    "precision": (theme.BLUE, "solid"),
    "recall": (theme.VERMILION, "dash"),
    "f1": (theme.GREEN, "dot"),
}
NAMES = {"precision": N_("precision"), "recall": N_("recall"), "f1": N_("F1")}


def _title(label: str) -> str:
    """A label's code and name as text: Plotly reads HTML."""
    return theme.escaped(label_title(label))


def _share_axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "range": [-0.02, 1.04], "tickformat": ".0%", "dtick": 0.2, **more}


def _line(
    x: Sequence[float], y: Sequence[float], colour: str, dash: str, **more: Any
) -> dict[str, Any]:
    line = {"color": colour, "dash": dash}
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "line": line, **more}


def precision_recall(
    curve: dict[str, Any], labels: Sequence[str], thresholds: dict[str, float] | None = None
) -> "go.Figure":
    """Precision against recall of `labels` and of all labels together (micro).

    thresholds: by label, marked on the curves.
    """
    steps = np.array(curve["thresholds"])
    micro = {name: np.array(column) for name, column in curve["micro"].items()}
    traces = _precision_recall(micro, steps, _("all labels (micro)"), theme.OTHER, "dash")
    for label, colour in zip(labels, theme.COLOURS[:MAX_LABELS], strict=False):
        threshold = (thresholds or {}).get(label)
        traces += _precision_recall(
            rates(curve, label), steps, _title(label), colour, "solid", threshold
        )
    return _recall_and_precision(HEIGHT + 22 * min(len(labels), MAX_LABELS), traces)


def precision_recall_of_models(
    rates_by_model: dict[str, dict[str, Sequence[float]]], steps: Sequence[float]
) -> "go.Figure":
    """Precision against recall of up to three models, by name: of one label or of all together."""
    traces = []
    for (name, columns), colour in zip(rates_by_model.items(), theme.COLOURS, strict=False):
        arrays = {key: np.array(column) for key, column in columns.items()}
        traces += _precision_recall(arrays, np.array(steps), theme.escaped(name), colour, "solid")
    return _recall_and_precision(HEIGHT, traces)


def _recall_and_precision(height: int, traces: list[dict[str, Any]]) -> "go.Figure":
    return theme.figure(
        height,
        traces=traces,
        xaxis=_share_axis(_("recall (share of true labels found)")),
        yaxis=_share_axis(_("precision (share of predictions right)")),
        legend=theme.BELOW,
    )


def f1_of_models(
    rates_by_model: dict[str, dict[str, Sequence[float]]], steps: Sequence[float]
) -> "go.Figure":
    """F1 against the threshold, a line for each model."""
    hover = _("threshold %{x:.2f}<br>%{y:.1%}")
    traces = [
        _line(
            steps,
            columns["f1"],
            colour,
            "solid",
            name=theme.escaped(name),
            hovertemplate=f"{hover}<extra>{theme.escaped(name)}</extra>",
        )
        for (name, columns), colour in zip(rates_by_model.items(), theme.COLOURS, strict=False)
    ]
    return theme.figure(
        HEIGHT - 60,
        traces=traces,
        xaxis={"title": _("threshold (probability)"), "range": [0, 1], "dtick": 0.1},
        yaxis=_share_axis(_("F1")),
        hovermode="x unified",
        legend=theme.BELOW,
    )


def _precision_recall(
    columns: dict[str, np.ndarray],
    steps: np.ndarray,
    name: str,
    colour: str,
    dash: str,
    threshold: float | None = None,
) -> list[dict[str, Any]]:
    """One curve, of the thresholds at which anything is predicted, with the model's marked."""
    any_predicted = (columns["precision"] > 0) | (columns["recall"] > 0)
    x, y, steps = (a[any_predicted] for a in (columns["recall"], columns["precision"], steps))
    hover = _("threshold %{customdata:.2f}<br>recall %{x:.1%}<br>precision %{y:.1%}")
    hover += f"<extra>{name}</extra>"
    group = {"name": name, "legendgroup": name}
    traces = [_line(x, y, colour, dash, customdata=steps, hovertemplate=hover, **group)]
    if threshold is not None and len(steps):
        nearest = int(np.abs(steps - threshold).argmin())
        marker = {"size": 12, "color": colour, "symbol": "circle-open", "line": {"width": 3}}
        at = _("the model’s threshold, {at:.2f}").format(at=threshold)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [x[nearest]],
                "y": [y[nearest]],
                "showlegend": False,
                "marker": marker,
                "hovertemplate": f"{at}<extra>{name}</extra>",
                **group,
            }
        )
    return traces


def by_threshold(
    columns: dict[str, Sequence[float]],
    steps: Sequence[float],
    marks: Sequence[tuple[float, str]] = (),
) -> "go.Figure":
    """Precision, recall and F1 against the threshold; marks: thresholds to mark, with names."""
    traces = []
    for key, (colour, dash) in RATES.items():
        name = _(NAMES[key])
        hover = _("threshold %{x:.2f}<br>%{y:.1%}") + f"<extra>{name}</extra>"
        traces.append(_line(steps, columns[key], colour, dash, name=name, hovertemplate=hover))
    figure = theme.figure(
        HEIGHT - 60,
        traces=traces,
        margin={"t": 72 if marks else 44},
        legend=theme.BELOW,
        xaxis={"title": _("threshold (probability)"), "range": [0, 1], "dtick": 0.1},
        yaxis=_share_axis(_("precision, recall, F1")),
        hovermode="x unified",
    )
    for index, (threshold, word) in enumerate(marks):
        side = "left" if threshold < 0.6 else "right"
        figure.add_vline(x=threshold, line={"width": 2, "color": theme.OTHER, "dash": "dot"})
        figure.add_annotation(
            x=threshold,
            y=1.01 + 0.07 * index,
            yref="paper",
            yanchor="bottom",
            text=f"{theme.escaped(word)} {threshold:.2f}",
            showarrow=False,
            xanchor=side,
            xshift=6 if side == "left" else -6,
        )
    return figure


def reliability(bins_by_model: dict[str, dict[str, Any]], counted: str) -> "go.Figure":
    """A reliability diagram of up to three models, with histograms of probabilities below.

    bins_by_model: by name, `reliability` or `reliability_top` of `core.evaluation.curves`; counted:
    the unit of counts in the plural, such as “papers”, translated.
    """
    diagonal = _line([0, 1], [0, 1], theme.OTHER, "dash", hoverinfo="skip")
    traces = [diagonal | {"name": _("perfectly calibrated")}]
    models = len(bins_by_model)
    for place, (name, bins) in enumerate(bins_by_model.items()):
        non_empty = [i for i, count in enumerate(bins["count"]) if count]
        x, true, counts = (
            [bins[key][i] for i in non_empty] for key in ("probability", "true", "count")
        )
        shown, colour = theme.escaped(name), theme.COLOURS[place % len(theme.COLOURS)]
        hover = _("probability %{x:.1%}<br>true %{y:.1%}") + f"<br>%{{customdata:,}} {counted}"
        line = _line(x, true, colour, "solid", customdata=counts, name=shown)
        line |= {
            "mode": "lines+markers",
            "marker": {"size": 8},
            "hovertemplate": f"{hover}<extra>{shown}</extra>",
        }
        width = 1 / len(bins["count"])
        bars = {
            "type": "bar",
            "x": [(i + (place + 0.5) / models) * width for i in non_empty],
            "y": counts,
            "width": 0.9 * width / models,
            "yaxis": "y2",
            "showlegend": False,
            "marker": {"color": colour if models > 1 else theme.OTHER},
            "hovertemplate": "%{y:,} " + counted + f"<extra>{shown}</extra>",
        }
        traces += [line, bars]
    return theme.figure(
        HEIGHT + 80,
        traces=traces,
        barmode="overlay",
        # Both panels share the lower x axis.
        xaxis=_share_axis(_("predicted probability"), range=[0, 1], anchor="y2"),
        yaxis=_share_axis(_("how often it was true"), domain=[0.34, 1]),
        yaxis2={
            "title": counted,
            "type": "log",
            "domain": [0, 0.24],
            "nticks": 4,
            "tickfont": {"color": theme.INK},
        },
    )


def errors_of_models(
    pairs_by_model: dict[str, Sequence[Sequence[Any]]], counted: str, names: bool = False
) -> "go.Figure":
    """The commonest confusions of up to three models, as bars beside each other.

    pairs_by_model: [label missed, label predicted instead, texts] by name; counted: the unit,
    translated; names: whether labels have no codes and are shown by their translated names.
    """
    counts = {
        name: {(missed, instead): count for missed, instead, count in pairs}
        for name, pairs in pairs_by_model.items()
    }
    total: Counter[tuple[str, str]] = Counter()
    for of_model in counts.values():
        total.update(of_model)
    commonest = [pair for pair, _count in total.most_common(MAX_ERRORS)]
    title = label_title if names else str
    labels = [theme.escaped(f"{title(missed)} → {title(instead)}") for missed, instead in commonest]
    traces = [
        theme.row_bars(
            [of_model.get(pair, 0) for pair in commonest],
            name=theme.escaped(name),
            marker={"color": colour},
            text=[f"{of_model.get(pair, 0):,}" for pair in commonest],
            hovertemplate="%{x:,} " + counted + f"<extra>{theme.escaped(name)}</extra>",
        )
        for (name, of_model), colour in zip(counts.items(), theme.COLOURS, strict=False)
    ]
    return theme.figure(
        120 + (14 + 16 * len(counts)) * len(commonest),
        right=48,
        traces=traces,
        xaxis={"title": counted, "rangemode": "tozero"},
        yaxis=theme.names_axis(labels, down=True),
    )


def accuracy_against_time(
    points: Sequence[tuple[str, float, float]], figure: str, marked: Sequence[str] = ()
) -> "go.Figure":
    """Models by milliseconds a text, on a log axis, and a figure; farther up and left is better.

    points: name, milliseconds, figure; marked: names of models to draw in the first colour.
    """
    times, values = ([point[i] for point in points] for i in (1, 2))
    names = [theme.escaped(name) for name, *_ in points]
    places = label_places(times, values, [name for name, *_ in points])
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": times,
        "y": values,
        "text": [name if place else "" for name, place in zip(names, places, strict=True)],
        "textposition": [place or next(iter(PLACES)) for place in places],
        "textfont": {"size": 12, "color": theme.INK},
        "customdata": names,
        "marker": {
            "size": 11,
            "color": [theme.BLUE if name in marked else theme.OTHER for name, *_ in points],
        },
        "cliponaxis": False,
        "hovertemplate": _("%{customdata}<br>%{x:.2f} ms<br>%{y:.3f}") + "<extra></extra>",
    }
    return theme.figure(
        SCATTER[1],
        traces=[trace],
        showlegend=False,
        xaxis={
            "title": _("milliseconds a text, log scale"),
            "type": "log",
            "tickvals": [digit * 10.0**power for power in range(-3, 5) for digit in (1, 2, 5)],
            "tickformat": "~g",
            "range": _padded([math.log10(time) for time in times]),
        },
        yaxis={"title": theme.escaped(figure), "tickformat": ".2f", "range": _padded(values)},
    )


def label_places(
    times: Sequence[float], values: Sequence[float], names: Sequence[str]
) -> list[str]:
    """A place of each point's label, "" where it would cover another."""
    width, height = SCATTER
    (left, right), (low, high) = (
        _padded(axis) for axis in ([math.log10(time) for time in times], values)
    )
    pixels = np.array(
        [
            [(math.log10(time) - left) / (right - left), (high - value) / (high - low)]
            for time, value in zip(times, values, strict=True)
        ]
    ) * [width, height - 60]
    return place_labels(pixels, names, [12.0] * len(names), 0, (width, height - 60))


def _padded(values: Sequence[float]) -> list[float]:
    """A range with room around all values."""
    low, high = min(values), max(values)
    room = 0.12 * ((high - low) or 0.1)
    return [low - room, high + room]


def confusion(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> "go.Figure":
    """A confusion matrix: counts, and shares of the row, which determine the colours."""
    table = np.array(counts, int)
    totals = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, totals, out=np.zeros(table.shape), where=totals > 0)
    texts = [
        [f"{count:,}<br>{share:.0%}" for count, share in zip(*row, strict=True)]
        for row in zip(table.tolist(), shares.tolist(), strict=True)
    ]
    return theme.matrix(
        max(360, 70 * len(labels) + 180),
        shares,
        [_title(label) for label in labels],
        angle=-45 if len(labels) > 4 else 0,
        axes=(_("predicted label"), _("true label")),
        text=texts,
        texttemplate="%{text}",
        colorscale=theme.SEQUENTIAL,
        zmin=0,
        zmax=1,
        colorbar={"title": {"text": _("share of the row")}, "tickformat": ".0%"},
        hovertemplate=_("true: %{y}<br>predicted: %{x}") + "<br>%{text}<extra></extra>",
    )


def confused(errors: Sequence[Sequence[Any]]) -> "go.Figure":
    """How often a label is missed and another predicted instead, for the most affected labels.

    errors: [label missed, label predicted instead, papers].
    """
    involved: Counter[str] = Counter()
    for missed, instead, count in errors:
        involved.update({missed: count})
        involved.update({instead: count})
    labels = sorted(label for label, _ in involved.most_common(MAX_CONFUSED))
    index = {label: i for i, label in enumerate(labels)}
    table = np.full((len(labels), len(labels)), np.nan)
    for missed, instead, count in errors:
        if missed in index and instead in index:
            table[index[missed], index[instead]] = count
    hover = [
        [_("missed: {a}<br>predicted: {b}").format(a=_title(a), b=_title(b)) for b in labels]
        for a in labels
    ]
    return theme.matrix(
        30 * len(labels) + 200,
        table,
        [theme.escaped(label) for label in labels],
        angle=-45 if len(labels) > 4 else 0,
        axes=(_("label predicted instead"), _("true label missed")),
        text=[["" if np.isnan(n) else f"{n:,.0f}" for n in row] for row in table],
        texttemplate="%{text}",
        colorscale=theme.SEQUENTIAL,
        zmin=0,
        colorbar={"title": {"text": _("papers")}},
        customdata=hover,
        hovertemplate="%{customdata}<br>%{z:,} " + _("papers") + "<extra></extra>",
    )
