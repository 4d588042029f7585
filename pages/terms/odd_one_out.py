"""The odd one out."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.embeddings import similarity
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _, join_list
from core.plots.term_charts import bars_file, term_bars
from core.text.markdown import escape_markdown
from pages.components.outputs import show_figure
from pages.terms.downloads import show_downloads
from pages.terms.embedding import marked

TIE = 0.01
"""Mean cosines that differ by less are a tie."""


def show(module: Module, terms: Selection, index: int) -> None:
    """The mean similarity of each term to the others; the lowest is the odd one out.

    Raises TermError for too few terms.
    """
    means = similarity.odd_one_out(module.embed(terms.terms))
    order = np.argsort(means)
    names = list(marked(module, (terms.terms[i] for i in order)))
    values = [float(means[i]) for i in order]
    st.markdown(escape_markdown(verdict(names, values)))
    axis = _("mean cosine similarity to the others")
    show_figure(term_bars(names, values, axis), "odd-one-out", key=f"odd-{index}", zoom=False)
    table = pd.DataFrame({"term": names, "mean_cosine": np.round(values, 6)})
    with st.container(horizontal=True):
        picture = partial(bars_file, names, values, axis, module.label)
        show_downloads(table, picture, "odd-one-out", index)


def verdict(names: list[str], values: list[float]) -> str:
    """A sentence; names, values: the lowest mean similarity first."""
    tied = [name for name, value in zip(names, values, strict=True) if value - values[0] < TIE]
    if len(tied) == len(names):
        return _("No term is the odd one out: all are equally similar to the others.")
    if len(tied) > 1:
        return _("Too close to call: {terms} are equally unlike the others.").format(
            terms=join_list(tied)
        )
    return _("The odd one out is {term}.").format(term=names[0])
