"""How a paper, or a citation, becomes one text, and what of a pasted text is kept.

Inside Paperlens a paper is `paper_text`: the title on the first line, the abstract below it. The
course's way of joining the two, which runs them together, is for its recipe alone.
"""

import re
import unicodedata

# What ends a line or a page without being "\n"; dropped, it would run two words together.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85]")
# Control characters but for tab and line end, embeddings, overrides and isolates, surrogates.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _given(field: str | float | None) -> str:
    """Give a field of a paper, empty for the None or NaN of a missing one."""
    return field if isinstance(field, str) else ""


def course_text(title: str | float | None, abstract: str | float | None) -> str:
    """Make the course's text: title + abstract, nothing between, no line ends, lower case.

    A title whose abstract does not begin with a blank runs into it, as in the course.
    """
    return (_given(title) + _given(abstract)).replace("\n", " ").lower()


def paper_text(title: str | float | None, abstract: str | float | None) -> str:
    """Make one text of a paper: the title on the first line, be it empty, then the abstract."""
    return " ".join(_given(title).split()) + "\n" + _given(abstract).strip()


def split_paper(text: str) -> tuple[str, str]:
    """Give title and abstract of a `paper_text`; a text without a line end is all abstract."""
    title, line_end, abstract = text.partition("\n")
    return (title, abstract) if line_end else ("", text)


def citation_text(sentence: str | float | None, section: str | float | None = "") -> str:
    """Make one text of a citation: its section's name on the first line, then the sentence."""
    return " ".join(_given(section).split()) + "\n" + " ".join(_given(sentence).split())


def split_citation(text: str) -> tuple[str, str]:
    """Give sentence and section of a `citation_text`; a text without a line end has no section."""
    section, line_end, sentence = text.partition("\n")
    return (sentence, section) if line_end else (text, "")


def course_from_paper(text: str) -> str:
    """Make the course's text from a `paper_text`."""
    return course_text(*split_paper(text))


# Most texts have none of these and need no second look.
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def visible(text: str) -> str:
    """Keep what a reader sees of a pasted text.

    Control characters other than tab and line feed go, and so do characters that turn the
    direction of writing and lone surrogates, which no file can hold. Every line end becomes a
    line feed; accents are composed (Unicode NFC).
    """
    if text.isascii() and not _ASCII_CONTROL.search(text):
        return text
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_END.sub("\n", text)))
