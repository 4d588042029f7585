"""Archives and their subjects as areas."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _
from core.messages import N_
from core.plots.corpus_charts import treemap
from core.statistics import label_counts
from core.statistics.label_counts import Counts, Filter
from pages.corpus.source import CorpusSource
from pages.corpus.views import show_with_file


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """Papers by primary category."""
    table = label_counts.hierarchy(counts)
    title = _("Papers by category") if source.listings else _("Papers by primary category")
    show_with_file(treemap(title, table), table, "primary-categories")
    text = (
        N_("Each paper counts once under each of its categories. Click an area to zoom in.")
        if source.listings
        else N_("Each paper counts once, under its primary category. Click an area to zoom in.")
    )
    st.caption(_(text))
