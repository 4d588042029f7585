"""The words for and against a label, as bars."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import _
from core.plots import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW, LONGEST = 26, 28


def reasons(
    words: Sequence[tuple[str, float]], others: Sequence[tuple[str, float]], title: str = ""
) -> "go.Figure":
    """Bars to the right for a label and to the left against it, the first on top.

    words: with their contributions to the log-odds; others: likewise, what is not a word, paler
    and below the words. All of them add up to the log-odds of the label.
    """
    rows = [*words, *others]
    values = [value for _, value in rows]
    paler = [1.0] * len(words) + [0.45] * len(others)
    farthest = max((abs(value) for value in values), default=0.0) or 1.0
    bars = theme.row_bars(
        values,
        marker={
            "color": [theme.BLUE if value > 0 else theme.VERMILION for value in values],
            "opacity": paler,
        },
        customdata=[theme.escaped(name) for name, _ in rows],
        hovertemplate="%{customdata}<br>" + _("log-odds") + " %{x:+.2f}<extra></extra>",
    )
    names = [theme.escaped(theme.shorten(name, LONGEST)) for name, _ in rows]
    return theme.figure(
        ROW * len(rows) + 60 + 40 * bool(title),
        theme.escaped(title),
        traces=[bars],
        bargap=0.3,
        xaxis={
            "range": [-1.05 * farthest, 1.05 * farthest],
            "tickvals": [-0.6 * farthest, 0.6 * farthest],
            "ticktext": ["← " + _("against"), _("for") + " →"],
            "showgrid": False,
            "zeroline": True,
            "zerolinecolor": theme.GREY,
        },
        yaxis=_names(names),
    )


def _names(names: list[str]) -> dict[str, Any]:
    return theme.names_axis(names, down=True) | {"ticklabelstandoff": 6}
