"""The third half of the Classify page: a file of many texts in, a table of answers out."""

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import streamlit as st

from core import taxonomy
from core.cards import Card, ModelError, installed
from core.files.compression import FORMATS, PACKED
from core.files.limits import UPLOADED, BatchError
from core.files.readers import MAX_CELL_LENGTH, MAX_COLUMNS
from core.files.upload_store import TIME_TO_LIVE
from core.i18n import listed, phrase, phrases, say, translated
from core.jobs import FAILED, RUNNING, STOPPED
from core.prediction import uploads
from core.prediction.reports import label_rows
from core.prediction.uploads import ClassificationJob, ResultFilter, ResultsError, Upload
from core.tasks import TASKS
from core.text import markdown
from pages import components, visitor_files
from pages.content.leaderboard import COLUMNS, MEANINGS

UPLOAD, PROBLEM = "many-upload", "many-problem"
"""Keys of the session: the id of its upload, and what went wrong in a callback."""

EVERY = 0.5
"""Seconds between two looks at a run."""
SHOWN = 1_000
TYPES = [ending[1:] for ending in (*FORMATS, *PACKED)]
DOWNLOADS = {
    "CSV": (".csv", "text/csv"),
    phrase("JSON lines"): (".jsonl", "application/jsonl"),
    "Parquet": (".parquet", "application/vnd.apache.parquet"),
}
FIELDS = {
    "id": phrase("Identifier"),
    "title": phrase("Title"),
    "abstract": phrase("Abstract"),
    "categories": phrase("True categories"),
    "string": phrase("Sentence"),
    "section": phrase("Section"),
    "label": phrase("True label"),
}
KINDS = {
    ".csv": "CSV",
    ".tsv": "TSV",
    ".json": phrase("JSON lines"),
    ".jsonl": phrase("JSON lines"),
    ".ndjson": phrase("JSON lines"),
    ".parquet": "Parquet",
}
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
DELIMITERS = {
    ",": phrase("commas between cells"),
    ";": phrase("semicolons between cells"),
    "\t": phrase("tabs between cells"),
    "|": phrase("bars between cells"),
}
BY_TITLE = {task.title: task for task in TASKS.values()}
HEADS = phrases("label", "name", "precision", "recall", "f1", "support")
"""Columns of the figures of each label."""
NONE = phrase("(none)")


@contextmanager
def telling() -> Iterator[None]:
    """Keep what goes wrong for the page to say: an error in a callback would take its place."""
    st.session_state[PROBLEM] = ""
    try:
        yield
    except (BatchError, ModelError) as problem:
        st.session_state[PROBLEM] = translated(problem)
    except OSError as problem:
        reason = problem.strerror or translated(problem)
        st.session_state[PROBLEM] = say("The file cannot be kept: {reason}", reason=reason)


def take() -> None:
    """Keep the file that was brought, in place of an earlier one."""
    visitor_files.remove(UPLOAD)
    file = st.session_state.many
    with telling():
        if file is not None:
            visitor_files.keep(Upload, UPLOAD, file)


def ask(cards: list[Card]) -> tuple[str, Card | None]:
    """The task and the model, both in the page's address, and the file."""
    left, right = st.columns(2)
    with left:
        title = st.segmented_control(
            say("Task"),
            list(BY_TITLE),
            default=next(iter(BY_TITLE)),
            required=True,
            format_func=say,
            key="many-task",
            bind="query-params",
            wrap=True,
        )
    task = BY_TITLE[title or next(iter(BY_TITLE))].name
    own = {card.name: card for card in cards if card.task == task}
    with right:
        name = st.selectbox(
            say("Model"),
            list(own),
            key=f"many-{task}",
            bind="query-params",
            help=say("The first is the default; its figures are on the page Compare models."),
            disabled=not own,
        )
    st.file_uploader(
        say("A file of papers or citations"),
        type=TYPES,
        key="many",
        on_change=take,
        max_upload_size=UPLOADED.size >> 20,
    )
    st.caption(
        say(
            "CSV, TSV, JSON lines or Parquet, also as .gz or .zst: at most {rows:,} rows, {size} "
            "MB ({unpacked:,} MB unpacked), {columns:,} columns and {cell:,} characters a cell. "
            "The file stays on this server until you remove it, bring another, or have not used it "
            "for {minutes} minutes; until then whoever has this page's address sees it. More rows "
            "go through the command line: `python -m core classify`.",
            rows=UPLOADED.rows,
            size=UPLOADED.size >> 20,
            unpacked=UPLOADED.unpacked >> 20,
            columns=MAX_COLUMNS,
            cell=MAX_CELL_LENGTH,
            minutes=round(TIME_TO_LIVE / 60),
        )
    )
    return task, own.get(name or "")


