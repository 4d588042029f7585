"""Texts as they are pasted: cleaned, and divided into title and abstract."""

import re
from dataclasses import dataclass

from core.messages import Message
from core.text.documents import visible

_HEADING = re.compile(r"^\s*abstract\b[\s.:—–-]*", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?]\s+(?=[A-Z])")
MAX_TITLE = 300


@dataclass(frozen=True)
class Tidied:
    """A cleaned text, and what was done to it."""

    text: str
    notes: tuple[Message, ...] = ()


def tidy(text: str) -> Tidied:
    """One field of a paper, cleaned."""
    return Tidied(visible(text).strip())


def split_title(text: str) -> tuple[str, str]:
    """The title, possibly empty, and the abstract of a pasted text."""
    text = visible(text).strip()
    first, _, rest = text.partition("\n")
    if rest.strip() and len(first) <= MAX_TITLE and not _HEADING.match(first):
        return first.strip(), _HEADING.sub("", rest, count=1).strip()
    if not rest and len(first) <= MAX_TITLE and not _SENTENCE.search(first):
        return first, ""
    return "", _HEADING.sub("", text, count=1)
