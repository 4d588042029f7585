"""The terms as chips with a cross, and completion of words while typing."""

import numpy as np
import streamlit as st

from core.embeddings import term_list
from core.embeddings.hub_module import Module
from core.embeddings.term_list import NO_GROUP, Selection
from core.embeddings.vectors import WordVectors
from core.i18n import _
from core.plots.groups import group_name
from pages.terms.editor import apply_change, current_terms, replace_terms
from pages.terms.embedding import Key, key_of

SHORTEST, MOST = 3, 3_000
"""The least length and the number of the frequent words that are offered while typing; with ten
thousand a slow browser takes seconds longer for each run of the page."""


def show_chips(terms: Selection, modules: list[Module]) -> None:
    """A field that adds and removes terms, and the group of those that are added."""
    module = next((module for module in modules if module.table), None)
    # The widget keeps its identity, and so the cursor, while terms change elsewhere too. What is
    # set here is sent to the browser with all words that it offers, so only where it differs.
    if st.session_state.get("chips") != list(terms.terms):
        st.session_state.chips = list(terms.terms)
    st.multiselect(
        _("Terms"),
        completions(module.table, key_of(module)) if module and module.table else [],
        key="chips",
        accept_new_options=True,
        filter_mode="prefix",
        select_all=False,
        wrap=True,
        placeholder=_("Type a term"),
        help=_("Several at once: put commas or semicolons between them."),
        on_change=on_chips,
    )
    groups = [*terms.groups, st.session_state.get("new_group") or NO_GROUP]
    st.selectbox(
        _("Group of new terms"),
        list(dict.fromkeys(groups)),
        index=None,
        key="new_group",
        format_func=group_name,
        placeholder=_(NO_GROUP),
        accept_new_options=True,
    )


@st.cache_resource(show_spinner=False, max_entries=4)
def completions(_table: WordVectors, key: Key) -> list[str]:
    """The words offered while typing, as texts print them; each in one spelling.

    In alphabetical order, since Enter takes the first one: that is the word itself if it is known.
    """
    tokens = (_table.tokens[row] for row in np.unique(_table.spelling_rows))
    long = (token for token in tokens if len(token) >= SHORTEST and not token.isdecimal())
    words = list(dict.fromkeys(map(_table.printed, long)))
    # Rarer words that others begin with are offered too: Enter would take the others.
    starts = {word[:end].casefold() for word in words[:MOST] for end in range(len(word))}
    rarer = (word for word in words[MOST:] if word.casefold() in starts)
    return sorted([*words[:MOST], *rarer], key=str.casefold)


def on_chips() -> None:
    """Remove and add terms as in the field; the cross that removes all can be undone."""
    left = st.session_state.chips
    group = st.session_state.get("new_group") or NO_GROUP
    terms = current_terms()
    pairs = [(term, of_term) for term, of_term in terms if term in left]
    pairs += [(text, group) for text in left if text not in terms.terms]
    change = replace_terms if not left and len(terms) > 1 else apply_change
    change(term_list.collect(pairs))
