"""The figures of a corpus's statistics: what is drawn is plain data, on the screen or as a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core import taxonomy
from core.i18n import say
from core.plots import theme
from core.plots.theme import COLOURS
from core.statistics.distributions import LOWER, MEDIAN, UPPER
from core.statistics.label_counts import Together
from core.taxonomy import label_title

if TYPE_CHECKING:
    import plotly.graph_objects as go

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

DASHES = ("solid", "dash", "dot")
LONGEST = 36
BAR, HEAD = 25, 80
LIFT_SPAN = 2.0  # decades to either side of 1


@dataclass(frozen=True, eq=False)
class Bars:
    """Horizontal bars, the first on top; marked ones are grey. codes: what a click stands for."""

    title: str
    names: Sequence[str]
    values: Sequence[float]
    axis: str
    codes: Sequence[str] = ()
    marked: Sequence[bool] = ()
    form: str = ",.0f"
    log: bool = False


@dataclass(frozen=True, eq=False)
class Columns:
    """A histogram of papers: where each bin of a width starts and how many it holds."""

    title: str
    starts: Sequence[float]
    values: Sequence[float]
    width: float
    axis: str


@dataclass(frozen=True, eq=False)
class Trend:
    """Labels over time. table: as `statistics.over_time`; codes: the columns drawn.

    stacked: areas on top of each other, else lines; share: of the period's papers (of its listings
    when stacked: a paper has one listing a label).
    """

    title: str
    table: "pd.DataFrame"
    codes: Sequence[str]
    stacked: bool = False
    share: bool = False
    log: bool = False

    @property
    def axis(self) -> str:
        """What the values are."""
        if self.share:
            return say("share of listings") if self.stacked else say("share of papers")
        return say("listings") if self.stacked else say("papers")

    def series(self) -> list[tuple[str, np.ndarray]]:
        """A name and the values of each label, and when stacked of all others together."""
        labels = self.table.drop(columns=["period", "papers"])
        found = [(label_title(code), labels[code].to_numpy(float)) for code in self.codes]
        every = labels.to_numpy(float).sum(axis=1)
        if self.stacked and len(self.codes) < labels.shape[1]:
            found.append((say("all others"), every - sum(values for _, values in found)))
        if not self.share:
            return found
        whole = every if self.stacked else self.table["papers"].to_numpy(float)
        return [(n, np.divide(v, whole, np.full(len(v), np.nan), where=whole > 0))
                for n, v in found]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Grid:
    """Labels against labels, coloured by lift or by the papers they share."""

    title: str
    found: Together
    lift: bool = True


@dataclass(frozen=True, eq=False)
class Tree:
    """Areas within areas: archives and their subjects, each paper once. As `hierarchy` gives it."""

    title: str
    table: "pd.DataFrame"


@dataclass(frozen=True, eq=False)
class Spread:
    """The quartiles of each archive, as `statistics.quartiles` gives them."""

    title: str
    table: "pd.DataFrame"
    axis: str


Picture = Bars | Columns | Trend | Grid | Tree | Spread


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def label_ticks(picture: Bars) -> list[str]:
    """What stands beside the bars: the code first where there is one, so that no cut takes it."""
    codes = picture.codes or [""] * len(picture.names)
    return [tick(code) if code else _cut(name)
            for name, code in zip(picture.names, codes, strict=True)]  # fmt: skip


def tick(code: str) -> str:
    """A category's code and name, cut to fit beside a bar."""
    name = taxonomy.name(code)
    return _cut(code if name == code else f"{code} · {say(name)}")


def _figure(picture: Picture, height: int, right: int = 8) -> "go.Figure":
    return theme.figure(height, theme.escaped(picture.title), right)


# On the screen.


def draw(picture: Picture) -> "go.Figure":
    """The picture as an interactive figure."""
    return SCREEN[type(picture)](picture)


