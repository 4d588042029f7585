"""The filters of a corpus's papers."""

from datetime import UTC, datetime

import streamlit as st

from core import taxonomy
from core.i18n import _, label_title
from core.messages import N_
from core.statistics.label_counts import Filter
from pages.components.inputs import multiselect, selectbox, slider, text_input, toggle
from pages.corpus.source import CorpusSource
from pages.corpus.views import LEVELS

FIRST_YEAR = 1991
ALL_YEARS = N_("All years")


def drill_up() -> None:
    """Show all archives again."""
    st.session_state.archives = []
    st.session_state.level = next(option for option in LEVELS if LEVELS[option] == "archive")


def show_way_up(filters: Filter) -> None:
    """The one archive that is shown, and the way back to all."""
    if len(filters.archives) == 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            label, icon = _("All archives"), ":material/arrow_upward:"
            st.button(label, icon=icon, key="up", type="tertiary", on_click=drill_up)
            st.markdown(f"› **{label_title(filters.archives[0])}**")


def pick_filters(source: CorpusSource) -> Filter:
    """Years, archives and a search in the text, all in the URL."""
    years = _pick_recent_year(source) if source.listings else _pick_years()
    archives = multiselect(
        _("Archives"),
        (*taxonomy.ARCHIVES, *taxonomy.RETIRED),
        format_func=label_title,
        key="archives",
        placeholder=_("All archives"),
        width=240,
        help=_("Papers in any of these, cross-lists included."),
    )
    text = ""
    if source.corpus and source.corpus.has("text"):
        text = text_input(
            _("Title or abstract contains"),
            key="text",
            max_chars=200,
            placeholder=_("graph neural network"),
            width=200,
            help=_("Words as they stand side by side, in any case; parts of words count too."),
        )
    hint = _("Count alg-geom as math.AG, cmp-lg as cs.CL and so on, by arXiv’s own list.")
    merged = toggle(_("Merge retired archives"), True, key="merge", help=hint)
    return Filter(years, tuple(archives), text.strip(), merged)


def _pick_years() -> tuple[int, int] | None:
    last = datetime.now(UTC).year
    every = (FIRST_YEAR, last)
    hint = _(
        "Year taken from the arXiv id. Papers without one appear only when all years are selected."
    )
    years = slider(_("Years"), FIRST_YEAR, last, every, key="years", help=hint, width=200)
    return None if years == every else years


def _pick_recent_year(source: CorpusSource) -> tuple[int, int] | None:
    """All years, or one of those that were counted by month."""
    first, last = source.aggregate.monthly.years
    options = [ALL_YEARS, *map(str, range(last, first - 1, -1))]
    hint = _("Single years are counted since {first}.").format(first=first)
    picked = selectbox(_("Years"), options, format_func=_, key="year", help=hint, width=160)
    return None if picked == ALL_YEARS else (int(picked), int(picked))
