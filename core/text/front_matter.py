"""What stands around a title and an abstract: names, addresses, keywords, numbers of lines."""

import re
from dataclasses import dataclass

from core.text.hyphens import is_word

HEAD = 60
"""The number of lines in which names, addresses and the abstract's heading are looked for."""

_NUMBER = re.compile(r"[ \t]*(\d{1,4})(?:[ \t]+|$)")
_ENOUGH_NUMBERS = 4
_STEPS = (1, 5)

_ABSTRACT = re.compile(
    r"[ \t]*(?:(?i:abstract)(?:[ \t]*[:.\u2014\u2013]+|[ \t]*-+(?=[ \t])|[ \t]*$)"
    r"|(?i:summary)(?:[ \t]*:|[ \t]*$)|A ?B ?S ?T ?R ?A ?C ?T(?=[ \t]+(?:[A-Z][a-z]|A )))[ \t]*"
)
_KEYWORDS = re.compile(
    r"[ \t]*(?i:key[ -]?words(?: and phrases)?|index terms|ccs concepts|pacs(?: numbers?)?"
    r"|(?:msc ?)?\d{4} mathematics subject classification|msc ?\d{4})[ \t]*"
    r"(?:[:.\u2014\u2013]|-[ \t]|$)"
)
_KEYWORDS_AT_END = re.compile(
    r"(?<=[.!?])\s+(?:Key ?[Ww]ords|KEY ?WORDS|Index Terms)[ \t]*"
    r"[:\u2014\u2013-][^.\n]{3,300}\.?\s*\Z"
)
_MOST_KEYWORD_LINES = 4

_EMAIL = re.compile(r"[\w.+{}-]+(?:,[ \t]?[\w.+-]+)*\}?[ \t]?@[ \t]?[\w-]+(?:\.[\w-]+)+")
_OF_EMAILS = frozenset(
    "email emails mail contact corresponding correspondence author authors address addresses to "
    "and e whom should be addressed".split()
)
_AFFILIATION = re.compile(
    r"\b(?:Universi[a-zéäà]+|Institut[a-z]*|Departe?ment[a-z]*|Dept|Laborator[a-z]+|Faculty|School"
    r"|College|Academy|Observatory|Cent(?:er|re) for|Research Cent(?:er|re)|Hospital|CNRS|INFN)\b"
)
_MARKED_NAME = re.compile(
    r"[a-zà-ÿ][ ]?(?:\d|[*\u2217\u2020\u2021\u00a7\u00b6])(?![\w.])|\b[A-Z]\."
)
_PARTICLES = frozenset("and de la del der den di da van von el al bin y le".split())
_CAPITALISED_SHARE = 0.7
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Words of sentences that titles, names and addresses do not have.
_OF_SENTENCES = frozenset(
    "we is are was were has have had that which this it our can these their they been be i may "
    "also show present propose study describe will does".split()
)
# Where there may be something to strip; a clean text has none of it.
_CUE = re.compile(
    r"\n[ \t]*(?:[Aa]bstract|A ?B ?S ?T ?R|[Ss]ummary|SUMMARY|[Kk]ey|KEY|Index|PACS|CCS|MSC"
    r"|\d{4} M)"
)
_ADDRESS_CUE = re.compile(r"Univ|Inst|Dep|Dept|Lab|Obs|School|Coll|Acad|Facu|Hosp|Cent|CNRS|INFN")
_ADDRESSES_WITHIN = 600
"""The length of a text's start in which the first address is looked for."""
_NUMBER_OF_LINE = re.compile(r"\n[ \t]*\d{1,4}(?=[ \t\n])")
_MOST_KEYWORDS = 330
"""The length of a text's end in which a list of keywords on no line of its own is looked for."""


@dataclass(frozen=True)
class Stripped:
    """The lines that stay, and what went: lines of addresses and names, numbers, keywords.

    heading: the index of the line on which the abstract begins, if its heading was found.
    """

    lines: list[str]
    heading: int | None
    addresses: int
    numbers: int
    keywords: int


def has_any(text: str) -> bool:
    """Whether there may be something to strip; nearly all clean texts say no, at once."""
    if text[:12].lstrip()[:3].lower() in ("abs", "a b", "sum"):
        return True
    end = text[-_MOST_KEYWORDS:].lower()
    if "keyword" in end or "key word" in end or "index term" in end:
        return True
    if "\n" not in text.strip():
        return False
    return (
        "@" in text
        or bool(_CUE.search(text))
        or _starts_with_address(text)
        or len(_NUMBER_OF_LINE.findall(text)) >= _ENOUGH_NUMBERS - 1
    )


def _starts_with_address(text: str) -> bool:
    """Whether an address stands before the first sentence."""
    start = text[:_ADDRESSES_WITHIN]
    if not _ADDRESS_CUE.search(start):
        return False
    for line in start.split("\n"):
        if is_sentence(line):
            return False
        if is_address(line):
            return True
    return False


