"""Which papers of a corpus count."""

from datetime import UTC, datetime

import streamlit as st

from core import taxonomy
from core.i18n import _
from core.statistics.label_counts import Filter
from core.taxonomy import label_title
from pages.corpus.source import CorpusSource

FIRST_YEAR = 1991


def pick_filters(source: CorpusSource) -> Filter:
    """Years, archives and a search in the text; all of it stands in the address."""
    last = datetime.now(UTC).year
    years = st.slider(
        _("Years"),
        FIRST_YEAR,
        last,
        (FIRST_YEAR, last),
        key="years",
        bind="query-params",
        help=_("By the paper’s id. Papers whose id tells no year count only with all years."),
    )
    archives = st.multiselect(
        _("Archives"),
        (*taxonomy.ARCHIVES, *taxonomy.RETIRED),
        format_func=label_title,
        key="archives",
        bind="query-params",
        placeholder=_("All archives"),
        help=_("Papers in any of these, cross-lists included."),
    )
    searchable = bool(source.corpus and source.corpus.has("text"))
    text = st.text_input(
        _("Title or abstract contains"),
        key="text",
        bind="query-params",
        max_chars=200,
        disabled=not searchable,
        placeholder=(
            _("graph neural network")
            if searchable
            else _("needs a corpus with titles or abstracts")
        ),
        help=_("Words as they stand side by side, in any case; parts of words count too."),
    )
    merged = st.toggle(
        _("Merge retired archives"),
        key="merge",
        bind="query-params",
        help=_("Count alg-geom as math.AG, cmp-lg as cs.CL and so on, by arXiv’s own list."),
    )
    return Filter(
        None if years == (FIRST_YEAR, last) else years,
        tuple(archives),
        text.strip() if searchable else "",
        merged,
    )
