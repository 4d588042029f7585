"""Answers for a file: progress, results as a table and files, and metrics."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core import taxonomy
from core.files import writers
from core.i18n import _, join_list, label_title, ngettext, translate
from core.jobs import FAILED, RUNNING, STOPPED
from core.messages import N_
from core.plots.batch_charts import suggested_labels
from core.prediction import uploads
from core.prediction.answer import NONE, SURE, UNSURE
from core.prediction.reports import label_rows
from core.prediction.uploads import ClassificationJob, ResultFilter, ResultsError
from core.reports.batch import batch_report
from core.tasks import TASKS
from core.text.documents import split_paper
from core.text.markdown import escape_markdown
from pages.classify import paper, paper_text
from pages.components.outputs import download, duration, show_figure, show_metrics
from pages.components.report import report_button
from pages.models.leaderboard import COLUMNS, FIGURES, MEANINGS

REFRESH_SECONDS = 0.5
MAX_ROWS = 1_000
MENU_WIDTH = 320
"""Pixels of the menu of downloads."""
MOST_CATEGORIES = 12
"""The most categories that the chart shows; of more it shows their archives."""
TEXT_WIDTH = 440
"""Pixels of the column with the texts."""
WITH_FIGURES = 500
"""The least number of labelled rows on which figures with three digits mean something."""
DOWNLOADS = {
    "CSV": (".csv", "text/csv"),
    "Excel": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    N_("JSON lines"): (".jsonl", "application/jsonl"),
    "Parquet": (".parquet", "application/vnd.apache.parquet"),
    "RIS": (".ris", "application/x-research-info-systems"),
    "BibTeX": (".bib", "application/x-bibtex"),
}
CERTAINTY = {SURE: N_("sure"), UNSURE: N_("unsure"), NONE: N_("none")}
"""The certainties of suggestions, as they are called on the screen."""
ORDER = (
    *("text", "certainty", "primary", "predicted", "probability", "note", "cross_lists"),
    *("prediction_set", "best", "row", "id"),
)
"""The columns of the table."""
FILTERS = (
    *("many-label", "many-words", "many-noted", "many-below", "many-certainty", "many-order"),
    "many-open",
)
"""Session keys of the filters, of the order, and of the row to open."""
PROBLEMS_FIRST, AS_IN_FILE = ORDERS = (N_("Problems first"), N_("As in the file"))
HEADS = (N_("label"), N_("name"), N_("precision"), N_("recall"), N_("f1"), N_("support"))
"""Columns of the metrics by label."""


def show_run(run: ClassificationJob, is_running: bool) -> None:
    """A run's progress, or its results.

    is_running: whether the page has taken it as running, even if it has ended since.
    """
    st.subheader(_("Answers"), anchor=False)
    asked = _("Suggestion") if run.question.suggests else _(TASKS[run.task].title)
    by = {"task": asked, "model": escape_markdown(run.model)}
    if is_running:
        st.caption(_("{task} by {model}.").format(**by))
        st.fragment(show_progress, run_every=REFRESH_SECONDS)(run)
        return
    time = duration(run.seconds)
    st.caption(_("{task} by {model}, in {time}.").format(**by, time=time))
    if run.status == FAILED:
        st.error(escape_markdown(translate(run.error)), icon=":material/error:")
        return
    if run.status == STOPPED:
        text = _("Cancelled after {rows:,} rows; their answers are below.").format(rows=run.rows)
        st.warning(text, icon=":material/pause:")
    if not run.rows:
        return
    try:
        show_summary(run)
        view = pick_filters(run)
        show_table(run, view)
    except ResultsError as problem:
        st.info(translate(problem), icon=":material/timer_off:")
        return
    show_report(run)


def show_progress(run: ClassificationJob) -> None:
    """A run's progress; once it has ended, the page is drawn again with its results."""
    if run.status != RUNNING:
        st.rerun()
    done = {"rows": run.rows, "rate": rows_a_second(run)}
    if run.waiting:
        text = _("Waiting for another file on this server to be done.")
    elif run.left is None:
        text = _("{rows:,} rows, {rate:,.0f} a second").format(**done)
    else:
        left = duration(run.left)
        text = _("{rows:,} rows, {rate:,.0f} a second, {time} left").format(**done, time=left)
    st.progress(0.0 if run.waiting else min(1.0, run.share), text)
    st.button(_("Cancel"), icon=":material/stop:", key="many-cancel", on_click=run.stop)


def rows_a_second(run: ClassificationJob) -> float:
    """The speed of a run."""
    return run.rows / max(run.seconds, 1e-9)


