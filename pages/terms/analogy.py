"""Analogies."""

import streamlit as st

from core.embeddings import similarity, term_list
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from core.messages import N_
from pages.terms.words import pick_term, show_search

LABELS = (N_("As this"), N_("is to this"), N_("so is this to …"))
TOP = 10


def show(module: Module, terms: Selection, index: int) -> None:
    """Three terms, and the words that complete the analogy."""
    given = []
    for column, label, key, default in zip(
        st.columns(3), LABELS, "abc", term_list.ANALOGY, strict=True
    ):
        with column:
            given.append(pick_term(_(label), key, index, default))
    if not all(given):
        st.info(_("An analogy takes three terms."), icon=":material/help:")
        return
    show_search(module, index, lambda table: similarity.analogy(table, *given, top=TOP))
