"""Learning curves, on the screen and in the style of the CORD-19 notebook."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.i18n import _
from core.messages import N_
from core.plots import theme

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

COLOURS = theme.COLOURS
PUBLISHED_COLOURS = (theme.OTHER, "#a8998a")
RAW_OPACITY = 0.25
THIN, THICK = 1.2, 2.6
"""Widths of the lines of training and of validation."""

FEW = 12
"""The maximum number of epochs for which points are marked."""

LOSS, VALIDATION = "loss", "val_"
METRICS = {
    "accuracy": N_("accuracy"),
    "binary_accuracy": N_("binary accuracy"),
    "f1": N_("F1"),
    "micro_f1": N_("micro-F1"),
    "macro_f1": N_("macro-F1"),
}
"""Titles of the metrics, the preferred one first; others have their name in the history."""

PANEL, HEAD = 165, 100
"""Heights in pixels: two panels and their legend fit on a laptop's first screen."""

LABEL_PIXELS = 14
"""The least distance between two end values."""


@dataclass(frozen=True)
class Curve:
    """A run to draw.

    label: in English; history: one record per epoch; loss: the kind of loss, in English; title: the
    label in the current language, empty for the label itself.
    """

    label: str
    history: Sequence[dict[str, Any]]
    colour: str
    loss: str = N_("cross-entropy")
    published: bool = False
    title: str = ""

    @property
    def display_name(self) -> str:
        """The run's name on the screen."""
        return self.title or self.label

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures in the history, in order, without the epoch."""
        names = {
            name: None
            for record in self.history
            for name, value in record.items()
            if _is_number(value) and name != "epoch"
        }
        return tuple(names)

    @property
    def epochs(self) -> list[int]:
        """The number of each record's epoch."""
        return [
            int(r["epoch"]) if _is_number(r.get("epoch")) else i
            for i, r in enumerate(self.history, start=1)
        ]

    def values(self, name: str) -> list[float]:
        """The values of a figure by epoch; NaN where the record has none."""
        values = [record.get(name) for record in self.history]
        return [float(value) if _is_number(value) else math.nan for value in values]


@dataclass(frozen=True)
class CurveOptions:
    """How curves are drawn: the metric above the loss, smoothing (0 to 1), log axis of the loss."""

    metric: str | None = None
    smoothing: float = 0.0
    log: bool = False


DEFAULTS = CurveOptions()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def metrics(curves: Iterable[Curve]) -> list[str]:
    """The metrics that any of the curves has, without the loss, those of `METRICS` first."""
    names = dict.fromkeys(n.removeprefix(VALIDATION) for curve in curves for n in curve.names)
    names.pop(LOSS, None)
    known = [name for name in METRICS if name in names]
    return known + [name for name in names if name not in METRICS]


def panels(curves: Sequence[Curve], metric: str | None = None) -> list[str]:
    """The figure's panels from the top: a metric if there is one, and the loss."""
    available = metrics(curves)
    chosen = metric if metric in available else next(iter(available), None)
    losses = any(name.removeprefix(VALIDATION) == LOSS for c in curves for name in c.names)
    return [*([chosen] if chosen else []), *([LOSS] if losses else [])]


def smoothed(values: Sequence[float], factor: float) -> list[float]:
    """The exponential moving average with weight 1 - factor for each value; gaps stay gaps.

    Divided by the sum of weights, as in TensorBoard, to correct the bias at the start.
    """
    import pandas as pd

    column = pd.Series(values, dtype=float)
    column = column.where(column.abs() < math.inf)
    means = column.ewm(alpha=1 - factor, ignore_na=True).mean()
    return means.where(column.notna()).tolist()


def metric_title(name: str) -> str:
    """The title of a metric or the loss; an unknown metric has its name in the history."""
    if name == LOSS:
        return _("loss")
    return _(METRICS[name]) if name in METRICS else name.replace("_", " ")


def axis_title(name: str, curves: Sequence[Curve]) -> str:
    """An axis's title, for the loss with its kind if all curves have the same."""
    if name != LOSS:
        return metric_title(name)
    kinds = {curve.loss for curve in curves if any(n.endswith(LOSS) for n in curve.names)}
    if len(kinds) == 1:
        return _("loss ({kind})").format(kind=_(kinds.pop()))
    return _("loss (not comparable between runs)")


