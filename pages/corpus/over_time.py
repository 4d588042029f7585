"""Papers by archive or subject and by month or year."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _, label_title
from core.messages import N_
from core.plots.corpus_charts import time_series
from core.statistics import label_counts, summaries
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import multiselect, pick, toggle
from pages.corpus.source import CorpusSource
from pages.corpus.views import more_options, pick_level, pick_share, show_with_file

UNITS = {N_("Year"): N_("year"), N_("Month"): N_("month")}
LINES, AREAS = STYLES = (N_("Lines"), N_("Stacked areas"))
FEW_YEARS = 5
"""Up to so many years are shown by month at first."""
ALL_LISTINGS = N_("A paper counts once under each of its categories; shares are of all listings.")
MAX_LABELS = 12
FIRST_LABELS = 6


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """Labels over time, as lines or stacked areas."""
    with row:
        option, level = pick_level()
        options = more_options()
    counts = source.monthly(counts, filters)
    with options:
        unit = _pick_unit(counts)
        share = pick_share()
        stacked = pick(_("Drawn as"), STYLES, "style") == AREAS
        log = toggle(_("Log scale"), key="log", disabled=stacked)
    table = label_counts.over_time(counts, level, unit)
    if len(table) < 2:
        text = (
            _("All papers here are of one month: nothing changes over time.")
            if len(table)
            else _("No paper here has an id that tells its month.")
        )
        st.info(text, icon=":material/event_busy:")
        return
    dated = set(table.columns)
    codes = [code for code in label_counts.by_label(counts, level)["code"] if code in dated]
    limits = {"default": codes[:FIRST_LABELS], "max_selections": MAX_LABELS}
    lines = {"format_func": label_title, "key": f"{level}-lines", **limits}
    with options:
        picked = multiselect(_(option), codes, **lines)
    kind = {"listings": source.listings}
    title = _("Papers by {level} and {unit}").format(level=_(level), unit=_(unit))
    figure = time_series(title, table, picked, stacked=stacked, share=share, log=log, **kind)
    show_with_file(figure, summaries.format_periods(table, unit), f"{option.lower()}-by-{unit}")
    sums = (
        N_("A paper is listed once under each of its labels; areas add up listings, not papers.")
        if stacked
        else N_("A paper counts under each of its labels, so shares add up to over 100 %.")
    )
    sums = ALL_LISTINGS if source.listings else sums
    last = _("The last {unit} may be incomplete.").format(unit=_(unit))
    st.caption(f"{_(sums)} {last}")


def _pick_unit(counts: Counts) -> str:
    """Months or years; a single year has only months."""
    years = counts.years
    span = years[1] - years[0] + 1 if years else 0
    if span == 1:
        return "month"
    options = reversed(UNITS) if span <= FEW_YEARS else UNITS
    return UNITS[pick(_("By"), options, "unit")]
