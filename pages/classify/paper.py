"""Classify a paper: a title and an abstract in, where to submit it and why out."""

import streamlit as st

from core.cards import Card, installed
from core.i18n import _, join_list
from core.messages import N_
from core.prediction.answer import CONFIDENCE, NAME, NONE, Suggestion
from core.prediction.intake import NOTHING, TEXT
from core.text import input_checks
from core.text.documents import split_paper
from core.text.markdown import as_markdown, escape_markdown
from pages.classify import paper_text
from pages.classify.answer_card import show_card
from pages.classify.box import show_box
from pages.classify.cleaning import show_cleaning
from pages.classify.earlier import show_aside, show_earlier
from pages.classify.forms import show_done, show_notes
from pages.classify.labels import VIEWS, label_name, show_labels
from pages.classify.paper_answer import Options, PaperAnswer, ask, preload
from pages.classify.understood import show_understood
from pages.components import answers, inputs, kept
from pages.components.answers import ModelAnswer
from pages.components.models import NO_MODEL
from pages.components.outputs import show_problems

TASKS = ("archive", "subject", "primary")
VIEW = N_("Paper")
"""The name of this part of the page."""


def show() -> None:
    """The part of the page for papers."""
    cards, problems = installed(TASKS)
    show_problems(problems)
    left, right = st.columns(2, gap="medium")
    with left:
        show_box()
        show_aside()
        # Beside the answer, so that both are on the first screen.
        bars = st.container(key="answer-bars")
        earlier = st.container()
    with right:
        show_understood()
    if not cards:
        st.error(_(NO_MODEL), icon=":material/error:")
        return
    with right:
        place = st.container()
        options = pick_options(cards)
        why = st.container(key="answer-why")
    preload(options.picked)
    with place:
        paper = show_answer(options)
    if paper:
        if not paper.suggestion or paper.suggestion.certainty != NONE:
            show_labels(paper, options.confidence, bars, why)
        with st.container(key="answer-more"):
            show_more(paper)
    with earlier:
        show_earlier()


def pick_options(cards: list[Card]) -> Options:
    """The models and how they decide."""
    with st.expander(_("Models and thresholds"), icon=":material/tune:"):
        picked = inputs.pick_models(cards, "model")
        label = _("Confidence that the likely categories hold the primary, %")
        usual = round(100 * CONFIDENCE)
        confidence = inputs.slider(label, 50, 95, usual, 5, key="confidence")
        label = _("Use the same threshold for every category and archive")
        one_for_all = inputs.toggle(label, key="own")
        label = _("Threshold, % probability")
        percent = inputs.slider(label, 5, 95, 50, 5, key="threshold", disabled=not one_for_all)
        text = _(
            "A label is suggested once its probability reaches its threshold. Each model brings "
            "thresholds tuned on papers it never saw. Lower: more suggestions, more mistakes. "
            "Higher: fewer, safer ones. The best label is always given."
        )
        st.caption(text)
    return Options(picked, confidence / 100, percent / 100 if one_for_all else None)


def show_answer(options: Options) -> PaperAnswer | None:
    """The answer card, with notes on the text; None if there is no answer."""
    text = kept.get("paper")
    if not text:
        if paper_text.understood().kind in (NOTHING, TEXT):
            st.info(_("Paste a paper, or try an example."), icon=":material/content_paste:")
        return None
    edited = text != paper_text.FORM.typed()
    kept.mark_edited(edited)
    if edited:
        st.caption(_("The text has changed since this answer; press *Classify* for a new one."))
    with st.container(key="answer"):
        return show_reading(input_checks.read(*text), options)


def show_reading(reading: input_checks.Reading, options: Options) -> PaperAnswer | None:
    """The answer to a text that was read, and the notes on it."""
    paper = ask(options, reading.text) if reading.usable else None
    if not paper:
        show_notes(reading.notes)
        return None
    known, words = paper.known_words()
    # That it is not English, say, is also why few of its words are known.
    note = None if known and reading.notes else input_checks.on_known_words(known, words)
    notes = [*reading.notes, *([note] if note else [])]
    if not known and not paper.suggestion:
        show_notes(notes)
        return None
    paper_text.remember(best_label(paper))
    show_card(paper, options.confidence, paper_text.known_categories())
    show_notes(notes)
    show_done(reading)
    show_footer(paper, options)
    return paper


def best_label(paper: PaperAnswer) -> str:
    """What stands in the largest type."""
    if paper.suggestion:
        return paper.suggestion.primary if paper.suggestion.certainty != NONE else "–"
    return paper.results[0].rows[0].label


def show_footer(paper: PaperAnswer, options: Options) -> None:
    """How long the models took, and a threshold that is not the models' own."""
    times = join_list(dict.fromkeys(map(time_of, paper.results)))
    text = _("Answered in {times}").format(times=times)
    if options.threshold is not None:
        threshold = _("one threshold of {percent} for all").format(
            percent=f"{options.threshold:.0%}"
        )
        text += f" · {threshold}"
    st.caption(text)


def time_of(answer: ModelAnswer) -> str:
    """The time of an answer; the default models answer for all tasks at once."""
    milliseconds, model = f"{answer.milliseconds:.0f}", escape_markdown(_(answer.card.label))
    if answer.card.name == NAME:
        return _("{milliseconds} ms by {model}").format(milliseconds=milliseconds, model=model)
    return _("{milliseconds} ms by {model} ({task})").format(
        milliseconds=milliseconds, model=model, task=answers.task_name(answer.card)
    )


def show_more(paper: PaperAnswer) -> None:
    """What follows the labels: other models, the text, downloads."""
    suggestion = paper.suggestion
    if len({answer.card.name for answer in paper.results}) > 1:
        view = st.session_state.get("task")
        answers.show_side_by_side(paper.results, VIEWS.get(view, "archive"), label_name)
    show_preview(paper.text)
    show_cleaning(paper.text)
    text = dict(zip(("title", "abstract"), kept.get("paper"), strict=True))
    columns = as_columns(suggestion) if suggestion else None
    answers.show_downloads(paper.results, text, "categories", columns)


def as_columns(suggestion: Suggestion) -> dict[str, object]:
    """A suggestion as the columns of a file, as `python -m core suggest` writes them."""
    return {
        "primary": suggestion.primary,
        "primary_probability": suggestion.probability,
        "cross_lists": " ".join(code for code, _ in suggestion.cross_lists),
        "prediction_set": " ".join(suggestion.prediction_set),
        "certainty": suggestion.certainty,
        "note": str(suggestion.note),
    }


def show_preview(text: str) -> None:
    """The paper with its formulas set, once somebody asks for it."""
    label = _("Preview with formulas")
    icon = ":material/article:"
    with st.expander(label, icon=icon, key="preview", on_change="rerun") as part:
        if not part.open:
            return
        title, abstract = split_paper(text)
        if title:
            st.markdown(f"**{as_markdown(title)}**")
        st.markdown(as_markdown(abstract))
