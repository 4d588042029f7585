"""The terms as points in two or three dimensions, among the words nearest to them."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.embeddings import projection, projector, similarity
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from core.plots.term_charts import TermMap, map_file, term_map
from pages.components.inputs import pick, toggle
from pages.components.outputs import download, show_figure
from pages.terms.downloads import show_downloads
from pages.terms.embedding import key_of, marked, positions

PCA, TSNE = projection.MAPS
LEAST_FOR_TSNE = 30
"""With fewer terms t-SNE shows structure that is not there."""

NEAREST = 3
"""How many words near each term are its context."""


def show(module: Module, terms: Selection, index: int) -> None:
    """The terms on a map, coloured by group. Raises TermError for too few terms."""
    if not terms.terms:
        st.info(_("No term is known, so there is nothing to map."), icon=":material/help:")
        return
    method = PCA
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(terms) >= LEAST_FOR_TSNE:
            method = pick(_("Method"), projection.MAPS, f"method{index or ''}", format_func=str)
        in_space = toggle(_("Three dimensions"), key=f"solid{index or ''}")
        with_context = toggle(_("Nearest words"), True, key=f"context{index or ''}")
    context = nearest_words(module, terms) if with_context and not in_space else ()
    with st.spinner(_("Drawing the map ...")):
        names = (*terms.terms, *context)
        dimensions = 3 if in_space else 2
        points, shares = positions(
            module, key_of(module), tuple(module.estimates), names, method, dimensions
        )
    axes = [f"{method} {n}" for n in range(1, points.shape[1] + 1)]
    if shares:
        axes = [
            _("{axis} ({share:.0%} of variance)").format(axis=axis, share=share)
            for axis, share in zip(axes, shares, strict=True)
        ]
    drawn = TermMap(points, marked(module, terms.terms), terms.groups, axes, context, module.label)
    show_figure(term_map(drawn), "map", key=f"map-{index}", alt=_("Map of the terms"))
    st.caption(_("Near each other on the map: similar. Hover a point for its name."))
    with st.container(horizontal=True):
        show_downloads(table(drawn), partial(map_file, drawn), "map", index)
        _show_projector_files(module, terms, index)


def nearest_words(module: Module, terms: Selection) -> tuple[str, ...]:
    """The words nearest to each term that are not terms themselves, as texts print them."""
    if module.table is None:
        return ()
    given = {module.table.canonical(term) for term in terms.terms}
    words: dict[str, None] = {}
    for term in filter(module.table.rows, terms.terms):
        for near in similarity.neighbours(module.table, term, NEAREST, merged=True):
            if module.table.canonical(near.word) not in given:
                words[module.table.printed(near.word)] = None
    return tuple(words)


def table(drawn: TermMap) -> pd.DataFrame:
    """The positions of the terms and of the words near them, which have no group."""
    groups = [*drawn.groups, *[""] * len(drawn.context)]
    columns = {"term": [*drawn.names, *drawn.context], "group": groups}
    numbers = {
        axis: np.round(drawn.points[:, i], 6)
        for i, axis in enumerate("xyz"[: drawn.points.shape[1]])
    }
    return pd.DataFrame(columns | numbers)


def _show_projector_files(module: Module, terms: Selection, index: int) -> None:
    """Downloads of the vectors and their names for TensorFlow's Embedding Projector."""
    files = {
        "vectors.tsv": lambda: projector.vectors_tsv(module.embed(terms.terms)),
        "metadata.tsv": lambda: projector.metadata_tsv(terms.terms, terms.groups),
    }
    for name, content in files.items():
        label = _("Embedding Projector: {file}").format(file=name)
        download(label, content, name, "text/tab-separated-values", key=f"{name}-{index}")
