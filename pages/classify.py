"""Paste a title and an abstract, get categories and the words that decided."""

import json
from dataclasses import asdict, dataclass, replace

import streamlit as st

from core import taxonomy
from core.cards import Card, ModelError, installed
from core.classifiers.base import Explanation
from core.evaluation.decisions import Ranked, sigmoid
from core.files.export import csv_bytes
from core.i18n import listed, phrases, say
from core.plots import ranking
from core.prediction import suggestion
from core.tasks import TASKS
from core.text import input_checks, markdown
from core.text.documents import split_paper
from pages import batch, citation, components, visitor_files
from pages.content.examples import EXAMPLES

SHOWN = 8
REASONS = 10
MOST_MODELS = 3
MARKED = 4_000
# Streamlit writes an option into the address as it shows it, so these read well in both places.
BY_NAME = {example.name: example for example in EXAMPLES}
KINDS = phrases("Paper", "Citation", "Many at once")
BOTH, ARCHIVE, SUBJECT = VIEWS = phrases("Both", "Archive", "Subject")


@dataclass(frozen=True)
class Answer:
    """What one task's model says of the text."""

    card: Card
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
        say("Try an example"),
        list(BY_NAME),
        format_func=say,
        key="example",
        bind="query-params",
        wrap=True,
        on_change=fill_example,
    )
    if "title" not in st.session_state:
        # Streamlit forgets what is not on screen: coming back from elsewhere, the form starts anew.
        # An example in the address goes before what was asked earlier.
        st.session_state.title, st.session_state.abstract = st.session_state.get("paper", ("", ""))
        fill_example()
    with st.form("paper_form"):
        st.text_input(say("Title"), key="title", placeholder=say("The title of the paper"))
        st.text_area(
            say("Abstract"),
            key="abstract",
            height=200,
            placeholder=say("Paste the abstract; LaTeX is welcome. The title alone works too."),
        )
        st.form_submit_button(
            say("Classify"), type="primary", icon=":material/label:", on_click=keep_paper
        )


def choose(cards: list[Card]) -> tuple[list[Card], str, float | None]:
    """The models, the view and the threshold, all three in the page's address."""
    names = list(dict.fromkeys(card.name for card in cards))
    with st.expander(say("Models and thresholds"), icon=":material/tune:"):
        models = st.multiselect(
            say("Models, side by side"),
            names,
            default=names[:1],
            max_selections=MOST_MODELS,
            key="model",
            bind="query-params",
            help=say("The first one gives the answer and its reasons; the others stand beside it."),
        )
        view = st.segmented_control(
            say("Show"),
            VIEWS,
            default=BOTH,
            required=True,
            format_func=say,
            key="task",
            bind="query-params",
            wrap=True,
        )
        own = st.toggle(say("Set one threshold for all labels"), key="own", bind="query-params")
        percent = st.slider(
            say("Threshold, % probability"),
            5,
            95,
            50,
            5,
            key="threshold",
            bind="query-params",
            disabled=not own,
        )
        st.caption(
            say(
                "A label is predicted once its probability reaches its threshold. Each model "
                "brings thresholds tuned on papers it never saw. A lower one suggests more "
                "categories and more wrong ones; a higher one suggests fewer and surer ones. The "
                "best label is always given."
            )
        )
    chosen = [card for name in models or names[:1] for card in cards if card.name == name]
    return chosen, view or BOTH, percent / 100 if own else None


def answer(card: Card, text: str, override: float | None) -> Answer:
    """A model's answer and how long its scores took when they were first asked for."""
    components.loaded(card)
    rows, seconds = components.ranking(card, text, override)
    return Answer(card, rows, 1000 * seconds)


def answers(cards: list[Card], text: str, override: float | None) -> list[Answer]:
    """An answer a model, the first model's first; a model that fails says why and is left out."""
    found = []
    for card in cards:
        try:
            found.append(answer(card, text, override))
        except ModelError as problem:
            st.warning(markdown.plain(str(problem)), icon=":material/error:")
    return found


