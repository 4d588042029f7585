"""The filters of a corpus's papers."""

from datetime import UTC, datetime

from core import taxonomy
from core.i18n import _, label_title
from core.statistics.label_counts import Filter
from pages.components.inputs import multiselect, slider, text_input, toggle
from pages.corpus.source import CorpusSource

FIRST_YEAR = 1991


def pick_filters(source: CorpusSource) -> Filter:
    """Years, archives and a search in the text, all in the URL."""
    last = datetime.now(UTC).year
    every = (FIRST_YEAR, last)
    hint = _("By the paper’s id. Papers whose id tells no year count only with all years.")
    years = slider(_("Years"), FIRST_YEAR, last, every, key="years", help=hint)
    archives = multiselect(
        _("Archives"),
        (*taxonomy.ARCHIVES, *taxonomy.RETIRED),
        format_func=label_title,
        key="archives",
        placeholder=_("All archives"),
        help=_("Papers in any of these, cross-lists included."),
    )
    searchable = bool(source.corpus and source.corpus.has("text"))
    text = text_input(
        _("Title or abstract contains"),
        key="text",
        max_chars=200,
        disabled=not searchable,
        placeholder=(
            _("graph neural network")
            if searchable
            else _("needs a corpus with titles or abstracts")
        ),
        help=_("Words as they stand side by side, in any case; parts of words count too."),
    )
    hint = _("Count alg-geom as math.AG, cmp-lg as cs.CL and so on, by arXiv’s own list.")
    merged = toggle(_("Merge retired archives"), key="merge", help=hint)
    search = text.strip() if searchable else ""
    return Filter(None if years == every else years, tuple(archives), search, merged)
