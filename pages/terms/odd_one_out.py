"""The odd one out."""

import numpy as np
import streamlit as st

from core.embeddings import similarity
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from core.plots.term_charts import term_bars
from core.text.markdown import escape_markdown
from pages.components.outputs import show_figure


def show(module: Module, terms: Selection, index: int) -> None:
    """The mean similarity of each term to the others; the lowest is the odd one out.

    Raises TermError for too few terms.
    """
    means = similarity.odd_one_out(module.embed(terms.terms))
    # Terms without a vector have no mean.
    order = [i for i in np.argsort(means) if np.isfinite(means[i])]
    names = [terms.terms[i] for i in order]
    st.markdown(escape_markdown(_("The odd one out is {term}.").format(term=names[0])))
    axis = _("mean cosine similarity to the others")
    bars = term_bars(names, [float(means[i]) for i in order], axis)
    show_figure(bars, "odd-one-out", key=f"odd-{index}", zoom=False)
