"""Paste a title and an abstract, get categories and the words that decided."""

import json
import time
from dataclasses import asdict, dataclass, replace

import streamlit as st

from core import advice, figures, preview, store, suggestion
from core.classifiers.base import TASKS, Explanation, Ranked
from core.evaluation import sigmoid
from core.examples import EXAMPLES
from core.export import csv_bytes
from core.text import split_paper
from pages import batch, citation, components

SHOWN = 8
REASONS = 10
MOST_MODELS = 3
MARKED = 4_000
# Streamlit writes an option into the address as it shows it, so these read well in both places.
BY_NAME = {example.name: example for example in EXAMPLES}
KINDS = ("Paper", "Citation", "Many at once")
VIEWS = ("Both", "Archive", "Subject")


@dataclass(frozen=True)
class Answer:
    """What one task's model says of the text."""

    card: store.Card
    rows: tuple[Ranked, ...]
    milliseconds: float


def fill_example() -> None:
    """Put the chosen example into the form and classify it."""
    example = BY_NAME.get(st.session_state.get("example") or "")
    if example:
        st.session_state.title, st.session_state.abstract = example.title, example.abstract
        st.session_state.paper = (example.title, example.abstract)


def keep_paper() -> None:
    """Remember what was submitted; it is no example any more."""
    st.session_state.paper = (st.session_state.title, st.session_state.abstract)
    st.session_state.example = None


def ask() -> None:
    """The examples and the form."""
    st.pills(
        "Try an example",
        list(BY_NAME),
        key="example",
        bind="query-params",
        on_change=fill_example,
    )
    if "title" not in st.session_state:
        # Streamlit forgets what is not on screen: coming back from elsewhere, the form starts anew.
        # An example in the address goes before what was asked earlier.
        st.session_state.title, st.session_state.abstract = st.session_state.get("paper", ("", ""))
        fill_example()
    with st.form("paper_form"):
        st.text_input("Title", key="title", placeholder="The title of the paper")
        st.text_area(
            "Abstract",
            key="abstract",
            height=200,
            placeholder="Paste the abstract; LaTeX is welcome. The title alone works too.",
        )
        st.form_submit_button(
            "Classify", type="primary", icon=":material/label:", on_click=keep_paper
        )


def choose(cards: list[store.Card]) -> tuple[list[store.Card], str, float | None]:
    """The models, the view and the threshold, all three in the page's address."""
    names = list(dict.fromkeys(card.name for card in cards))
    with st.expander("Models and thresholds", icon=":material/tune:"):
        models = st.multiselect(
            "Models, side by side",
            names,
            default=names[:1],
            max_selections=MOST_MODELS,
            key="model",
            bind="query-params",
            help="The first one gives the answer and its reasons; the others stand beside it.",
        )
        view = st.segmented_control(
            "Show",
            VIEWS,
            default=VIEWS[0],
            required=True,
            key="task",
            bind="query-params",
        )
        own = st.toggle("Set one threshold for all labels", key="own", bind="query-params")
        percent = st.slider(
            "Threshold, % probability",
            5,
            95,
            50,
            5,
            key="threshold",
            bind="query-params",
            disabled=not own,
        )
        st.caption(
            "A label is predicted once its probability reaches its threshold. Each model brings "
            "thresholds tuned on papers it never saw. A lower one suggests more categories and "
            "more wrong ones; a higher one suggests fewer and surer ones. The best label is "
            "always given."
        )
    chosen = [card for name in models or names[:1] for card in cards if card.name == name]
    return chosen, view or VIEWS[0], percent / 100 if own else None


def answer(card: store.Card, text: str, override: float | None) -> Answer:
    """A model's answer and how long it took; a repeated one comes from the cache."""
    components.loaded(card)
    started = time.perf_counter()
    rows = components.ranking(card, text, override)
    return Answer(card, rows, 1000 * (time.perf_counter() - started))


