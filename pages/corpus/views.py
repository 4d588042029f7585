"""What the views of a corpus share: pickers, a figure with its file, tables."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.i18n import phrase, phrases, say
from core.statistics import label_counts
from pages.components.inputs import pick
from pages.components.outputs import download_csv, show_figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEVELS = {phrase("Archives"): phrase("archive"), phrase("Subjects"): phrase("subject")}
PAPERS, SHARE = MEASURES = phrases("Papers", "Share")
HEADS = phrases(
    *("code", "name", "status", "papers", "share", "primary", "labels"),
    *("first", "second", "lift", "first name", "second name", "word", "elsewhere"),
)
"""Of the tables on the screen; in the files they stay English."""


def pick_level() -> tuple[str, str]:
    """Archives or subjects: the option, and its level in the code."""
    option = pick(say("Labels"), LEVELS, "level")
    return option, LEVELS[option]


def pick_share() -> bool:
    """True for shares of papers, False for their numbers."""
    return pick(say("Measure"), MEASURES, "measure") == SHARE


def show_with_file(figure: "go.Figure", table: pd.DataFrame, name: str, **options: Any) -> None:
    """A figure, and the table behind it as CSV."""
    show_figure(figure, name, **options)
    with st.container(horizontal=True):
        download_csv(table.round(6), name, key=f"get-{name}.csv")


def show_table(table: pd.DataFrame) -> None:
    """A table on the screen, numbers as people read them."""
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {head: say(head) for head in HEADS} | {
        "share": number(say("share"), format="percent"),
        "elsewhere": number(say("elsewhere"), format="percent"),
        "papers": number(say("papers"), format="localized"),
        "primary": number(
            say("primary"), format="localized", help=say("Papers whose first category it is.")
        ),
        "lift": number(
            say("lift"),
            format="%.2f",
            help=say("Shared papers over those expected if the two were independent: 1 is chance."),
        ),
        "z": number("z", format="%.1f"),
    }
    st.dataframe(
        label_counts.on_screen(table),
        column_config=config,
        hide_index=True,
        height=320,
        placeholder="–",
    )
