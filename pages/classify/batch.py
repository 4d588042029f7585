"""Ask about a file of many texts: a table of answers out."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.cards import Card, find, installed
from core.files.limits import MAX_CELL_LENGTH, MAX_COLUMNS, UPLOADED
from core.i18n import _, join_list
from core.jobs import RUNNING
from core.messages import N_
from core.prediction import questions, uploads
from core.prediction.questions import Question
from core.prediction.uploads import Upload
from core.tasks import TASKS
from core.text.markdown import escape_markdown
from pages.classify.results import FILTERS, show_run
from pages.components import visitor_files
from pages.components.inputs import pick, selectbox, slider
from pages.components.models import default_models, get_model
from pages.components.outputs import show_problems

UPLOAD, UPLOADER = "many-upload", "many"
"""Session keys of the upload's id and the uploader."""

FIELDS = {
    "id": N_("Identifier"),
    "title": N_("Title"),
    "abstract": N_("Abstract"),
    "categories": N_("True categories"),
    "string": N_("Sentence"),
    "section": N_("Section"),
    "label": N_("True label"),
}
FORMATS = {
    ".csv": "CSV",
    ".tsv": "TSV",
    ".parquet": "Parquet",
    ".xlsx": "Excel",
    ".bib": "BibTeX",
    ".ris": "RIS",
    ".pdf": "PDF",
    ".txt": N_("plain text"),
    ".tex": "LaTeX",
}
"""Names of formats by extension; all others are JSON."""
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
DELIMITERS = {
    ",": N_("commas between cells"),
    ";": N_("semicolons between cells"),
    "\t": N_("tabs between cells"),
    "|": N_("bars between cells"),
}
NONE = N_("(none)")


SUGGESTION = N_("Suggestion (primary and cross-lists)")


def show() -> None:
    """The part of the page for files."""
    cards, problems = installed(tuple(TASKS))
    show_problems(problems)
    task, question = pick_question(cards)
    show_uploader()
    visitor_files.show_error(UPLOAD)
    upload = visitor_files.current(Upload, UPLOAD)
    if not question:
        name = _(TASKS[task].title).lower()
        text = _(
            "No model for {task} is installed: restore the models folder from the checkout."
        ).format(task=name)
        st.error(text, icon=":material/error:")
        return
    if not upload:
        text = _(
            "Upload a file whose columns are title and abstract, or for Intent string (the "
            "sentence) and section; other names can be picked."
        )
        st.info(text, icon=":material/upload_file:")
        return
    show_head(upload)
    columns = pick_columns(upload, task)
    run = upload.job
    st.button(
        _("Suggest for all rows") if question.suggests else _("Classify all rows"),
        type="primary",
        icon=":material/label:",
        key="many-start",
        on_click=start,
        args=(upload, question, columns),
        disabled=bool(run and run.status == RUNNING),
    )
    if run:
        show_run(run)


def pick_question(cards: list[Card]) -> tuple[str, Question | None]:
    """The task of the rows and what is asked about them, None where no model can answer."""
    by_title = {task.title: name for name, task in TASKS.items()}
    # First, and so the default, where its models are installed.
    first = [SUGGESTION] if default_models(cards) else []
    left, right = st.columns(2)
    with left:
        asked = pick(_("Task"), [*first, *by_title], "many-task")
    with right:
        if asked == SUGGESTION:
            return "primary", questions.suggestion(pick_confidence())
        return by_title[asked], pick_model(cards, by_title[asked])


def pick_confidence() -> float:
    """The confidence of the prediction sets."""
    label = _("Confidence of the prediction set, %")
    hint = _("Of 100 papers the set holds the primary category of so many; the surer, the larger.")
    return slider(label, 50, 99, 90, 1, key="many-confidence", help=hint) / 100


