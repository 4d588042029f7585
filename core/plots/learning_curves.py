"""The figures of training: curves of several runs, on the screen and as a picture."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.i18n import phrase, say
from core.plots import theme

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

COLOURS = theme.COLOURS
PUBLISHED_COLOURS = (theme.OTHER, "#a8998a")
RAW_OPACITY = 0.25
FEW = 12
"""Curves of so few epochs have their points marked."""

LOSS, VALIDATION = "loss", "val_"
METRICS = {
    "accuracy": phrase("accuracy"),
    "binary_accuracy": phrase("binary accuracy"),
    "f1": phrase("F1"),
    "micro_f1": phrase("micro-F1"),
    "macro_f1": phrase("macro-F1"),
}
"""How the axes call the metrics; others are called as the history does. The first is preferred."""

PANEL, HEAD = 300, 110


@dataclass(frozen=True)
class Curve:
    """A run to draw: its label, a record an epoch, its colour, and what its loss is.

    label and loss: in English; title: the label in the language in use, by default as it is.
    """

    label: str
    history: Sequence[dict[str, Any]]
    colour: str
    loss: str = phrase("cross-entropy")
    published: bool = False
    title: str = ""

    @property
    def called(self) -> str:
        """What the run is called on the screen."""
        return self.title or self.label

    @property
    def names(self) -> tuple[str, ...]:
        """What the history holds figures of, in its order, without the epoch."""
        found = {
            name: None
            for record in self.history
            for name, value in record.items()
            if _is_number(value) and name != "epoch"
        }
        return tuple(found)

    @property
    def epochs(self) -> list[int]:
        """The number of each record's epoch."""
        return [
            int(r["epoch"]) if _is_number(r.get("epoch")) else i
            for i, r in enumerate(self.history, start=1)
        ]

    def values(self, name: str) -> list[float]:
        """A figure an epoch; NaN where the record has none."""
        found = [record.get(name) for record in self.history]
        return [float(value) if _is_number(value) else math.nan for value in found]


@dataclass(frozen=True)
class View:
    """How curves are drawn: the metric above the loss, the smoothing (0 to 1), the loss's axis."""

    metric: str | None = None
    smoothing: float = 0.0
    log: bool = False


PLAIN = View()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def metrics(curves: Iterable[Curve]) -> list[str]:
    """The metrics that any of the curves has, without the loss, those of `METRICS` first."""
    names = dict.fromkeys(n.removeprefix(VALIDATION) for curve in curves for n in curve.names)
    names.pop(LOSS, None)
    known = [name for name in METRICS if name in names]
    return known + [name for name in names if name not in METRICS]


def panels(curves: Sequence[Curve], metric: str | None = None) -> list[str]:
    """What the figure has a panel of, from the top: a metric where there is one, and the loss."""
    there = metrics(curves)
    chosen = metric if metric in there else next(iter(there), None)
    losses = any(name.removeprefix(VALIDATION) == LOSS for c in curves for name in c.names)
    return [*([chosen] if chosen else []), *([LOSS] if losses else [])]


def smoothed(values: Sequence[float], factor: float) -> list[float]:
    """The exponential moving average, each value weighing 1 - factor; gaps stay gaps.

    Divided by the weights so far, as TensorBoard does, so that it does not lean to the first value.
    """
    out, mean, weight = [], 0.0, 0.0
    for value in values:
        if not math.isfinite(value):
            out.append(math.nan)
            continue
        mean = factor * mean + (1 - factor) * value
        weight = factor * weight + 1 - factor
        out.append(mean / weight)
    return out


def metric_title(name: str) -> str:
    """What a metric or the loss is called; an unknown one as the history does."""
    if name == LOSS:
        return say("loss")
    return say(METRICS[name]) if name in METRICS else name.replace("_", " ")


def title_of(name: str, curves: Sequence[Curve]) -> str:
    """What an axis is called, the loss with its kind where all curves have the same."""
    if name != LOSS:
        return metric_title(name)
    kinds = {curve.loss for curve in curves if any(n.endswith(LOSS) for n in curve.names)}
    if len(kinds) == 1:
        return say("loss ({kind})", kind=say(kinds.pop()))
    return say("loss (of each its own kind)")


def spoken(name: str) -> str:
    """What a figure is called within a line."""
    words = metric_title(name.removeprefix(VALIDATION))
    return say("validation {figure}", figure=words) if name.startswith(VALIDATION) else words


def table(curves: Sequence[Curve]) -> "pd.DataFrame":
    """A row an epoch of each run: `run`, `epoch`, and every figure there is."""
    import pandas as pd

    names = dict.fromkeys(name for curve in curves for name in curve.names)
    rows = [
        {"run": curve.label, "epoch": epoch}
        | {name: record.get(name) for name in names if _is_number(record.get(name))}
        for curve in curves
        for epoch, record in zip(curve.epochs, curve.history, strict=True)
    ]
    return pd.DataFrame(rows, columns=["run", "epoch", *names])


# On the screen.