def strip(text: str) -> Stripped:
    """A text's lines without names, addresses, keywords, line numbers and "Abstract".

    A text of which nothing would stay is left as it is.
    """
    lines, numbers = without_numbers(_KEYWORDS_AT_END.sub("", text).split("\n"))
    keywords = int(bool(_KEYWORDS_AT_END.search(text)))
    lines, listed = _without_keywords(lines)
    lines, addresses = _without_addresses(lines, _heading(lines))
    heading = _heading(lines)
    if heading is not None:
        lines[heading] = _ABSTRACT.sub("", lines[heading], count=1)
    if not any(map(str.strip, lines)):
        return Stripped(text.split("\n"), None, 0, 0, 0)
    return Stripped(lines, heading, addresses, numbers, keywords + listed)


def _heading(lines: list[str]) -> int | None:
    return next((i for i, line in enumerate(lines[:HEAD]) if _ABSTRACT.match(line)), None)


def without_numbers(lines: list[str]) -> tuple[list[str], int]:
    """Lines without the numbers that count them, as manuscripts have them."""
    found = [(i, int(m[1])) for i, line in enumerate(lines) if (m := _NUMBER.match(line))]
    counted: set[int] = set()
    run: list[int] = []
    for k, (i, number) in enumerate(found):
        step = number - found[k - 1][1] if k else 0
        run = [*run, i] if run and step in _STEPS and i - run[-1] >= step else [i]
        if len(run) >= _ENOUGH_NUMBERS:
            counted.update(run)
            run = run[-_ENOUGH_NUMBERS:]
    stripped = [_NUMBER.sub("", line, count=1) if i in counted else line
                for i, line in enumerate(lines)]  # fmt: skip
    empty = {i for i in counted if not stripped[i].strip()}
    return [line for i, line in enumerate(stripped) if i not in empty], len(counted)


def _without_keywords(lines: list[str]) -> tuple[list[str], int]:
    """Lines without lists of keywords, each to its end; and how many lists there were."""
    kept: list[str] = []
    listed = left = 0
    for line in lines:
        if _KEYWORDS.match(line):
            listed, left = listed + 1, _MOST_KEYWORD_LINES
        elif left and (not line.strip() or is_sentence(line) or _ABSTRACT.match(line)):
            left = 0
        if not left:
            kept.append(line)
        else:
            left = 0 if line.rstrip().endswith(".") else left - 1
    return kept, listed


def _without_addresses(lines: list[str], heading: int | None) -> tuple[list[str], int]:
    """Lines without the addresses before the first sentence and after the last, and the names."""
    end = heading
    if end is None:
        end = next((i for i, line in enumerate(lines) if is_sentence(line)), None)
    if end is None:  # a title over several lines, perhaps, with an institute in it
        return lines, 0
    front = range(min(end, HEAD))
    found = {i for i in front if is_address(lines[i])}
    if found or heading:
        title = next((i for i in front if lines[i].strip() and i not in found), -1)
        found |= {i for i in front if i > title and i not in found and is_names(lines[i])}
    last = len(lines) - 1
    while last > end and (not lines[last].strip() or is_address(lines[last])):
        found |= {last} if lines[last].strip() else set()
        last -= 1
    return [line for i, line in enumerate(lines) if i not in found], len(found)


def is_sentence(line: str) -> bool:
    """Whether a line reads like a part of a sentence rather than a title, names or an address."""
    words = [word.lower() for word in _WORDS.findall(line)]
    if len(words) > 5 and line.rstrip().endswith("."):
        return True
    least = 2 if "we" in words else 5
    return len(words) > least and not _OF_SENTENCES.isdisjoint(words)


def is_address(line: str) -> bool:
    """Whether a line holds e-mail or postal addresses of authors and little else."""
    rest, emails = _EMAIL.subn(" ", line)
    words = _WORDS.findall(rest)
    if emails:
        others = [word for word in words if word.lower() not in _OF_EMAILS]
        return len(others) <= 2 or _share_of_capitals(others) >= _CAPITALISED_SHARE
    if not _AFFILIATION.search(line) or len(line) > 250 or is_sentence(line):
        return False
    return _share_of_capitals(words) >= _CAPITALISED_SHARE


def is_names(line: str) -> bool:
    """Whether a line holds names of authors: "A. Doe1, Bo Roe2 and C. Poe"."""
    words = [word for word in _WORDS.findall(line) if word not in _PARTICLES and len(word) > 1]
    if not words or len(line) > 400 or not all(word[0].isupper() for word in words):
        return False
    listed = [part.split() for part in re.split(r",|;|\band\b|&", line)]
    are_short = all(len(part) <= 4 for part in listed)
    if _MARKED_NAME.search(line):
        return True
    # A title has words of the dictionary only: "Galaxies, Dust and Gas".
    return are_short and len(listed) > 1 and not all(is_word(word.lower()) for word in words)


def _share_of_capitals(words: list[str]) -> float:
    long = [word for word in words if len(word) > 3]
    return sum(word[0].isupper() for word in long) / max(len(long), 1) if long else 1.0
