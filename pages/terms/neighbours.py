"""The nearest words to a term."""

import streamlit as st

from core.embeddings import similarity
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from pages.terms.words import pick_merged, pick_term, show_search

TOP = 20


def show(module: Module, terms: Selection, index: int) -> None:
    """The nearest words to a term, by default the first of the terms."""
    first = terms.terms[0] if terms else ""
    term = pick_term(module, _("Words nearest to"), "near", index, first)
    merged = pick_merged(f"merged{index or ''}", True)
    if not term:
        st.info(_("Type a term to see the words nearest to it."), icon=":material/help:")
        return
    show_search(module, index, lambda table: similarity.neighbours(table, term, TOP, merged))
