"""Ask about a file of many texts: a table of answers out."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.cards import Card, find, installed
from core.files import records
from core.files.formats import has_own_keys
from core.files.limits import MAX_CELL_LENGTH, MAX_COLUMNS, UPLOADED
from core.i18n import _, join_list, ngettext
from core.jobs import RUNNING
from core.messages import N_
from core.prediction import questions
from core.prediction.questions import Question
from core.prediction.uploads import Upload
from core.tasks import TASKS
from core.text.markdown import escape_markdown
from pages.classify.results import FILTERS, show_run
from pages.components import visitor_files
from pages.components.inputs import pick, selectbox, slider
from pages.components.models import default_models, get_model
from pages.components.outputs import download, show_problems

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
NAMES_OF_FORMATS = {
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
SAMPLES = Path(__file__).with_name("samples")
"""Files with invented texts."""
ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
DELIMITERS = {
    ",": N_("comma-separated"),
    ";": N_("semicolon-separated"),
    "\t": N_("tab-separated"),
    "|": N_("separated by bars"),
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
        show_invitation(task)
        return
    run = upload.job
    is_running = run is not None and run.status == RUNNING
    with st.container(border=True):
        show_head(upload)
        columns = pick_columns(upload, task, is_open=run is None)
        missing = missing_text(upload, task, columns)
        st.button(
            _("Suggest for all rows") if question.suggests else _("Classify all rows"),
            type="primary",
            icon=":material/label:",
            key="many-start",
            on_click=start,
            args=(upload, question, columns),
            disabled=bool(missing) or is_running,
        )
        if missing:
            st.warning(missing, icon=":material/view_column:")
    if run:
        show_run(run, is_running)


def show_invitation(task: str) -> None:
    """What to bring, and a sample of it."""
    if task == "intent":
        text = _(
            "Your file needs a column `string` with the sentences that cite, and may have a "
            "`section`. Other names can be matched."
        )
    else:
        text = _(
            "Your file needs a title or an abstract column, best both. Other names can be matched."
        )
    st.info(text, icon=":material/upload_file:")
    name = "citations" if task == "intent" else "papers"
    content = (SAMPLES / f"{name}.csv").read_text(encoding="utf-8")
    download(
        _("Download a sample file"), content, f"sample-{name}.csv", "text/csv", key="many-sample"
    )


def pick_question(cards: list[Card]) -> tuple[str, Question | None]:
    """The task of the rows and what is asked about them, None where no model can answer."""
    by_title = {task.title: name for name, task in TASKS.items()}
    # First, and so the default, where its models are installed.
    first = [SUGGESTION] if default_models(cards) else []
    left, right = st.columns([2, 1])
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
    """The uploader; its hint tells the limits."""
    limits = _(
        "CSV, TSV, Excel, JSON, Parquet, BibTeX, RIS, or one paper as PDF, text or LaTeX; most "
        "also as .gz or .zst. At most {rows:,} rows, {size} MB ({unpacked:,} MB unpacked), "
        "{columns:,} columns and {cell:,} characters a cell. For more rows use the command line: "
        "`python -m core suggest`."
    ).format(
        rows=UPLOADED.rows,
        size=UPLOADED.size >> 20,
        unpacked=UPLOADED.unpacked >> 20,
        columns=MAX_COLUMNS,
        cell=MAX_CELL_LENGTH,
    )
    # Of any type: the uploader would refuse others without a word on the page.
    st.file_uploader(
        _("A file of papers or citations"),
        key=UPLOADER,
        on_change=visitor_files.store,
        args=(Upload, UPLOAD, UPLOADER),
        max_upload_size=UPLOADED.size >> 20,
        help=limits,
    )
    text = _(
        "The file stays on this server until you remove it, bring another, or have not used it "
        "for {minutes} minutes; until then whoever has this page's address sees it."
    ).format(minutes=visitor_files.MINUTES)
    st.caption(text)


def show_head(upload: Upload) -> None:
    """The file's name and layout."""
    layout = upload.layout
    how = [_(NAMES_OF_FORMATS.get(layout.kind, "JSON"))]
    if layout.encoding:
        how.append(ENCODINGS.get(layout.encoding, layout.encoding.upper()))
    if layout.delimiter:
        how.append(_(DELIMITERS[layout.delimiter]))
    if layout.columns:
        n = len(layout.columns)
        how.append(ngettext("{n:,} column", "{n:,} columns", n).format(n=n))
    if layout.skipped_lines:
        how.append(_("lines left out before the header: {n:,}").format(n=layout.skipped_lines))
    name = escape_markdown(upload.name)
    if not visitor_files.is_in_uploader(upload, UPLOADER):
        name = _("Still here: {name}").format(name=name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{name}**  \n:small[{escape_markdown(join_list(how))}]", width="stretch")
        visitor_files.remove_button(UPLOAD, UPLOADER)


def pick_columns(upload: Upload, task: str, is_open: bool) -> dict[str, str]:
    """The column of each field that was changed from the default; empty for no column.

    They are kept for the file, for all tasks and beyond a visit to another page. The file's first
    rows stand beneath.
    """
    kept = st.session_state.setdefault(f"many-columns-{upload.id}", {})
    names = list(upload.layout.columns)
    guessed = records.mapping(upload.layout, task, {})
    place = st.empty()
    with st.expander(_("Columns and first rows"), icon=":material/view_column:", expanded=is_open):
        for column, field in zip(st.columns(len(guessed)), guessed, strict=True):
            name = kept.get(field, guessed[field])
            with column:
                picked = st.selectbox(
                    _(FIELDS[field]),
                    [NONE, *names],
                    format_func=lambda name: _(NONE) if name == NONE else name,
                    index=names.index(name) + 1 if name else 0,
                    key=f"column-{upload.id}-{field}",
                )
            kept[field] = "" if picked == NONE else picked
        st.dataframe(pd.DataFrame(upload.head), hide_index=True, height="content")
    show_mapping(place, task, {field: kept[field] for field in guessed})
    # Defaults are left out: later objects of JSON lines may have other keys.
    return {field: kept[field] for field in guessed if kept[field] != guessed[field]}


def texts(task: str) -> tuple[str, ...]:
    """The fields of a task that hold the text."""
    return ("string",) if task == "intent" else ("title", "abstract")


def show_mapping(place: DeltaGenerator, task: str, columns: Mapping[str, str]) -> None:
    """From which column each field comes, those of the text even where there is none."""
    shown = [
        _("{field} ← {column}").format(
            field=f"**{_(FIELDS[field])}**",
            column=escape_markdown(column) if column else f"*{_('none')}*",
        )
        for field, column in columns.items()
        if column or field in texts(task)
    ]
    with place.container():
        st.markdown(join_list(shown))
        if columns.get("title") and not columns["abstract"]:
            text = _(
                "No column is taken for the abstract. Titles alone give worse answers: choose it "
                "below if the file has one."
            )
            st.warning(text, icon=":material/subject:")


def missing_text(upload: Upload, task: str, changed: Mapping[str, str]) -> str:
    """Why no row can be answered, as no column holds a text; empty if rows can be."""
    columns = records.mapping(upload.layout, task, changed)
    # Later objects of JSON lines may have other keys.
    may_follow = has_own_keys(upload.layout.kind) and not changed
    if may_follow or any(columns[field] for field in texts(task)):
        return ""
    if task == "intent":
        return _("Choose the column that holds the sentences first.")
    return _("Choose a column for the title or the abstract first.")


def start(upload: Upload, question: Question, columns: Mapping[str, str]) -> None:
    """Start a run, and reset the filters."""
    for key in FILTERS:
        st.session_state.pop(key, None)
    with visitor_files.capture_errors(UPLOAD):
        # The page's cache cannot be used in another thread, so the models are fetched here.
        models = [get_model(find(task, name)) for task, name, _ in question.models]
        respondent = questions.respondent_of(question, models)
        upload.start(question, columns, lambda: respondent)
