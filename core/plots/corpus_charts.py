"""Figures of a corpus's statistics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core import taxonomy
from core.i18n import _, label_title
from core.plots import theme
from core.plots.theme import COLOURS
from core.statistics.distributions import LOWER, MEDIAN, UPPER
from core.statistics.label_counts import CoOccurrence

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

DASHES = ("solid", "dash", "dot")
FIELD_COLOURS = dict(
    zip(
        taxonomy.FIELDS,
        ("#0072B2", "#B34A00", "#00755A", "#96306F", "#7A5C00", "#5B4DB2", "#456070"),
        strict=True,
    )
)
"""Colours of the treemap, dark enough for white text of any size (a contrast of 4.5 or more)."""
LARGE, MIDDLE = 0.05, 0.006
"""Shares of all papers from which an archive's name stands over its area, a number in one."""
OUTSIDE = "#5A6370"
"""The colour of what is not in the taxonomy."""
TIME_HEIGHT, TIME_MARGINS, LABEL_PIXELS = 420, 80, 15
MARKED_PERIODS = 24
"""Lines of up to so many periods have a marker at each."""
LONGEST_TICK = 48
BAR_HEIGHT, TOP, FOOT = 23, 36, 44
"""Pixels of a row of bars, of the title over them and of the axis below."""
SMALLEST = 0.0001
"""Smaller shares are written as smaller than this."""
LIFT_SPAN = 2.0
"""Decades of lift on either side of 1 that the colour scale covers."""


