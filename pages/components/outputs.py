"""Common output of pages: headers, metrics, warnings, figures and downloads."""

import html
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.files.export import csv_bytes
from core.i18n import _, current_language, translate, use_language
from core.plots import theme
from core.plots.numbers import numbers
from core.text import markdown
from pages.components.present import is_presenting

if TYPE_CHECKING:
    import plotly.graph_objects as go

PICTURE = {"format": "png", "scale": 3}
"""Options of Plotly's toolbar to save a figure: at three times its size, for slides and print."""


TABLE_WIDTH, TABLE_HEIGHT = 620, 320
"""Pixels of the table of a figure's numbers."""


def header(title: str, caption: str) -> None:
    """A page's title and its purpose."""
    st.title(title, anchor=False)
    st.caption(caption)


def duration(seconds: float) -> str:
    """A time in words."""
    minutes, rest = divmod(round(seconds), 60)
    return _("{m} min {s} s").format(m=minutes, s=rest) if minutes else _("{s} s").format(s=rest)


def show_metrics(values: Mapping[str, str], helps: Mapping[str, str] | None = None) -> None:
    """Metrics side by side; helps: explanations by name."""
    with st.container(horizontal=True, gap="medium"):
        for name, value in values.items():
            st.metric(name, value, help=(helps or {}).get(name), width="content")


def show_problems(problems: Sequence[str]) -> None:
    """A warning for each problem."""
    for problem in problems:
        st.warning(markdown.escape_markdown(translate(problem)), icon=":material/error:")


def show_figure(
    figure: "go.Figure",
    name: str,
    *,
    key: str | None = None,
    zoom: bool = True,
    table: bool = True,
    **options: Any,
) -> None:
    """A chart whose toolbar saves it as a picture called `name`; zoom: whether zooming is enabled.

    Screen readers get the figure's title unless the options have an `alt`. table: whether a button
    shows its numbers.
    """
    if is_presenting():
        figure = theme.enlarged(figure)
    config = {"displaylogo": False, "toImageButtonOptions": {**PICTURE, "filename": name}}
    if not zoom:
        config["modeBarButtons"] = [["toImage"]]
    alt = html.unescape(figure.layout.title.text or "") or None
    st.plotly_chart(figure, key=key or name, config=config, **{"alt": alt, **options})
    if table:
        show_numbers(partial(numbers, figure), f"numbers-{key or name}")


def show_numbers(make: Callable[[], pd.DataFrame], key: str) -> None:
    """A button that shows a table, made once it is open."""
    icon = ":material/table_rows:"
    with st.popover(_("Table"), type="tertiary", icon=icon, key=key, on_change="rerun") as part:
        if part.open:
            with st.container(width=TABLE_WIDTH):
                st.dataframe(make().round(4), height=TABLE_HEIGHT, placeholder="–")


def download(
    label: str,
    content: str | Callable[[], bytes],
    file_name: str,
    mime: str,
    key: str | None = None,
) -> None:
    """A download button; if `content` is a function, it is called when the button is pressed."""
    picture = mime.startswith("image/") or mime == "application/pdf"
    icon = ":material/image:" if picture else ":material/download:"
    if mime == "text/html":
        icon = ":material/description:"
    if callable(content):
        # Streamlit calls it in another thread, where the visitor is unknown.
        content = partial(_in_language, current_language(), content)
    st.download_button(label, content, file_name, mime, key=key, icon=icon, on_click="ignore")


def _in_language(code: str, make: Callable[[], bytes]) -> bytes:
    with use_language(code):
        return make()


def download_csv(
    table: pd.DataFrame | Callable[[], pd.DataFrame], name: str, key: str | None = None
) -> None:
    """A button that saves a table, or the table a function returns, as `name`.csv."""
    label = _("Download as {name}").format(name="CSV")
    download(label, partial(_csv, table), f"{name}.csv", "text/csv", key)


def _csv(table: pd.DataFrame | Callable[[], pd.DataFrame]) -> bytes:
    return csv_bytes(table() if callable(table) else table)
