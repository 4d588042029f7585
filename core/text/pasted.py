"""Pasted text made plain: what line ends, PDFs, LaTeX, HTML and Markdown leave is taken out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from core.messages import Counted, Message
from core.text import documents, first_page, front_matter, hyphens, latex, markup

MAX_ROUNDS = 10
"""How often a text is gone through at most; commands in commands need another round."""

# A clean text has none of these.
_MARKS = "\\~<&*_{#"
_HYPHEN = re.compile(
    r"-(?:-|(?<=\w-)[ \t]*\n\s*(?=\w)|(?<=[^\W\d_]-) +(?=[^\W\d_])(?!(?:and|or|to)\b))"
)
_CODE = re.compile(r"`(?<![`\\]`)(?!`)")

# Ligatures, full-width letters and digits, letters of formulas, blanks of other widths, the minus
# sign and hyphens. "10\u00b2" stays, and so do ellipses, which models of citations know, and the
# punctuation of Chinese.
_OTHER_FORMS = re.compile(
    "[\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff"
    "\xa0\u2000-\u200a\u202f\u205f\u2010\u2011\u2212]+"
)
_LIGATURES = re.compile("[\ufb00-\ufb06]")
# A ligature that stands alone between two parts of its word.
_LOOSE_LIGATURE = re.compile(r"([^\W\d_]+)[ ]?([\ufb00-\ufb06])[ ]?([^\W\d_]+)")
_ASCII_FORMS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-"})

_LONG_DASH = re.compile(r"---(?<=[\w)}$.,;: ]---)(?=[\w(\\$ ])")
_DASH = re.compile(r"--(?<=\w--)(?=[\w\\$])|--(?<=\s--)(?=\s)")


@dataclass(frozen=True)
class Tidied:
    """A tidied text, and what was done to it."""

    text: str
    notes: tuple[Message, ...] = ()


def tidy(text: str) -> Tidied:
    """One pasted field, a title or an abstract, as plain text; formulas stay as they are.

    Words are joined over line ends, LaTeX, HTML and Markdown become what they show, and invisible
    characters, line numbers, addresses, keywords and "Abstract" are left out. A tidied text stays
    as it is.
    """
    counts: Counter[str] = Counter()
    text = _tidied(text, counts)
    return Tidied(text, _notes(counts))


def tidy_paper(title: str, abstract: str) -> Tidied:
    """The `paper_text` of a title and an abstract, both tidied; notes for both together."""
    counts: Counter[str] = Counter()
    fields = [_tidied(field, counts) for field in (title, abstract)]
    return Tidied(documents.paper_text(*fields), _notes(counts))


def split_title(text: str) -> tuple[str, str]:
    """The title, possibly empty, and the abstract in a pasted text or a PDF's first page.

    Names, addresses, keywords, line numbers and what follows the abstract are left out; both
    still want `tidy`.
    """
    return first_page.split(text)


def _notes(counts: Counter[str]) -> tuple[Message, ...]:
    return tuple(_NOTES[what](n) for what, n in counts.items() if n) if counts else ()


def _tidied(text: str, counts: Counter[str]) -> str:
    """A field tidied; counts: what was done, added to."""
    text = documents.visible(text)
    if not _is_marked(text):
        return text
    for _ in range(MAX_ROUNDS):
        before, text = text, _tidied_once(text, counts)
        if text == before or not _is_marked(text):
            break
    return text


def _is_marked(text: str) -> bool:
    """Whether there may be something to do, outside formulas."""
    if not text.isascii() and _OTHER_FORMS.search(text):
        return True
    if not _has_marks(text):
        return False
    return not ("$" in text or "\\" in text) or _has_marks(latex.FORMULA.sub("", text))


def _has_marks(text: str) -> bool:
    for mark in _MARKS:  # faster than `any` and than one pattern for all
        if mark in text:
            return True
    if "](" in text or "\n>" in text or "\n- " in text or text.startswith(">"):
        return True
    return bool(_HYPHEN.search(text) or _CODE.search(text)) or front_matter.has_any(text)


def _tidied_once(text: str, counts: Counter[str]) -> str:
    """A text after one round; counts: what was done, added to."""
    if not text.isascii() and _OTHER_FORMS.search(text):
        text = documents.visible(_in_usual_forms(text, counts))
    if front_matter.has_any(text):
        stripped = front_matter.strip(text)
        text = "\n".join(stripped.lines)
        counts["numbers"] += stripped.numbers
        counts["addresses"] += stripped.addresses
        counts["keywords"] += stripped.keywords
    return latex.outside_formulas(text, lambda part: _words(part, counts))


def _in_usual_forms(text: str, counts: Counter[str]) -> str:
    """A text with ligatures, full-width letters and the like as usual letters (Unicode NFKC)."""
    if found := len(_LIGATURES.findall(text)):
        counts["ligatures"] += found
        text = _LOOSE_LIGATURE.sub(_with_ligature, text)
    return _OTHER_FORMS.sub(_usual, text)


def _usual(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0].translate(_ASCII_FORMS))


def _with_ligature(match: re.Match[str]) -> str:
    """A word and its ligature, joined where they are one word."""
    joined = "".join(match.groups())
    whole = unicodedata.normalize("NFKC", joined)
    return whole if hyphens.is_word(whole.lower()) else match[0]


def _words(text: str, counts: Counter[str]) -> str:
    """The words of a text without formulas."""

    def apply(what: str, change: Callable[[str], tuple[str, int]]) -> None:
        nonlocal text
        text, found = change(text)
        counts[what] += found

    if "<" in text or "&" in text:
        apply("html", markup.without_html)
    if "\\" in text or "~" in text or "{" in text:
        apply("latex", latex.plain)
    apply("markdown", markup.without_markdown)
    if "-\n" in text or "- " in text:
        apply("words", hyphens.join)
    if "--" in text:
        text = _DASH.sub("\u2013", _LONG_DASH.sub("\u2014", text))
    return text


_NOTES: dict[str, Callable[[int], Message]] = {
    "words": lambda n: Counted(
        "Joined {n:,} word over line ends.", "Joined {n:,} words over line ends.", n=n
    ),
    "ligatures": lambda n: Counted(
        "Split {n:,} ligature into letters.", "Split {n:,} ligatures into letters.", n=n
    ),
    "latex": lambda n: Counted(
        "Turned {n:,} LaTeX command into text.", "Turned {n:,} LaTeX commands into text.", n=n
    ),
    "html": lambda n: Counted(
        "Took out {n:,} HTML mark.", "Took out {n:,} HTML marks.", n=n
    ),
    "markdown": lambda n: Counted(
        "Took out {n:,} Markdown mark.", "Took out {n:,} Markdown marks.", n=n
    ),
    "numbers": lambda n: Counted(
        "Left out {n:,} line number.", "Left out {n:,} line numbers.", n=n
    ),
    "addresses": lambda n: Counted(
        "Left out {n:,} line of names and addresses.",
        "Left out {n:,} lines of names and addresses.",
        n=n,
    ),
    "keywords": lambda n: Counted(
        "Left out the keywords.", "Left out {n:,} lists of keywords.", n=n
    ),
}  # fmt: skip
