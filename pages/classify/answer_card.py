"""The answer for a paper in a card: where to submit it, what to cross-list, how sure that is."""

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from core import taxonomy
from core.evaluation.decisions import Ranked
from core.i18n import _, join_list
from core.messages import N_
from core.plots.ranking import percent
from core.prediction.answer import NONE, SURE, Suggestion
from core.text.markdown import escape_markdown
from pages.classify.answer_report import show_report_button
from pages.classify.paper_answer import PaperAnswer
from pages.components.reasons import strongest_words

BREAK = "  \n"
"""A line break in Markdown."""
LISTING = "https://arxiv.org/list/{code}/recent"
MAX_CLOSE = 5


def show_card(paper: PaperAnswer, confidence: float, known: Sequence[str] = ()) -> None:
    """The first model's answer; known: the categories that the paper is known to have."""
    with st.container(border=True, gap="xsmall", key="suggestion"):
        if not paper.suggestion:
            show_best_label(paper)
        elif paper.suggestion.certainty == NONE:
            show_no_paper(paper.suggestion)
        else:
            show_suggestion(paper, paper.suggestion, confidence)
        if known:
            show_known(known)
        close = close_calls(paper.suggestion, paper.rows("primary")) if paper.suggestion else []
        show_report_button(paper, confidence, close)


def show_known(codes: Sequence[str]) -> None:
    """The categories that arXiv has for the paper, the primary one first."""
    first, *others = map(listing_link, codes)
    text = _("arXiv has: {codes}").format(
        codes=join_list([_("{code} (primary)").format(code=first), *others])
    )
    st.markdown(f":material/verified: {text}")


def show_no_paper(suggestion: Suggestion) -> None:
    """No category in large type."""
    verdict = _("This does not look like an arXiv paper.")
    lines = [f":material/block: **{verdict}**"]
    if suggestion.closest:
        closest = _("The closest would be {category} ({percent}).").format(
            category=named(suggestion.closest), percent=percent(suggestion.probability)
        )
        lines.append(f":gray[:small[{closest}]]")
    st.markdown("\n\n".join(lines))


def show_suggestion(paper: PaperAnswer, suggestion: Suggestion, confidence: float) -> None:
    """The primary category, cross-lists, and what comes close."""
    st.caption(_("Suggested primary category"))
    show_heading(suggestion.primary, suggestion.probability, certainty_badge(suggestion.certainty))
    why = words_why(paper, "primary", suggestion.primary)
    if suggestion.cross_lists:
        codes = "".join(
            f"{BREAK}{named(code)}, {percent_of(probability)}"
            for code, probability in suggestion.cross_lists
        )
        others = _("Cross-list to") + codes
    else:
        others = _("No cross-list suggested.")
    lines = []
    if len(suggestion.prediction_set) > 1:
        text = _("With {percent} confidence the primary category is one of {codes}.")
        codes = join_list(map(listing_link, suggestion.prediction_set))
        lines.append(text.format(percent=f"{confidence:.0%}", codes=codes))
    if close := close_calls(suggestion, paper.rows("primary")):
        calls = join_list(
            f"{listing_link(row.label)} {percent_of(row.probability)}" for row in close
        )
        text = _("Close calls for the primary: {calls}").format(calls=calls)
        lines.append(f":gray[{text}]")
    groups = ([why, others], lines)
    st.markdown("\n\n".join(BREAK.join(filter(None, group)) for group in groups))
    show_codes(suggestion)


def close_calls(suggestion: Suggestion, primaries: Sequence[Ranked]) -> list[Ranked]:
    """Categories in the prediction set, or over half as likely as the primary; no cross-lists."""
    listed = {suggestion.primary, *(code for code, _ in suggestion.cross_lists)}
    return [
        row
        for row in primaries
        if row.label not in listed
        and (row.label in suggestion.prediction_set or row.probability > suggestion.probability / 2)
    ][:MAX_CLOSE]


def show_codes(suggestion: Suggestion) -> None:
    """The codes as arXiv's form wants them, with copy buttons."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="codes"):
        st.caption(_("For arXiv’s form:"), width="content")
        st.code(suggestion.primary, language=None, width="content")
        if suggestion.cross_lists:
            cross_lists = " ".join(code for code, _ in suggestion.cross_lists)
            st.code(cross_lists, language=None, width="content")


MOST_LIKELY = {
    "subject": N_("Most likely category"),
    "archive": N_("Most likely archive"),
    "primary": N_("Most likely primary category"),
}
OTHERS = {"subject": N_("Other categories: {labels}"), "archive": N_("Other archives: {labels}")}


def show_best_label(paper: PaperAnswer) -> None:
    """The best label of a model that does not suggest where to submit, and its other ones."""
    task = next(task for task in MOST_LIKELY if paper.of(task))
    best = paper.rows(task)[0]
    st.caption(_(MOST_LIKELY[task]))
    show_heading(best.label, best.probability)
    lines = [words_why(paper, task, best.label)]
    for other, text in OTHERS.items():
        rows = [row for row in paper.rows(other) if row.predicted]
        # A category's own archive goes without saying.
        rows = [
            row for row in rows if row.label not in (best.label, taxonomy.archive_of(best.label))
        ]
        if rows:
            labels = join_list(
                f"{listing_link(row.label)} {percent_of(row.probability)}" for row in rows
            )
            lines.append(_(text).format(labels=labels))
    hint = _("{model} does not suggest a primary category; the default model does.")
    name = escape_markdown(_(paper.first[0].card.label))
    lines.append(f":gray[:small[{hint.format(model=name)}]]")
    st.markdown("\n\n".join(filter(None, lines)))


def show_heading(code: str, probability: float, badge: str = "") -> None:
    """A category and its probability in the largest type."""
    title = f"{escape_markdown(title_of(code))}\u00a0·\u00a0{percent_of(probability)} {badge}"
    st.subheader(title.rstrip(), anchor=False)


def certainty_badge(certainty: str) -> str:
    """A word of certainty."""
    if certainty == SURE:
        return ":green-badge[:material/check_circle: " + _("sure") + "]"
    return ":orange-badge[:material/help: " + _("unsure") + "]"


def words_why(paper: PaperAnswer, task: str, label: str) -> str:
    """The words that speak most for a label, in a sentence; empty if the model cannot say."""
    explanation = paper.explain(task, label)
    words = strongest_words(explanation) if explanation else []
    if not words:
        return ""
    quoted = join_list(f"**{escape_markdown(word)}**" for word in words)
    return _("Because of the words {words}").format(words=quoted)


def title_of(code: str) -> str:
    """A category's code and name in the current language."""
    name = taxonomy.name(code)
    if name == code:
        return code
    return _("{code} · {name}").format(code=code, name=_(name))


def named(code: str) -> str:
    """A category's code, linked, and its name."""
    name = taxonomy.name(code)
    return (
        listing_link(code) if name == code else f"{listing_link(code)} · {escape_markdown(_(name))}"
    )


def listing_link(code: str) -> str:
    """A category's code, linked to its new papers on arXiv."""
    return f"[{escape_markdown(code)}]({LISTING.format(code=quote(code, safe=''))})"


def percent_of(probability: float) -> str:
    """A probability in percent, for Markdown."""
    return escape_markdown(percent(probability))