def answers(cards: list[store.Card], text: str, override: float | None) -> list[Answer]:
    """An answer a model, the first model's first; a model that fails says why and is left out."""
    found = []
    for card in cards:
        try:
            found.append(answer(card, text, override))
        except store.ModelError as problem:
            st.warning(preview.plain(str(problem)), icon=":material/error:")
    return found


def lead(found: list[Answer], task: str) -> Answer | None:
    """The first answer for a task."""
    return next((a for a in found if a.card.task == task), None)


def show_suggestion(archives: Answer | None, subjects: tuple[Ranked, ...]) -> None:
    """Where to submit and cross-list."""
    proposal = suggestion.suggest(archives.rows, subjects) if archives else None
    if not proposal:
        return
    with st.container(border=True):
        st.caption("Suggested primary category")
        st.subheader(preview.plain(figures.label_title(proposal.primary)), anchor=False)
        if proposal.cross_lists:
            st.markdown(
                "Cross-list to "
                + "; ".join(
                    f"**{preview.plain(figures.label_title(code))}**"
                    for code in proposal.cross_lists
                )
            )
        else:
            st.markdown("No cross-list suggested.")


def show_ranking(rows: tuple[Ranked, ...], title: str, key: str) -> None:
    """The best labels as bars, at least every predicted one."""
    count = max(SHOWN, sum(row.predicted for row in rows))
    st.plotly_chart(figures.ranking(rows[:count], title), key=key, config={"displayModeBar": False})


def show_reasons(found: list[Answer], subjects: tuple[Ranked, ...], text: str) -> None:
    """The words for and against a label, in the text and as a list."""
    options = [
        (a, row.label)
        for a, rows in ((lead(found, "archive"), None), (lead(found, "subject"), subjects))
        if a
        for row in (rows or a.rows)
        if row.predicted
    ]
    options = [(a, label) for a, label in options if components.loaded(a.card).can_explain]
    st.subheader("Why", anchor=False)
    if not options:
        st.caption("This model cannot say which words decided; the linear models can.")
        return
    picked = st.selectbox(
        "Reasons for",
        range(len(options)),
        format_func=lambda i: (
            f"{TASKS[options[i][0].card.task].title}: {figures.label_title(options[i][1])}"
        ),
    )
    chosen, label = options[picked or 0]
    explanation = components.loaded(chosen.card).explain(text, label)
    left, right = st.columns([3, 2])
    with left:
        show_marked(text, explanation)
    with right:
        show_terms(explanation)


def show_marked(text: str, explanation: Explanation) -> None:
    """The text with each word shaded."""
    kept = [c for c in explanation.credits if c.end <= MARKED]
    with st.container(border=True):
        st.html(components.marked_text(text[:MARKED], kept))
        st.caption(
            f"Blue speaks for {preview.plain(explanation.label)}, orange against it; the stronger, "
            "the more. A pair of words counts half for each."
            + (f" The first {MARKED:,} characters are shown." if len(text) > MARKED else "")
        )


def show_terms(explanation: Explanation) -> None:
    """The strongest words and pairs, and how they add up."""
    components.reasons_table(explanation, REASONS, "word or pair")
    st.caption(
        f"They add up to log-odds of {explanation.log_odds:+.2f}, a probability of "
        f"{sigmoid(explanation.log_odds):.0%}."
    )


def show_side_by_side(found: list[Answer]) -> None:
    """Each model's predictions and time."""
    st.subheader("Side by side", anchor=False)
    for column, one in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True):
            st.markdown(
                f"**{preview.plain(one.card.label)}** · {TASKS[one.card.task].title.lower()}"
            )
            for row in one.rows[:5]:
                mark = ":material/check:" if row.predicted else ":material/remove:"
                st.markdown(f"{mark} {preview.plain(row.label)} · {row.probability:.0%}")
            st.caption(preview.plain(one.card.summary))