def task_name(card: Card) -> str:
    """What a model is for, as it stands within a sentence."""
    return say(TASKS[card.task].title).lower()


def lead(found: list[Answer], task: str) -> Answer | None:
    """The first answer for a task."""
    return next((a for a in found if a.card.task == task), None)


def in_agreement(found: list[Answer]) -> list[Answer]:
    """The answers, the first one's subjects such that they agree with its archives."""
    archives, subjects = lead(found, "archive"), lead(found, "subject")
    if not archives or not subjects:
        return found
    agreed = replace(subjects, rows=suggestion.agree(archives.rows, subjects.rows))
    return [agreed if one is subjects else one for one in found]


def show_suggestion(archives: Answer | None, subjects: tuple[Ranked, ...]) -> None:
    """Where to submit and cross-list."""
    proposal = suggestion.suggest(archives.rows, subjects) if archives else None
    if not proposal:
        return
    with st.container(border=True):
        st.caption(say("Suggested primary category"))
        st.subheader(markdown.plain(taxonomy.label_title(proposal.primary)), anchor=False)
        if proposal.cross_lists:
            codes = (markdown.plain(taxonomy.label_title(code)) for code in proposal.cross_lists)
            st.markdown(
                say("Cross-list to {codes}", codes=say("; ").join(f"**{code}**" for code in codes))
            )
        else:
            st.markdown(say("No cross-list suggested."))


def show_ranking(rows: tuple[Ranked, ...], title: str, key: str) -> None:
    """The best labels as bars, and every predicted one: that need not be among the best."""
    shown = [row for place, row in enumerate(rows) if place < SHOWN or row.predicted]
    st.plotly_chart(ranking.ranking(shown, title), key=key, config={"displayModeBar": False})


def show_reasons(found: list[Answer], subjects: tuple[Ranked, ...], text: str) -> None:
    """The words for and against a label, in the text and as a list."""
    options = {
        say(
            "{task}: {label}",
            task=say(TASKS[a.card.task].title),
            label=taxonomy.label_title(row.label),
        ): (a.card, row.label)
        for a, rows in ((lead(found, "archive"), None), (lead(found, "subject"), subjects))
        if a and components.loaded(a.card).can_explain
        for row in (rows or a.rows)
        if row.predicted
    }
    st.subheader(say("Why"), anchor=False)
    if not options:
        st.caption(say("This model cannot say which words decided; the linear models can."))
        return
    # What they are called, no function that calls them so: Streamlit would keep that, and with it
    # the answers, as long as the session lasts.
    picked = st.selectbox(say("Reasons for"), list(options))
    card, label = options[picked or next(iter(options))]
    explanation = components.loaded(card).explain(text, label)
    left, right = st.columns([3, 2])
    with left:
        show_marked(text, explanation)
    with right:
        show_terms(explanation)


def show_marked(text: str, explanation: Explanation) -> None:
    """The text with each word shaded."""
    kept = [c for c in explanation.tokens if c.end <= MARKED]
    with st.container(border=True):
        st.html(components.marked_text(text[:MARKED], kept))
        told = say(
            "Blue speaks for {label}, orange against it; the stronger, the more. A pair of words "
            "counts half for each.",
            label=markdown.plain(explanation.label),
        )
        if len(text) > MARKED:
            told += " " + say("The first {n:,} characters are shown.", n=MARKED)
        st.caption(told)


def show_terms(explanation: Explanation) -> None:
    """The strongest words and pairs, and how they add up."""
    components.reasons_table(explanation, REASONS, say("word or pair"))
    st.caption(
        say(
            "They add up to log-odds of {log_odds:+.2f}, a probability of {probability:.0%}.",
            log_odds=explanation.log_odds,
            probability=sigmoid(explanation.log_odds),
        )
    )


