"""Which labels share papers."""

import streamlit as st

from core.i18n import phrase, phrases, say
from core.plots import corpus_charts
from core.statistics import label_counts
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import pick, slider
from pages.corpus.source import CorpusSource
from pages.corpus.views import pick_level, show_table, show_with_file

LIFT, SHARED = COLOURS = phrases("Lift", "Shared papers")
CLUSTERED, BY_PAPERS = ORDERS = phrases("Clustered", "By papers")


def show(source: CorpusSource, counts: Counts, filters: Filter) -> None:
    """Labels against labels, and their pairs as a table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        option, level = pick_level()
        lift = pick(say("Colour"), COLOURS, "colour") == LIFT
        order = pick(say("Order"), ORDERS, "order")
    limit = slider(say("How many labels"), 5, 80, 40, 5, key="labels")
    found = label_counts.together(counts, level, limit)
    if len(found.codes) < 2:
        st.info(say("Only one label is left; widen the filters."), icon=":material/filter_alt:")
        return
    if order == CLUSTERED:
        found = label_counts.clustered(found)
    table = label_counts.pairs(found)
    title = phrase(
        "{labels} that meet more or less often than by chance"
        if lift
        else "{labels} that meet in the same papers"
    )
    figure = corpus_charts.co_occurrence(say(title, labels=say(option)), found, lift=lift)
    show_with_file(figure, table, f"{level}-pairs")
    text = say(
        "Lift is the papers that two labels share over those expected if they were "
        "independent: 1 is chance, 10 ten times as often, blue less often. Coloured by lift, a "
        "cell is empty where fewer than {fewest} papers are shared and fewer expected, since "
        "chance alone may give any lift there; the table has these pairs too. Other empty "
        "cells share no paper.",
        fewest=label_counts.FEWEST_SHARED,
    )
    st.caption(text)
    show_table(table)
