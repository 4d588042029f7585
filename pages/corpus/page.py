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
OF_COMBINATIONS = (co_occurrence.show, distributions.show)
"""Views of which categories a paper has together."""


def page() -> None:
    """The page, in a function, so that large results are released after the run."""
    header(
        _("Explore a corpus"),
        _(
            "See what a collection of arXiv papers contains: categories, growth, overlaps, lengths "
            "and typical words."
        ),
    )
    # On a phone it comes after the figure, see pages/style.css.
    with st.container(key="corpus-filters"):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        source = pick_source(row)
        with row:
            filters = pick_filters(source)
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        view = pick(_("Show"), VIEWS, "show", label_visibility="collapsed", width="content")
    picked = source
    if VIEWS[view] in OF_COMBINATIONS:
        source = picked.with_combinations()
    counts = source.counts(filters)
    if not counts.total:
        st.info(_("No paper passes these filters; widen them."), icon=":material/filter_alt:")
        return
    line = {"horizontal": True, "vertical_alignment": "center", "gap": "xsmall"}
    with st.container(**line, key="corpus-facts"):
        show_way_up(filters)
        show_facts(source, counts, filters)
    VIEWS[view](source, counts, filters, row)
    if source is not picked:
        st.caption(_("From the sample: all of arXiv is counted category by category."))
    show_notes(source, counts)


try:
    page()
except duckdb.Error:
    text = _(
        "The corpus can no longer be read: it was removed or converted anew. Please load "
        "the page again."
    )
    st.error(text, icon=":material/error:")
