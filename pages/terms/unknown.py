"""Words without a vector, told once, and known words that are spelt nearly like them."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.embeddings.hub_module import Module
from core.embeddings.parts import CLOSE, Estimate
from core.embeddings.term_list import Selection, replace_word
from core.i18n import _, join_list
from core.text.markdown import escape_markdown
from pages.terms.editor import apply_change, current_terms
from pages.terms.embedding import suggestions

MAX_UNKNOWN, MAX_CORRECTED = 20, 5
"""The maximum numbers of unknown words listed, and of those with suggestions."""


def unknown_words(module: Module, terms: Selection, merged: bool) -> list[str]:
    """The words of the terms that have no vector; merged: whether spellings are.

    Of a module that does not tell its vocabulary, terms without a vector.
    """
    if module.table is None:
        known = module.embed(terms.terms).any(axis=1)
        return [term for term, has_vector in zip(terms.terms, known, strict=True) if not has_vector]
    spelt = module.table.canonical if merged else str
    return list(module.table.unknown_words_of(map(spelt, terms.terms)))


def note_unknown(module: Module, unknown: Sequence[str], index: int) -> None:
    """Which unknown words are left out or estimated, with suggestions that replace them."""
    if not unknown:
        return
    estimated = [word for word in unknown if word in module.estimates]
    left_out = [word for word in unknown if word not in module.estimates]
    if left_out:
        note = _(
            "Not in the vocabulary, and left out: {words}. In a phrase the other words count."
        ).format(words=_listed(left_out))
        st.warning(escape_markdown(note), icon=":material/help:")
    if estimated:
        note = _("≈ Not in the vocabulary, and estimated: {words}.").format(
            words=_listed([_origin(word, module.estimates[word]) for word in estimated])
        )
        st.info(escape_markdown(note), icon=":material/extension:")
    corrections = [(word, better) for word in unknown for better in suggestions(module, word)[:2]]
    show_corrections(corrections[:MAX_CORRECTED], f"correct-{index}", _correct)


def _listed(words: Sequence[str]) -> str:
    """The first words of a list, and how many more there are."""
    text = join_list(words[:MAX_UNKNOWN])
    if len(words) > MAX_UNKNOWN:
        text = _("{words} and {n} more").format(words=text, n=len(words) - MAX_UNKNOWN)
    return text


def _origin(word: str, estimate: Estimate) -> str:
    """A word, and what its vector is from."""
    text = _("{word} from {known}")
    if estimate.likeness < CLOSE:
        text = _("{word} from {known} (a rough guess)")
    return text.format(word=word, known=" + ".join(estimate.known))


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