def bars(
    title: str,
    names: Sequence[str],
    values: Sequence[float],
    axis: str,
    *,
    codes: Sequence[str] = (),
    grey: Sequence[bool] = (),
    number_format: str = ",.0f",
    log: bool = False,
) -> "go.Figure":
    """Horizontal bars, the first on top.

    codes: category codes, which then are the ticks, the names being written on or beside the bars,
    where a phone has room for them; grey: which bars are grey; number_format: of `number`.
    """
    grey = grey or [False] * len(names)
    ticks = [theme.shorten(name, LONGEST_TICK) for name in codes or names]
    numbers = [number(value, number_format) for value in values]
    texts = numbers
    if codes:
        short = [_(taxonomy.name(code)) for code in codes]
        texts = [f"<b>{n}</b>  {theme.escaped(a)}" for a, n in zip(short, numbers, strict=True)]
    trace = theme.row_bars(
        values,
        marker={"color": [theme.OTHER if is_grey else theme.PREDICTED for is_grey in grey]},
        text=texts,
        textposition=["none" if value < 0 else "auto" for value in values],
        insidetextanchor="start",
        insidetextfont={"color": ["black" if is_grey else "white" for is_grey in grey]},
        textfont={"size": 11},
        textangle=0,
        customdata=[
            [theme.escaped(name), code]
            for name, code in zip(names, codes or [""] * len(names), strict=True)
        ],
        hovertext=numbers,
        hovertemplate="%{customdata[0]}<br>" + axis + " %{hovertext}<extra></extra>",
        # A click selects a bar; the others keep their colour.
        unselected={"marker": {"opacity": 1}},
    )
    # Beside a bar that goes to the left there is no room but on the right of the axis.
    below = [index for index, value in enumerate(values) if value < 0]
    beside = {
        "type": "scatter",
        "mode": "text",
        "x": [0.0] * len(below),
        "y": below,
        "text": [f" {texts[index]}" for index in below],
        "textposition": "middle right",
        "textfont": {"size": 11, "color": theme.INK},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return theme.figure(
        BAR_HEIGHT * len(names) + TOP + FOOT,
        theme.escaped(title),
        right=56,
        traces=[trace, beside] if below else [trace],
        margin={"t": TOP},
        # High enough for the text, which Plotly would make smaller.
        bargap=0.1,
        xaxis={"title": axis} | ({"type": "log", "dtick": 1} if log else {"type": "linear"}),
        yaxis=theme.names_axis([theme.escaped(name) for name in ticks], down=True),
    )


def number(value: float, number_format: str) -> str:
    """A value as text; a share that its digits would make zero is said to be smaller."""
    if number_format.endswith("%") and 0 < value < SMALLEST:
        return f"<{SMALLEST:{number_format}}"
    return f"{value:{number_format}}"


def label_bars(
    table: "pd.DataFrame",
    title: str,
    limit: int,
    *,
    share: bool = False,
    listings: bool = False,
    log: bool = False,
) -> "go.Figure":
    """Bars of the first labels of a table of `label_counts.by_label`; retired ones are grey.

    listings: whether the shares are of listings instead of papers.
    """
    top = table.head(limit)
    share_axis = _("share of listings") if listings else _("share of papers")
    return bars(
        title,
        [label_title(code) for code in top["code"]],
        (top["share"] if share else top["papers"]).tolist(),
        share_axis if share else _("papers"),
        codes=top["code"].tolist(),
        grey=[taxonomy.is_retired(code) for code in top["code"]],
        number_format=".2%" if share else ",.0f",
        log=log,
    )


def growth_bars(table: "pd.DataFrame", title: str, limit: int) -> "go.Figure":
    """Bars of the growth of labels; table: as `growth.growth`."""
    top = table.head(limit)
    return bars(
        title,
        [label_title(code) for code in top["code"]],
        top["growth"].tolist(),
        _("growth"),
        codes=top["code"].tolist(),
        grey=(top["growth"] < 0).tolist(),
        number_format="+.0%",
    ).update_xaxes(tickformat=".0%")


def histogram(
    title: str, starts: Sequence[float], papers: Sequence[float], width: float, axis: str
) -> "go.Figure":
    """Papers in bins of `width`, by the start of each bin."""
    half = (width - 1) / 2
    spans = [f"{start:,.0f}" for start in starts]
    if width > 1:
        spans = [
            _("{start:,.0f} to {end:,.0f}").format(start=start, end=start + 2 * half)
            for start in starts
        ]
    trace = {
        "type": "bar",
        "x": [start + half for start in starts],
        "y": list(papers),
        "width": width * 0.9,
        "marker": {"color": theme.PREDICTED},
        "customdata": spans,
        "hovertemplate": f"{axis} %{{customdata}}<br>" + _("%{y:,} papers") + "<extra></extra>",
    }
    every = {"dtick": 1} if width == 1 and len(spans) <= 30 else {}
    return theme.figure(
        380,
        theme.escaped(title),
        traces=[trace],
        xaxis={"title": axis} | every,
        yaxis={"title": _("papers")},
    )


def series(
    table: "pd.DataFrame", codes: Sequence[str], *, stacked: bool = False, share: bool = False
) -> list[tuple[str, np.ndarray]]:
    """The name and the values by period of each label, and if stacked of all others together.

    table: as `label_counts.over_time`; share: of the period's papers, or if stacked of its
    listings (one per label of a paper); NaN where a period has none.
    """
    labels = table.drop(columns=["period", "papers"])
    lines = [(label_title(code), labels[code].to_numpy(float)) for code in codes]
    listings = labels.to_numpy(float).sum(axis=1)
    if stacked and len(codes) < labels.shape[1]:
        lines.append((_("all others"), listings - sum(values for _, values in lines)))
    if not share:
        return lines
    total = listings if stacked else table["papers"].to_numpy(float)
    undefined = np.full(len(total), np.nan)
    return [(n, np.divide(v, total, undefined.copy(), where=total > 0)) for n, v in lines]


def time_series(
    title: str,
    table: "pd.DataFrame",
    codes: Sequence[str],
    *,
    stacked: bool = False,
    share: bool = False,
    listings: bool = False,
    log: bool = False,
) -> "go.Figure":
    """Labels over time, as lines with their codes at the end, or as stacked areas.

    Arguments as in `series`; listings: whether the table has listings instead of papers.
    """
    if share:
        axis = _("share of listings") if stacked or listings else _("share of papers")
    else:
        axis = _("listings") if stacked else _("papers")
    value = "%{y:.1%}" if share else "%{y:,}"
    lines = series(table, codes, stacked=stacked, share=share)
    log = log and not stacked
    mode = "lines+markers" if not stacked and len(table) <= MARKED_PERIODS else "lines"
    traces = [
        {
            "type": "scatter",
            "mode": mode,
            "x": table["period"],
            "y": values,
            "name": theme.escaped(name),
            "hovertemplate": f"{value}<extra>{theme.escaped(name)}</extra>",
            "showlegend": stacked,
            **_line_style(index, len(codes), stacked),
        }
        for index, (name, values) in enumerate(lines)
    ]
    labels = {} if stacked else {"annotations": _end_labels(table, codes, lines, log)}
    return theme.figure(
        TIME_HEIGHT,
        theme.escaped(title),
        right=8 if stacked else 84,
        traces=traces,
        margin={"t": TOP},
        legend=theme.BELOW,
        hovermode="x unified",
        xaxis={"title": _("submitted")},
        yaxis={
            "title": axis,
            "type": "log" if log else "linear",
            "tickformat": ".0%" if share else None,
            "rangemode": "tozero",
        },
        **labels,
    )


def _end_labels(
    table: "pd.DataFrame", codes: Sequence[str], lines: list[tuple[str, np.ndarray]], log: bool
) -> list[dict[str, Any]]:
    """The code of each line beside its end, moved up where two would overlap."""
    ends = []
    for index, (code, (_name, values)) in enumerate(zip(codes, lines, strict=True)):
        drawn = np.flatnonzero(np.isfinite(values) & ((values > 0) | (not log)))
        if len(drawn):
            ends.append((float(values[drawn[-1]]), index, code, table["period"].iloc[drawn[-1]]))
    shown = np.concatenate([values for _name, values in lines]) if lines else np.zeros(1)
    shown = shown[np.isfinite(shown) & ((shown > 0) | (not log))]
    scale = np.log10 if log else np.asarray
    low = float(scale(shown.min())) if log and len(shown) else 0.0
    span = (float(scale(shown.max())) - low if len(shown) else 0.0) or 1.0
    labels, below = [], -np.inf
    for value, index, code, period in sorted(ends):
        height = (float(scale(value)) - low) / span * (TIME_HEIGHT - TIME_MARGINS)
        place = max(height, below + LABEL_PIXELS)
        below = place
        labels.append(
            {
                "x": period,
                "y": float(scale(value)),
                "yshift": round(place - height),
                "xshift": 6,
                "xanchor": "left",
                "showarrow": False,
                "text": theme.escaped(code),
                "font": {"color": COLOURS[index % len(COLOURS)], "size": 12},
            }
        )
    return labels


def _line_style(index: int, labels: int, stacked: bool) -> dict[str, Any]:
    """The style of a series; the index of all others is the number of labels."""
    cycle, colour_index = divmod(index, len(COLOURS))
    colour, opacity = COLOURS[colour_index], 0.5 if cycle else 0.9
    if index == labels:
        colour, opacity = theme.OTHER, 0.6
    if not stacked:
        return {"line": {"color": colour, "dash": DASHES[cycle % len(DASHES)]}}
    rgb = ", ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    line = {"width": 0.5, "color": colour}
    return {"stackgroup": "one", "line": line, "fillcolor": f"rgba({rgb}, {opacity})"}


def co_occurrence(title: str, pairs: CoOccurrence, *, lift: bool = True) -> "go.Figure":
    """Labels against labels, coloured by lift or by the papers they share, on a log scale."""
    values, (low, high) = _log_lift(pairs) if lift else _log_papers(pairs)
    decades = range(round(low), int(high) + 1)
    bar = {
        "title": {"text": "" if lift else _("shared papers")},
        "tickvals": list(decades),
        "ticktext": [_times(n) if lift else f"{10**n:,}" for n in decades],
    }
    return theme.matrix(
        int(np.clip(17 * len(pairs.codes), 320, 900)) + 110,
        values,
        [theme.escaped(code) for code in pairs.codes],
        theme.escaped(title),
        zmin=low,
        zmax=high,
        colorscale=theme.DIVERGING if lift else theme.SEQUENTIAL,
        colorbar=bar,
        customdata=_hover_texts(pairs),
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=True,
    ).update_layout(margin_t=TOP)


def _times(decade: int) -> str:
    """What a decade of the lift means."""
    if not decade:
        return _("by chance")
    text = _("{n}× more") if decade > 0 else _("{n}× less")
    return text.format(n=10 ** abs(decade))


def _hover_texts(pairs: CoOccurrence) -> list[list[str]]:
    """The hover text of each cell."""
    names = [theme.escaped(label_title(code)) for code in pairs.codes]
    # Translated once, not for each of up to 6,400 cells.
    label_text = _("{name} ({n:,} papers)").format
    pair_text = _("{n:,} shared papers, lift {lift:.2f}").format
    return [
        [
            label_text(name=a, n=n) if i == j else f"{a}<br>{b}<br>{pair_text(n=n, lift=lift)}"
            for j, (b, n, lift) in enumerate(zip(names, papers, lifts, strict=True))
        ]
        for i, (a, papers, lifts) in enumerate(zip(names, pairs.papers, pairs.lift, strict=True))
    ]


def _log_lift(pairs: CoOccurrence) -> tuple[np.ndarray, tuple[float, float]]:
    """Decimal logarithms of lifts and their range; NaN where the labels share no paper.

    Most pairs of rare labels share none, which is not significant.
    """
    with np.errstate(divide="ignore"):
        values = np.clip(np.log10(pairs.reliable_lift), -LIFT_SPAN, LIFT_SPAN)
    return np.where(pairs.papers > 0, values, np.nan), (-LIFT_SPAN, LIFT_SPAN)


def _log_papers(pairs: CoOccurrence) -> tuple[np.ndarray, tuple[float, float]]:
    """Decimal logarithms of shared papers and their range; NaN where there are none."""
    papers = np.where(pairs.papers > 0, pairs.papers, np.nan).astype(float)
    np.fill_diagonal(papers, np.nan)
    logs = np.log10(papers)
    return logs, (0.0, float(np.max(logs, initial=1.0, where=np.isfinite(logs))))


def treemap(title: str, table: "pd.DataFrame") -> "go.Figure":
    """Fields, archives and their subjects as areas; table: `label_counts.hierarchy`.

    A field of one archive is not drawn around it.
    """
    sums = table.groupby("archive")["papers"].sum().sort_values(ascending=False)
    fields = {archive: taxonomy.field_of(archive) for archive in sums.index}
    by_field = sums.groupby(fields).sum()
    drawn = {f: n for f, n in by_field.items() if f and list(fields.values()).count(f) > 1}
    colours = [FIELD_COLOURS.get(fields[archive], OUTSIDE) for archive in sums.index]
    subjects = [FIELD_COLOURS.get(fields[archive], OUTSIDE) for archive in table["archive"]]
    codes = [*sums.index, *table["subject"]]
    total = int(sums.sum())
    heads = [label_title(code) if n > LARGE * total else code for code, n in sums.items()]
    # Under its archive a subject needs no prefix, which leaves room in small areas.
    short = [*heads, *(code.partition(".")[2] or code for code in table["subject"])]
    values = [*drawn.values(), *sums.tolist(), *table["papers"].tolist()]
    numbers = ["<br>%{value:,}" if n > MIDDLE * total else "" for n in values]
    hover = _("%{value:,} papers, %{percentRoot:.1%} of all, %{percentParent:.1%} of its archive")
    trace = {
        "type": "treemap",
        "ids": [
            *(f"field {field}" for field in drawn),
            *(f"archive {archive}" for archive in sums.index),
            *(f"subject {subject}" for subject in table["subject"]),
        ],
        "labels": [*map(_, drawn), *map(theme.escaped, short)],
        "parents": [
            *("" for _field in drawn),
            *(f"field {fields[a]}" if fields[a] in drawn else "" for a in sums.index),
            *(f"archive {archive}" for archive in table["archive"]),
        ],
        "values": values,
        "branchvalues": "total",
        "customdata": [*map(_, drawn), *(theme.escaped(label_title(code)) for code in codes)],
        "marker": {
            "colors": [*(FIELD_COLOURS[field] for field in drawn), *colours, *subjects],
            "line": {"width": 1, "color": "white"},
            "pad": {"t": 20, "l": 2, "r": 2, "b": 2},
        },
        "textfont": {"color": "white", "size": 13},
        "texttemplate": [f"%{{label}}{number}" for number in numbers],
        "hovertemplate": f"%{{customdata}}<br>{hover}<extra></extra>",
        "maxdepth": 3,
        "tiling": {"pad": 1},
    }
    small = {"minsize": 11, "mode": "hide"}
    return theme.figure(
        420, theme.escaped(title), traces=[trace], uniformtext=small, margin={"t": TOP}
    )


def quartile_bars(title: str, table: "pd.DataFrame", axis: str) -> "go.Figure":
    """A bar from the lower to the upper quartile of each archive, with the median marked.

    table: as `distributions.quartiles`.
    """
    spans = theme.row_bars(
        table[UPPER] - table[LOWER],
        base=table[LOWER].tolist(),
        marker={"color": theme.OTHER},
        text=[theme.escaped(_(taxonomy.name(code))) for code in table["archive"]],
        textposition="outside",
        textfont={"size": 11},
        hoverinfo="skip",
    )
    papers = _("%{customdata[2]:,} papers")
    quartiles = _("median %{x:,}, quartiles %{customdata[0]:,} and %{customdata[1]:,}")
    medians = {
        "type": "scatter",
        "mode": "markers",
        "x": table[MEDIAN].tolist(),
        "y": list(range(len(table))),
        "marker": theme.line_mark(theme.PREDICTED),
        "customdata": table[[LOWER, UPPER, "papers"]].to_numpy(),
        "text": [theme.escaped(label_title(code)) for code in table["archive"]],
        "hovertemplate": f"%{{text}}<br>{quartiles}<br>{papers}<extra></extra>",
    }
    return theme.figure(
        BAR_HEIGHT * len(table) + TOP + FOOT,
        theme.escaped(title),
        traces=[spans, medians],
        showlegend=False,
        bargap=0.35,
        margin={"t": TOP},
        # Room for the names beside the bars.
        xaxis={"title": axis, "range": [0, 1.5 * max([1.0, *table[UPPER]])]},
        yaxis=theme.names_axis([theme.escaped(code) for code in table["archive"]], down=True),
    )
