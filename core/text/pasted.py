"""Pasted papers: where the title ends and the abstract begins."""

import re

_HEADING = re.compile(r"^\W*(?:abstract|summary)\b[\s.:—–-]*", re.IGNORECASE | re.MULTILINE)
_END = re.compile(
    r"^\W*(?:\d\W*|i\W*)?(?:introduction|key\s?words)\b", re.IGNORECASE | re.MULTILINE
)


def split_title(text: str) -> tuple[str, str]:
    """Title and abstract of a pasted text, or of the text of a PDF's first page."""
    lines = text.strip().splitlines()
    if not lines:
        return "", ""
    title, rest = lines[0].strip(), "\n".join(lines[1:])
    if _HEADING.match(title):
        title, rest = "", text
    heading = _HEADING.search(rest)
    abstract = rest[heading.end() :] if heading else rest
    end = _END.search(abstract)
    return title, (abstract[: end.start()] if end else abstract).strip()
