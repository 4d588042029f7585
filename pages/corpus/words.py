"""The words of a category."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import _, label_title
from core.messages import N_
from core.plots.corpus_charts import bars
from core.statistics import distinctive_words, label_counts
from core.statistics.label_counts import Counts, Filter
from pages.components.inputs import pick, selectbox
from pages.corpus.source import CorpusSource
from pages.corpus.views import (
    more_options,
    pick_level,
    show_no_papers,
    show_table,
    show_with_file,
)

CHARACTERISTIC, FREQUENT = KINDS = (N_("Characteristic"), N_("Most frequent"))
NO_PAPERS = N_("Words need the papers’ text, and this corpus has only counts.")
MAX_BARS, MAX_ROWS = 30, 200


def show(source: CorpusSource, counts: Counts, filters: Filter, row: DeltaGenerator) -> None:
    """Characteristic or most frequent words, as bars and as a table."""
    if not source.corpus:
        show_no_papers(_(NO_PAPERS))
        return
    if not source.corpus.has("text"):
        st.info(
            _("{corpus} has neither titles nor abstracts.").format(corpus=source.display_name),
            icon=":material/database_off:",
        )
        return
    with row:
        level = pick_level()[1]
        with more_options():
            characteristic = pick(_("Words"), KINDS, "kind") == CHARACTERISTIC
    codes = label_counts.by_label(counts, level)["code"].tolist()
    if not codes:
        st.info(_("No paper is left; widen the filters."), icon=":material/filter_alt:")
        return
    picked = selectbox(_("Of"), codes, format_func=label_title, key=f"{level}-words")
    code = picked or codes[0]
    with st.spinner(_("Counting words ...")):
        table = source.corpus.words(filters, level, code)
        sampled = source.corpus.sample(filters)
    by = "z" if characteristic else "papers"
    table = table.sort_values(by, ascending=False, kind="stable", ignore_index=True)
    limit = distinctive_words.distinctive_z(source.corpus.vocabulary)
    top = table.head(MAX_BARS)
    title = (
        N_("Characteristic words of {label}")
        if characteristic
        else N_("Most frequent words of {label}")
    )
    figure = bars(
        _(title).format(label=label_title(code)),
        top["word"].tolist(),
        top[by].tolist(),
        _("log-odds ratio, as z") if characteristic else _("papers of the sample"),
        number_format=",.1f" if characteristic else ",.0f",
        grey=(top["z"] < limit).tolist() if characteristic else (),
    )
    show_with_file(figure, table, f"words-{code}")
    text = _(
        "From a fixed sample of {sampled:,} of the {total:,} papers; a word counts once a "
        "paper, stop words are left out. Characteristic: the log-odds ratio of a word here "
        "against all other papers of the filter, with an informative Dirichlet prior, over its "
        "standard error (Monroe, Colaresi and Quinn 2008). Below z = {limit:.1f} it may be "
        "chance, and its bar is grey: without any difference, one of the {words:,} words "
        "reaches that in at most one corpus of twenty (Bonferroni’s correction)."
    ).format(sampled=sampled, total=counts.total, limit=limit, words=source.corpus.vocabulary)
    st.caption(text)
    show_table(table.head(MAX_ROWS))
