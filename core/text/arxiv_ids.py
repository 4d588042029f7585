"""Identifiers of papers on arXiv."""

import re

_ID = re.compile(
    r"(?:https?://)?(?:www\.|export\.)?(?:arxiv\.org/(?:abs|pdf|html)/|(?:doi\.org/)?10\.48550/arxiv\."
    r"|arxiv:\s*)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)


def find(text: str) -> str | None:
    """The id where the whole text is one, an address or a DOI of arXiv's; without its version."""
    found = _ID.fullmatch(text.strip())
    return found[1] if found else None
