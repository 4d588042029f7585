"""References as BibTeX and RIS write them, as records."""

import logging
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from core import taxonomy
from core.files.base import Record
from core.files.bibtex_text import plain
from core.files.delimited import MAX_LINE_LENGTH
from core.messages import Message
from core.text import arxiv_ids

if TYPE_CHECKING:
    from bibtexparser.model import Entry

_TAG = re.compile(r"([A-Z][A-Z0-9])\s{0,2}-(?:\s|$)")
_FORMATTED = frozenset("title booktitle journal abstract author editor note annote".split())
"""Fields of BibTeX that are text with LaTeX; all others are kept as they are."""


def from_bibtex(text: str) -> list[Record]:
    """The entries of BibTeX; those that cannot be read are left out.

    Keys: `title`, `abstract`, `id`, `categories` where there are some, `entry_type`, and the
    entry's own fields.
    """
    return [entry for entry in bibtex_entries(text) if not isinstance(entry, str)]


def bibtex_entries(text: str, first: int = 1) -> Iterator[Record | Message]:
    """Each entry of BibTeX, or a note on one that cannot be read; first: the number of the first.

    Comments, preambles and strings are left out.
    """
    from bibtexparser import parse_string
    from bibtexparser.model import Entry, ParsingFailedBlock

    # It warns of what becomes a note.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    number = first
    for block in parse_string(text, parse_stack=[]).blocks:
        if isinstance(block, ParsingFailedBlock):
            # Of entries with a key or a field twice all else is read.
            block = block.ignore_error_block or block
        if isinstance(block, Entry):
            fields = {field.key: _unenclosed(field.value) for field in reversed(block.fields)}
            yield _reference(block, dict(reversed(fields.items())))
        elif isinstance(block, ParsingFailedBlock):
            yield Message("entry {number} is not valid BibTeX", number=number)
        else:
            continue
        number += 1


def _unenclosed(value: str) -> str:
    """The value of a field without the braces or quotes around it."""
    value = value.strip()
    return value[1:-1] if value[:1] + value[-1:] in ("{}", '""') and len(value) > 1 else value


def _reference(entry: "Entry", fields: dict[str, str]) -> Record:
    """An entry of BibTeX with its fields, the names of the known ones in lower case."""
    lower = {name.lower(): value for name, value in fields.items()}
    known = ("title", "abstract")
    record: Record = {name: plain(lower[name]) for name in known if name in lower}
    record["id"] = _arxiv_id(lower.get(name, "") for name in ("eprint", "url", "doi")) or entry.key
    if categories := _categories((lower.get("primaryclass", ""), lower.get("keywords", ""))):
        record["categories"] = categories
    record["entry_type"] = entry.entry_type
    for name, value in fields.items():
        if name.lower() not in (*known, "id", "categories"):
            record[name] = plain(value) if name.lower() in _FORMATTED else value
    return record


def _arxiv_id(values: Iterable[str]) -> str | None:
    """The first arXiv identifier among values."""
    return next(filter(None, map(arxiv_ids.find, values)), None)


def _categories(keywords: Iterable[str]) -> str:
    """The arXiv categories among keywords, each once, separated by blanks."""
    parts = (part for text in keywords for part in re.split(r"[,;\s]+", text))
    return " ".join(dict.fromkeys(filter(None, map(taxonomy.code_of, parts))))


def from_ris(text: str) -> list[Record]:
    """The references of RIS, with keys as `from_bibtex`; the other keys are rispy's names."""
    return [
        record
        for lines in ris_blocks(text.splitlines())
        for record in ris_references(lines)
        if not isinstance(record, str)
    ]


def ris_blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines of each reference, from its type on, in the form that rispy reads.

    Of one that is longer than MAX_LINE_LENGTH the beginning.
    """
    block: list[str] = []
    size = 0
    for line in lines:
        tag = _TAG.match(line)
        if tag:
            line = f"{tag[1]}  - {line[tag.end() :].strip()}"
        if tag and tag[1] == "TY" and block:
            yield block
            block, size = [], 0
        size += len(line)
        if (block and size < MAX_LINE_LENGTH) or (tag and tag[1] == "TY"):
            block.append(line)
    if block:
        yield block


def ris_references(lines: list[str], number: int = 1) -> Iterator[Record | Message]:
    """The reference of some lines, or a note; number: of the reference."""
    from rispy import RisParser

    try:
        (fields,) = RisParser().parse_lines(iter([*lines, "ER  - "]))
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Message("entry {number} is not valid RIS", number=number)
        return
    yield _of_ris(fields)


def _of_ris(fields: dict[str, Any]) -> Record:
    record: Record = {}
    for name, others in (("title", ("primary_title",)), ("abstract", ("notes_abstract",))):
        if value := next(filter(None, map(fields.get, (name, *others))), None):
            record[name] = value
    found = _texts(fields.get(name) for name in ("id", "urls", "doi", "accession_number"))
    record["id"] = _arxiv_id(found) or fields.get("id") or fields.get("doi") or ""
    if categories := _categories(_texts([fields.get("keywords")])):
        record["categories"] = categories
    return record | {name: value for name, value in fields.items() if name not in record}


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from value if isinstance(value, list) else [value] if value else []
