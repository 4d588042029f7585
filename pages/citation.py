"""The citation half of the Classify page: a sentence in, why the citation is there out."""

import json
from dataclasses import asdict

import pandas as pd
import streamlit as st

from core.cards import Card, ModelError, installed
from core.classifiers.base import Explanation
from core.evaluation.decisions import Ranked
from core.files.export import csv_bytes
from core.i18n import phrase, phrases, say
from core.plots import ranking
from core.text import input_checks
from core.text.markdown import plain
from pages import components
from pages.content.examples import CITATIONS

TASK = "intent"
REASONS = 8
MOST_MODELS = 3
BY_NAME = {example.name: example for example in CITATIONS}
INTENTS = phrases("background", "method", "result")
"""Said beside sentences; other labels of a model are shown as they are."""
MEANINGS = {
    "background": phrase("It tells what is known, or why the question matters."),
    "method": phrase("It names something that the authors use: a method, data, a tool."),
    "result": phrase("It compares the authors' findings with those of the cited work."),
}


def intent(label: str) -> str:
    """A label in words."""
    return say(label) if label in INTENTS else label


def fill_example() -> None:
    """Put the chosen example into the form and classify it."""
    example = BY_NAME.get(st.session_state.get("citation") or "")
    if example:
        st.session_state.sentence, st.session_state.section = example.sentence, example.section
        st.session_state.cited = (example.sentence, example.section)


def keep() -> None:
    """Remember what was submitted; it is no example any more."""
    st.session_state.cited = (st.session_state.sentence, st.session_state.section)
    st.session_state.citation = None


def ask() -> None:
    """The examples and the form."""
    st.pills(
        say("Try an example"),
        list(BY_NAME),
        format_func=say,
        key="citation",
        bind="query-params",
        wrap=True,
        on_change=fill_example,
    )
    if "sentence" not in st.session_state:
        # Streamlit forgets what is not on screen: coming back from elsewhere, the form starts anew.
        st.session_state.sentence, st.session_state.section = st.session_state.get(
            "cited", ("", "")
        )
        # An example in the address goes before what was asked earlier.
        fill_example()
    with st.form("citation_form"):
        st.text_area(
            say("Sentence with the citation"),
            key="sentence",
            height=130,
            placeholder=say("We followed the protocol of Smith et al. (2010) with two changes."),
        )
        st.text_input(
            say("Section it stands in (optional)"),
            key="section",
            placeholder=say("Methods"),
            max_chars=200,
            help=say("The name as printed, such as “2.1 Materials”. It makes the answer surer."),
        )
        st.form_submit_button(
            say("Classify"), type="primary", icon=":material/label:", on_click=keep
        )


def choose(cards: list[Card]) -> list[Card]:
    """The models to ask, in the page's address."""
    names = [card.name for card in cards]
    picked = names[:1]
    if len(names) > 1:
        picked = st.multiselect(
            say("Models, side by side"),
            names,
            default=names[:1],
            max_selections=MOST_MODELS,
            key="intent-model",
            bind="query-params",
            help=say("The first one gives the answer and its reasons; the others stand beside it."),
        )
    return [card for name in picked or names[:1] for card in cards if card.name == name]


def answers(cards: list[Card], text: str) -> list[tuple[Card, tuple[Ranked, ...]]]:
    """An answer a model; one that fails says why and is left out."""
    found = []
    for card in cards:
        try:
            components.loaded(card)
            rows, _ = components.ranking(card, text)
            found.append((card, rows))
        except ModelError as problem:
            st.warning(plain(str(problem)), icon=":material/error:")
    return found


def show_answer(rows: tuple[Ranked, ...]) -> None:
    """The most probable intent, in words."""
    best = rows[0]
    with st.container(border=True):
        st.caption(say("Why the citation is there"))
        name = plain(intent(best.label).capitalize())
        st.subheader(f"{name} · {best.probability:.0%}", anchor=False)
        if best.label in MEANINGS:
            st.markdown(say(MEANINGS[best.label]))


