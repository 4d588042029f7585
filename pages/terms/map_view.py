"""The terms as points in two or three dimensions."""

import streamlit as st

from core.embeddings import projection
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from core.plots.term_charts import term_map
from pages.components.inputs import pick, toggle
from pages.components.outputs import show_figure
from pages.terms.embedding import known_terms, modified, positions


def show(module: Module, terms: Selection, index: int) -> None:
    """The known terms on a map, coloured by group. Raises TermError for too few terms."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = pick(_("Method"), projection.MAPS, f"method{index or ''}", format_func=str)
        in_space = toggle(_("Three dimensions"), key=f"solid{index or ''}")
    known = known_terms(module, terms)
    if not known:
        st.info(_("No term is known, so there is nothing to map."), icon=":material/help:")
        return
    names = tuple(terms.terms[i] for i in known)
    with st.spinner(_("Drawing the map ...")):
        key = (module.source, module.key, modified(module.source))
        points, shares = positions(key, names, method, 3 if in_space else 2)
    axes = [f"{method} {n}" for n in range(1, points.shape[1] + 1)]
    if shares:
        axes = [
            _("{axis} ({share:.0%} of variance)").format(axis=axis, share=share)
            for axis, share in zip(axes, shares, strict=True)
        ]
    groups = [terms.groups[i] for i in known]
    show_figure(term_map(points, names, groups, axes), "map", key=f"map-{index}")
    if len(known) < len(terms):
        st.caption(_("Unknown terms have no place on the map."))
