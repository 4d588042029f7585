"""Labels that share papers."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _
from core.messages import N_
from core.plots import corpus_charts
from core.statistics import label_counts
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import pick, slider
from pages.corpus.source import CorpusSource
from pages.corpus.views import more_options, pick_level, show_no_papers, show_table, show_with_file

LIFT, SHARED = COLOURS = (N_("Lift"), N_("Shared papers"))
CLUSTERED, BY_PAPERS = ORDERS = (N_("Clustered"), N_("By papers"))


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """Labels against labels, and their pairs as a table."""
    if source.listings:
        show_no_papers(_("Counts by category do not tell which categories meet."))
        return
    with row:
        option, level = pick_level()
        with more_options():
            lift = pick(_("Colour"), COLOURS, "colour") == LIFT
            order = pick(_("Order"), ORDERS, "order")
            limit = slider(_("How many labels"), 5, 80, 40, 5, key="labels", width=240)
    pairs = label_counts.co_occurrence(counts, level, limit)
    if len(pairs.codes) < 2:
        st.info(_("Only one label is left; widen the filters."), icon=":material/filter_alt:")
        return
    if order == CLUSTERED:
        pairs = label_counts.clustered(pairs)
    table = label_counts.pair_table(pairs)
    if lift and not np.isfinite(pairs.reliable_lift).any():
        st.info(
            _("No two labels share {fewest} papers, too few for a lift.").format(
                fewest=label_counts.MIN_SHARED
            ),
            icon=":material/filter_alt:",
        )
        lift = False
    title = (
        N_("{labels} that meet more or less often than by chance")
        if lift
        else N_("{labels} that meet in the same papers")
    )
    figure = corpus_charts.co_occurrence(_(title).format(labels=_(option)), pairs, lift=lift)
    show_with_file(figure, table, f"{level}-pairs")
    text = _(
        "Lift is the papers that two labels share over those expected if they were "
        "independent: 1 is chance, 10 ten times as often, blue less often. Coloured by lift, a "
        "cell is empty where fewer than {fewest} papers are shared and fewer expected, since "
        "chance alone may give any lift there; the table has these pairs too. Other empty "
        "cells share no paper."
    ).format(fewest=label_counts.MIN_SHARED)
    st.caption(text)
    show_table(table)
