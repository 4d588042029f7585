"""The numbers of a figure as a table."""

import html
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import plotly.graph_objects as go

TAG = re.compile(r"<[^>]+>")


def numbers(figure: "go.Figure") -> pd.DataFrame:
    """What a figure shows: a heatmap's cells, the bars of each series by name, or its points.

    Names and titles without HTML, in the order of the screen; decoration is left out.
    """
    traces = [one for one in figure.data if one.hoverinfo != "skip" and not _is_empty(one)]
    for trace in traces:
        if trace.type == "heatmap":
            columns, rows = (_named(figure, trace, letter) for letter in "xy")
            return pd.DataFrame(trace.z, index=rows, columns=columns).rename_axis(index="")
    points = pd.concat([_points(figure, trace) for trace in traces], ignore_index=True)
    label, value = ("y", "x") if _is_text(points["y"]) else ("x", "y")
    is_named = points["series"].astype(bool).any()
    if _is_text(points[label]):
        is_upward = label == "y" and figure.layout.yaxis.autorange != "reversed"
        points["series"] = points["series"].where(points["series"] != "", _title(figure, value))
        given = figure.layout[f"{label}axis"].categoryarray
        order = list(dict.fromkeys(points[label] if given is None else map(_plain, given)))
        table = points.pivot_table(value, label, "series", aggfunc="first", sort=False)
        return table.loc[order[::-1] if is_upward else order].rename_axis(index="", columns=None)
    points = points if is_named else points.drop(columns="series")
    names = {letter: _title(figure, letter) or letter for letter in "xyz"}
    return points.rename(columns=names).set_index(points.columns[0])


def _is_empty(trace: Any) -> bool:
    x = getattr(trace, "x", None)
    return x is None or len(x) == 0 or (len(x) == 1 and x[0] is None)


def _points(figure: "go.Figure", trace: Any) -> pd.DataFrame:
    """The columns series, x, y and z of a trace, of those that it has."""
    columns = {
        letter: _named(figure, trace, letter)
        for letter in "xyz"
        if getattr(trace, letter, None) is not None
    }
    texts = trace.text if isinstance(trace.text, list | tuple) and trace.type != "bar" else None
    series = [_plain(text) for text in texts] if texts else _plain(trace.name)
    return pd.DataFrame({"series": series, **columns})


def _named(figure: "go.Figure", trace: Any, letter: str) -> list[Any]:
    """The values on an axis, by the names that its ticks give them."""
    values = list(trace[letter])
    axis = figure.layout[f"{letter}axis"] if letter in "xy" else None
    names = dict(zip(axis.tickvals or (), axis.ticktext or (), strict=False)) if axis else {}
    names = names if axis and axis.tickmode == "array" else {}
    return [_plain(names.get(one, one)) if isinstance(one, str) or names else one for one in values]


def _is_text(values: pd.Series) -> bool:
    return any(isinstance(value, str) for value in values)


def _title(figure: "go.Figure", letter: str) -> str:
    """The title of an axis."""
    return _plain(figure.layout[f"{letter}axis"].title.text) if letter in "xy" else ""


def _plain(text: Any) -> str:
    return html.unescape(TAG.sub(" ", str(text or ""))).strip()
