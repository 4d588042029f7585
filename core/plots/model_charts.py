"""Figures of how good a model is: curves by threshold, reliability, confusions.

They take what `core.evaluation.curves` gives.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.evaluation.curves import rates
from core.i18n import phrase, say
from core.plots import theme
from core.taxonomy import label_title

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 460
MOST_LABELS = 6
"""Curves of labels in one figure: as many as there are colours that differ for everyone."""

MOST_CONFUSED = 14
RATES = {
    "precision": (theme.BLUE, "solid"),
    "recall": (theme.VERMILION, "dash"),
    "f1": (theme.GREEN, "dot"),
}
NAMES = {"precision": phrase("precision"), "recall": phrase("recall"), "f1": phrase("F1")}


def _title(label: str) -> str:
    """A label's code and name as text: Plotly reads HTML."""
    return theme.escaped(label_title(label))


def _share_axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "range": [-0.02, 1.04], "tickformat": ".0%", "dtick": 0.2, **more}


def precision_recall(
    curve: dict[str, Any], labels: Sequence[str], chosen: dict[str, float] | None = None
) -> "go.Figure":
    """Precision against recall of some labels and of all labels together (micro).

    chosen: thresholds of labels, each marked on its curve.
    """
    figure = theme.figure(HEIGHT + 22 * min(len(labels), MOST_LABELS))
    steps = np.array(curve["thresholds"])
    micro = {name: np.array(column) for name, column in curve["micro"].items()}
    _add_curve(figure, micro, steps, say("all labels (micro)"), theme.OTHER, "dash", None)
    for place, label in enumerate(labels[:MOST_LABELS]):
        at = (chosen or {}).get(label)
        _add_curve(
            figure, rates(curve, label), steps, _title(label), theme.COLOURS[place], "solid", at
        )
    figure.update_layout(
        xaxis=_share_axis(say("recall (share of true labels found)")),
        yaxis=_share_axis(say("precision (share of predictions right)")),
        legend=theme.BELOW,
    )
    return figure


def _add_curve(
    figure: "go.Figure",
    own: dict[str, np.ndarray],
    steps: np.ndarray,
    name: str,
    colour: str,
    dash: str,
    at: float | None,
) -> None:
    """One curve, from the thresholds at which anything is predicted, and the chosen threshold."""
    there = (own["precision"] > 0) | (own["recall"] > 0)
    x, y, steps = own["recall"][there], own["precision"][there], steps[there]
    hover = (
        f"{say('threshold')} %{{customdata:.2f}}<br>{say('recall')} %{{x:.1%}}<br>"
        f"{say('precision')} %{{y:.1%}}"
    )
    figure.add_scatter(
        x=x,
        y=y,
        customdata=steps,
        mode="lines",
        name=name,
        legendgroup=name,
        line={"color": colour, "dash": dash},
        hovertemplate=f"{hover}<extra>{name}</extra>",
    )
    if at is None or not len(steps):
        return
    near = int(np.abs(steps - at).argmin())
    figure.add_scatter(
        x=[x[near]],
        y=[y[near]],
        mode="markers",
        legendgroup=name,
        showlegend=False,
        marker={"size": 12, "color": colour, "symbol": "circle-open", "line": {"width": 3}},
        hovertemplate=say("the model’s threshold, {at:.2f}", at=at) + f"<extra>{name}</extra>",
    )


def by_threshold(
    columns: dict[str, Sequence[float]],
    steps: Sequence[float],
    marks: Sequence[tuple[float, str]] = (),
) -> "go.Figure":
    """Precision, recall and F1 against the threshold; marks: thresholds to mark, with a word."""
    figure = theme.figure(HEIGHT - 60)
    for name, (colour, dash) in RATES.items():
        figure.add_scatter(
            x=list(steps),
            y=list(columns[name]),
            mode="lines",
            name=say(NAMES[name]),
            line={"color": colour, "dash": dash},
            hovertemplate=(
                f"{say('threshold')} %{{x:.2f}}<br>%{{y:.1%}}<extra>{say(NAMES[name])}</extra>"
            ),
        )
    for place, (at, word) in enumerate(marks):
        figure.add_vline(x=at, line={"width": 2, "color": theme.OTHER, "dash": "dot"})
        figure.add_annotation(
            x=at,
            y=0.04 + 0.09 * place,  # where the curves seldom are
            yref="paper",
            text=f"{theme.escaped(word)} {at:.2f}",
            showarrow=False,
            xanchor="left" if at < 0.6 else "right",
            xshift=6 if at < 0.6 else -6,
        )
    figure.update_layout(
        margin_t=44,
        xaxis={"title": say("threshold (probability)"), "range": [0, 1], "dtick": 0.1},
        yaxis=_share_axis(say("precision, recall, F1")),
        hovermode="x unified",
    )
    return figure


