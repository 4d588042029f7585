"""Common parts of the corpus views: pickers, figures with downloads, tables."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _
from core.messages import N_
from core.plots.corpus_charts import number
from core.reports.blocks import Report
from core.reports.corpus import corpus_report
from core.statistics import label_counts
from core.statistics.aggregates import Aggregate
from core.text.markdown import escape_markdown
from pages.components.inputs import pick, toggle
from pages.components.newest_papers import show_newest_papers
from pages.components.outputs import download_csv, show_figure
from pages.components.report import report_button
from pages.corpus.source import UPLOAD

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEVELS = {N_("Archives"): N_("archive"), N_("Subjects"): N_("subject")}
"""By what papers are counted."""
PAPERS, SHARE = MEASURES = (N_("Papers"), N_("Share"))
HEADS = (
    N_("code"),
    N_("name"),
    N_("status"),
    N_("papers"),
    N_("share"),
    N_("primary"),
    N_("before"),
    N_("after"),
    N_("growth"),
    N_("first"),
    N_("second"),
    N_("lift"),
    N_("first name"),
    N_("second name"),
    N_("word"),
    N_("elsewhere"),
)
"""Headers of tables on screen; in files they stay English."""
FACTS = "corpus-facts"
"""Session key of what reports say of the corpus."""

FIRST, MAX_BARS = 15, 200
"""The number of bars at first, and at most."""


def pick_level() -> tuple[str, str]:
    """Archives or subjects: the displayed option, and the level."""
    more = {"label_visibility": "collapsed", "width": "content"}
    option = pick(_("Labels"), LEVELS, "level", **more)
    return option, LEVELS[option]


def more_options() -> DeltaGenerator:
    """A place for options that few need."""
    return st.popover(_("Options"), icon=":material/tune:")


def pick_share() -> bool:
    """Whether to show shares of papers instead of numbers."""
    return pick(_("Measure"), MEASURES, "measure") == SHARE


def pick_limit(total: int) -> int:
    """How many bars are shown: the first, or all up to a maximum."""
    if total <= FIRST:
        return total
    every = toggle(_("Show all {n}").format(n=min(total, MAX_BARS)), key="all")
    return MAX_BARS if every else FIRST


def show_no_papers(problem: str) -> None:
    """Why counts alone do not suffice, and what to do, with a button that fetches papers."""
    remedy = _(
        "Pick “{upload}” as the corpus, fetch arXiv’s newest papers here, or put a corpus into the "
        "data folder: `python -m core download arxiv` gets arXiv’s own."
    ).format(upload=_(UPLOAD))
    st.info(f"{problem} {remedy}", icon=":material/database_off:")
    show_newest_papers()


def show_warning(aggregate: Aggregate | None) -> None:
    """What must be known of shipped counts before their chart is read."""
    if aggregate and aggregate.card.get("warning"):
        warning, note = str(aggregate.card["warning"]), str(aggregate.card.get("note", ""))
        text = f":material/warning: **{escape_markdown(_(warning))}**"
        st.markdown(f":small[{text}]", width="content")
        if note:
            with st.popover(_("Details"), type="tertiary"):
                st.markdown(escape_markdown(_(note)))


def show_with_file(figure: "go.Figure", table: pd.DataFrame, name: str, **options: Any) -> None:
    """A figure, and the table behind it as CSV, and both as a report."""
    show_figure(figure, name, **options)
    with st.container(horizontal=True):
        show_downloads(figure, table, name)


def show_first(
    make: Callable[[int], "go.Figure"], table: pd.DataFrame, name: str, **options: Any
) -> None:
    """The figure that `make` returns of so many rows, with a switch for all of them below it."""
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        figure = make(pick_limit(len(table)))
        show_downloads(figure, table, name)
    with place:
        show_figure(figure, name, **options)


def show_downloads(figure: "go.Figure", table: pd.DataFrame, name: str) -> None:
    """Buttons for a table as CSV, and for it and its figure as a report."""
    download_csv(table.round(6), name, key=f"get-{name}.csv")
    make = partial(report_of, figure, table, st.session_state.get(FACTS, {}))
    report_button(make, name)


def report_of(
    figure: "go.Figure", table: pd.DataFrame, facts: Mapping[str, str], link: str
) -> Report:
    """A figure and its table, as on screen."""
    heads = [_(name) if name in HEADS else name for name in table.columns]
    return corpus_report(figure, label_counts.on_screen(table), heads, facts, link)


def note_facts(facts: Mapping[str, str]) -> None:
    """Keep what the reports of this run say of the corpus, by name."""
    st.session_state[FACTS] = dict(facts)


def show_table(table: pd.DataFrame) -> None:
    """A table to open; shares under a hundredth of a percent are said to be so."""
    column = st.column_config.NumberColumn
    config: dict[str, Any] = {head: _(head) for head in HEADS} | {
        "before": column(_("before"), format="localized"),
        "after": column(_("after"), format="localized"),
        "growth": column(_("growth"), format="percent"),
        "elsewhere": column(_("elsewhere"), format="percent"),
        "papers": column(_("papers"), format="localized"),
        "primary": column(
            _("primary"), format="localized", help=_("Papers whose first category it is.")
        ),
        "lift": column(
            _("lift"),
            format="%.2f",
            help=_("Shared papers over those expected if the two were independent: 1 is chance."),
        ),
        "z": column("z", format="%.1f"),
    }
    shown = label_counts.on_screen(table)
    st.expander(_("As a table"), icon=":material/table:").dataframe(
        shown.style.format({"share": partial(number, number_format=".2%")})
        if "share" in shown
        else shown,
        column_config=config,
        hide_index=True,
        height=min(320, 36 * (len(table) + 1)),
        placeholder="–",
    )
