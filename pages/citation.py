"""The citation half of the Classify page: a sentence in, why the citation is there out."""

import json
from dataclasses import asdict

import pandas as pd
import streamlit as st

from core import advice, figures, store
from core.classifiers.base import Explanation, Ranked
from core.examples import CITATIONS
from core.export import csv_bytes
from core.preview import plain
from pages import components

TASK = "intent"
REASONS = 8
MOST_MODELS = 3
BY_NAME = {example.name: example for example in CITATIONS}
MEANINGS = {
    "background": "It tells what is known, or why the question matters.",
    "method": "It names something that the authors use: a method, data, a tool.",
    "result": "It compares the authors' findings with those of the cited work.",
}


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
        "Try an example",
        list(BY_NAME),
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
            "Sentence with the citation",
            key="sentence",
            height=130,
            placeholder="We followed the protocol of Smith et al. (2010) with two changes.",
        )
        st.text_input(
            "Section it stands in (optional)",
            key="section",
            placeholder="Methods",
            max_chars=200,
            help="The name as printed, such as “2.1 Materials”. It makes the answer surer.",
        )
        st.form_submit_button("Classify", type="primary", icon=":material/label:", on_click=keep)


def choose(cards: list[store.Card]) -> list[store.Card]:
    """The models to ask, in the page's address."""
    names = [card.name for card in cards]
    picked = names[:1]
    if len(names) > 1:
        picked = st.multiselect(
            "Models, side by side",
            names,
            default=names[:1],
            max_selections=MOST_MODELS,
            key="intent-model",
            bind="query-params",
            help="The first one gives the answer and its reasons; the others stand beside it.",
        )
    return [card for name in picked or names[:1] for card in cards if card.name == name]


def answers(cards: list[store.Card], text: str) -> list[tuple[store.Card, tuple[Ranked, ...]]]:
    """An answer a model; one that fails says why and is left out."""
    found = []
    for card in cards:
        try:
            components.loaded(card)
            rows = components.ranking(card, text, None)
            found.append((card, rows))
        except store.ModelError as problem:
            st.warning(plain(str(problem)), icon=":material/error:")
    return found


def show_answer(rows: tuple[Ranked, ...]) -> None:
    """The most probable intent, in words."""
    best = rows[0]
    with st.container(border=True):
        st.caption("Why the citation is there")
        st.subheader(f"{plain(best.label.capitalize())} · {best.probability:.0%}", anchor=False)
        st.markdown(MEANINGS.get(best.label, ""))


def show_reasons(card: store.Card, rows: tuple[Ranked, ...], text: str) -> None:
    """The words for and against an intent, in the sentence and as a list."""
    st.subheader("Why", anchor=False)
    if not components.loaded(card).can_explain:
        st.caption("This model cannot say which words decided; the default one can.")
        return
    label = st.segmented_control(
        "Reasons for",
        [row.label for row in rows],
        default=rows[0].label,
        required=True,
        format_func=plain,
    )
    explanation = components.loaded(card).explain(text, label or rows[0].label)
    left, right = st.columns([3, 2])
    with left, st.container(border=True):
        st.html(components.marked_text(text, explanation.credits))
        st.caption(
            f"Blue speaks for {plain(explanation.label)}, orange for "
            f"{plain(explanation.against)}; the stronger, the more."
        )
    with right:
        show_terms(explanation)


def show_terms(explanation: Explanation) -> None:
    """The strongest words, and how they add up."""
    components.reasons_table(explanation, REASONS, "words")
    st.caption(
        f"They add up to log-odds of {explanation.log_odds:+.2f} for {plain(explanation.label)} "
        f"against {plain(explanation.against)}."
    )


def show_side_by_side(found: list[tuple[store.Card, tuple[Ranked, ...]]]) -> None:
    """Each model's probabilities."""
    st.subheader("Side by side", anchor=False)
    for column, (card, rows) in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{plain(card.label)}**")
            for row in rows:
                st.markdown(f"{plain(row.label)} · {row.probability:.0%}")
            st.caption(plain(card.summary))


def show_downloads(
    found: list[tuple[store.Card, tuple[Ranked, ...]]], cited: tuple[str, str]
) -> None:
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
            "Download as CSV",
            csv_bytes(pd.concat(tables)),
            "intent.csv",
            "text/csv",
        )
        components.download(
            "Download as JSON",
            json.dumps(record, indent=1, ensure_ascii=False),
            "intent.json",
            "application/json",
        )


def show() -> None:
    """The whole half of the page."""
    cards, problems = store.installed((TASK,))
    components.show_problems(problems)
    left, right = st.columns([3, 2])
    with left:
        ask()
    if not cards:
        st.error(
            "No model for citations is installed: the models folder lacks intent. Restore it from "
            "the checkout, or train one with `python -m core train intent --data PATH`.",
            icon=":material/error:",
        )
        return
    with right:
        chosen = choose(cards)
        cited = st.session_state.get("cited")
        if not cited:
            st.info("Paste a sentence, or try an example.", icon=":material/content_paste:")
            return
        reading = advice.read_citation(*cited)
        for line in reading.notes:
            st.warning(line, icon=":material/info:")
        found = answers(chosen, reading.text) if reading.usable else []
        if not found:
            return
        if not components.loaded(found[0][0]).known(reading.text)[0]:
            st.warning("No word of it is known to the model, so there is nothing to go on.")
            return
        card, rows = found[0]
        show_answer(rows)
        st.plotly_chart(
            figures.shares([row.label for row in rows], [row.probability for row in rows]),
            config={"displayModeBar": False},
            key="intents",
        )
    show_reasons(card, rows, reading.text)
    if len(found) > 1:
        show_side_by_side(found)
    show_downloads(found, cited)
