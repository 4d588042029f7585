"""Distributions of labels, lengths, authors, versions and licences over papers."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _
from core.messages import N_
from core.plots.corpus_charts import bars, histogram, quartile_bars
from core.statistics import distributions, label_counts
from core.statistics.corpus import CorpusDatabase
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import selectbox
from pages.components.outputs import show_metrics
from pages.corpus.source import CorpusSource
from pages.corpus.views import show_no_papers, show_table, show_with_file

if TYPE_CHECKING:
    import plotly.graph_objects as go

LABELS = {
    N_("Archives per paper"): ("archive", N_("archives of a paper")),
    N_("Subjects per paper"): ("subject", N_("subjects of a paper")),
}
NUMBERS = {
    N_("Length of titles"): ("title_length", N_("characters of the title"), 10),
    N_("Length of abstracts"): ("abstract_length", N_("characters of the abstract"), 100),
    N_("Authors"): ("authors", N_("authors of a paper"), 1),
    N_("Versions"): ("versions", N_("versions of a paper"), 1),
}
LICENCES = N_("Licences")
NO_PAPERS = N_("Lengths, authors and licences need the papers, and this corpus has only counts.")
LONG_TAIL = 0.999
"""The quantile of papers at which histograms end."""

MAX_LICENCES = 20


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """The picked distribution; all except those of labels need the papers themselves."""
    options = [*LABELS, *NUMBERS, LICENCES]
    with row:
        more = {"label_visibility": "collapsed", "width": 200}
        option = selectbox(_("Distribution of"), options, format_func=_, key="of", **more)
    if source.listings:
        show_no_papers(_("Counts by category do not tell which categories meet."))
    elif option in LABELS:
        show_labels(counts, option)
    elif not source.corpus:
        show_no_papers(_(NO_PAPERS))
    elif not source.corpus.has("license" if option == LICENCES else NUMBERS[option][0]):
        st.info(
            _("{corpus} does not tell this.").format(corpus=source.display_name),
            icon=":material/database_off:",
        )
    elif option == LICENCES:
        show_licences(source.corpus, counts, filters)
    else:
        show_numbers(source.corpus, counts, filters, option)


def show_labels(counts: Counts, option: str) -> None:
    """The number of archives or subjects per paper."""
    level, axis = LABELS[option]
    table = label_counts.per_paper(counts, level)
    values = table.rename(columns={"labels": "value"})
    show_with_file(without_tail(values, _(option), _(axis), 1), table, f"{level}s-per-paper")
    show_table(table.rename(columns={"labels": _(axis)}))


def without_tail(values: pd.DataFrame, title: str, axis: str, width: int) -> "go.Figure":
    """A histogram of values up to the quantile `LONG_TAIL`, in bins of `width`."""
    end = distributions.quantile(values, LONG_TAIL)
    bins = distributions.histogram(values[values["value"] <= end], width)
    return histogram(title, bins["from"].tolist(), bins["papers"].tolist(), width, axis)


def show_numbers(corpus: CorpusDatabase, counts: Counts, filters: Filter, option: str) -> None:
    """A histogram of a numeric column, and its quartiles by archive."""
    column, axis, width = NUMBERS[option]
    values = corpus.numbers(column, filters)
    if values.empty:
        st.info(_("No paper here tells this."), icon=":material/filter_alt:")
        return
    figures = {
        _(name).capitalize(): f"{distributions.quantile(values, share):,.0f}"
        for name, share in distributions.QUARTILES.items()
    }
    figures[_("Longest") if width > 1 else _("Most")] = f"{values['value'].max():,}"
    show_metrics(figures)
    name = column.replace("_", "-")
    show_with_file(without_tail(values, _(option), _(axis), width), values, name)
    by_archive = distributions.quartiles(corpus.numbers_by_archive(column, filters))
    title = _("{what} by archive").format(what=_(option))
    show_with_file(quartile_bars(title, by_archive, _(axis)), by_archive, f"{name}-by-archive")
    notes = [coverage(values, counts)]
    end = distributions.quantile(values, LONG_TAIL)
    if left_out := values.loc[values["value"] > end, "papers"].sum():
        notes.append(
            _("Left off the histogram, not its file: {n:,} above {end:,.0f}.").format(
                n=left_out, end=end
            )
        )
    notes.append(_("A grey bar goes from the lower to the upper quartile, the mark is the median."))
    st.caption(" ".join(notes))


def show_licences(corpus: CorpusDatabase, counts: Counts, filters: Filter) -> None:
    """Papers by licence."""
    table = corpus.licences(filters)
    if table.empty:
        st.info(_("No paper here tells its licence."), icon=":material/filter_alt:")
        return
    top = table.head(MAX_LICENCES)
    names = [name.removeprefix("http://").removeprefix("https://") for name in top["value"]]
    figure = bars(_("Papers by licence"), names, top["papers"].tolist(), _("papers"))
    show_with_file(figure, table, "licences")
    st.caption(coverage(table, counts))


def coverage(values: pd.DataFrame, counts: Counts) -> str:
    """The number of papers with a value among those that pass the filters."""
    n = values["papers"].sum()
    return _("Papers that tell this: {n:,} of {total:,}.").format(n=n, total=counts.total)
