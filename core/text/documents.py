"""How papers and citations become one text each, and how pasted texts are cleaned."""

import re
import unicodedata

# Line and page ends other than "\n"; removing them would join two words.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85]")
# A soft hyphen shows where a line end cuts a word.
_SOFT_LINE_END = re.compile("\xad[ \t]*\n[ \t]*")
# Control characters except tab and line end, soft hyphens and zero-width characters, which cut
# words in two, embeddings, overrides and isolates, surrogates.
_INVISIBLE = re.compile(
    "[\xad\u200b\u2060\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _given(field: str | float | None) -> str:
    """A field of a paper, empty where it is None or NaN."""
    return field if isinstance(field, str) else ""


def course_text(title: str | float | None, abstract: str | float | None) -> str:
    """The course's text: title + abstract, nothing between, no line ends, lower case.

    A title whose abstract does not begin with a blank runs into it, as in the course.
    """
    return (_given(title) + _given(abstract)).replace("\n", " ").lower()


def paper_text(title: str | float | None, abstract: str | float | None) -> str:
    """One text for a paper: the title (possibly empty) on the first line, then the abstract."""
    return " ".join(_given(title).split()) + "\n" + _given(abstract).strip()


def split_paper(text: str) -> tuple[str, str]:
    """Title and abstract of a `paper_text`; a text without a line end has no title."""
    title, line_end, abstract = text.partition("\n")
    return (title, abstract) if line_end else ("", text)


def citation_text(sentence: str | float | None, section: str | float | None = "") -> str:
    """One text for a citation: its section's name on the first line, then the sentence."""
    return " ".join(_given(section).split()) + "\n" + " ".join(_given(sentence).split())


def split_citation(text: str) -> tuple[str, str]:
    """Sentence and section of a `citation_text`; a text without a line end has no section."""
    section, line_end, sentence = text.partition("\n")
    return (sentence, section) if line_end else (text, "")


def course_from_paper(text: str) -> str:
    """The course's text of a `paper_text`."""
    return course_text(*split_paper(text))


# Most texts have none of these; the check saves time.
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def visible(text: str) -> str:
    """The visible part of a pasted text.

    Control characters other than tab and line feed are removed, as are characters that change the
    direction of writing and lone surrogates, which cannot be encoded. Every line end becomes a
    line feed; accents are composed (Unicode NFC).
    """
    if text.isascii() and (text.isprintable() or not _ASCII_CONTROL.search(text)):
        return text
    text = _LINE_END.sub("\n", text)
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _SOFT_LINE_END.sub("", text)))
