"""Archives and their subjects as areas."""

import streamlit as st

from core.i18n import _
from core.plots.corpus_charts import treemap
from core.statistics import label_counts
from core.statistics.label_counts import Counts, Filter
from pages.corpus.source import CorpusSource
from pages.corpus.views import show_with_file


def show(source: CorpusSource, counts: Counts, filters: Filter) -> None:
    """Papers by primary category."""
    table = label_counts.hierarchy(counts)
    figure = treemap(_("Papers by primary category"), table)
    show_with_file(figure, table, "primary-categories")
    st.caption(_("Each paper once, under its first category. Click an archive to enter it."))