def show_head(upload: Upload) -> None:
    """How the file was read, and its first rows."""
    layout = upload.layout
    how = [say(KINDS[layout.kind])]
    if layout.encoding:
        how.append(ENCODINGS.get(layout.encoding, layout.encoding.upper()))
    if layout.delimiter:
        how.append(say(DELIMITERS[layout.delimiter]))
    if layout.skipped_lines:
        how.append(say("lines left out before the header: {n:,}", n=layout.skipped_lines))
    with st.container(border=True):
        st.markdown(f"**{markdown.escape_markdown(upload.name)}**")
        st.caption(
            say(
                "Read as {how}; columns: {columns:,}. Its first rows:",
                how=listed(how),
                columns=len(layout.columns),
            )
        )
        st.dataframe(pd.DataFrame(upload.head), hide_index=True, height="content")
        if st.session_state.get("many") is None:
            # The page was loaded anew, so the uploader has no file that could be taken out of it.
            visitor_files.remove_button(UPLOAD)


def choose_columns(upload: Upload, task: str) -> dict[str, str]:
    """Which column holds which field: by name, and where names differ as picked."""
    names = list(upload.layout.columns)
    guessed = dict(uploads.columns_for(task, names))
    texts = ("string",) if task == "intent" else ("title", "abstract")
    known = any(guessed[field] for field in texts)
    with st.expander(say("Columns"), icon=":material/view_column:", expanded=not known):
        if not known:
            st.caption(say("No column has a name that is known; pick those that hold the texts."))
        picked = {}
        for column, (field, name) in zip(st.columns(len(guessed)), guessed.items(), strict=True):
            with column:
                picked[field] = st.selectbox(
                    say(FIELDS[field]),
                    [NONE, *names],
                    format_func=lambda name: say(NONE) if name == NONE else name,
                    index=names.index(name) + 1 if name else 0,
                    key=f"column-{upload.id}-{task}-{field}",
                )
    chosen = {field: None if name == NONE else name for field, name in picked.items()}
    # What is found by name stays so: the objects of JSON lines may have their keys further down.
    return {field: name or "" for field, name in chosen.items() if name != guessed[field]}


def start(upload: Upload, card: Card, columns: dict[str, str]) -> None:
    """Begin, and forget the filters of an earlier answer."""
    for key in ("many-label", "many-words", "many-noted", "many-below"):
        st.session_state.pop(key, None)
    with telling():
        # The page's cache may not be asked from another thread, so the model is at hand before.
        model = components.loaded(card)
        upload.start(card.task, card.name, columns, lambda: model)


def show_progress(run: ClassificationJob) -> None:
    """The run under way; once it has ended, the page is drawn again with its results."""
    if run.status != RUNNING:
        st.rerun()
    if run.waiting:
        st.progress(0.0, say("Waiting for another file on this server to be done."))
    else:
        rate = run.rows / max(run.seconds, 1e-9)
        if run.left is None:
            words = say("{rows:,} rows, {rate:,.0f} a second", rows=run.rows, rate=rate)
        else:
            words = say(
                "{rows:,} rows, {rate:,.0f} a second, {time} left",
                rows=run.rows,
                rate=rate,
                time=components.clock(run.left),
            )
        st.progress(min(1.0, run.share), words)
    st.button(say("Cancel"), icon=":material/stop:", key="many-cancel", on_click=run.stop)


def show_summary(run: ClassificationJob) -> None:
    """How the run ended, in figures."""
    if run.status == FAILED:
        st.error(markdown.escape_markdown(translated(run.error)), icon=":material/error:")
        return
    if run.status == STOPPED:
        st.warning(
            say("Cancelled after {rows:,} rows; their answers are below.", rows=run.rows),
            icon=":material/pause:",
        )
    if not run.rows:
        return
    told = {
        say("Rows"): f"{run.rows:,}",
        say("With a note"): f"{run.noted:,}",
        say("Rows a second"): f"{run.rows / max(run.seconds, 1e-9):,.0f}",
        say("Time"): components.clock(run.seconds),
    }
    components.metrics(told)


def filters(run: ClassificationJob) -> ResultFilter:
    """Which of the results to look at."""
    counts = run.labels()
    first, second, third, fourth = st.columns([3, 3, 2, 3], vertical_alignment="bottom")
    label = first.selectbox(
        say("Label"),
        ["", *counts],
        format_func=lambda code: (
            f"{taxonomy.label_title(code)} · {counts[code]:,}" if code else say("Any")
        ),
        key="many-label",
    )
    words = second.text_input(say("Text contains"), key="many-words", max_chars=200)
    noted = third.toggle(say("Only notes"), key="many-noted")
    below = fourth.slider(
        say("Best label below, % probability"),
        5,
        100,
        100,
        5,
        key="many-below",
        help=say("To find the rows of which the model is least sure; 100 shows all."),
    )
    return ResultFilter(label or "", words.strip(), noted, below / 100)


