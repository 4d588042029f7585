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
from core.reports.heatmap import heatmap_report
from pages.components.inputs import pick
from pages.components.outputs import download, download_csv, show_figure
from pages.components.report import report_button

INNER, COSINE = (N_("Inner product over maximum"), N_("Cosine"))
MEASURES = {INNER: "inner", COSINE: "cosine"}
LEGENDS = {INNER: N_("inner product over maximum"), COSINE: N_("cosine")}
ENTERED, GROUPED, CLUSTERED = ORDERS = (N_("As entered"), N_("By group"), N_("Clustered"))
PICTURES = {"PNG": "image/png", "SVG": "image/svg+xml", "PDF": "application/pdf"}


def pick_options() -> tuple[str, str]:
    """The measure of similarity and the order of the terms."""
    with st.container(horizontal=True):
        hint = _(
            "The notebook divides inner products by the largest one, so that long "
            "vectors count for more and only the longest has 1 on the diagonal; the "
            "cosine takes all vectors for equally long."
        )
        measure = pick(_("Measure"), MEASURES, "measure", help=hint)
        return measure, pick(_("Order"), ORDERS, "order")


def show(module: Module, terms: Selection, index: int, measure: str, order: str) -> None:
    """The heatmap, the means by group, and downloads."""
    drawn = arrange(module, terms, measure, order)
    alt = _("Heatmap of the terms' similarities")
    show_figure(heatmap.heatmap(drawn), "similarity", key=f"heatmap-{index}", alt=alt)
    st.caption(
        group_means(drawn, terms)
        + _(
            "Hover over a cell for its value and ranks: of “a · b, ranks 1 and 3”, b is a's "
            "nearest term here, and a is b's third."
        )
    )
    with st.container(horizontal=True):
        download_csv(matrix(drawn), "similarity", key=f"csv-{index}")
        for form, mime in PICTURES.items():
            label, name = _("Picture as {form}").format(form=form), f"similarity.{form.lower()}"
            content = partial(heatmap.heatmap_file, drawn, form.lower())
            download(label, content, name, mime, key=f"{form}-{index}")
        note = group_means(drawn, terms).replace("**", "")
        make = partial(heatmap_report, drawn, module, note)
        report_button(make, "similarity", f"report-{index}")


def arrange(module: Module, terms: Selection, measure: str, order: str) -> heatmap.Heatmap:
    """The similarities of the terms in the picked order."""
    vectors = module.embed(terms.terms)
    values = similarity.similarity(vectors, MEASURES[measure])
    known = vectors.any(axis=1)
    linkage, positions = None, np.arange(len(terms))
    if order == CLUSTERED:
        # Unknown terms have no similarity; they come last.
        clusterable = np.flatnonzero(known)
        leaves = clustering.cluster(values[np.ix_(clusterable, clusterable)])
        linkage = leaves.linkage
        positions = np.concatenate([clusterable[leaves.order], np.flatnonzero(~known)])
    elif order == GROUPED:
        first = {group: i for i, group in reversed(list(enumerate(terms.groups)))}
        positions = np.array(sorted(range(len(terms)), key=lambda i: first[terms.groups[i]]), int)
    values, known = values[np.ix_(positions, positions)], known[positions]
    groups = [terms.groups[i] for i in positions]
    breaks = tuple(i for i in range(1, len(groups)) if groups[i] != groups[i - 1])
    return heatmap.Heatmap(
        title=N_("Similarity of terms"),
        measure=LEGENDS[measure],
        terms=tuple(terms.terms[i] for i in positions),
        values=values,
        # Unknown terms come last, not before those with negative similarity.
        ranks=similarity.ranks(np.where(known, values, -np.inf)),
        known=tuple(known.tolist()),
        breaks=breaks if order == GROUPED else (),
        linkage=linkage,
    )


def group_means(drawn: heatmap.Heatmap, terms: Selection) -> str:
    """A sentence on mean similarities within and between groups; empty without two groups."""
    groups = dict(terms)
    known = np.flatnonzero(drawn.known)
    within, between = projection.group_means(
        drawn.values[np.ix_(known, known)], [groups[drawn.terms[i]] for i in known]
    )
    if not (np.isfinite(within) and np.isfinite(between)):
        return ""
    return _(
        "Mean similarity within groups **{within:.2f}**, between groups **{between:.2f}**. "
    ).format(within=within, between=between)


def matrix(drawn: heatmap.Heatmap) -> pd.DataFrame:
    """The similarities as a table, the terms in its first column."""
    # Float32 would be written with more decimals than it was rounded to.
    table = pd.DataFrame(drawn.shown.astype(float), columns=list(drawn.terms)).round(6)
    # “term” may be one of the terms.
    table.insert(0, "term", list(drawn.terms), allow_duplicates=True)
    return table
