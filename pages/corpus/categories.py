"""Papers by archive or subject, as bars."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import taxonomy
from core.i18n import _
from core.plots.corpus_charts import label_bars
from core.statistics import label_counts
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import toggle
from pages.corpus.source import CorpusSource
from pages.corpus.views import (
    LEVELS,
    more_options,
    pick_level,
    pick_share,
    show_first,
    show_table,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go


def drill_down(key: str) -> None:
    """Show the subjects of the archive whose bar was clicked."""
    points = st.session_state[key].selection.points
    if points:
        st.session_state.archives = [taxonomy.archive_of(points[0]["customdata"][1])]
        st.session_state.level = next(option for option in LEVELS if LEVELS[option] == "subject")
        # With another key the figure is reset, without the selection.
        st.session_state.clicks = st.session_state.get("clicks", 0) + 1


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """The most frequent labels as bars, and all as a table; of one archive its own first."""
    with row:
        option, level = pick_level()
        with more_options():
            share = pick_share()
            log = toggle(_("Log scale"), key="log")
    table = label_counts.by_label(counts, level)
    if level == "subject" and filters.archives:
        foreign = ~table["code"].map(taxonomy.archive_of).isin(filters.archives)
        table = table.iloc[foreign.argsort(kind="stable")].reset_index(drop=True)
    if source.listings:
        table = table.drop(columns="primary")
    name = option.lower()
    key = f"{name}-{st.session_state.get('clicks', 0)}"

    def draw(limit: int) -> "go.Figure":
        title = _("Papers by {level}").format(level=_(level))
        if len(table) > limit:
            title = _("{title}, the first {n} of {total}").format(
                title=title, n=limit, total=len(table)
            )
        return label_bars(table, title, limit, share=share, listings=source.listings, log=log)

    clicks = {"on_select": partial(drill_down, key), "selection_mode": "points"}
    show_first(draw, table, name, key=key, **clicks)
    if not source.listings:
        st.caption(_("A paper counts under each of its labels, so shares add up to over 100 %."))
    if level == "archive":
        st.caption(_("Click a bar to see the subjects of its archive."))
    if not filters.merged:
        st.caption(_("Retired archives are grey."))
    show_table(table)