def figure_name(name: str) -> str:
    """A figure of a history within a sentence, such as “validation accuracy”."""
    words = metric_title(name.removeprefix(VALIDATION))
    return _("validation {figure}").format(figure=words) if name.startswith(VALIDATION) else words


def table(curves: Sequence[Curve]) -> "pd.DataFrame":
    """One row per run and epoch: `run`, `epoch`, and all figures."""
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


def curves_figure(curves: Sequence[Curve], options: CurveOptions = DEFAULTS) -> "go.Figure":
    """Two panels, a metric above the loss, with the last value beside each validation line.

    A run's validation and, thinner, its training have one colour. Earlier runs are drawn over
    later ones.
    """
    names = panels(curves, options.metric)
    count = max(1, len(names))
    figure = theme.figure(PANEL * count + HEAD, right=44, hovermode="closest")
    figure.set_subplots(rows=count, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    in_legend: set[str] = set()
    for row, name in enumerate(names, start=1):
        for layer, curve in zip(range(len(curves), 0, -1), curves, strict=True):
            # Validation first: the legend shows a run by its first line.
            for part in (VALIDATION + name, name):
                if part in curve.names:
                    lines = _lines(curve, part, options, curve.label not in in_legend, layer)
                    figure.add_traces(lines, rows=row, cols=1)
                    in_legend.add(curve.label)
        figure.update_yaxes(title_text=axis_title(name, curves), row=row, col=1)
        if name == LOSS and options.log:
            # By default Plotly labels ticks within a decade with a single digit.
            figure.update_yaxes(type="log", dtick="D1", tickformat=".3~g", row=row, col=1)
    figure.add_traces(_legend(names, curves), rows=1, cols=1)
    figure.update_layout(annotations=_end_values(names, curves, options))
    longest = max((epoch for curve in curves for epoch in curve.epochs), default=1)
    figure.update_xaxes(title_text=_("epoch"), row=count, col=1)
    # The layout of `theme.figure` covers only the axes of the first panel.
    step = 1 if longest <= FEW else 5 * math.ceil(longest / 50)
    ticks = sorted({1, *range(step, longest + 1, step)})
    figure.update_xaxes(tickvals=ticks, tickfont_color=theme.INK)
    figure.update_yaxes(tickfont_color=theme.INK)
    # To keep the zoom when the next epoch is drawn.
    return figure.update_layout(uirevision="curves")


def _end_values(
    names: Sequence[str], curves: Sequence[Curve], options: CurveOptions
) -> list[dict[str, Any]]:
    """The last value of each run beside its validation line, apart from each other."""
    labels = []
    for row, name in enumerate(names, start=1):
        log = name == LOSS and options.log
        drawn = {
            (curve.label, part): [
                (epoch, math.log10(value) if log else value)
                for epoch, value in zip(
                    curve.epochs, smoothed(curve.values(part), options.smoothing), strict=True
                )
                if math.isfinite(value) and (value > 0 or not log)
            ]
            for curve in curves
            for part in (VALIDATION + name, name)
            if part in curve.names
        }
        every = [value for points in drawn.values() for _epoch, value in points]
        span = (max(every, default=1) - min(every, default=0)) or 1
        ends = [
            (points[-1][1], points[-1][0], curve)
            for curve in curves
            if (points := drawn.get((curve.label, VALIDATION + name)))
            or (points := drawn.get((curve.label, name)))
        ]
        below = -math.inf
        for value, epoch, curve in sorted(ends, key=lambda end: end[0]):
            height = (value - min(every)) / span * PANEL * 0.85
            place = max(height, below + LABEL_PIXELS)
            below = place
            labels.append(
                {
                    "x": epoch,
                    "y": value,
                    "xref": f"x{row}" if row > 1 else "x",
                    "yref": f"y{row}" if row > 1 else "y",
                    "yshift": round(place - height),
                    "xshift": 5,
                    "xanchor": "left",
                    "showarrow": False,
                    "text": f"{10**value if log else value:.3f}",
                    "font": {"color": curve.colour, "size": 12},
                }
            )
    return labels


def _dash(curve: Curve, part: str) -> str:
    """Training is solid and thin; validation is solid and thick, or dashed if published."""
    return "dash" if curve.published and part.startswith(VALIDATION) else "solid"


def _width(part: str) -> float:
    return THICK if part.startswith(VALIDATION) else THIN


def _lines(
    curve: Curve, part: str, options: CurveOptions, in_legend: bool, layer: int
) -> list[dict[str, Any]]:
    """The line of a figure, if smoothed with the raw values below it."""
    values = curve.values(part)
    hover = (
        _("epoch %{x}, validation: %{y:.4f}")
        if part.startswith(VALIDATION)
        else _("epoch %{x}, training: %{y:.4f}")
    )
    label = theme.escaped(curve.display_name)
    line = {"color": curve.colour, "dash": _dash(curve, part), "width": _width(part)}
    base = {"type": "scatter", "x": curve.epochs, "legendgroup": label, "zorder": layer}
    main = base | {
        "y": smoothed(values, options.smoothing) if options.smoothing else values,
        "mode": "lines+markers" if len(values) <= FEW else "lines",
        "line": line,
        "marker": {"color": curve.colour, "size": 5},
        "name": label,
        "showlegend": in_legend,
        "hovertemplate": f"{label}<br>{hover}<extra></extra>",
    }
    if not options.smoothing:
        return [main]
    faint = {"mode": "lines", "line": line | {"width": 1}, "opacity": RAW_OPACITY}
    return [base | faint | {"y": values, "showlegend": False, "hoverinfo": "skip"}, main]


def _legend(names: Sequence[str], curves: Sequence[Curve]) -> list[dict[str, Any]]:
    """Legend entries for thick and thin lines, if they are drawn."""
    drawn = {name for curve in curves for name in curve.names}
    entry = {"type": "scatter", "x": [None], "y": [None], "mode": "lines", "hoverinfo": "skip"}
    return [
        entry
        | {
            "line": {"color": theme.INK, "width": _width(part)},
            "name": _(what),
            # So that a click hides no other line.
            "legendgroup": what,
        }
        for what, part in ((N_("validation"), VALIDATION), (N_("training"), ""))
        if any(f"{part}{name}" in drawn for name in names)
    ]


# As a picture.


def curves_file(
    curves: Sequence[Curve], options: CurveOptions = DEFAULTS, form: str = "png"
) -> bytes:
    """The curves in the notebook's style, two panels on light grey: "png", "svg" or "pdf"."""
    names = panels(curves, options.metric)

    def draw(drawing: "Figure") -> None:
        drawing.set_facecolor("#F0F0F0")
        all_axes = drawing.subplots(max(1, len(names)), squeeze=False)[:, 0]
        for axes, name in zip(all_axes, names, strict=False):
            _draw_panel(axes, name, curves, options)

    return theme.picture(form, (10, 5 * max(1, len(names))), draw)


def _draw_panel(axes: Any, name: str, curves: Sequence[Curve], options: CurveOptions) -> None:
    """One panel of the picture."""
    from matplotlib.ticker import MaxNLocator

    styles = {"solid": "-", "dash": "--"}
    axes.set_facecolor("#F8F8F8")
    axes.grid(axis="y")
    for index, curve in enumerate(curves):
        label = theme.literal(curve.display_name)
        for part, what in ((name, N_("train")), (VALIDATION + name, N_("valid."))):
            if part in curve.names:
                name_and_part = _("{run}, {part}").format(run=label, part=_(what))
                axes.plot(
                    curve.epochs,
                    smoothed(curve.values(part), options.smoothing),
                    styles[_dash(curve, part)],
                    color=curve.colour,
                    linewidth=_width(part),
                    marker="." if len(curve.history) <= FEW else None,
                    zorder=2 + len(curves) - index,
                    label=_(what) if len(curves) == 1 else name_and_part,
                )
    axes.set_title(_("model {figure}").format(figure=metric_title(name)))
    axes.set_ylabel(axis_title(name, curves))
    axes.set_xlabel(_("epoch"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if name == LOSS and options.log:
        axes.set_yscale("log")
    axes.legend()
