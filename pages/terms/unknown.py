"""Words without a vector, told once, and known words that are spelt nearly like them."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection, replace_word
from core.i18n import _, join_list
from core.text.markdown import escape_markdown
from pages.terms.editor import apply_change, current_terms
from pages.terms.embedding import suggestions

MAX_UNKNOWN, MAX_CORRECTED = 20, 5
"""The maximum numbers of unknown words listed, and of those with suggestions."""


def note_unknown(
    module: Module, terms: Selection, shown: Selection, merged: bool, index: int
) -> None:
    """The unknown words of the terms, with suggestions that replace them.

    shown: the terms that have vectors; merged: whether spellings are.
    """
    if module.table is None:
        unknown = [term for term in terms.terms if term not in shown.terms]
    else:
        known = module.table.canonical if merged else str
        of_terms = (word for t in terms.terms for word in module.table.unknown_words(known(t)))
        unknown = list(dict.fromkeys(of_terms))
    if not unknown:
        return
    words = join_list(unknown[:MAX_UNKNOWN])
    if len(unknown) > MAX_UNKNOWN:
        words = _("{words} and {n} more").format(words=words, n=len(unknown) - MAX_UNKNOWN)
    note = _(
        "Not in the vocabulary, and left out: {words}. In a phrase the other words count."
    ).format(words=words)
    st.warning(escape_markdown(note), icon=":material/help:")
    corrections = [(word, better) for word in unknown for better in suggestions(module, word)[:2]]
    show_corrections(corrections[:MAX_CORRECTED], f"correct-{index}", _correct)


def show_corrections(
    corrections: Sequence[tuple[str, str]], key: str, use: Callable[[str, str], None]
) -> None:
    """A button for each pair of an unknown word and a known one; `use` is called with both."""
    if not corrections:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_("Did you mean"), width="content")
        for place, pair in enumerate(corrections):
            label = escape_markdown(pair[1])
            st.button(label, key=f"{key}-{place}", help=pair[0], on_click=use, args=pair)


def _correct(word: str, better: str) -> None:
    apply_change(replace_word(current_terms(), word, better))
