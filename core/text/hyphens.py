"""Words that a line end has cut in two are joined; hyphens of their own stay."""

import re
from functools import lru_cache
from typing import Any

_WORD = r"[^\W\d_]+"
_AT_LINE_END = re.compile(rf"(?<![\w-])({_WORD})[-\u2010\u2011][ \t]*\n\s*({_WORD})(?![\w-])")
_HYPHEN_AT_END = re.compile(r"[-\u2010\u2011](?<=\w.)[ \t]*\n")
_HYPHEN_AT_BLANK = re.compile(r"-(?<=[^\W\d_]-) +(?=[a-z])(?!(?:and|or|to)\b)")
# A compound such as "state-of-the-\nart": the hyphen is its own.
_OF_COMPOUND = re.compile(r"(?<=\w)[-\u2010\u2011][ \t]*\n[ \t]*(?=\w)")
# A line end that has become a blank; "two- and three-dimensional" has its own.
_AT_BLANK = re.compile(r"(?<![\w-])([^\W\d_]{2,})- +([a-z]{2,})(?![\w-])")

PREFIXES = frozenset(
    "anti auto bi co counter cross de dis electro en extra fore hydro hyper im in infra inter "
    "intra macro magneto mega meta micro mid mis mono multi nano non out over para per photo poly "
    "post pre pro pseudo quasi re semi sub super thermo trans ultra un under uni".split()
)
"""Beginnings that are written in one with the word after them, where the whole is a word."""


@lru_cache(20_000)
def is_word(word: str) -> bool:
    """Whether simplemma's English list has a word."""
    return _dictionary().get_lemma(word, "en") is not None


@lru_cache(1)
def _dictionary() -> Any:
    from simplemma.strategies import DictionaryLookupStrategy

    return DictionaryLookupStrategy()


def join(text: str) -> tuple[str, int]:
    """A text with its words joined over line ends, and how many were."""
    count = 0
    lowered = ""

    def joined(match: re.Match[str]) -> str:
        nonlocal count, lowered
        lowered = lowered or text.lower()
        if is_compound(match[1], match[2], lowered):
            return f"{match[1]}-{match[2]}"
        count += 1
        return match[1] + match[2]

    def closed(match: re.Match[str]) -> str:
        return joined(match) if is_word((match[1] + match[2]).lower()) else match[0]

    # The short patterns are much faster than those that begin with a word.
    if _HYPHEN_AT_END.search(text):
        text = _OF_COMPOUND.sub("-", _AT_LINE_END.sub(joined, text))
    if _HYPHEN_AT_BLANK.search(text):
        text = _AT_BLANK.sub(closed, text)
    return text, count


def is_compound(first: str, second: str, lowered: str) -> bool:
    """Whether two halves of a word have a hyphen of their own.

    lowered: the whole text in lower case; how it writes the word elsewhere decides.
    """
    start, end = first.lower(), second.lower()
    if f"{start}-{end}" in lowered:
        return True
    whole = start + end
    if whole in lowered:
        return False
    if second[0].isupper() or (len(first) > 1 and not first[1:].islower()):
        return not (first.isupper() and second.isupper())
    halves = is_word(start) and is_word(end)
    if not is_word(whole):
        return halves
    return halves and start not in PREFIXES and is_word(f"{start}-{end}")
