"""The available text embeddings, and notes on them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st

from core.embeddings import hub_module, projection
from core.embeddings.chance import Chance, random_pairs
from core.embeddings.hub_module import Module
from core.embeddings.module_table import ModuleError
from core.embeddings.parts import Parts, estimate, parts_of
from core.embeddings.spelling import Spellings, nearest_spellings, spellings
from core.embeddings.term_list import Selection
from core.embeddings.vectors import WordVectors
from core.i18n import _, translate
from core.text.markdown import escape_markdown
from core.text.tokens import tokenise
from pages.components.inputs import multiselect

ESTIMATED = "≈"


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
    """The modification time of a module's folder or file; 0 for a handle."""
    saved = Path(source)
    if not saved.is_file():
        saved /= hub_module.SAVED_MODEL
    return saved.stat().st_mtime if saved.is_file() else 0.0


Key = tuple[str, str, float]


def key_of(module: Module) -> Key:
    """What identifies the vectors of a module in caches."""
    return module.source, module.key, modified(module.source)


@st.cache_data(show_spinner=False, max_entries=64)
def positions(
    _module: Module,
    key: Key,
    estimated: tuple[str, ...],
    terms: tuple[str, ...],
    method: str,
    dimensions: int,
) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """Positions on a map, cached as t-SNE takes a second. key: of the module, without estimates."""
    return projection.project(_module.embed(terms), method, dimensions)


@st.cache_resource(show_spinner=False, max_entries=4)
def chance(_table: WordVectors, key: Key) -> Chance | None:
    """The cosines of random pairs of a module's words."""
    return random_pairs(_table)


@st.cache_resource(show_spinner=False, max_entries=4)
def spellings_of(_table: WordVectors, key: Key) -> Spellings:
    """The words of a module, to search by spelling."""
    return spellings(_table)


@st.cache_resource(show_spinner=False, max_entries=2)
def parts(_table: WordVectors, key: Key) -> Parts | None:
    """The words of a module, to search by their sequences of characters."""
    return parts_of(_table)


def with_estimates(module: Module, words: Iterable[str]) -> Module:
    """A module that also has vectors for unknown words that are like known ones."""
    words = list(words)
    if module.table is None or not words:
        return module
    with st.spinner(_("Looking for words with the same parts ...")):
        known = parts(module.table, key_of(module))
    return replace(module, estimates=estimate(module.table, known, words))


def marked(module: Module, terms: Iterable[str]) -> tuple[str, ...]:
    """Terms as pictures and tables name them: with a sign behind those that were estimated."""
    return tuple(
        f"{term} {ESTIMATED}" if any(w in module.estimates for w in tokenise(term)) else term
        for term in terms
    )


def suggestions(module: Module, word: str) -> tuple[str, ...]:
    """Known words that are spelt nearly like an unknown one, as texts print them."""
    if module.table is None:
        return ()
    found = nearest_spellings(spellings_of(module.table, key_of(module)), word)
    return tuple(map(module.table.printed, found))


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
        "**{module}** · {d} dimensions, {size} · trained on {corpus} · unknown words are ignored · "
        "case-sensitive (SARS, not sars) · punctuation is ignored (SARS-CoV-2 is SARSCoV2)"
    ).format(
        module=escape_markdown(translate(module.label)),
        d=module.dimension,
        size=size,
        corpus=escape_markdown(translate(hub_module.corpus_text(module.trained_on))),
    )
    st.caption(text)


def comparable(module: Module, terms: Selection, merged: bool) -> Selection:
    """The terms that have a vector; merged: in their most frequent spellings, each once."""
    if merged and module.table:
        names = [_printed(module.table, term) for term in terms.terms]
    else:
        names = list(terms.terms)
    known = module.embed(names).any(axis=1)
    groups: dict[str, str] = {}
    for name, group, has_vector in zip(names, terms.groups, known, strict=True):
        if has_vector:
            groups.setdefault(name, group)
    return Selection(tuple(groups), tuple(groups.values()))


def _printed(table: WordVectors, term: str) -> str:
    """A term's words in their most frequent spellings, as texts print them."""
    if not table.rows(table.canonical(term)):
        return term
    return " ".join(table.printed(word) for word in table.canonical(term).split(" "))
