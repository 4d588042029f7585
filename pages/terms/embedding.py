"""The available text embeddings, and notes on them."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.embeddings import hub_module, projection
from core.embeddings.hub_module import Module
from core.embeddings.module_table import ModuleError
from core.embeddings.term_list import Selection
from core.embeddings.vectors import WordVectors
from core.i18n import _, join_list, translate
from core.text.markdown import escape_markdown
from pages.components.inputs import multiselect

MAX_UNKNOWN = 20
"""The maximum number of unknown words listed."""


@st.cache_resource(show_spinner=False, max_entries=3)
def load(source: str, key: str, modified: float) -> Module:
    """A module, loaded once for all users, and again when its `modified` time changes."""
    module = hub_module.load(source, key)
    if module.table:
        # Built here, while the spinner is shown, instead of at the first search.
        module.table.knows("")
        _unit = module.table.unit
    return module


def modified(source: str) -> float:
    """The modification time of a module's folder; 0 for a handle."""
    saved = Path(source) / hub_module.SAVED_MODEL
    return saved.stat().st_mtime if saved.is_file() else 0.0


@st.cache_data(show_spinner=False, max_entries=64)
def positions(
    module: tuple[str, str, float], terms: tuple[str, ...], method: str, dimensions: int
) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """Positions on a map, cached as t-SNE takes a second. module: the arguments of `load`."""
    return projection.project(load(*module).embed(terms), method, dimensions)


def pick_modules() -> list[Module]:
    """The picked modules, one or two; shows an error for one that cannot be used."""
    sources = {
        source.label: source
        for source in hub_module.available()
        if source.key != hub_module.SHIPPED or Path(source.source).is_dir()
    }
    if not sources:
        text = _(
            "No embedding is installed: the models folder lacks embedding/swivel. Restore it "
            "from the checkout, or train one with `python -m core train swivel --data PATH`."
        )
        st.error(text, icon=":material/error:")
    labels = list(sources)
    first = labels[:1]
    picked = first
    if len(labels) > 1:
        options = {"default": first, "max_selections": 2, "format_func": _, "key": "module"}
        hint = _("Pick two to see them side by side.")
        picked = multiselect(_("Embedding"), labels, help=hint, **options)
    modules = []
    for source in map(sources.get, picked or first):
        try:
            with st.spinner(_("Loading the word vectors ...")):
                modules.append(load(source.source, source.key, modified(source.source)))
        except ModuleError as problem:
            st.warning(escape_markdown(translate(problem)), icon=":material/error:")
    return modules


def show_facts(module: Module) -> None:
    """The description of the current module."""
    size, n = _("vocabulary not told"), module.vocabulary
    if n:
        size = _("{n:,} words").format(n=n)
    text = _(
        "**{module}** · {d} dimensions, {size} · trained on {corpus} · an unknown word gets "
        "{unknown} · case counts (SARS, not sars), punctuation does not (SARS-CoV-2 is "
        "SARSCoV2)"
    ).format(
        module=escape_markdown(translate(module.label)),
        d=module.dimension,
        size=size,
        corpus=escape_markdown(translate(hub_module.corpus_text(module.trained_on))),
        unknown=translate(module.unknown),
    )
    st.caption(text)


def known_terms(module: Module, terms: Selection) -> list[int]:
    """The positions of the terms that have a vector."""
    return [i for i, vector in enumerate(module.embed(terms.terms)) if vector.any()]


def note_unknown(module: Module, terms: Selection) -> None:
    """Show the unknown words of the terms, with alternative spellings."""
    if module.table is None:
        known = set(known_terms(module, terms))
        words = join_list(term for i, term in enumerate(terms.terms) if i not in known)
        note = _("No vector for {words}.").format(words=words)
    else:
        of_terms = (word for term in terms.terms for word in module.table.unknown_words(term))
        unknown = list(dict.fromkeys(of_terms))
        words = join_list(_with_spelling(module.table, word) for word in unknown[:MAX_UNKNOWN])
        if len(unknown) > MAX_UNKNOWN:
            words = _("{words} and {n} more").format(words=words, n=len(unknown) - MAX_UNKNOWN)
        note = _(
            "Not in the vocabulary: {words}. A term with no known word is left blank; in a "
            "term of several words an unknown one counts as nothing."
        ).format(words=words)
    if words:
        st.warning(escape_markdown(note), icon=":material/help:")


def _with_spelling(table: WordVectors, word: str) -> str:
    """A word, with a known spelling if there is one."""
    better = table.spelling(word)
    return _("{word} (known: {better})").format(word=word, better=better) if better else word
