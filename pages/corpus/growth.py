"""Growth of categories since the first year of a corpus's counts."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _
from core.plots.corpus_charts import growth_bars
from core.statistics.growth import growth, months_compared
from core.statistics.label_counts import MIN_SHARED, Counts, Filter
from pages.corpus.source import CorpusSource
from pages.corpus.views import pick_level, show_first, show_table


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """Labels by how much they grew from the first to the last year."""
    with row:
        option, level = pick_level()
    counts = source.monthly(counts, filters)
    table = growth(counts, level)
    years = months_compared(counts)
    if not years or table.empty:
        st.info(
            _("Growth needs papers of two years, {n} or more of a category in the first.").format(
                n=MIN_SHARED
            ),
            icon=":material/event_busy:",
        )
        return
    first, last, months = years
    title = _("Growth from {first} to {last}").format(first=first, last=last)
    draw = partial(growth_bars, table, title)
    show_first(draw, table, f"{option.lower()}-growth")
    text = _(
        "Papers of {last} over those of {first}, from January to month {month} of both years. "
        "Categories with fewer than {n} papers in {first} are left out."
    ).format(first=first, last=last, month=months, n=MIN_SHARED)
    st.caption(text)
    show_table(table)