def show_side_by_side(found: list[Answer]) -> None:
    """Each model's predictions and time."""
    st.subheader(say("Side by side"), anchor=False)
    for column, one in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{markdown.plain(say(one.card.label))}** · {task_name(one.card)}")
            for row in one.rows[:5]:
                mark = ":material/check:" if row.predicted else ":material/remove:"
                st.markdown(f"{mark} {markdown.plain(row.label)} · {row.probability:.0%}")
            st.caption(markdown.plain(say(one.card.summary)))


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
        components.download(
            say("Download as {name}", name="CSV"),
            csv_bytes(pd.concat(tables)),
            "categories.csv",
            "text/csv",
        )
        components.download(
            say("Download as {name}", name="JSON"),
            json.dumps(record, indent=1, ensure_ascii=False),
            "categories.json",
            "application/json",
        )


def enough_known(first: Answer, text: str) -> bool:
    """Say how much of the text the first model knows; whether that is anything at all."""
    known, words = components.loaded(first.card).count_known_words(text)
    note = input_checks.on_known_words(known, words)
    if note:
        st.warning(note, icon=":material/info:")
    return known > 0


def show_time(found: list[Answer]) -> None:
    """How long each answer took."""
    times = listed(
        say(
            "{milliseconds:.1f} ms ({model}, {task})",
            milliseconds=a.milliseconds,
            model=markdown.plain(a.card.name),
            task=task_name(a.card),
        )
        for a in found
    )
    st.caption(say("Answered in {times}", times=times))


def show_rankings(archives: Answer | None, subjects: tuple[Ranked, ...], view: str) -> None:
    """The archives and subjects as bars, side by side."""
    columns = st.columns(2 if view == BOTH and archives and subjects else 1)
    if view != SUBJECT and archives:
        with columns[0]:
            show_ranking(archives.rows, say("Archives"), "archives")
    if view != ARCHIVE and subjects:
        with columns[-1]:
            show_ranking(subjects, say("Subjects"), "subjects")
            if archives:
                st.caption(
                    say(
                        "No subject is likelier than its archive, and none is predicted whose "
                        "archive is not."
                    )
                )


def show_preview(title: str, abstract: str) -> None:
    """The paper as a reader sees it, formulas set."""
    with st.container(border=True):
        if title:
            st.markdown(f"**{markdown.as_markdown(title)}**")
        if abstract:
            st.markdown(markdown.as_markdown(abstract))


components.through_router()
st.title(say("Classify"), anchor=False)
st.caption(
    say(
        "Paste a paper's title and abstract and get arXiv categories, or a sentence that cites and "
        "get why it does, with the words that decided; or bring a file of many."
    )
)
kind = st.segmented_control(
    say("What to classify"),
    KINDS,
    default=KINDS[0],
    required=True,
    format_func=say,
    key="kind",
    bind="query-params",
    wrap=True,
)
if kind == KINDS[2]:
    batch.show()
    st.stop()
visitor_files.hide()
if kind == KINDS[1]:
    citation.show()
    st.stop()
cards, problems = installed(("archive", "subject"))
components.show_problems(problems)
left, right = st.columns([3, 2])
with left:
    ask()
if not cards:
    st.error(say(components.NO_MODEL), icon=":material/error:")
    st.stop()
with right:
    chosen, view, override = choose(cards)
    for card in chosen:
        components.warm(card)
    paper = st.session_state.get("paper")
    if not paper:
        st.info(say("Paste a paper, or try an example."), icon=":material/content_paste:")
        st.stop()
    reading = input_checks.read(*paper)
    for line in reading.notes:
        st.warning(line, icon=":material/info:")
    if not reading.usable:
        st.stop()
    found = answers(chosen, reading.text, override)
    if not found or not enough_known(found[0], reading.text):
        st.stop()
    found = in_agreement(found)
    archives, subject = lead(found, "archive"), lead(found, "subject")
    subjects = subject.rows if subject else ()
    show_suggestion(archives, subjects)
    show_time(found)
    with st.expander(say("The paper, formulas set"), icon=":material/article:"):
        show_preview(*split_paper(reading.text))
show_rankings(archives, subjects, view)
show_reasons(found, subjects, reading.text)
if len({a.card.name for a in found}) > 1:
    show_side_by_side(found)
show_downloads(found, paper)
