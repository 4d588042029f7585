"""arXiv ids: recognised in what people paste, normalised, and the year in them."""

import re
import unicodedata
from urllib.parse import unquote

from core import taxonomy

MAX_LENGTH = 300
"""A longer text is no id, nor an address of one."""

_NEW = r"(?P<new>\d\d(?:0[1-9]|1[0-2])\.\d{4,5})"
_OLD = r"(?P<archive>[a-z-]+)(?:\.[a-z-]+)?/(?P<number>\d\d(?:0[1-9]|1[0-2])\d{3})"
_BEFORE = (
    r"arxiv\s*:?\s*",
    r"(?:https?://)?(?:(?:[\w-]+\.)*arxiv|ar5iv)\.org/"
    r"(?:abs|pdf|html|format|src|e-print|ps|bibtex)/(?:arxiv:)?",
    r"(?:(?:https?://)?(?:\w+\.)?doi\.org/|doi\s*:?\s*)?10\.48550/arxiv\.",
)
_AFTER = (
    # As arXiv stamps its PDFs and cites a paper: "arXiv:2106.09685v2 [cs.CL] 16 Oct 2021".
    r"\s*\[[a-z. -]+\](?:\s+\d\d? [a-z]{3} \d{4})?",
    r"(?:\.pdf)?/?(?:[?#]\S*)?",
)
_ID = re.compile(
    f"(?:{'|'.join(_BEFORE)})?(?:{_NEW}|{_OLD})(?:v\\d+)?(?:{'|'.join(_AFTER)})",
    re.ASCII | re.IGNORECASE,
)
_AROUND = " \t\r\n<>()\"'“”‘’.,;"

_NEW_YEAR = re.compile(r"(\d\d)(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?", re.ASCII)
_OLD_YEAR = re.compile(r"[a-z-]+(?:\.[A-Z]{2})?/(\d\d)(?:0[1-9]|1[0-2])\d{3}(?:v\d+)?", re.ASCII)
_FIRST_YEAR = 91


def find(text: str) -> str | None:
    """The id that a whole text is, or names by arXiv's address or DOI; None for any other text.

    `2106.09685` or `hep-th/9901001`: without version, and without the subject class that old ids
    may have (`math.AT/9903001`), as arXiv writes them today.
    """
    if len(text) > MAX_LENGTH:
        return None
    plain = unicodedata.normalize("NFKC", text).strip(_AROUND)
    match = _ID.fullmatch(unquote(plain))
    if not match:
        return None
    if match["new"]:
        return match["new"]
    archive = match["archive"].lower()
    known = archive in taxonomy.ARCHIVES or taxonomy.is_retired(archive)
    return f"{archive}/{match['number']}" if known else None


def all_in(text: str) -> list[str]:
    """The ids that a whole text, or else its words, are; each once."""
    whole = find(text)
    found = [whole] if whole else map(find, text.split())
    return list(dict.fromkeys(filter(None, found)))


def normalise(value: str) -> str:
    """The id of a file's cell as `find` gives it; unchanged where it is none."""
    return find(value) or value


def year_of(id: object) -> int | None:
    """The year in an arXiv id, however it is written; None if there is none."""
    if not isinstance(id, str):
        return None
    if year := _year(id):
        return year
    found = find(id)
    return _year(found) if found else None


def _year(id: str) -> int | None:
    if new := _NEW_YEAR.fullmatch(id):
        return 2000 + int(new[1])
    if old := _OLD_YEAR.fullmatch(id):
        year = int(old[1])
        return (1900 if year >= _FIRST_YEAR else 2000) + year
    return None
