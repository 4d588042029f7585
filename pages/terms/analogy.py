"""Analogies."""

import streamlit as st

from core.embeddings import similarity, term_list
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from core.messages import N_
from core.text.markdown import escape_markdown
from pages.terms.words import pick_merged, pick_term, show_search

LABELS = (N_("A"), N_("is to B"), N_("as C is to …"))
TOP = 10


def show(module: Module, terms: Selection, index: int) -> None:
    """Three terms, and the words that complete the analogy."""
    given = []
    for column, label, key, default in zip(
        st.columns(3), LABELS, "abc", term_list.ANALOGY, strict=True
    ):
        with column:
            given.append(pick_term(module, _(label), key, index, default))
    merged = pick_merged(f"merged{index or ''}", True)
    if not all(given):
        st.info(_("An analogy takes three terms."), icon=":material/help:")
        return
    a, b, c = given
    text = _("{a} is to {b} as {c} is to …").format(a=a, b=b, c=c)
    st.markdown(escape_markdown(text))
    show_search(
        module, index, lambda table: similarity.analogy(table, a, b, c, top=TOP, merged=merged)
    )
