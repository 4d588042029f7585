"""What a file of papers or citations holds, by the answers to its rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core import taxonomy
from core.i18n import _, label_title
from core.plots import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST = 20
"""The maximum number of bars."""
LONGEST_NAME = 28
BAR_HEIGHT, MARGINS = 26, 76


def suggested_labels(
    title: str, counts: Mapping[str, tuple[int, int]], *, with_primary: bool
) -> "go.Figure":
    """A bar for each of the most frequent labels, the first on top.

    counts: rows with each label, and of those the ones whose first label it is, the most frequent
    first; with_primary: whether first labels are primary categories, which are shown apart.
    """
    codes = list(counts)[:MOST]
    totals = [counts[code][0] for code in codes]
    names = [theme.escaped(label_title(code)) for code in codes]
    if with_primary:
        firsts = [counts[code][1] for code in codes]
        others = [total - first for total, first in zip(totals, firsts, strict=True)]
        traces = [
            _bars(_("primary"), firsts, names, theme.PREDICTED),
            _bars(_("cross-list"), others, names, theme.SKY),
        ]
    else:
        traces = [_bars(_("rows"), totals, names, theme.PREDICTED)]
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": totals,
        "y": list(range(len(codes))),
        "text": [f" {total:,}" for total in totals],
        "textposition": "middle right",
        "textfont": {"color": theme.INK},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return theme.figure(
        BAR_HEIGHT * len(codes) + MARGINS,
        theme.escaped(title),
        right=48,
        traces=[*traces, numbers],
        barmode="stack",
        showlegend=with_primary,
        margin={"t": 40, "b": 36 if with_primary else 0},
        legend={**theme.BELOW, "y": 0, "traceorder": "normal"},
        xaxis={"visible": False},
        yaxis=theme.names_axis([theme.escaped(_tick(code)) for code in codes], True),
    )


def _tick(code: str) -> str:
    """A label's code and name, short enough to leave room for bars on a narrow screen."""
    name = taxonomy.name(code)
    return theme.shorten(code if name == code else f"{code} · {_(name)}", LONGEST_NAME)


def _bars(name: str, values: list[int], names: list[str], colour: str) -> dict[str, Any]:
    return theme.row_bars(
        values,
        name=name,
        marker={"color": colour},
        customdata=names,
        hovertemplate="%{customdata}<br>" + name + " %{x:,}<extra></extra>",
    )
