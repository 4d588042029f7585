"""Finds the sentences of a paragraph that cite."""

import re

from core.text import citation_marks, pasted

MAX_CHARACTERS, MAX_SENTENCES = 20_000, 200
"""What is read of a paragraph, or of a page."""

_ABBREVIATION = re.compile(
    r"(?:\b(?:al|approx|ca|cf|ch|chap|dr|ed|eds|eq|eqs|etc|fig|figs|i\.e|e\.g|no|nos|p|pp|prof|ref|refs"
    r"|resp|sec|sect|st|tab|vol|vs|viz|mr|mrs|ms|incl|max|min)|\b[A-Z])\.$",
    re.IGNORECASE,
)
# An end with what may close it and a number of a reference, then a blank and a beginning.
_END = re.compile(
    r"[.!?](?:\[[\d,;\s–-]+\]|[\d,–-]*[¹²³⁴-⁹⁰]+|(?<=[a-z)][.!?])\d[\d,–-]{0,11}(?=\s))?[\"'”’)\]]*"
    r"(?=\s+[\"'“‘(\[]*[A-ZÀ-ÞΑ-Ω0-9\[(@#<\\])"
)
_YEAR = r"(?:1[89]|20)\d\d[a-z]?"
_NAME = r"[A-ZÀ-Þ][\w'’.-]*"
_CITATION = re.compile(
    r"\[\s*\d{1,4}[a-z]?(?:\s*[,;–-]\s*\d{1,4}[a-z]?)*\s*\]"  # [3], [3, 4], [3-5]
    rf"|\([^()]*\b{_YEAR}[^()]*\)"  # (Smith, 2010; Doe et al. 2011), Smith (2010)
    rf"|\b{_NAME}(?:,? et al\.?,?| (?:and|&) {_NAME},?) (?:\(|\[)?{_YEAR}"
    r"|\bet al\b"
    r"|[¹²³⁴-⁹⁰]+"
    r"|[a-z)][.,;]\d{1,3}(?:[,–-]\d{1,3}){0,8}(?=\s|$)"  # as printed above the line
)
_NO_CITATION = re.compile(rf"\(\s*(?:in|from|since|until|by|of)?\s*{_YEAR}\s*\)")


def split(text: str) -> list[str]:
    """The sentences of a paragraph, each on one line."""
    text = " ".join(text.split())
    sentences: list[str] = []
    start = searched = 0
    while end := _END.search(text, searched):
        searched = end.end()
        head = text[start : end.start() + 1]
        if _ABBREVIATION.search(head) or _is_open(head):
            continue
        sentences.append(text[start : end.end()])
        start = end.end() + 1
    return [one for sentence in [*sentences, text[start:]] if (one := sentence.strip())]


def find(text: str) -> list[str]:
    """The sentences that cite, in their order; masks and LaTeX's citations become numbers."""
    marked = citation_marks.with_marks(text)
    return [sentence for sentence in split(marked) if cites(sentence)]


def find_several(text: str) -> list[str]:
    """The sentences of a paragraph that cite, where there are two or more, else none.

    Of a longer text than MAX_CHARACTERS the beginning counts, and no more than MAX_SENTENCES.
    """
    found = find(pasted.tidy(citation_marks.with_marks(text[:MAX_CHARACTERS])).text)
    return found[:MAX_SENTENCES] if len(found) > 1 else []


def cites(sentence: str) -> bool:
    """Whether a sentence has a citation as papers print it."""
    return any(
        not _NO_CITATION.fullmatch(match[0]) or _follows_name(sentence, match.start())
        for match in _CITATION.finditer(sentence)
    )


def _follows_name(sentence: str, position: int) -> bool:
    """Whether a name stands before a year in brackets, as in "Smith (2010)"."""
    before = sentence[:position].rstrip().rpartition(" ")[2]
    return bool(re.fullmatch(rf"{_NAME}|al\.?", before))


def _is_open(text: str) -> bool:
    """Whether a bracket is not closed yet, so that a full stop ends no sentence."""
    return any(
        text.rfind(opening) > text.rfind(closing) and len(text) - text.rfind(opening) < 300
        for opening, closing in ("()", "[]")
    )
