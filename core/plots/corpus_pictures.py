"""Pictures of the charts of a corpus as files: PNG, SVG and PDF, by Matplotlib."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.i18n import say
from core.plots import theme
from core.plots.corpus_charts import (
    Bars,
    Columns,
    Grid,
    Picture,
    Spread,
    Tree,
    Trend,
    axis_ticks,
    label_ticks,
    line_style,
    shades_of,
    tick,
)
from core.plots.theme import COLOURS
from core.statistics.distributions import LOWER, UPPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture_file(picture: Picture, form: str) -> bytes:
    """The picture as a file of its own: "png" or "svg"."""

    def fill(drawing: "Figure") -> None:
        axes = drawing.subplots()
        axes.set_title(theme.literal(picture.title))
        _FILE[type(picture)](axes, picture)

    return theme.picture(form, _size(picture), fill)


def _size(picture: Picture) -> tuple[float, float]:
    """Width and height in inches."""
    if isinstance(picture, Bars):
        return 9, float(np.clip(1.5 + 0.26 * len(picture.names), 3, 40))
    if isinstance(picture, Spread):
        return 9, float(np.clip(1.5 + 0.26 * len(picture.table), 3, 40))
    if isinstance(picture, Grid):
        side = float(np.clip(3 + 0.19 * len(picture.found.codes), 5, 30))
        return side + 1, side
    return (11, 7) if isinstance(picture, Tree) else (10, 6)


def _bars_file(axes: Any, picture: Bars) -> None:
    places = np.arange(len(picture.names))
    marked = picture.marked or [False] * len(places)
    drawn = axes.barh(
        places, picture.values, color=[theme.OTHER if m else theme.PREDICTED for m in marked]
    )
    axes.bar_label(drawn, [f"{v:{picture.form}}" for v in picture.values], padding=3, fontsize=8)
    axes.set_yticks(places, [theme.literal(name) for name in label_ticks(picture)], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(picture.axis)
    axes.margins(x=0.1)
    if picture.log:
        axes.set_xscale("log")


def _columns_file(axes: Any, picture: Columns) -> None:
    middle = [start + (picture.width - 1) / 2 for start in picture.starts]
    axes.bar(middle, picture.values, picture.width * 0.9, color=theme.PREDICTED)
    axes.grid(axis="y")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel(picture.axis)
    axes.set_ylabel(say("papers"))


def _trend_file(axes: Any, picture: Trend) -> None:
    from matplotlib.ticker import PercentFormatter

    series = picture.series()
    names = [theme.literal(name) for name, _ in series]
    styles = [line_style(picture, place) for place in range(len(series))]
    x = picture.table["period"].to_numpy()
    if picture.stacked and series:
        layers = axes.stackplot(x, [np.nan_to_num(v) for _, v in series], labels=names)
        for layer, (colour, _, opacity) in zip(layers, styles, strict=True):
            layer.set(facecolor=colour, alpha=opacity)
    else:
        dashes = {"solid": "-", "dash": "--", "dot": ":"}
        for name, (_, values), (colour, dash, _) in zip(names, series, styles, strict=True):
            axes.plot(x, values, dashes[dash], color=colour, label=name)
    axes.set_xlabel(say("submitted, by the paper’s id"))
    axes.set_ylabel(picture.axis)
    axes.grid(axis="y")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    if picture.share:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    if picture.log and not picture.stacked:
        axes.set_yscale("log", nonpositive="mask")
    if series:
        axes.legend(fontsize=8)


def _grid_file(axes: Any, picture: Grid) -> None:
    values, colours, title = shades_of(picture)
    codes = [theme.literal(code) for code in picture.found.codes]
    image = axes.imshow(np.ma.masked_invalid(values), **colours)
    ticks, words = axis_ticks(colours["vmin"], colours["vmax"])
    axes.figure.colorbar(image, ax=axes, label=title, shrink=0.8).set_ticks(ticks, labels=words)
    axes.set_xticks(range(len(codes)), codes, rotation=90, fontsize=7)
    axes.set_yticks(range(len(codes)), codes, fontsize=7)


def _tree_file(axes: Any, picture: Tree) -> None:
    from matplotlib.patches import Rectangle

    sums = picture.table.groupby("archive")["papers"].sum().sort_values(ascending=False)
    for place, (archive, area) in enumerate(
        zip(sums.index, squarified(sums.tolist(), (0, 0, 110, 70)), strict=True)
    ):
        own = picture.table[picture.table["archive"] == archive]
        colour = COLOURS[place % len(COLOURS)]
        boxes = squarified(own["papers"].tolist(), area)
        for subject, (x, y, width, height) in zip(own["subject"], boxes, strict=True):
            axes.add_patch(
                Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", alpha=0.8)
            )
            if width > 0.9 * len(subject) and height > 2:
                name = theme.literal(subject)
                axes.text(x + 0.4, y + height / 2, name, fontsize=7, va="center")
        x, y, width, height = area
        axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor="white", linewidth=3))
    axes.set(xlim=(0, 110), ylim=(70, 0))
    axes.set_axis_off()


Area = tuple[float, float, float, float]


def squarified(values: Sequence[float], area: Area) -> list[Area]:
    """Rectangles (x, y, width, height) that share an area by positive values, greatest first.

    The squarified treemap of Bruls, Huizing and van Wijk (2000).
    """
    x, y, width, height = area
    scale = width * height / sum(values) if values else 0
    left = [value * scale for value in values]
    found: list[Area] = []
    while left:
        side = min(width, height)
        row = [left.pop(0)]
        while left and _worst([*row, left[0]], side) <= _worst(row, side):
            row.append(left.pop(0))
        thick = sum(row) / side if side else 0
        at = 0.0
        for size in row:
            long = size / thick if thick else 0
            found.append((x, y + at, thick, long) if width >= height else (x + at, y, long, thick))
            at += long
        if width >= height:
            x, width = x + thick, max(0.0, width - thick)
        else:
            y, height = y + thick, max(0.0, height - thick)
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The ratio of sides of the row's least square rectangle."""
    total = sum(row)
    if not side or not min(row):
        return float("inf")
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _spread_file(axes: Any, picture: Spread) -> None:
    table = picture.table
    places = np.arange(len(table))
    low, high = table[LOWER], table[UPPER]
    axes.barh(places, high - low, left=low, color=theme.OTHER)
    axes.plot(
        table["median"], places, "|", color=theme.PREDICTED, markersize=12, markeredgewidth=2.5
    )
    axes.set_yticks(places, [theme.literal(tick(c)) for c in table["archive"]], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(picture.axis)


_FILE: dict[type, Callable[[Any, Any], None]] = {
    Bars: _bars_file,
    Columns: _columns_file,
    Trend: _trend_file,
    Grid: _grid_file,
    Tree: _tree_file,
    Spread: _spread_file,
}