def show_table(run: ClassificationJob, view: ResultFilter) -> int:
    """The rows of a view, the first of them; how many there are."""
    count, table = run.page(view, SHOWN)
    if not count:
        st.info(say("No row is like that; loosen the filters."), icon=":material/filter_alt_off:")
        return 0
    table["text"] = table["text"].str.replace("\n", " ").str.slice(0, uploads.MAX_TEXT)
    best = table["predicted"].str.split(" ").str[0].fillna("")
    table.insert(3, "best", [taxonomy.label_title(code) if code else "" for code in best])
    table["probability"] *= 100
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "row": st.column_config.NumberColumn(say("Row"), format="localized", width="small"),
            "text": st.column_config.TextColumn(say("Text"), width="medium"),
            "predicted": say("Predicted"),
            "best": say("Best label"),
            "probability": st.column_config.NumberColumn(say("Its probability, %"), format="%.0f"),
            "note": st.column_config.TextColumn(say("Note"), width=260 if run.noted else None),
            "id": say("Identifier"),
        },
        placeholder="–",
    )
    if count > len(table):
        st.caption(
            say(
                "The first {shown:,} of {count:,} rows; the downloads hold them all.",
                shown=len(table),
                count=count,
            )
        )
    return count


def show_downloads(run: ClassificationJob, view: ResultFilter, count: int) -> None:
    """The rows of a view as files, written when they are asked for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, (kind, mime) in DOWNLOADS.items():
            components.download(
                say("Download as {name}", name=say(name)),
                lambda kind=kind: run.export(view, kind),
                f"{run.task}{kind}",
                mime,
                key=f"many-download{kind}",
            )
        if count == 1:
            told = say("1 row: id, predicted, scores and note, as the command line has them.")
        else:
            told = say(
                "{count:,} rows: id, predicted, scores and note, as the command line has them.",
                count=count,
            )
        st.caption(told)


def show_report(run: ClassificationJob) -> None:
    """How well the model did, where the file has labels."""
    if not run.report:
        return
    n = run.report["n"]
    st.subheader(say("Against the labels of the file"), anchor=False)
    names = COLUMNS[run.task]
    components.metrics(
        {say(name): f"{run.report[key]:.3f}" for key, name in names.items()},
        {say(name): say(MEANINGS[key]) for key, name in names.items()},
    )
    if n == uploads.MEASURED:
        told = say(
            "On {n:,} labelled rows, the first of them ({n:,} at most); the figures are those of "
            "`python -m core evaluate`.",
            n=n,
        )
    else:
        told = say(
            "On {n:,} labelled rows; the figures are those of `python -m core evaluate`.", n=n
        )
    st.caption(told)
    with st.expander(say("Each label"), icon=":material/table_rows:"):
        table = pd.DataFrame(label_rows(run.report))
        table.insert(1, "name", table["label"].map(taxonomy.label_title))
        heads = {name: say(name) for name in HEADS}
        st.dataframe(table, hide_index=True, column_config=heads)


def show_run(run: ClassificationJob) -> None:
    """The run under way, or what came out of it."""
    st.subheader(say("Answers"), anchor=False)
    task = say(TASKS[run.task].title)
    st.caption(say("{task} by {model}.", task=task, model=markdown.escape_markdown(run.model)))
    if run.status == RUNNING:
        st.fragment(show_progress, run_every=EVERY)(run)
        return
    show_summary(run)
    if run.rows and run.status != FAILED:
        try:
            view = filters(run)
            count = show_table(run, view)
        except ResultsError as problem:
            st.info(translated(problem), icon=":material/timer_off:")
            return
        if count:
            show_downloads(run, view, count)
        show_report(run)


def show() -> None:
    """The whole half of the page."""
    cards, problems = installed(tuple(TASKS))
    components.show_problems(problems)
    task, card = ask(cards)
    if problem := st.session_state.get(PROBLEM):
        st.error(markdown.escape_markdown(problem), icon=":material/error:")
    upload = visitor_files.current(Upload, UPLOAD)
    if not card:
        st.error(
            say(
                "No model for {task} is installed: restore the models folder from the checkout.",
                task=say(TASKS[task].title).lower(),
            ),
            icon=":material/error:",
        )
        return
    if not upload:
        st.info(
            say(
                "Upload a file whose columns are title and abstract, or for Intent string (the "
                "sentence) and section; other names can be picked."
            ),
            icon=":material/upload_file:",
        )
        return
    show_head(upload)
    columns = choose_columns(upload, task)
    run = upload.job
    st.button(
        say("Classify all rows"),
        type="primary",
        icon=":material/label:",
        key="many-start",
        on_click=start,
        args=(upload, card, columns),
        disabled=bool(run and run.status == RUNNING),
    )
    if run:
        show_run(run)
