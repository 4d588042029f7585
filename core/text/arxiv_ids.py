"""arXiv identifiers, alone and in addresses."""

import re

_ID = re.compile(
    r"(?:(?:https?://)?(?:(?:www|export)\.)?arxiv\.org/(?:abs|pdf|html)/"
    r"|(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:)?10\.48550/arxiv\."
    r"|arxiv:\s*)?"
    r"(\d\d(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d\d(?:0[1-9]|1[0-2])\d{3})"
    r"(?:v\d+)?(?:\.pdf)?/?",
    re.ASCII | re.IGNORECASE,
)


def find(text: str) -> str | None:
    """The identifier, without its version, that a text consists of, alone or in an address."""
    match = _ID.fullmatch(text.strip())
    return match[1] if match else None


def normalise(value: str) -> str:
    """An identifier of a file: an arXiv one without address and version, any other unchanged."""
    return find(value) or value
