"""Shows why a label got its score: the words for and against it, in the text and as bars."""

import html
from collections.abc import Sequence

import streamlit as st

from core.classifiers.base import Explanation, TokenAttribution
from core.i18n import _
from core.plots import reasons
from core.text.input_checks import FUNCTION_WORDS
from pages.components.outputs import show_figure

MAX_MARKED = 4_000
"""The maximum number of characters shown with highlighted words."""
SHADED = 15
"""The number of words that are highlighted."""
IN_TITLE = " (in the title)"
"""Ends the name of a word that counts once more as it is in the title."""
NOT_TELLING = FUNCTION_WORDS | {
    "all", "any", "both", "but", "does", "each", "give", "given", "here", "more", "most", "new",
    "only", "other", "out", "over", "per", "some", "such", "then", "there", "they", "three", "two",
    "use", "used", "very", "well", "were", "where", "while", "will", "within", "you",
}  # fmt: skip
"""Words that are no reason to anybody, though the models use them."""


def strongest_words(explanation: Explanation, count: int = 3) -> list[str]:
    """The words that speak most for a label, without function words, none in two forms."""
    words: list[str] = []
    for reason in explanation.features:
        term = reason.term.removesuffix(IN_TITLE)
        stems = _stems(term)
        used = {stem for word in words for stem in _stems(word)}
        if reason.weight > 0 and not stems & used and all(map(_is_telling, term.split())):
            words.append(term)
        if len(words) == count:
            break
    return words


def _stems(term: str) -> set[str]:
    """Enough of a term's words to know them in the plural."""
    return {word[:6].lower() for word in term.split()}


def _is_telling(word: str) -> bool:
    return len(word) > 2 and word.lower() not in NOT_TELLING


def term_name(term: str) -> str:
    """The name of a word or pair in the current language."""
    if term.endswith(IN_TITLE):
        return _("{word} (in the title)").format(word=term.removesuffix(IN_TITLE))
    return term


def show_explanation(
    text: str, explanation: Explanation, *, terms: int, base: str, marks: str, total: str, key: str
) -> None:
    """The words for and against a label: the strongest as bars, and highlighted in the text.

    base: what the label's log-odds without any word are called; marks, total: captions of the
    text and the bars.
    """
    strongest = explanation.features[:terms]
    rest = explanation.log_odds - explanation.bias - sum(reason.weight for reason in strongest)
    figure = reasons.reasons(
        [(term_name(reason.term), reason.weight) for reason in strongest],
        [(_("all other words"), rest), (base, explanation.bias)],
    )
    show_figure(figure, key, zoom=False, alt=_("The words for and against it"))
    st.caption(total)
    with st.container(border=True):
        credits = [credit for credit in explanation.tokens if credit.end <= MAX_MARKED]
        st.html(marked_text(text[:MAX_MARKED], strongest_tokens(text, credits)))
        if len(text) > MAX_MARKED:
            marks += " " + _("The first {n:,} characters are shown.").format(n=MAX_MARKED)
        st.caption(marks)


def strongest_tokens(
    text: str, credits: Sequence[TokenAttribution], count: int = SHADED
) -> list[TokenAttribution]:
    """All occurrences of the `count` words that contribute most, function words aside."""
    totals: dict[str, float] = {}
    for credit in credits:
        word = text[credit.start : credit.end].lower()
        if _is_telling(word):
            totals[word] = totals.get(word, 0.0) + credit.weight
    strongest = set(sorted(totals, key=lambda word: -abs(totals[word]))[:count])
    return [credit for credit in credits if text[credit.start : credit.end].lower() in strongest]


def marked_text(text: str, credits: Sequence[TokenAttribution]) -> str:
    """The text as escaped HTML, each word highlighted by its contribution to a label."""
    largest = max((abs(credit.weight) for credit in credits), default=1.0)
    parts, position = [], 0
    for credit in credits:
        strength = abs(credit.weight) / largest
        # One character can be in two words: ½ is 1 and 2.
        if not strength or credit.start < position:
            continue
        side = "for" if credit.weight > 0 else "against"
        parts.append(html.escape(text[position : credit.start]))
        parts.append(
            f'<span class="speaks-{side}" style="--strength:{20 + 34 * strength:.0f}%" '
            f'title="{credit.weight:+.2f}">'
            f"{html.escape(text[credit.start : credit.end])}</span>"
        )
        position = credit.end
    parts.append(html.escape(text[position:]))
    return "".join(parts).replace("\n", "<br>").removeprefix("<br>")
