"""Classify a paper: a title and an abstract in, categories and the words that decided out."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.cards import Card, installed
from core.evaluation.decisions import Ranked, sigmoid
from core.i18n import _, join_list, label_title, translate
from core.messages import N_
from core.plots import ranking
from core.prediction import suggestion
from core.tasks import TASKS
from core.text import input_checks
from core.text.documents import split_paper
from core.text.markdown import as_markdown, escape_markdown
from pages.classify.cleaning import show_cleaning
from pages.classify.examples import EXAMPLES
from pages.classify.forms import TextForm
from pages.components import answers, inputs
from pages.components.answers import ModelAnswer
from pages.components.models import NO_MODEL, get_model, preload
from pages.components.outputs import show_figure, show_problems

MAX_BARS = 8
MAX_REASONS = 10
BOTH, ARCHIVE, SUBJECT = VIEWS = (N_("Both"), N_("Archive"), N_("Subject"))
EXAMPLE_TEXTS = {example.name: (example.title, example.abstract) for example in EXAMPLES}
VIEW, KIND = N_("Paper"), "kind"
"""The name of this part of the page, and the session key of the one that is shown."""
FORM = TextForm(("title", "abstract"), "paper", "example", EXAMPLE_TEXTS)


def show() -> None:
    """The part of the page for papers."""
    cards, problems = installed(("archive", "subject"))
    show_problems(problems)
    left, right = st.columns([3, 2])
    with left:
        show_form()
    if not cards:
        st.error(_(NO_MODEL), icon=":material/error:")
        return
    with right:
        picked, view, threshold = pick_options(cards)
        for card in picked:
            preload(card)
        text = FORM.read(input_checks.read, _("Paste a paper, or try an example."))
        results = answers.ask_models(picked, text, threshold) if text else []
        if not results or not any_word_known(results[0].card, text):
            return
        results = in_agreement(results)
        archives, subjects = first_of(results, "archive"), first_of(results, "subject")
        show_suggestion(archives, subjects)
        show_times(results)
        with st.expander(_("The paper, formulas set"), icon=":material/article:"):
            title, abstract = split_paper(text)
            if title:
                st.markdown(f"**{as_markdown(title)}**")
            st.markdown(as_markdown(abstract))
    show_rankings(archives, subjects, view)
    show_reasons([answer for answer in (archives, subjects) if answer], text)
    show_cleaning(text)
    if len({answer.card.name for answer in results}) > 1:
        answers.show_side_by_side(results)
    answers.show_downloads(results, dict(zip(FORM.fields, FORM.text(), strict=True)), "categories")


def show_form() -> None:
    """The examples and the form."""
    FORM.show_examples()
    with st.form("paper_form"):
        st.text_input(_("Title"), key="title", placeholder=_("The title of the paper"))
        hint = _("Paste the abstract; LaTeX is welcome. The title alone works too.")
        st.text_area(_("Abstract"), key="abstract", height=200, placeholder=hint)
        FORM.submit_button()


def pick_options(cards: list[Card]) -> tuple[list[Card], str, float | None]:
    """The models, the view, and one threshold for all labels or None."""
    with st.expander(_("Models and thresholds"), icon=":material/tune:"):
        picked = inputs.pick_models(cards, "model")
        view = inputs.pick(_("Show"), VIEWS, "task")
        one_for_all = inputs.toggle(_("Set one threshold for all labels"), key="own")
        label = _("Threshold, % probability")
        percent = inputs.slider(label, 5, 95, 50, 5, key="threshold", disabled=not one_for_all)
        text = _(
            "A label is predicted once its probability reaches its threshold. Each model "
            "brings thresholds tuned on papers it never saw. A lower one suggests more "
            "categories and more wrong ones; a higher one suggests fewer and surer ones. The "
            "best label is always given."
        )
        st.caption(text)
    return picked, view, percent / 100 if one_for_all else None


def any_word_known(card: Card, text: str) -> bool:
    """Whether the model knows a word of the text; shows a note if it knows few."""
    known, words = get_model(card).count_known_words(text)
    if note := input_checks.on_known_words(known, words):
        st.warning(translate(note), icon=":material/info:")
    return known > 0


def first_of(results: Sequence[ModelAnswer], task: str) -> ModelAnswer | None:
    """The first answer for a task."""
    return next((answer for answer in results if answer.card.task == task), None)


def in_agreement(results: list[ModelAnswer]) -> list[ModelAnswer]:
    """The answers, with the first subjects made consistent with the first archives."""
    archives, subjects = first_of(results, "archive"), first_of(results, "subject")
    if not archives or not subjects:
        return results
    agreed = replace(subjects, rows=suggestion.agree(archives.rows, subjects.rows))
    return [agreed if answer is subjects else answer for answer in results]


def show_suggestion(archives: ModelAnswer | None, subjects: ModelAnswer | None) -> None:
    """Where to submit and cross-list."""
    if not archives:
        return
    proposal = suggestion.suggest(archives.rows, subjects.rows if subjects else ())
    if not proposal:
        return
    with st.container(border=True):
        st.caption(_("Suggested primary category"))
        st.subheader(escape_markdown(label_title(proposal.primary)), anchor=False)
        names = _("; ").join(
            f"**{escape_markdown(label_title(code))}**" for code in proposal.cross_lists
        )
        none = _("No cross-list suggested.")
        st.markdown(_("Cross-list to {codes}").format(codes=names) if names else none)


def show_times(results: Sequence[ModelAnswer]) -> None:
    """The time of each answer."""
    times = join_list(
        _("{milliseconds:.1f} ms ({model}, {task})").format(
            milliseconds=answer.milliseconds,
            model=escape_markdown(answer.card.name),
            task=answers.task_name(answer.card),
        )
        for answer in results
    )
    st.caption(_("Answered in {times}").format(times=times))


def show_rankings(archives: ModelAnswer | None, subjects: ModelAnswer | None, view: str) -> None:
    """The archives and subjects as bars, side by side."""
    columns = st.columns(2 if view == BOTH and archives and subjects else 1)
    if view != SUBJECT and archives:
        with columns[0]:
            show_ranking(archives.rows, _("Archives"), "archives")
    if view != ARCHIVE and subjects:
        with columns[-1]:
            show_ranking(subjects.rows, _("Subjects"), "subjects")
            if archives:
                text = _(
                    "No subject is likelier than its archive, and none is predicted whose "
                    "archive is not."
                )
                st.caption(text)


def show_ranking(rows: Sequence[Ranked], title: str, key: str) -> None:
    """The best labels and all predicted ones as bars."""
    shown = [row for index, row in enumerate(rows) if index < MAX_BARS or row.predicted]
    show_figure(ranking.ranking(shown, title), key, zoom=False)


def show_reasons(results: Sequence[ModelAnswer], text: str) -> None:
    """The words for and against a predicted label, in the text and as a list."""
    # Names instead of a formatter, which Streamlit would keep, and with it the answers, for the
    # whole session.
    options = {}
    for answer in results:
        task = _(TASKS[answer.card.task].title)
        for row in answer.rows if get_model(answer.card).can_explain else ():
            if row.predicted:
                name = _("{task}: {label}").format(task=task, label=label_title(row.label))
                options[name] = answer.card, row.label
    st.subheader(_("Why"), anchor=False)
    if not options:
        st.caption(_("This model cannot say which words decided; the linear models can."))
        return
    picked = st.selectbox(_("Reasons for"), list(options))
    card, label = options[picked or next(iter(options))]
    explanation = get_model(card).explain(text, label)
    answers.show_explanation(
        text,
        explanation,
        terms=MAX_REASONS,
        head=_("word or pair"),
        marks=_(
            "Blue speaks for {label}, orange against it; the stronger, the more. A pair of words "
            "counts half for each."
        ).format(label=escape_markdown(explanation.label)),
        total=_(
            "They add up to log-odds of {log_odds:+.2f}, a probability of {probability:.0%}."
        ).format(log_odds=explanation.log_odds, probability=sigmoid(explanation.log_odds)),
    )
