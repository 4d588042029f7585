"""Results of a vocabulary search: nearest words as bars, a download, and as new terms."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.embeddings.hub_module import Module
from core.embeddings.similarity import Neighbour
from core.embeddings.term_list import NEAREST, NO_GROUP, Selection, replace_word
from core.embeddings.vectors import WordVectors
from core.i18n import _, ngettext
from core.plots.term_charts import bars_file, term_bars
from pages.components.inputs import text_input, toggle
from pages.components.outputs import show_figure
from pages.terms.downloads import show_downloads
from pages.terms.editor import add_terms, clear_notes, current_terms
from pages.terms.embedding import suggestions
from pages.terms.unknown import show_corrections


def pick_term(module: Module, label: str, key: str, index: int, default: str) -> str:
    """A text input for a term, with known words in place of unknown ones; index: of the module."""
    key = f"{key}{index or ''}"
    term = text_input(label, default, key=key, max_chars=200).strip()
    unknown = module.table.unknown_words(term) if module.table else ()
    corrections = [(word, better) for word in unknown for better in suggestions(module, word)]
    show_corrections(corrections[:3], f"mean-{key}", partial(_correct, key, term))
    return term


def _correct(key: str, term: str, word: str, better: str) -> None:
    """Put another word into a field's term."""
    alone = Selection((term,), (NO_GROUP,))
    st.session_state[key] = replace_word(alone, word, better).selection.terms[0]


def pick_merged(key: str, default: bool) -> bool:
    """Whether of several spellings of a word one stands for all."""
    hint = _("Words that differ only in case, such as Fever and fever, count as one.")
    return toggle(_("Merge spellings"), default, key=key, help=hint)


def pick_estimated() -> bool:
    """Whether unknown words get estimated vectors."""
    hint = _(
        "An unknown word gets the mean vector of the known words that share most sequences of "
        "letters with it, and the sign ≈. Of words held back, half came among the nearest 1 % of "
        "the vocabulary to their true vector."
    )
    return toggle(_("Estimate unknown words"), key="parts", help=hint)


def show_search(
    module: Module, index: int, search: Callable[[WordVectors], Sequence[Neighbour]]
) -> None:
    """The result of a vocabulary search. Raises TermError where there is none."""
    if module.table is None:
        st.info(_("This module does not tell its vocabulary, so it cannot be searched."))
        return
    words = search(module.table)
    names = [module.table.printed(word.word) for word in words]
    values, axis = [word.similarity for word in words], _("cosine similarity")
    show_figure(term_bars(names, values, axis), "words", key=f"bars-{index}", zoom=False)
    rows = [
        (word.rank, name, round(word.similarity, 6))
        for word, name in zip(words, names, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["rank", "word", "cosine"])
    with st.container(horizontal=True):
        picture = partial(bars_file, names, values, axis, module.label)
        show_downloads(table, picture, "words", index)
        st.button(
            _("Add the first five to the heatmap"),
            key=f"take-{index}",
            icon=":material/add:",
            on_click=_add,
            args=(names[:5],),
        )


def _add(names: Sequence[str]) -> None:
    """Add words to the terms, and tell how many."""
    before = len(current_terms())
    add_terms("\n".join(names), NEAREST)
    added = len(current_terms()) - before
    clear_notes()
    text = ngettext("{n} term added.", "{n} terms added.", added).format(n=added)
    if added < len(names):
        text += " " + _("The others were there already.")
    st.toast(text, icon=":material/add:")