def show_summary(run: ClassificationJob) -> None:
    """What the file holds: how many rows of which certainty, and a chart of the labels."""
    figures = {_("Rows"): f"{run.rows:,}"}
    if run.question.suggests:
        counts = run.certainties()
        figures |= {
            _("Sure"): f"{counts[SURE]:,}",
            _("Unsure"): f"{counts[UNSURE]:,}",
            _("No suggestion"): f"{counts[NONE]:,}",
        }
    else:
        figures[_("Rows with problems")] = f"{run.noted:,}"
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show_metrics(figures)
        show_right(run)
    with right:
        show_chart(run)


def show_chart(run: ClassificationJob) -> None:
    """The labels of the file's rows as bars: their archives where there are many."""
    label_sets = run.label_sets()
    if not label_sets:
        return
    suggests = run.question.suggests
    counts = uploads.count_labels(label_sets)
    title = _("Suggested categories") if suggests else _("Predicted labels")
    if len(counts) > MOST_CATEGORIES and run.task != "archive":
        counts = uploads.count_labels(label_sets, taxonomy.archive_of)
        title = _("Archives of the suggested categories") if suggests else _("Predicted archives")
    show_figure(suggested_labels(title, counts, with_primary=suggests), "labels", zoom=False)


def show_right(run: ClassificationJob) -> None:
    """For how many rows with a true label the answer is right, in a sentence."""
    if not run.report:
        return
    n, unknown = run.report["n"], run.report["unknown_labels"]
    if n and run.question.suggests:
        text = _("{right:,} of {n:,} have the right primary.").format(right=run.right, n=n)
        st.markdown(f"**{text}**")
    elif n:
        text = _("The best label is right for {right:,} of {n:,}.").format(right=run.right, n=n)
        st.markdown(f"**{text}**")
    if unknown:
        text = ngettext(
            "{n:,} row is left out of this: the task knows none of its labels.",
            "{n:,} rows are left out of this: the task knows none of their labels.",
            unknown,
        ).format(n=unknown)
        st.caption(text)


def pick_filters(run: ClassificationJob) -> ResultFilter:
    """The filters of results."""
    counts = {code: n for code, (n, _first) in uploads.count_labels(run.label_sets()).items()}
    first, second, third, fourth = st.columns([3, 3, 2, 3], vertical_alignment="bottom")
    names = {code: f"{label_title(code)} · {counts[code]:,}" for code in counts}
    label = first.selectbox(
        _("Label"), ["", *counts], format_func={"": _("Any"), **names}.get, key="many-label"
    )
    words = second.text_input(_("Text contains"), key="many-words", max_chars=200)
    certainty, noted = "", False
    with third:
        if run.question.suggests:
            certainty = pick_certainty(run)
        else:
            noted = st.toggle(_("Only rows with problems"), key="many-noted")
    text = _("Probability below, %")
    hint = _("To find the rows of which the model is least sure; 100 shows all.")
    below = fourth.slider(text, 5, 100, 100, 5, key="many-below", help=hint)
    return ResultFilter(label or "", words.strip(), noted, below / 100, certainty)


def pick_certainty(run: ClassificationJob) -> str:
    """One certainty of suggestions, empty for all."""
    names = {code: f"{_(CERTAINTY[code])} · {n:,}" for code, n in run.certainties().items()}
    names = {"": _("Any"), **names}
    return st.selectbox(_("Certainty"), list(names), format_func=names.get, key="many-certainty")


def show_table(run: ClassificationJob, view: ResultFilter) -> None:
    """The first rows that pass the filters, and all of them as files."""
    with st.container(horizontal=True, vertical_alignment="center"):
        order = st.segmented_control(
            _("Order"), ORDERS, default=PROBLEMS_FIRST, format_func=_, key="many-order",
            required=True, label_visibility="collapsed",
        )  # fmt: skip
        place = st.empty()
    count, table = run.page(view, MAX_ROWS, problems_first=order == PROBLEMS_FIRST)
    if not count:
        st.info(_("No row matches these filters."), icon=":material/filter_alt_off:")
        return
    with place:
        show_downloads(run, view, count)
    texts = dict(zip(table["row"].tolist(), table["text"], strict=True))
    st.dataframe(
        shown(table, run.question.suggests),
        hide_index=True,
        column_config=column_config(with_notes=bool((table["note"] != "").any())),
        placeholder="–",
    )
    if count > len(table):
        text = _("The first {shown:,} of {count:,} rows; the downloads hold them all.").format(
            shown=len(table), count=count
        )
        st.caption(text)
    if run.task != "intent":
        show_opener(texts)


