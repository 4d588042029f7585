"""The text embeddings that can be picked, and what a visitor should know of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from core.embeddings import hub_module, projection
from core.embeddings.hub_module import Module
from core.embeddings.module_table import ModuleError
from core.embeddings.term_list import Selection
from core.i18n import _, join_list, translate
from core.text.markdown import escape_markdown

MAX_UNKNOWN = 20
"""Unknown words that are named."""


@st.cache_resource(show_spinner=False, max_entries=3)
def load(source: str, key: str, modified: float) -> Module:
    """A module, read once for all users; `modified` is when it was written, to read a new one."""
    module = hub_module.load(source, key)
    if module.table:
        # The first search builds these; let the spinner pay for them.
        module.table.knows("")
        _ = module.table.unit
    return module


def modified(source: str) -> float:
    """When a module's folder was last written; 0 for a handle."""
    saved = Path(source) / hub_module.SAVED_MODEL
    return saved.stat().st_mtime if saved.is_file() else 0.0


@st.cache_data(show_spinner=False, max_entries=64)
def positions(
    module: tuple[str, str, float], terms: tuple[str, ...], method: str, dimensions: int
) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """Positions on a map, cached as t-SNE takes a second. module: the arguments of `load`."""
    return projection.project(load(*module).embed(terms), method, dimensions)


def pick_modules() -> list[Module]:
    """The modules picked: one, or two side by side; the page ends here if none can be used."""
    sources = {
        source.label: source
        for source in hub_module.available()
        if source.key != hub_module.SHIPPED or Path(source.source).is_dir()
    }
    if not sources:
        st.error(
            _(
                "No embedding is installed: the models folder lacks embedding/swivel. Restore it "
                "from the checkout, or train one with `python -m core train swivel --data PATH`."
            ),
            icon=":material/error:",
        )
        st.stop()
    labels = list(sources)
    picked = labels[:1]
    if len(labels) > 1:
        picked = st.multiselect(
            _("Embedding"),
            labels,
            default=labels[:1],
            max_selections=2,
            format_func=_,
            key="module",
            bind="query-params",
            help=_("Pick two to see them side by side."),
        )
    modules = []
    for label in picked or labels[:1]:
        source = sources[label]
        try:
            with st.spinner(_("Loading the word vectors ...")):
                modules.append(load(source.source, source.key, modified(source.source)))
        except ModuleError as problem:
            st.warning(escape_markdown(translate(problem)), icon=":material/error:")
    if not modules:
        st.stop()
    return modules


def show_facts(module: Module) -> None:
    """Which module is in use and what it is."""
    size = (
        _("{n:,} words").format(n=module.vocabulary)
        if module.vocabulary
        else _("vocabulary not told")
    )
    st.caption(
        _(
            "**{module}** · {d} dimensions, {size} · trained on {corpus} · an unknown word gets "
            "{unknown} · case counts (SARS, not sars), punctuation does not (SARS-CoV-2 is "
            "SARSCoV2)"
        ).format(
            module=escape_markdown(_(module.label)),
            d=module.dimension,
            size=size,
            corpus=escape_markdown(hub_module.corpus_told(module.trained_on)),
            unknown=_(module.unknown),
        )
    )


def known_terms(module: Module, terms: Selection) -> list[int]:
    """The positions of the terms that have a vector."""
    return [i for i, vector in enumerate(module.embed(terms.terms)) if vector.any()]


def note_unknown(module: Module, terms: Selection) -> None:
    """Say which words of the terms have no vector, and how they may be spelled."""
    if module.table is None:
        known = set(known_terms(module, terms))
        unknown_terms = [term for i, term in enumerate(terms.terms) if i not in known]
        if unknown_terms:
            words = escape_markdown(join_list(unknown_terms))
            st.warning(_("No vector for {words}.").format(words=words), icon=":material/help:")
        return
    unknown = list(
        dict.fromkeys(word for term in terms.terms for word in module.table.unknown_words(term))
    )
    if not unknown:
        return
    words = join_list(_with_spelling(module, unknown[:MAX_UNKNOWN]))
    if len(unknown) > MAX_UNKNOWN:
        words = _("{words} and {n} more").format(words=words, n=len(unknown) - MAX_UNKNOWN)
    st.warning(
        escape_markdown(
            _(
                "Not in the vocabulary: {words}. A term with no known word is left blank; in a "
                "term of several words an unknown one counts as nothing."
            ).format(words=words)
        ),
        icon=":material/help:",
    )


def _with_spelling(module: Module, words: Sequence[str]) -> list[str]:
    """The words, each with the spelling that the vocabulary knows, if any."""
    return [
        _("{word} (known: {better})").format(word=word, better=better)
        if (better := module.table.spelling(word))
        else word
        for word in words
    ]