def reliability(curve: dict[str, Any], what: str) -> "go.Figure":
    """How often a probability comes true, and below how often it is given.

    what: what is counted, in the plural, such as “papers”, said.
    """
    bins = curve["reliability"]
    full = [i for i, count in enumerate(bins["count"]) if count]
    x = [bins["probability"][i] for i in full]
    count = [bins["count"][i] for i in full]
    figure = theme.figure(HEIGHT + 80)
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name=say("as probable as said"),
        line={"color": theme.OTHER, "dash": "dash", "width": 2},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=x,
        y=[bins["true"][i] for i in full],
        customdata=count,
        mode="lines+markers",
        name=say("this model"),
        line={"color": theme.PREDICTED},
        marker={"size": 9},
        hovertemplate=(
            f"{say('said')} %{{x:.1%}}<br>{say('true')} %{{y:.1%}}<br>"
            f"%{{customdata:,}} {what}<extra></extra>"
        ),
    )
    width = 1 / len(bins["count"])
    figure.add_bar(
        x=[(i + 0.5) * width for i in full],
        y=count,
        width=0.9 * width,
        yaxis="y2",
        showlegend=False,
        marker_color=theme.OTHER,
        hovertemplate="%{y:,} " + what + "<extra></extra>",
    )
    figure.update_layout(
        margin_t=44,
        # Both panels share the lower one's axis.
        xaxis=_share_axis(say("probability given"), range=[0, 1], anchor="y2"),
        yaxis=_share_axis(say("share that is true"), domain=[0.34, 1]),
        yaxis2={
            "title": what,
            "type": "log",
            "domain": [0, 0.24],
            "nticks": 4,
            "tickfont": {"color": theme.INK},
        },
    )
    return figure


def confusion(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> "go.Figure":
    """A confusion matrix: each cell's count, and its share of the row, which colours it."""
    table = np.array(counts, int)
    totals = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, totals, out=np.zeros(table.shape), where=totals > 0)
    words = [
        [f"{count:,}<br>{share:.0%}" for count, share in zip(*row, strict=True)]
        for row in zip(table.tolist(), shares.tolist(), strict=True)
    ]
    height = max(360, 70 * len(labels) + 180)
    figure = _matrix(height, shares, words, [_title(label) for label in labels], None)
    figure.update_traces(
        zmin=0,
        zmax=1,
        colorbar={"title_text": say("share of the row"), "tickformat": ".0%"},
        hovertemplate=say("true: %{y}<br>predicted: %{x}") + "<br>%{text}<extra></extra>",
    )
    figure.update_layout(xaxis_title=say("predicted label"), yaxis_title=say("true label"))
    return figure


def confused(errors: Sequence[Sequence[Any]]) -> "go.Figure":
    """How often a missed label and a wrongly predicted one share a paper, of the labels most so.

    errors: [label missed, label predicted instead, papers].
    """
    involved: Counter[str] = Counter()
    for missed, instead, count in errors:
        involved.update({missed: count})
        involved.update({instead: count})
    labels = sorted(label for label, _ in involved.most_common(MOST_CONFUSED))
    place = {label: i for i, label in enumerate(labels)}
    table = np.full((len(labels), len(labels)), np.nan)
    for missed, instead, count in errors:
        if missed in place and instead in place:
            table[place[missed], place[instead]] = count
    words = [["" if np.isnan(n) else f"{n:,.0f}" for n in row] for row in table]
    names = [theme.escaped(label) for label in labels]
    hover = [
        [say("missed: {a}<br>predicted: {b}", a=_title(a), b=_title(b)) for b in labels]
        for a in labels
    ]
    figure = _matrix(30 * len(labels) + 200, table, words, names, hover)
    figure.update_traces(
        zmin=0,
        colorbar_title_text=say("papers"),
        hovertemplate="%{customdata}<br>%{z:,} " + say("papers") + "<extra></extra>",
    )
    figure.update_layout(
        xaxis_title=say("label predicted instead"), yaxis_title=say("true label missed")
    )
    return figure


def _matrix(
    height: int,
    values: np.ndarray,
    words: Sequence[Sequence[str]],
    names: Sequence[str],
    hover: Sequence[Sequence[str]] | None,
) -> "go.Figure":
    """A square heatmap, first row on top, with a word in each cell."""
    places = list(range(len(names)))
    ticks = theme.names_axis(list(names)) | {"zeroline": False}
    figure = theme.figure(height)
    figure.add_heatmap(
        z=values,
        x=places,
        y=places,
        text=words,
        texttemplate="%{text}",
        customdata=hover,
        colorscale=theme.SEQUENTIAL,
        xgap=1,
        ygap=1,
    )
    figure.update_layout(
        xaxis={**ticks, "tickangle": -45 if len(names) > 4 else 0},
        yaxis={**ticks, "autorange": "reversed"},
    )
    return figure
