"""Results of a vocabulary search: nearest words as bars, a download, and as new terms."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.embeddings.hub_module import Module
from core.embeddings.similarity import Neighbour
from core.embeddings.vectors import WordVectors
from core.i18n import _
from core.plots.term_charts import term_bars
from pages.components.inputs import text_input
from pages.components.outputs import download_csv, show_figure
from pages.terms.editor import add_terms


def pick_term(label: str, key: str, index: int, default: str) -> str:
    """A text input for a term; index: of the module."""
    return text_input(label, default, key=f"{key}{index or ''}", max_chars=200).strip()


def show_search(
    module: Module, index: int, search: Callable[[WordVectors], Sequence[Neighbour]]
) -> None:
    """The result of a vocabulary search. Raises TermError where there is none."""
    if module.table is None:
        st.info(_("This module does not tell its vocabulary, so it cannot be searched."))
        return
    words = search(module.table)
    names = [word.word for word in words]
    bars = term_bars(names, [word.similarity for word in words], _("cosine similarity"))
    show_figure(bars, "words", key=f"bars-{index}", zoom=False)
    rows = [(word.rank, word.word, round(word.similarity, 6)) for word in words]
    table = pd.DataFrame(rows, columns=["rank", "word", "cosine"])
    with st.container(horizontal=True):
        download_csv(table, "words", key=f"words-{index}")
        st.button(
            _("Add the first five to the heatmap"),
            key=f"take-{index}",
            icon=":material/add:",
            on_click=add_terms,
            args=("\n".join(names[:5]), _("Neighbours")),
        )
