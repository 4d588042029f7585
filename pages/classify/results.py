"""The run over a file: its progress, its answers as a table and files, and its figures."""

from functools import partial

import pandas as pd
import streamlit as st

from core.i18n import phrase, phrases, say, translated
from core.jobs import FAILED, RUNNING, STOPPED
from core.prediction import uploads
from core.prediction.reports import label_rows
from core.prediction.uploads import ClassificationJob, ResultFilter, ResultsError
from core.tasks import TASKS
from core.taxonomy import label_title
from core.text.markdown import escape_markdown
from pages.components.outputs import download, duration, show_metrics
from pages.models.leaderboard import COLUMNS, MEANINGS

REFRESH_SECONDS = 0.5
MAX_ROWS = 1_000
DOWNLOADS = {
    "CSV": (".csv", "text/csv"),
    phrase("JSON lines"): (".jsonl", "application/jsonl"),
    "Parquet": (".parquet", "application/vnd.apache.parquet"),
}
HEADS = phrases("label", "name", "precision", "recall", "f1", "support")
"""Columns of the figures of each label."""


def show_run(run: ClassificationJob) -> None:
    """A run's progress, or its results."""
    st.subheader(say("Answers"), anchor=False)
    task = say(TASKS[run.task].title)
    st.caption(say("{task} by {model}.", task=task, model=escape_markdown(run.model)))
    if run.status == RUNNING:
        st.fragment(show_progress, run_every=REFRESH_SECONDS)(run)
        return
    show_summary(run)
    if not run.rows or run.status == FAILED:
        return
    try:
        view = pick_filters(run)
        count = show_table(run, view)
    except ResultsError as problem:
        st.info(translated(problem), icon=":material/timer_off:")
        return
    if count:
        show_downloads(run, view, count)
    show_report(run)


def show_progress(run: ClassificationJob) -> None:
    """A run's progress; once it has ended, the page is drawn again with its results."""
    if run.status != RUNNING:
        st.rerun()
    done = {"rows": run.rows, "rate": rows_a_second(run)}
    if run.waiting:
        text = say("Waiting for another file on this server to be done.")
    elif run.left is None:
        text = say("{rows:,} rows, {rate:,.0f} a second", **done)
    else:
        left = duration(run.left)
        text = say("{rows:,} rows, {rate:,.0f} a second, {time} left", **done, time=left)
    st.progress(0.0 if run.waiting else min(1.0, run.share), text)
    st.button(say("Cancel"), icon=":material/stop:", key="many-cancel", on_click=run.stop)


def rows_a_second(run: ClassificationJob) -> float:
    """How fast a run is, or was."""
    return run.rows / max(run.seconds, 1e-9)


def show_summary(run: ClassificationJob) -> None:
    """How the run ended, in figures."""
    if run.status == FAILED:
        st.error(escape_markdown(translated(run.error)), icon=":material/error:")
        return
    if run.status == STOPPED:
        text = say("Cancelled after {rows:,} rows; their answers are below.", rows=run.rows)
        st.warning(text, icon=":material/pause:")
    if run.rows:
        show_metrics(
            {
                say("Rows"): f"{run.rows:,}",
                say("With a note"): f"{run.noted:,}",
                say("Rows a second"): f"{rows_a_second(run):,.0f}",
                say("Time"): duration(run.seconds),
            }
        )


def pick_filters(run: ClassificationJob) -> ResultFilter:
    """Which of the results to look at."""
    counts = run.labels()
    first, second, third, fourth = st.columns([3, 3, 2, 3], vertical_alignment="bottom")
    names = {code: f"{label_title(code)} · {counts[code]:,}" for code in counts}
    label = first.selectbox(
        say("Label"), ["", *counts], format_func={"": say("Any"), **names}.get, key="many-label"
    )
    words = second.text_input(say("Text contains"), key="many-words", max_chars=200)
    noted = third.toggle(say("Only notes"), key="many-noted")
    text = say("Best label below, % probability")
    hint = say("To find the rows of which the model is least sure; 100 shows all.")
    below = fourth.slider(text, 5, 100, 100, 5, key="many-below", help=hint)
    return ResultFilter(label or "", words.strip(), noted, below / 100)


def show_table(run: ClassificationJob, view: ResultFilter) -> int:
    """The first of the rows that pass the filters; returns how many there are."""
    count, table = run.page(view, MAX_ROWS)
    if not count:
        st.info(say("No row is like that; loosen the filters."), icon=":material/filter_alt_off:")
        return 0
    table["text"] = table["text"].str.replace("\n", " ").str.slice(0, uploads.MAX_TEXT)
    best = table["predicted"].str.split(" ").str[0].fillna("")
    table.insert(3, "best", [label_title(code) if code else "" for code in best])
    table["probability"] *= 100
    config = {
        "row": st.column_config.NumberColumn(say("Row"), format="localized", width="small"),
        "text": st.column_config.TextColumn(say("Text"), width="medium"),
        "predicted": say("Predicted"),
        "best": say("Best label"),
        "probability": st.column_config.NumberColumn(say("Its probability, %"), format="%.0f"),
        "note": st.column_config.TextColumn(say("Note"), width=260 if run.noted else None),
        "id": say("Identifier"),
    }
    st.dataframe(table, hide_index=True, column_config=config, placeholder="–")
    if count > len(table):
        text = say(
            "The first {shown:,} of {count:,} rows; the downloads hold them all.",
            shown=len(table),
            count=count,
        )
        st.caption(text)
    return count


def show_downloads(run: ClassificationJob, view: ResultFilter, count: int) -> None:
    """The rows that pass the filters as files, written once they are asked for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, (ending, mime) in DOWNLOADS.items():
            label = say("Download as {name}", name=say(name))
            content, file_name = partial(run.export, view, ending), f"{run.task}{ending}"
            download(label, content, file_name, mime, key=f"many-download{ending}")
        st.caption(
            say("1 row: id, predicted, scores and note, as the command line has them.")
            if count == 1
            else say(
                "{count:,} rows: id, predicted, scores and note, as the command line has them.",
                count=count,
            )
        )


def show_report(run: ClassificationJob) -> None:
    """How well the model did, where the file has labels."""
    if not run.report:
        return
    n = run.report["n"]
    st.subheader(say("Against the labels of the file"), anchor=False)
    names = COLUMNS[run.task]
    show_metrics(
        {say(name): f"{run.report[key]:.3f}" for key, name in names.items()},
        {say(name): say(MEANINGS[key]) for key, name in names.items()},
    )
    st.caption(
        say(
            "On {n:,} labelled rows, the first of them ({n:,} at most); the figures are those of "
            "`python -m core evaluate`.",
            n=n,
        )
        if n == uploads.MEASURED
        else say("On {n:,} labelled rows; the figures are those of `python -m core evaluate`.", n=n)
    )
    with st.expander(say("Each label"), icon=":material/table_rows:"):
        table = pd.DataFrame(label_rows(run.report))
        table.insert(1, "name", table["label"].map(label_title))
        st.dataframe(table, hide_index=True, column_config={name: say(name) for name in HEADS})
