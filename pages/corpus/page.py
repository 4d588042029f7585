"""Explore a corpus: categories, time, co-occurrence, lengths and words, up to all of arXiv."""

import duckdb
import streamlit as st

from core.i18n import _
from core.messages import N_
from pages.components.inputs import pick
from pages.components.outputs import header
from pages.corpus import (
    categories,
    co_occurrence,
    distributions,
    growth,
    over_time,
    treemap,
    words,
)
from pages.corpus.filters import pick_filters, show_way_up
from pages.corpus.notes import show_facts, show_notes
from pages.corpus.source import pick_source

VIEWS = {
    N_("Categories"): categories.show,
    N_("Over time"): over_time.show,
    N_("Growth"): growth.show,
    N_("Treemap"): treemap.show,
    N_("Co-occurrence"): co_occurrence.show,
    N_("Distributions"): distributions.show,
    N_("Words"): words.show,
}


def page() -> None:
    """The page, in a function, so that large results are released after the run."""
    header(
        _("Explore a corpus"),
        _(
            "What is in a collection of arXiv papers: how many of which category and when, which "
            "categories meet, how long the texts are, and the words that tell one category from "
            "another."
        ),
    )
    left, right = st.columns([1, 3], gap="medium")
    with left:
        source = pick_source()
    with right, st.container(horizontal=True, vertical_alignment="bottom"):
        filters = pick_filters(source)
    counts = source.counts(filters)
    if not counts.total:
        st.info(_("No paper passes these filters; widen them."), icon=":material/filter_alt:")
        return
    show_facts(source, counts, filters)
    view = pick(_("Show"), VIEWS, "show", label_visibility="collapsed")
    show_way_up(filters)
    VIEWS[view](source, counts, filters)
    show_notes(source, counts)


try:
    page()
except duckdb.Error:
    text = _(
        "The corpus can no longer be read: it was removed or converted anew. Please load "
        "the page again."
    )
    st.error(text, icon=":material/error:")
