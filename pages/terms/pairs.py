"""A click on a cell: how often the two words stand near each other in the training text."""

from pathlib import Path

import streamlit as st

from core.embeddings.hub_module import Module
from core.embeddings.module_table import ModuleError
from core.embeddings.pair_counts import PAIRS, PairCounts, read_pairs
from core.i18n import _, translate
from core.plots.heatmap import CLICKABLE_UP_TO, Heatmap
from core.text.markdown import escape_markdown
from core.text.tokens import tokenise
from pages.terms.embedding import Key, key_of


def can_count(module: Module, drawn: Heatmap) -> bool:
    """Whether a click on a heatmap's cell tells counts."""
    has_counts = module.table is not None and (Path(module.source) / PAIRS).is_file()
    return has_counts and len(drawn.terms) <= CLICKABLE_UP_TO


def show(module: Module, drawn: Heatmap, key: str) -> None:
    """What the text says of the clicked cell's words, or that one can click; key: the chart's."""
    points = st.session_state[key].selection.points
    text = ""
    if points:
        a, b = divmod(points[0]["point_index"], len(drawn.terms))
        try:
            text = sentence(module, drawn.terms[a], drawn.terms[b])
        except ModuleError as problem:
            st.warning(escape_markdown(translate(problem)), icon=":material/error:")
    if text:
        hint = _("By chance: if all words of the text stood in random places.")
        st.markdown(text, help=hint)
    else:
        st.caption(
            _("Click a cell to see how often the two words stand near each other."),
            help=_("Counted for single words of the training text, not for phrases."),
        )


def sentence(module: Module, first: str, second: str) -> str:
    """How often two terms occur and meet; empty where it was not counted. Raises ModuleError."""
    rows = [_row(module, term) for term in (first, second)]
    counts = load(module, key_of(module))
    if counts is None or None in rows:
        return ""
    a, b = map(escape_markdown, (first, second))
    often = [int(counts.frequencies[row]) for row in rows]
    if rows[0] == rows[1]:
        return _("**{a}** occurs {n:,} times in the training text.").format(a=a, n=often[0])
    if not counts.counted[rows].all():
        return ""
    n, chance = counts.meetings(*rows), counts.by_chance(*rows)
    template = _(
        "**{a}** and **{b}** stand within {window} words of each other **{n:,}** times in the "
        "training text; by chance it would be {chance}. Occurrences: {a} {of_a:,}, {b} {of_b:,}."
    )
    if not n:
        template = _(
            "**{a}** and **{b}** stand within {window} words of each other fewer than {n:,} times "
            "in the training text; by chance it would be {chance}. Occurrences: {a} {of_a:,}, "
            "{b} {of_b:,}."
        )
    return template.format(
        a=a,
        b=b,
        window=counts.window,
        n=n or counts.least,
        chance=_few(chance),
        of_a=often[0],
        of_b=often[1],
    )


@st.cache_resource(show_spinner=False, max_entries=2)
def load(_module: Module, key: Key) -> PairCounts | None:
    """A module's counts, read at the first click. key: of the module. Raises ModuleError."""
    return read_pairs(Path(_module.source), len(_module.table.tokens)) if _module.table else None


def _row(module: Module, term: str) -> int | None:
    """The row of a term of one known word."""
    rows = module.table.rows(term) if module.table and len(tokenise(term)) == 1 else []
    return rows[0] if rows else None


def _few(number: float) -> str:
    """A number of times, with a digit after the point where it is small."""
    if number < 0.1:
        return "< 0.1"
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"