def curves_figure(curves: Sequence[Curve], view: View = PLAIN) -> "go.Figure":
    """Two panels, a metric above the loss; every run in a colour, validation and training.

    The first lies on top: where two runs have the same curve, it is the one to be seen.
    """
    names = panels(curves, view.metric)
    figure = theme.figure(PANEL * max(1, len(names)) + HEAD)
    figure.set_subplots(rows=max(1, len(names)), cols=1, shared_xaxes=True, vertical_spacing=0.07)
    told: set[str] = set()
    # Validation first: the legend shows a run by its first line.
    for row, name in enumerate(names, start=1):
        for place, curve in enumerate(curves):
            for part in (VALIDATION + name, name):
                if part in curve.names:
                    shown = curve.label not in told
                    _add_line(figure, row, curve, part, view, shown, len(curves) - place)
                    told.add(curve.label)
        figure.update_yaxes(title_text=title_of(name, curves), row=row, col=1)
        if name == LOSS and view.log:
            # Within a decade, where losses mostly lie, Plotly would print bare digits.
            figure.update_yaxes(type="log", dtick="D1", tickformat=".3~g", row=row, col=1)
    _add_key(figure, names, curves)
    longest = max((epoch for curve in curves for epoch in curve.epochs), default=1)
    figure.update_xaxes(title_text=say("epoch"), row=max(1, len(names)), col=1)
    figure.update_xaxes(dtick=1 if longest <= FEW else None, tickformat="d")
    # The panels below the first have axes of their own.
    figure.update_xaxes(tickfont_color=theme.INK)
    figure.update_yaxes(tickfont_color=theme.INK)
    figure.update_layout(
        hovermode="closest",
        # A zoom outlasts the next epoch.
        uirevision="curves",
    )
    return figure


def _dash(curve: Curve, part: str) -> str:
    """Training is dotted; validation is solid, dashed where others published it."""
    if not part.startswith(VALIDATION):
        return "dot"
    return "dash" if curve.published else "solid"


def _add_line(
    figure: "go.Figure",
    row: int,
    curve: Curve,
    part: str,
    view: View,
    told: bool,
    layer: int,
) -> None:
    values = curve.values(part)
    validation = part.startswith(VALIDATION)
    told_at = (
        say("epoch %{x}, validation: %{y:.4f}")
        if validation
        else say("epoch %{x}, training: %{y:.4f}")
    )
    label = theme.escaped(curve.called)
    line = {"color": curve.colour, "dash": _dash(curve, part), "width": 2}
    shared = {"x": curve.epochs, "legendgroup": label, "zorder": layer}
    if view.smoothing:
        figure.add_scatter(
            **shared,
            y=values,
            mode="lines",
            line=line | {"width": 1},
            opacity=RAW_OPACITY,
            showlegend=False,
            hoverinfo="skip",
            row=row,
            col=1,
        )
    figure.add_scatter(
        **shared,
        y=smoothed(values, view.smoothing) if view.smoothing else values,
        mode="lines+markers" if len(values) <= FEW else "lines",
        line=line,
        marker={"color": curve.colour, "size": 5},
        name=label,
        showlegend=told,
        hovertemplate=f"{label}<br>{told_at}<extra></extra>",
        row=row,
        col=1,
    )


def _add_key(figure: "go.Figure", names: Sequence[str], curves: Sequence[Curve]) -> None:
    """What solid and dotted lines are, in the legend, where both are drawn."""
    drawn = {name for curve in curves for name in curve.names}
    keys = ((phrase("validation"), "solid", VALIDATION), (phrase("training"), "dot", ""))
    for what, dash, part in keys:
        if any(f"{part}{name}" in drawn for name in names):
            figure.add_scatter(
                x=[None],
                y=[None],
                mode="lines",
                line={"color": theme.OTHER, "dash": dash, "width": 2},
                name=say(what),
                hoverinfo="skip",
                # A click on it would hide nothing.
                legendgroup=what,
                row=1,
                col=1,
            )


# As a picture.


def curves_file(curves: Sequence[Curve], view: View = PLAIN, form: str = "png") -> bytes:
    """The curves as the notebook draws them, two panels on light grey: "png", "svg" or "pdf"."""
    names = panels(curves, view.metric)

    def draw(drawing: "Figure") -> None:
        drawing.set_facecolor("#F0F0F0")
        panes = drawing.subplots(max(1, len(names)), squeeze=False)[:, 0]
        for axes, name in zip(panes, names, strict=False):
            _draw_panel(axes, name, curves, view)

    return theme.picture(form, (10, 5 * max(1, len(names))), draw)


def _draw_panel(axes: Any, name: str, curves: Sequence[Curve], view: View) -> None:
    """One panel of the picture."""
    from matplotlib.ticker import MaxNLocator

    styles = {"solid": "-", "dot": ":", "dash": "--"}
    axes.set_facecolor("#F8F8F8")
    axes.grid(axis="y")
    for place, curve in enumerate(curves):
        label = theme.literal(curve.called)
        for part, what in ((name, phrase("train")), (VALIDATION + name, phrase("valid."))):
            if part in curve.names:
                axes.plot(
                    curve.epochs,
                    smoothed(curve.values(part), view.smoothing),
                    styles[_dash(curve, part)],
                    color=curve.colour,
                    marker="." if len(curve.history) <= FEW else None,
                    zorder=2 + len(curves) - place,
                    label=say(what)
                    if len(curves) == 1
                    else say("{run}, {part}", run=label, part=say(what)),
                )
    axes.set_title(say("model {figure}", figure=metric_title(name)))
    axes.set_ylabel(title_of(name, curves))
    axes.set_xlabel(say("epoch"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if name == LOSS and view.log:
        axes.set_yscale("log")
    axes.legend()
