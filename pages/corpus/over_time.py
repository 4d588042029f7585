"""Papers by archive or subject and by month or year."""

import streamlit as st

from core.i18n import _, label_title
from core.messages import N_
from core.plots.corpus_charts import time_series
from core.statistics import label_counts, summaries
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import multiselect, pick, toggle
from pages.corpus.source import CorpusSource
from pages.corpus.views import pick_level, pick_share, show_with_file

UNITS = {N_("Year"): N_("year"), N_("Month"): N_("month")}
LINES, AREAS = STYLES = (N_("Lines"), N_("Stacked areas"))
MAX_LABELS = 12
FIRST_LABELS = 6


def show(source: CorpusSource, counts: Counts, filters: Filter) -> None:
    """Labels over time, as lines or stacked areas."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        option, level = pick_level()
        unit = UNITS[pick(_("By"), UNITS, "unit")]
        share = pick_share()
        stacked = pick(_("Drawn as"), STYLES, "style") == AREAS
        log = toggle(_("Log scale"), key="log", disabled=stacked)
    table = label_counts.over_time(counts, level, unit)
    if table.empty:
        st.info(_("No paper here has an id that tells its month."), icon=":material/event_busy:")
        return
    dated = set(table.columns)
    codes = [code for code in label_counts.by_label(counts, level)["code"] if code in dated]
    limits = {"default": codes[:FIRST_LABELS], "max_selections": MAX_LABELS}
    picked = multiselect(_(option), codes, format_func=label_title, key=f"{level}-lines", **limits)
    title = _("Papers by {level} and {unit}").format(level=_(level), unit=_(unit))
    figure = time_series(title, table, picked, stacked=stacked, share=share, log=log)
    show_with_file(figure, summaries.format_periods(table, unit), f"{option.lower()}-by-{unit}")
    sums = (
        N_("A paper is listed once under each of its labels; areas add up listings, not papers.")
        if stacked
        else N_("A paper counts under each of its labels, so shares add up to more than 100 %.")
    )
    last = _("The last {unit} may be incomplete.").format(unit=_(unit))
    st.caption(f"{_(sums)} {last}")
