"""Papers by archive or subject and by month or year."""

import streamlit as st

from core.i18n import phrase, phrases, say
from core.plots.corpus_charts import time_series
from core.statistics import label_counts, summaries
from core.statistics.label_counts import Counts, Filter
from core.taxonomy import label_title
from pages.components.inputs import multiselect, pick, toggle
from pages.corpus.source import CorpusSource
from pages.corpus.views import pick_level, pick_share, show_with_file

UNITS = {phrase("Year"): phrase("year"), phrase("Month"): phrase("month")}
LINES, AREAS = STYLES = phrases("Lines", "Stacked areas")
MAX_LABELS = 12
FIRST_LABELS = 6


def show(source: CorpusSource, counts: Counts, filters: Filter) -> None:
    """Labels over time, as lines or stacked areas."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        option, level = pick_level()
        unit = UNITS[pick(say("By"), UNITS, "unit")]
        share = pick_share()
        stacked = pick(say("Drawn as"), STYLES, "style") == AREAS
        log = toggle(say("Log scale"), key="log", disabled=stacked)
    table = label_counts.over_time(counts, level, unit)
    if table.empty:
        st.info(say("No paper here has an id that tells its month."), icon=":material/event_busy:")
        return
    dated = set(table.columns)
    codes = [code for code in label_counts.by_label(counts, level)["code"] if code in dated]
    limits = {"default": codes[:FIRST_LABELS], "max_selections": MAX_LABELS}
    picked = multiselect(
        say(option), codes, format_func=label_title, key=f"{level}-lines", **limits
    )
    title = say("Papers by {level} and {unit}", level=say(level), unit=say(unit))
    figure = time_series(title, table, picked, stacked=stacked, share=share, log=log)
    show_with_file(figure, summaries.dated(table, unit), f"{option.lower()}-by-{unit}")
    sums = phrase(
        "A paper is listed once under each of its labels; areas add up listings, not papers."
        if stacked
        else "A paper counts under each of its labels, so shares add up to more than 100 %."
    )
    last = say("The last {unit} may be incomplete.", unit=say(unit))
    st.caption(f"{say(sums)} {last}")
