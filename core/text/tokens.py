"""Tokenisers: for papers, for the course's models, and for text embeddings."""

import re
import string
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from core.text.cleaning import clean_words
from core.text.documents import course_from_paper, split_paper

COURSE_TOKEN = re.compile(r"(?u)\b\w\w+\b")
WORD = re.compile(r"[a-z0-9]+")

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

# Schr\"odinger, Schr{\"o}dinger, Poincar\'{e}, Erd\H{o}s, na\"{\i}ve: one letter under an accent.
_PLAIN_ACCENT = r"\\[`'^\"~=.]\s?\{?\\?([A-Za-z])\}?"
_NAMED_ACCENT = r"\\[uvHtcdbkr]\{\\?([A-Za-z])\}"
_LATEX_ACCENT = re.compile(
    rf"\{{{_PLAIN_ACCENT}\}}|{_PLAIN_ACCENT}|\{{{_NAMED_ACCENT}\}}|{_NAMED_ACCENT}"
)

# Maps bytes to lower-case letters, digits, and blanks for everything else.
_ALPHABET = string.ascii_lowercase + string.digits
_TO_WORDS = bytes(
    ord(c) if (c := chr(i).lower()) in _ALPHABET and i < 128 else 32 for i in range(256)
)


@dataclass(frozen=True)
class Token:
    """A word of a text and its position: `text[start:end]`."""

    word: str
    start: int
    end: int
    in_title: bool


def _accent_letter(match: re.Match[str]) -> str:
    return next(letter for letter in match.groups() if letter)


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _fold(match: re.Match[str]) -> str:
    return _without_marks(match[0])


def paper_words(text: str) -> bytes:
    """The words of a text, separated by blanks."""
    if "\\" in text:
        text = _LATEX_ACCENT.sub(_accent_letter, text)
    if not text.isascii():
        text = _NOT_ASCII.sub(_fold, text)
    return text.encode("ascii", "replace").translate(_TO_WORDS)


def paper_tokens(text: str) -> list[str]:
    """The words of a text: accents (LaTeX's too) folded, lower case, letters a-z and digits."""
    return paper_words(text).decode("ascii").split()


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Each character of the folded text, with the start and end of its origin."""
    position = 0
    for accent in _LATEX_ACCENT.finditer(text):
        yield from _letters(text, position, accent.start())
        yield _accent_letter(accent).lower(), accent.start(), accent.end()
        position = accent.end()
    yield from _letters(text, position, len(text))


def _letters(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    for i in range(start, end):
        for c in text[i] if text[i].isascii() else _without_marks(text[i]):
            yield c.lower() if c.isascii() else " ", i, i + 1


def paper_spans(text: str, in_title: bool = False, offset: int = 0) -> list[Token]:
    """The words of `paper_tokens` with their positions in the text."""
    pieces = list(_pieces(text))
    folded = "".join(piece[0] for piece in pieces)
    return [
        Token(
            match[0],
            pieces[match.start()][1] + offset,
            pieces[match.end() - 1][2] + offset,
            in_title,
        )
        for match in WORD.finditer(folded)
    ]


def course_words(text: str, cleaning: str = "none") -> list[str]:
    """The course's words of a `paper_text`, after a cleaning of `core.text.cleaning.CLEANINGS`."""
    return clean_words(COURSE_TOKEN.findall(course_from_paper(text)), cleaning)


def course_spans(text: str, cleaning: str = "none") -> list[Token]:
    """The same words with their positions in the text.

    The title's last word and the abstract's first form one word, across the line end.
    """
    title, abstract = split_paper(text)
    start = len(text) - len(abstract)
    indices = [*range(len(title)), *range(start, len(text))]
    # A few capitals become two characters.
    indices = [i for i in indices for _ in text[i].lower()]
    return [
        Token(word, indices[m.start()], indices[m.end() - 1] + 1, indices[m.start()] < len(title))
        for m in COURSE_TOKEN.finditer(course_from_paper(text))
        for word in clean_words([m[0]], cleaning)
    ]


# Planes 0 and 1 hold all of Unicode's punctuation (a test checks this); scanning all seventeen
# planes would take a tenth of a second at the start.
PUNCTUATION: dict[int, None] = dict.fromkeys(
    i for i in range(min(0x20000, sys.maxunicode + 1)) if unicodedata.category(chr(i))[0] == "P"
)
"""Deletes every punctuation character (general category P) by `str.translate`."""


def tokenise(text: str) -> list[str]:
    """The words of a term: punctuation deleted anywhere, split at every single blank.

    Tabs and line ends do not split; doubled blanks and an empty text give empty words.
    """
    return text.translate(PUNCTUATION).split(" ")
