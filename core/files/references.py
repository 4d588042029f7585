"""References as reference managers write them: BibTeX and RIS."""

from typing import Any

from core.files.base import Record


def from_bibtex(text: str) -> list[Record]:
    """The entries of a BibTeX file."""
    import bibtexparser

    entries = bibtexparser.parse_string(text).entries
    return [
        {
            field.key.lower(): " ".join(str(field.value).strip("{}").split())
            for field in entry.fields
        }
        for entry in entries
    ]


def from_ris(text: str) -> list[Record]:
    """The entries of a RIS file."""
    import rispy

    return [_paper(entry) for entry in rispy.loads(text)]


def _paper(entry: dict[str, Any]) -> Record:
    title = entry.get("title") or entry.get("primary_title")
    return {**entry, "title": title}
