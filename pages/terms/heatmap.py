"""The similarities of the terms as a heatmap."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core.embeddings import clustering, projection, similarity
from core.embeddings.hub_module import Module
from core.embeddings.term_list import Selection
from core.i18n import _
from core.messages import N_
from core.plots import heatmap
from core.plots.numbers import numbers
from core.reports.heatmap import heatmap_report
from pages.components.inputs import pick
from pages.components.outputs import show_figure, show_numbers
from pages.components.report import report_button
from pages.terms import pairs
from pages.terms.downloads import show_downloads
from pages.terms.embedding import chance, key_of, marked

INNER, COSINE = (N_("Scaled dot product"), N_("Cosine"))
MEASURES = {COSINE: "cosine", INNER: "inner"}
LEGENDS = {INNER: N_("scaled dot product"), COSINE: N_("cosine")}
ENTERED, GROUPED, CLUSTERED = ORDERS = (N_("As entered"), N_("By group"), N_("Clustered"))
COMMON, RARE = 0.05, 0.01
"""Shares of random pairs of words whose least cosine is told."""


def pick_options() -> tuple[str, str]:
    """The measure of similarity and the order of the terms."""
    with st.container(horizontal=True):
        hint = _(
            "Cosine: the angle between two terms, 1 for a term and itself. Scaled dot product: the "
            "inner product over its maximum, as in the CORD-19 notebook. Long vectors count for "
            "more, and only the longest has 1 on the diagonal."
        )
        measure = pick(_("Measure"), MEASURES, "measure", help=hint)
        return measure, pick(_("Order"), ORDERS, "order")


def show(module: Module, terms: Selection, index: int, measure: str, order: str) -> None:
    """The heatmap of terms that have vectors, what its values mean, and downloads."""
    if len(terms) < 2:
        st.info(_("Add at least two terms that are in the vocabulary."), icon=":material/grid_on:")
        return
    drawn = arrange(module, terms, measure, order)
    alt = _("Heatmap of the terms' similarities")
    key = f"heatmap-{index}"
    if pairs.can_count(module, drawn):
        clicks = {"on_select": "rerun", "selection_mode": "points"}
        show_figure(
            heatmap.heatmap(drawn, True), "similarity", key=key, table=False, alt=alt, **clicks
        )
        pairs.show(module, drawn, key)
    else:
        show_figure(heatmap.heatmap(drawn), "similarity", key=key, table=False, alt=alt)
    st.caption(
        group_means(drawn)
        + (meaning(module) if measure == COSINE else "")
        + _("Hover a cell for its value. “Ranks 1 and 3”: B is A's closest term, A is B's third.")
    )
    with st.container(horizontal=True):
        show_numbers(lambda: numbers(heatmap.heatmap(drawn)), f"numbers-{key}")
        picture = partial(heatmap.heatmap_file, drawn)
        show_downloads(matrix(drawn), picture, "similarity", index)
        make = partial(heatmap_report, drawn, module, group_means(drawn).replace("**", ""))
        report_button(make, "similarity", f"report-{index}")


def arrange(module: Module, terms: Selection, measure: str, order: str) -> heatmap.Heatmap:
    """The similarities of terms that have vectors in the picked order."""
    values = similarity.similarity(module.embed(terms.terms), MEASURES[measure])
    linkage, positions = None, np.arange(len(terms))
    if order == CLUSTERED:
        leaves = clustering.cluster(values)
        linkage, positions = leaves.linkage, leaves.order
    elif order == GROUPED:
        first = {group: i for i, group in reversed(list(enumerate(terms.groups)))}
        positions = np.array(sorted(range(len(terms)), key=lambda i: first[terms.groups[i]]), int)
    values = values[np.ix_(positions, positions)]
    groups = tuple(terms.groups[i] for i in positions)
    breaks = tuple(i for i in range(1, len(groups)) if groups[i] != groups[i - 1])
    random = chance(module.table, key_of(module)) if module.table and measure == COSINE else None
    return heatmap.Heatmap(
        title=N_("Similarity of terms"),
        measure=LEGENDS[measure],
        terms=marked(module, (terms.terms[i] for i in positions)),
        values=values,
        ranks=similarity.ranks(values),
        groups=groups,
        breaks=breaks if order == GROUPED else (),
        linkage=linkage,
        rarity=random.share_above(values) if random else None,
        source=module.label,
    )


def meaning(module: Module) -> str:
    """A sentence on how high the cosines of random pairs of words are; empty where unknown."""
    random = chance(module.table, key_of(module)) if module.table else None
    if random is None:
        return ""
    return _(
        "Two random words have {mean:.2f} on average; above **{common:.2f}** a pair is in the "
        "top 5 %, above **{rare:.2f}** in the top 1 % of random pairs. "
    ).format(
        mean=random.cosines.mean(), common=random.cosine_of(COMMON), rare=random.cosine_of(RARE)
    )


def group_means(drawn: heatmap.Heatmap) -> str:
    """A sentence on mean similarities within and between groups; empty without two groups."""
    within, between = projection.group_means(drawn.values, drawn.groups)
    if not (np.isfinite(within) and np.isfinite(between)):
        return ""
    return _(
        "Mean similarity within groups **{within:.2f}**, between groups **{between:.2f}**. "
    ).format(within=within, between=between)


def matrix(drawn: heatmap.Heatmap) -> pd.DataFrame:
    """The similarities as a table, the terms in its first column."""
    # Float32 would be written with more decimals than it was rounded to.
    table = pd.DataFrame(drawn.values.astype(float), columns=list(drawn.terms)).round(6)
    # “term” may be one of the terms.
    table.insert(0, "term", list(drawn.terms), allow_duplicates=True)
    return table