def show_reasons(card: Card, rows: tuple[Ranked, ...], text: str) -> None:
    """The words for and against an intent, in the sentence and as a list."""
    st.subheader(say("Why"), anchor=False)
    if not components.loaded(card).can_explain:
        st.caption(say("This model cannot say which words decided; the default one can."))
        return
    label = st.segmented_control(
        say("Reasons for"),
        [row.label for row in rows],
        default=rows[0].label,
        required=True,
        format_func=lambda label: plain(intent(label)),
    )
    explanation = components.loaded(card).explain(text, label or rows[0].label)
    left, right = st.columns([3, 2])
    with left, st.container(border=True):
        st.html(components.marked_text(text, explanation.tokens))
        st.caption(
            say(
                "Blue speaks for {label}, orange for {other}; the stronger, the more.",
                label=plain(intent(explanation.label)),
                other=plain(intent(explanation.against)),
            )
        )
    with right:
        show_terms(explanation)


def show_terms(explanation: Explanation) -> None:
    """The strongest words, and how they add up."""
    components.reasons_table(explanation, REASONS, say("words"))
    st.caption(
        say(
            "They add up to log-odds of {log_odds:+.2f} for {label} against {other}.",
            log_odds=explanation.log_odds,
            label=plain(intent(explanation.label)),
            other=plain(intent(explanation.against)),
        )
    )


def show_side_by_side(found: list[tuple[Card, tuple[Ranked, ...]]]) -> None:
    """Each model's probabilities."""
    st.subheader(say("Side by side"), anchor=False)
    for column, (card, rows) in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{plain(say(card.label))}**")
            for row in rows:
                st.markdown(f"{plain(intent(row.label))} · {row.probability:.0%}")
            st.caption(plain(say(card.summary)))


def show_downloads(found: list[tuple[Card, tuple[Ranked, ...]]], cited: tuple[str, str]) -> None:
    """The answer as CSV and JSON."""
    tables = [components.answer_table(rows, card.task, card.name) for card, rows in found]
    record = {
        "sentence": cited[0],
        "section": cited[1],
        "answers": [
            {"model": card.name, "labels": [asdict(row) for row in rows]} for card, rows in found
        ],
    }
    with st.container(horizontal=True):
        components.download(
            say("Download as {name}", name="CSV"),
            csv_bytes(pd.concat(tables)),
            "intent.csv",
            "text/csv",
        )
        components.download(
            say("Download as {name}", name="JSON"),
            json.dumps(record, indent=1, ensure_ascii=False),
            "intent.json",
            "application/json",
        )


def show() -> None:
    """The whole half of the page."""
    cards, problems = installed((TASK,))
    components.show_problems(problems)
    left, right = st.columns([3, 2])
    with left:
        ask()
    if not cards:
        st.error(
            say(
                "No model for citations is installed: the models folder lacks intent. Restore it "
                "from the checkout, or train one with `python -m core train intent --data PATH`."
            ),
            icon=":material/error:",
        )
        return
    with right:
        chosen = choose(cards)
        cited = st.session_state.get("cited")
        if not cited:
            st.info(say("Paste a sentence, or try an example."), icon=":material/content_paste:")
            return
        reading = input_checks.read_citation(*cited)
        for line in reading.notes:
            st.warning(line, icon=":material/info:")
        found = answers(chosen, reading.text) if reading.usable else []
        if not found:
            return
        if not components.loaded(found[0][0]).count_known_words(reading.text)[0]:
            st.warning(say("No word of it is known to the model, so there is nothing to go on."))
            return
        card, rows = found[0]
        show_answer(rows)
        st.plotly_chart(
            ranking.shares([intent(row.label) for row in rows], [row.probability for row in rows]),
            config={"displayModeBar": False},
            key="intents",
        )
    show_reasons(card, rows, reading.text)
    if len(found) > 1:
        show_side_by_side(found)
    show_downloads(found, cited)