def shown(table: pd.DataFrame, is_suggestion: bool) -> pd.DataFrame:
    """Results as a table on the screen: the text first, then the answer."""
    table["text"] = table["text"].str.strip().str.replace("\n", " ").str.slice(0, uploads.MAX_TEXT)
    labels = table["primary" if is_suggestion else "predicted"].fillna("")
    best = labels.str.split(" ").str[0]
    table["best"] = [label_title(code) if code else "" for code in best]
    table["probability"] *= 100
    if is_suggestion:
        table["certainty"] = [_(CERTAINTY[code]) for code in table["certainty"]]
    return table[[name for name in ORDER if name in table.columns]]


def column_config(with_notes: bool) -> dict[str, Any]:
    """Names and widths of the columns on the screen."""
    return {
        "text": st.column_config.TextColumn(_("Text"), width=TEXT_WIDTH),
        "certainty": _("Certainty"),
        "primary": _("Primary"),
        "predicted": _("Predicted"),
        "best": _("Best label"),
        "probability": st.column_config.NumberColumn(_("Probability, %"), format="%.0f"),
        "cross_lists": _("Cross-lists"),
        "prediction_set": _("The primary is one of"),
        "note": st.column_config.TextColumn(_("Note"), width=260) if with_notes else None,
        "row": st.column_config.NumberColumn(_("Row"), format="localized", width="small"),
        "id": _("Identifier"),
    }


def show_opener(texts: dict[int, str]) -> None:
    """A row to pick, and a button that opens it as a single paper; texts: by row."""
    rows = {f"{row} · {uploads.first_words(text)}": text for row, text in texts.items()}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    picked = left.selectbox(_("A row to look at closely"), list(rows), key="many-open")
    right.button(
        _("Open in Classify"),
        icon=":material/open_in_full:",
        key="many-open-button",
        on_click=open_paper,
        args=(rows.get(picked or "", ""),),
    )


def open_paper(text: str) -> None:
    """Put a text into the form for papers, and show it."""
    paper_text.open_paper(*split_paper(text))
    st.session_state["kind"] = paper.VIEW


def show_downloads(run: ClassificationJob, view: ResultFilter, count: int) -> None:
    """The rows that pass the filters as files, written on request."""
    name_of_file = "suggestions" if run.question.suggests else run.task
    menu = st.popover(_("Download"), icon=":material/download:")
    with menu.container(width=MENU_WIDTH):
        for name, (ending, mime) in DOWNLOADS.items():
            # A sentence is no reference.
            if run.task == "intent" and writers.FORMATS[ending].of_references:
                continue
            label = _("Download as {name}").format(name=_(name))
            content, file_name = partial(run.export, view, ending), f"{name_of_file}{ending}"
            download(label, content, file_name, mime, key=f"many-download{ending}")
        report_button(partial(batch_report, run, view), "answers")
        st.caption(_describe_downloads(run, count))
        if run.task != "intent":
            st.caption(_("RIS and BibTeX have the categories as keywords, as Zotero reads them."))


def _describe_downloads(run: ClassificationJob, count: int) -> str:
    if run.question.suggests:
        names = join_list(f"`{name}`" for name, _kind in run.question.columns)
        return ngettext(
            "{count:,} row, with the file’s own columns and {names}.",
            "{count:,} rows, with the file’s own columns and {names}.",
            count,
        ).format(count=count, names=names)
    return ngettext(
        "{count:,} row, with columns id, predicted, scores and note.",
        "{count:,} rows, with columns id, predicted, scores and note.",
        count,
    ).format(count=count)


def show_report(run: ClassificationJob) -> None:
    """The model's metrics, if the file has labels enough."""
    if not run.report or run.report["n"] < WITH_FIGURES:
        return
    n = run.report["n"]
    st.subheader(_("Accuracy on the labelled rows"), anchor=False)
    figures = {key: run.report[key] for key in COLUMNS.get(run.task, {})}
    names = {key: FIGURES[key] for key, value in figures.items() if value is not None}
    show_metrics(
        {_(name): f"{figures[key]:.3f}" for key, name in names.items()},
        {_(name): _(MEANINGS[key]) for key, name in names.items()},
    )
    st.caption(
        _(
            "On {n:,} labelled rows, the first of them ({n:,} at most); the figures are those of "
            "`python -m core evaluate`."
        ).format(n=n)
        if n == uploads.MEASURED
        else _(
            "On {n:,} labelled rows; the figures are those of `python -m core evaluate`."
        ).format(n=n)
    )
    with st.expander(_("Each label"), icon=":material/table_rows:"):
        table = pd.DataFrame(label_rows(run.report))
        table.insert(1, "name", table["label"].map(label_title))
        st.dataframe(table, hide_index=True, column_config={name: _(name) for name in HEADS})
