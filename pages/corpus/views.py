"""Common parts of the corpus views: pickers, figures with downloads, tables."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.i18n import _
from core.messages import N_
from core.reports.blocks import Report
from core.reports.corpus import corpus_report
from core.statistics import label_counts
from core.statistics.aggregates import Aggregate
from core.text.markdown import escape_markdown
from pages.components.inputs import pick, toggle
from pages.components.outputs import download_csv, show_figure
from pages.components.report import report_button

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEVELS = {N_("Archives"): N_("archive"), N_("Subjects"): N_("subject")}
PAPERS, SHARE = MEASURES = (N_("Papers"), N_("Share"))
HEADS = (
    N_("code"),
    N_("name"),
    N_("status"),
    N_("papers"),
    N_("share"),
    N_("primary"),
    N_("labels"),
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
SMALLEST = 0.0001
"""Smaller shares are shown as smaller than this."""
FIRST, MAX_BARS = 15, 200
"""The number of bars at first, and at most."""


def percent(share: float) -> str:
    """A share as a percentage with two digits."""
    return f"{share:.2%}" if share >= SMALLEST or share == 0 else f"<{SMALLEST:.2%}"


def pick_level() -> tuple[str, str]:
    """Archives or subjects: the displayed option, and the level."""
    option = pick(_("Labels"), LEVELS, "level")
    return option, LEVELS[option]


def pick_share() -> bool:
    """Whether to show shares of papers instead of numbers."""
    return pick(_("Measure"), MEASURES, "measure") == SHARE


def pick_limit(total: int) -> int:
    """How many bars are shown: the first, or all up to a maximum."""
    if total <= FIRST:
        return total
    every = toggle(_("Show all {n}").format(n=min(total, MAX_BARS)), key="all")
    return MAX_BARS if every else FIRST


def show_warning(aggregate: Aggregate | None) -> None:
    """What must be known of shipped counts before their chart is read."""
    if aggregate and aggregate.card.get("warning"):
        warning, note = str(aggregate.card["warning"]), str(aggregate.card.get("note", ""))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/warning: **{escape_markdown(_(warning))}**", width="content")
            if note:
                with st.popover(_("Why"), type="tertiary"):
                    st.markdown(escape_markdown(_(note)))


def show_with_file(figure: "go.Figure", table: pd.DataFrame, name: str, **options: Any) -> None:
    """A figure, and the table behind it as CSV, and both as a report."""
    show_figure(figure, name, **options)
    with st.container(horizontal=True):
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
    """A table with formatted numbers; shares under a hundredth of a percent are said to be so."""
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {head: _(head) for head in HEADS} | {
        "before": number(_("before"), format="localized"),
        "after": number(_("after"), format="localized"),
        "growth": number(_("growth"), format="percent"),
        "elsewhere": number(_("elsewhere"), format="percent"),
        "papers": number(_("papers"), format="localized"),
        "primary": number(
            _("primary"), format="localized", help=_("Papers whose first category it is.")
        ),
        "lift": number(
            _("lift"),
            format="%.2f",
            help=_("Shared papers over those expected if the two were independent: 1 is chance."),
        ),
        "z": number("z", format="%.1f"),
    }
    shown = label_counts.on_screen(table)
    st.dataframe(
        shown.style.format({"share": percent}) if "share" in shown else shown,
        column_config=config,
        hide_index=True,
        height=320,
        placeholder="–",
    )