def _bars(picture: Bars) -> "go.Figure":
    places = list(range(len(picture.names)))
    marked = picture.marked or [False] * len(places)
    bars = {
        "type": "bar",
        "x": list(picture.values),
        "y": places,
        "orientation": "h",
        "marker": {"color": [theme.OTHER if grey else theme.PREDICTED for grey in marked]},
        "text": [f"{value:{picture.form}}" for value in picture.values],
        "customdata": [
            [theme.escaped(name), code]
            for name, code in zip(picture.names, picture.codes or [""] * len(places), strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>" + picture.axis + " %{text}<extra></extra>",
        # A click selects; the others stay as they are.
        "unselected": {"marker": {"opacity": 1}},
    }
    scale = {"type": "log", "dtick": 1} if picture.log else {"type": "linear"}
    return theme.figure(
        BAR * len(places) + HEAD + 30,
        theme.escaped(picture.title),
        right=56,
        traces=[bars],
        xaxis={"title": {"text": picture.axis}, **scale},
        yaxis=theme.names_axis([theme.escaped(name) for name in label_ticks(picture)], down=True),
    )


def _columns(picture: Columns) -> "go.Figure":
    last = [start + picture.width - 1 for start in picture.starts]
    spans = [
        f"{start:,.0f}"
        if picture.width == 1
        else say("{start:,.0f} to {end:,.0f}", start=start, end=end)
        for start, end in zip(picture.starts, last, strict=True)
    ]
    figure = _figure(picture, 380)
    figure.add_bar(
        x=[start + (picture.width - 1) / 2 for start in picture.starts],
        y=list(picture.values),
        width=picture.width * 0.9,
        marker_color=theme.PREDICTED,
        customdata=spans,
        hovertemplate=f"{picture.axis} %{{customdata}}<br>{say('%{y:,} papers')}<extra></extra>",
    )
    figure.update_layout(xaxis_title=picture.axis, yaxis_title=say("papers"))
    if picture.width == 1 and len(spans) <= 30:
        figure.update_xaxes(dtick=1)
    return figure


def line_style(picture: Trend, place: int) -> tuple[str, str, float]:
    """Colour, dash and opacity of a series; that of all others comes after the labels'."""
    if place == len(picture.codes):
        return theme.OTHER, "solid", 0.6
    again = place // len(COLOURS)
    return COLOURS[place % len(COLOURS)], DASHES[again % len(DASHES)], 0.9 if not again else 0.5


def _trend(picture: Trend) -> "go.Figure":
    figure = _figure(picture, 520)
    value = "%{y:.1%}" if picture.share else "%{y:,}"
    for place, (name, values) in enumerate(picture.series()):
        colour, dash, opacity = line_style(picture, place)
        style: dict[str, Any] = {"line": {"color": colour, "dash": dash}}
        if picture.stacked:
            rgb = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
            style = {
                "stackgroup": "one",
                "line": {"width": 0.5, "color": colour},
                "fillcolor": f"rgba({rgb[0]}, {rgb[1]}, {rgb[2]}, {opacity})",
            }
        figure.add_scatter(
            x=picture.table["period"],
            y=values,
            mode="lines",
            name=theme.escaped(name),
            hovertemplate=f"{value}<extra>{theme.escaped(name)}</extra>",
            **style,
        )
    figure.update_layout(
        legend=theme.BELOW,
        hovermode="x unified",
        xaxis={"title": say("submitted, by the paper’s id")},
        yaxis={
            "title": picture.axis,
            "type": "log" if picture.log and not picture.stacked else "linear",
            "tickformat": ".0%" if picture.share else None,
            "rangemode": "tozero",
        },
    )
    return figure


def shades_of(picture: Grid) -> tuple[np.ndarray, dict[str, Any], str]:
    """A grid's values as they are coloured, its colours, and what the bar beside it is called."""
    found = picture.found
    if picture.lift:
        with np.errstate(divide="ignore"):
            values = np.clip(np.log10(found.reliable_lift), -LIFT_SPAN, LIFT_SPAN)
        # Of two rare labels it says nothing that they never meet, and there are many of these.
        values = np.where(found.papers > 0, values, np.nan)
        return values, {"vmin": -LIFT_SPAN, "vmax": LIFT_SPAN, "cmap": theme.DIVERGING}, say("lift")
    papers = found.papers.astype(float)
    np.fill_diagonal(papers, np.nan)
    papers = np.where(papers > 0, papers, np.nan)
    some = papers[np.isfinite(papers)]
    top = float(np.log10(some.max())) if len(some) else 1.0
    return (
        np.log10(papers),
        {"vmin": 0.0, "vmax": max(top, 1.0), "cmap": theme.SEQUENTIAL},
        say("shared papers"),
    )


def axis_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Whole decades of a logarithmic bar."""
    places = [float(n) for n in range(round(low), int(high) + 1)]
    return places, [f"{10**n:g}" if n < 3 else f"{10**n:,.0f}" for n in places]


def _grid(picture: Grid) -> "go.Figure":
    found = picture.found
    values, colours, title = shades_of(picture)
    titles = [theme.escaped(label_title(code)) for code in found.codes]
    places = list(range(len(titles)))
    size = int(np.clip(20 * len(places), 360, 900))
    figure = _figure(picture, size + 130)
    # Looked up once, not for each of up to 6,400 cells.
    alone = say("{name} ({n:,} papers)").format
    both = say("{n:,} shared papers, lift {lift:.2f}").format
    hover = [
        [
            alone(name=a, n=own) if i == j else f"{a}<br>{b}<br>{both(n=shared, lift=lift)}"
            for j, (b, shared, lift) in enumerate(zip(titles, *row, strict=True))
        ]
        for i, (a, own, *row) in enumerate(
            zip(titles, found.papers.diagonal(), found.papers, found.lift, strict=True)
        )
    ]
    ticks, words = axis_ticks(colours["vmin"], colours["vmax"])
    figure.add_heatmap(
        z=values,
        x=places,
        y=places,
        zmin=colours["vmin"],
        zmax=colours["vmax"],
        colorscale=colours["cmap"],
        colorbar={"title_text": title, "tickvals": ticks, "ticktext": words},
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=True,
        xgap=1,
        ygap=1,
    )
    axis = theme.names_axis([theme.escaped(code) for code in found.codes]) | {"zeroline": False}
    figure.update_layout(xaxis={**axis, "tickangle": -90}, yaxis={**axis, "autorange": "reversed"})
    return figure


def _tree(picture: Tree) -> "go.Figure":
    import plotly.graph_objects as go

    table = picture.table
    sums = table.groupby("archive")["papers"].sum().sort_values(ascending=False)
    colours = {a: COLOURS[i % len(COLOURS)] for i, a in enumerate(sums.index)}
    labels = [*sums.index, *table["subject"]]
    names = [theme.escaped(label_title(code)) for code in labels]
    figure = _figure(picture, 620)
    figure.add_trace(
        go.Treemap(
            ids=[f"archive {a}" for a in sums.index] + [f"subject {s}" for s in table["subject"]],
            labels=[theme.escaped(code) for code in labels],
            parents=[""] * len(sums) + [f"archive {a}" for a in table["archive"]],
            values=[*sums.tolist(), *table["papers"].tolist()],
            branchvalues="total",
            customdata=names,
            marker={"colors": [colours[a] for a in [*sums.index, *table["archive"]]]},
            texttemplate="%{label}<br>%{value:,}",
            hovertemplate="%{customdata}<br>"
            + say(
                "%{value:,} papers, %{percentRoot:.1%} of all, %{percentParent:.1%} of its archive"
            )
            + "<extra></extra>",
            maxdepth=2,
        )
    )
    return figure


def _spread(picture: Spread) -> "go.Figure":
    table = picture.table
    places = list(range(len(table)))
    figure = _figure(picture, BAR * len(places) + HEAD + 30)
    figure.add_bar(
        x=(table[UPPER] - table[LOWER]).tolist(),
        base=table[LOWER].tolist(),
        y=places,
        orientation="h",
        marker_color=theme.OTHER,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=table[MEDIAN].tolist(),
        y=places,
        mode="markers",
        marker={"symbol": "line-ns", "size": 14, "line": {"width": 3, "color": theme.PREDICTED}},
        customdata=table[[LOWER, UPPER, "papers"]].to_numpy(),
        text=[theme.escaped(label_title(code)) for code in table["archive"]],
        hovertemplate="%{text}<br>"
        + say("median %{x:,}, quartiles %{customdata[0]:,} and %{customdata[1]:,}")
        + "<br>"
        + say("%{customdata[2]:,} papers")
        + "<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(
        bargap=0.35,
        xaxis={"title": picture.axis, "rangemode": "tozero"},
        yaxis=theme.names_axis([theme.escaped(tick(code)) for code in table["archive"]], down=True),
    )
    return figure


# As a file.


def label_bars(
    table: "pd.DataFrame", title: str, most: int, share: bool = False, log: bool = False
) -> Bars:
    """The first labels of a table of `statistics.by_label`; retired ones are grey."""
    top = table.head(most)
    return Bars(
        title,
        [label_title(code) for code in top["code"]],
        (top["share"] if share else top["papers"]).tolist(),
        say("share of papers") if share else say("papers"),
        top["code"].tolist(),
        [taxonomy.is_retired(code) for code in top["code"]],
        ".2%" if share else ",.0f",
        log,
    )


SCREEN: dict[type, Callable[[Any], "go.Figure"]] = {
    Bars: _bars,
    Columns: _columns,
    Trend: _trend,
    Grid: _grid,
    Tree: _tree,
    Spread: _spread,
}