def pick_model(cards: list[Card], task: str) -> Question | None:
    """The labels of a task from a model for it, None where there is none."""
    names = [card.name for card in cards if card.task == task]
    hint = _("The first is the default; its figures are on the page Compare models.")
    name = selectbox(_("Model"), names, key=f"many-{task}", help=hint, disabled=not names)
    return questions.classification(task, name) if name else None


def show_uploader() -> None:
    """The uploader, and the supported formats."""
    st.file_uploader(
        _("A file of papers or citations"),
        type=visitor_files.FILE_TYPES,
        key=UPLOADER,
        on_change=visitor_files.store,
        args=(Upload, UPLOAD, UPLOADER),
        max_upload_size=UPLOADED.size >> 20,
    )
    text = _(
        "CSV, TSV, Excel, JSON, Parquet, BibTeX, RIS, or one paper as PDF, text or LaTeX; most "
        "also as .gz or .zst. At most {rows:,} rows, {size} MB ({unpacked:,} MB unpacked), "
        "{columns:,} columns and {cell:,} characters a cell. "
        "The file stays on this server until you remove it, bring another, or have not used it "
        "for {minutes} minutes; until then whoever has this page's address sees it. More rows "
        "go through the command line: `python -m core suggest`."
    ).format(
        rows=UPLOADED.rows,
        size=UPLOADED.size >> 20,
        unpacked=UPLOADED.unpacked >> 20,
        columns=MAX_COLUMNS,
        cell=MAX_CELL_LENGTH,
        minutes=visitor_files.MINUTES,
    )
    st.caption(text)


def show_head(upload: Upload) -> None:
    """The file's layout, and its first rows."""
    layout = upload.layout
    how = [_(FORMATS.get(layout.kind, "JSON"))]
    if layout.encoding:
        how.append(ENCODINGS.get(layout.encoding, layout.encoding.upper()))
    if layout.delimiter:
        how.append(_(DELIMITERS[layout.delimiter]))
    if layout.skipped_lines:
        how.append(_("lines left out before the header: {n:,}").format(n=layout.skipped_lines))
    with st.container(border=True):
        st.markdown(f"**{escape_markdown(upload.name)}**")
        n = len(layout.columns)
        st.caption(
            _("Read as {how}; columns: {columns:,}. Its first rows:").format(
                how=join_list(how), columns=n
            )
        )
        st.dataframe(pd.DataFrame(upload.head), hide_index=True, height="content")
        visitor_files.remove_button(UPLOAD, UPLOADER)


def pick_columns(upload: Upload, task: str) -> dict[str, str]:
    """The column of each field that was changed from the default; empty for no column."""
    names = list(upload.layout.columns)
    guessed = dict(uploads.columns_for(task, names))
    texts = ("string",) if task == "intent" else ("title", "abstract")
    known = any(guessed[field] for field in texts)
    picked = {}
    with st.expander(_("Columns"), icon=":material/view_column:", expanded=not known):
        if not known:
            st.caption(_("No column has a name that is known; pick those that hold the texts."))
        for column, (field, name) in zip(st.columns(len(guessed)), guessed.items(), strict=True):
            with column:
                picked[field] = st.selectbox(
                    _(FIELDS[field]),
                    [NONE, *names],
                    format_func=lambda name: _(NONE) if name == NONE else name,
                    index=names.index(name) + 1 if name else 0,
                    key=f"column-{upload.id}-{task}-{field}",
                )
    # Defaults are left out: later objects of JSON lines may have other keys.
    return {
        field: "" if name == NONE else name
        for field, name in picked.items()
        if name != (guessed[field] or NONE)
    }


def start(upload: Upload, question: Question, columns: Mapping[str, str]) -> None:
    """Start a run, and reset the filters."""
    for key in FILTERS:
        st.session_state.pop(key, None)
    with visitor_files.capture_errors(UPLOAD):
        # The page's cache cannot be used in another thread, so the models are fetched here.
        models = [get_model(find(task, name)) for task, name, _ in question.models]
        respondent = questions.respondent_of(question, models)
        upload.start(question, columns, lambda: respondent)
