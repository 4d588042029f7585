"""Classify a citation: a sentence in, why it cites out."""

from collections.abc import Sequence

import streamlit as st

from core.cards import installed
from core.evaluation.decisions import Ranked
from core.i18n import _
from core.messages import N_
from core.plots import ranking
from core.text import citing_sentences, input_checks
from core.text.markdown import escape_markdown
from pages.classify.citing_paragraph import show_paragraph
from pages.classify.examples import CITATIONS
from pages.classify.forms import TextForm, show_done, show_notes
from pages.components import answers, kept
from pages.components.inputs import pick_models
from pages.components.models import get_model
from pages.components.outputs import show_figure, show_problems
from pages.components.reasons import show_explanation

MAX_REASONS = 8
INTENTS = (N_("background"), N_("method"), N_("result"))
"""Labels translated within sentences; others are shown unchanged."""
MEANINGS = {
    "background": N_("Cited for what is known, or for why the question matters."),
    "method": N_("Cited for a method, dataset or tool that the authors use."),
    "result": N_("Cited to compare the authors’ findings with those of the cited work."),
}
EXAMPLE_TEXTS = {example.name: (example.sentence, example.section) for example in CITATIONS}
FORM = TextForm(("sentence", "section"), "cited", "citation", EXAMPLE_TEXTS)


def show() -> None:
    """The part of the page for citations."""
    cards, problems = installed(("intent",))
    show_problems(problems)
    left, right = st.columns([3, 2])
    with left:
        show_form()
    if not cards:
        text = _(
            "No model for citations is installed: the models folder lacks intent. Restore it "
            "from the checkout, or train one with `python -m core train intent --data PATH`."
        )
        st.error(text, icon=":material/error:")
        return
    with right:
        picked = pick_models(cards, "intent-model")
        if sentences := citing_sentences.find_several((FORM.text() or ("",))[0]):
            kept.mark_edited(list(FORM.text() or ()) != FORM.typed())
            show_paragraph(picked[0], sentences, (FORM.text() or ("", ""))[1])
            return
        invitation = _("Paste a sentence or a paragraph, or try an example.")
        reading = FORM.reading(input_checks.read_citation, invitation)
        if not reading:
            return
        text = reading.text
        show_notes(reading.notes)
        show_done(reading)
        results = answers.ask_models(picked, text)
        if not results:
            return
        if not get_model(results[0].card).count_known_words(text)[0]:
            st.warning(_("No word of it is known to the model, so there is nothing to go on."))
            return
        with st.container(key="answer"):
            show_intents(results[0].rows)
    with st.container(key="answer-more"):
        show_reasons(results[0], text)
        if len(results) > 1:
            answers.show_side_by_side(results, "intent", intent_name, intent_name)
    answers.show_downloads(results, dict(zip(FORM.fields, FORM.text(), strict=True)), "intent")


def show_form() -> None:
    """The examples and the form."""
    FORM.show_examples()
    hint = _("We followed the protocol of Smith et al. (2010) with two changes.")
    label = _("Sentence or paragraph with citations")
    kept.field(st.text_area, label, "sentence", FORM.unpick, height=130, placeholder=hint)
    kept.field(
        st.text_input,
        _("Section heading (optional)"),
        "section",
        FORM.unpick,
        placeholder=_("Methods"),
        max_chars=200,
        help=_("The name as printed, such as “2.1 Materials”. It makes the answer surer."),
    )
    FORM.submit_button()


def intent_name(label: str) -> str:
    """A label's display name."""
    return _(label) if label in INTENTS else label


def show_intents(rows: Sequence[Ranked]) -> None:
    """The most probable intent in words, and the probabilities of all as bars."""
    best = rows[0]
    with st.container(border=True):
        st.caption(_("Why the citation is there"))
        name = escape_markdown(intent_name(best.label).capitalize())
        st.subheader(f"{name} · {best.probability:.0%}", anchor=False)
        if best.label in MEANINGS:
            st.markdown(_(MEANINGS[best.label]))
    names = [intent_name(row.label) for row in rows]
    show_figure(ranking.shares(names, [row.probability for row in rows]), "intents", zoom=False)


def show_reasons(answer: answers.ModelAnswer, text: str) -> None:
    """The words for and against an intent, in the sentence and as a list."""
    st.subheader(_("Why"), anchor=False)
    model = get_model(answer.card)
    if not model.can_explain:
        text = _("This model cannot explain its answers. Choose the default one to see the words.")
        st.caption(text)
        return
    labels = [row.label for row in answer.rows]
    label = st.segmented_control(
        _("Reasons for"),
        labels,
        default=labels[0],
        required=True,
        format_func=lambda label: escape_markdown(intent_name(label)),
    )
    explanation = model.explain(text, label or labels[0])
    name, other = (
        escape_markdown(intent_name(name)) for name in (explanation.label, explanation.against)
    )
    marks = _("Blue words point to {label}, orange ones to {other}; darker means stronger.")
    show_explanation(
        text,
        explanation,
        terms=MAX_REASONS,
        base=_("how common it is"),
        marks=marks.format(label=name, other=other),
        total=_("Total evidence for {label} over {other}: {log_odds:+.2f} (log-odds).").format(
            log_odds=explanation.log_odds, label=name, other=other
        ),
        key="intent-reasons",
    )