def show_downloads(found: list[Answer], paper: tuple[str, str]) -> None:
    """The answer as CSV and JSON."""
    import pandas as pd

    tables = [components.answer_table(a.rows, a.card.task, a.card.name) for a in found]
    record = {
        "title": paper[0],
        "abstract": paper[1],
        "answers": [
            {"task": a.card.task, "model": a.card.name, "labels": [asdict(r) for r in a.rows]}
            for a in found
        ],
    }
    with st.container(horizontal=True):
        st.download_button(
            "Download as CSV",
            csv_bytes(pd.concat(tables)),
            "categories.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Download as JSON",
            json.dumps(record, indent=1, ensure_ascii=False),
            "categories.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )


def enough_known(first: Answer, text: str) -> bool:
    """Say how much of the text the first model knows; whether that is anything at all."""
    known, words = components.loaded(first.card).known(text)
    note = advice.on_known_words(known, words)
    if note:
        st.warning(note, icon=":material/info:")
    return known > 0


def show_time(found: list[Answer]) -> None:
    """How long each answer took."""
    st.caption(
        "Answered in "
        + ", ".join(f"{a.milliseconds:.1f} ms ({a.card.name}, {a.card.task})" for a in found)
    )


def show_rankings(archives: Answer | None, subjects: tuple[Ranked, ...], view: str) -> None:
    """The archives and subjects as bars, side by side."""
    columns = st.columns(2 if view == "Both" and archives and subjects else 1)
    if view != "Subject" and archives:
        with columns[0]:
            show_ranking(archives.rows, "Archives", "archives")
    if view != "Archive" and subjects:
        with columns[-1]:
            show_ranking(subjects, "Subjects", "subjects")
            if archives:
                st.caption(
                    "No subject is likelier than its archive, and none is predicted whose archive "
                    "is not."
                )


def show_preview(title: str, abstract: str) -> None:
    """The paper as a reader sees it, formulas set."""
    with st.container(border=True):
        if title:
            st.markdown(f"**{preview.as_markdown(title)}**")
        if abstract:
            st.markdown(preview.as_markdown(abstract))


components.through_router()
st.title("Classify", anchor=False)
st.caption(
    "Paste a paper's title and abstract and get arXiv categories, or a sentence that cites and get "
    "why it does, with the words that decided; or bring a file of many."
)
kind = st.segmented_control(
    "What to classify", KINDS, default=KINDS[0], required=True, key="kind", bind="query-params"
)
if kind == KINDS[1]:
    citation.show()
    st.stop()
if kind == KINDS[2]:
    batch.show()
    st.stop()
cards, problems = store.installed(("archive", "subject"))
components.show_problems(problems)
left, right = st.columns([3, 2])
with left:
    ask()
if not cards:
    st.error(components.NO_MODEL, icon=":material/error:")
    st.stop()
with right:
    chosen, view, override = choose(cards)
    for card in chosen:
        components.warm(card)
    paper = st.session_state.get("paper")
    if not paper:
        st.info("Paste a paper, or try an example.", icon=":material/content_paste:")
        st.stop()
    reading = advice.read(*paper)
    for line in reading.notes:
        st.warning(line, icon=":material/info:")
    if not reading.usable:
        st.stop()
    found = answers(chosen, reading.text, override)
    if not found or not enough_known(found[0], reading.text):
        st.stop()
    archives, subject = lead(found, "archive"), lead(found, "subject")
    subjects = subject.rows if subject else ()
    if archives and subject:
        subjects = suggestion.agree(archives.rows, subject.rows)
        # The files say what the screen says.
        found = [replace(a, rows=subjects) if a is subject else a for a in found]
    show_suggestion(archives, subjects)
    show_time(found)
    with st.expander("The paper, formulas set", icon=":material/article:"):
        show_preview(*split_paper(reading.text))
show_rankings(archives, subjects, view)
show_reasons(found, subjects, reading.text)
if len({a.card.name for a in found}) > 1:
    show_side_by_side(found)
show_downloads(found, paper)
