"""What somebody brings in place of a title and an abstract, and what of a paper is in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.files import pdf_reader, references
from core.files.encoding import WINDOWS, detect_encoding
from core.files.errors import TooLarge
from core.messages import Message, PaperlensError
from core.text import arxiv_ids, pasted, unanswerable
from core.text.documents import visible

TEXT, ID, BIBTEX, RIS, ADDRESS, NOTHING = "text", "id", "bibtex", "ris", "address", "nothing"
"""The kinds of what is brought."""

ENDINGS = ("pdf", "txt", "tex", "bib", "ris")
"""The endings of files that can be read as one paper, or a choice of a few."""
MAX_FILE_BYTES = 50 << 20
MAX_TEXT_BYTES = 2 << 20

_LATEX_TITLE = re.compile(r"\\title\s*(?:\[[^\]]*\])?\s*\{")
_LATEX_ABSTRACT = re.compile(r"\\begin\{abstract\}(.*?)\\end\{abstract\}", re.DOTALL)


@dataclass(frozen=True)
class Understood:
    """What a text is, and what it says of a paper; notes: what was done to it, or is wrong.

    id: arXiv's; records: entries of a bibliography, with keys title, abstract, id, categories.
    """

    kind: str
    title: str = ""
    abstract: str = ""
    id: str = ""
    records: tuple[dict[str, Any], ...] = ()
    notes: tuple[Message, ...] = ()


def understand(text: str) -> Understood:
    """What a pasted text is. Only of kind TEXT is the text itself to be classified."""
    text = visible(text).strip()
    if not text:
        return Understood(NOTHING)
    reference = unanswerable.kind_of_reference(text)
    if reference == unanswerable.BIBTEX:
        return _from_entries(BIBTEX, references.from_bibtex, text)
    if reference == unanswerable.RIS:
        return _from_entries(RIS, references.from_ris, text)
    if reference:
        ids = arxiv_ids.all_in(text)
        return Understood(ID, id=ids[0]) if len(ids) == 1 else Understood(ADDRESS)
    title, abstract = _latex_source(text) or pasted.split_title(text)
    return _paper(TEXT, title, abstract)


def from_record(understood: Understood, record: dict[str, Any]) -> Understood:
    """One entry of a bibliography as a paper, its arXiv id where it has one."""
    title, abstract = (_field(record, name) for name in ("title", "abstract"))
    paper = _paper(understood.kind, title, abstract)
    names = ("id", "eprint", "url", "doi")
    ids = filter(None, (arxiv_ids.find(_field(record, name)) for name in names))
    notes = paper.notes
    if paper.title and not paper.abstract:
        notes += (
            Message("This entry has no abstract. Paste it too: a title alone is less reliable."),
        )
    return Understood(
        understood.kind, paper.title, paper.abstract, next(ids, ""), understood.records, notes
    )


def text_of_file(name: str, data: bytes) -> str:
    """The text of a dropped file, of a PDF that of its first page.

    Raises TooLarge, and Unreadable for a PDF without text.
    """
    is_pdf = Path(name).suffix.lower() == ".pdf" or data.startswith(b"%PDF-")
    most = MAX_FILE_BYTES if is_pdf else MAX_TEXT_BYTES
    if len(data) > most:
        raise TooLarge(
            "{name} is larger than {most} MB; is it one paper?", name=name, most=most >> 20
        )
    if is_pdf:
        return pdf_reader.first_page_text(data)
    return data.decode(detect_encoding(data), WINDOWS)


def categories_of(record: dict[str, Any]) -> tuple[str, ...]:
    """The arXiv categories that an entry names, the primary one first."""
    value = record.get("categories") or ()
    return tuple(value.split() if isinstance(value, str) else map(str, value))


def _paper(kind: str, title: str, abstract: str) -> Understood:
    fields = pasted.tidy(title), pasted.tidy(abstract)
    notes = tuple(dict.fromkeys(note for field in fields for note in field.notes))
    return Understood(kind, fields[0].text, fields[1].text, notes=notes)


def _from_entries(
    kind: str, read: Callable[[str], Sequence[dict[str, Any]]], text: str
) -> Understood:
    """The entries of a bibliography; where there is one, its paper."""
    try:
        records = tuple(record for record in read(text) if _field(record, "title"))
    except PaperlensError as error:
        return Understood(kind, notes=(error.args[0],))
    found = Understood(kind, records=records)
    if not records:
        return Understood(kind, notes=(Message("No entry with a title could be read from it."),))
    return from_record(found, records[0]) if len(records) == 1 else found


def _latex_source(text: str) -> tuple[str, str] | None:
    """Title and abstract of a LaTeX document, None where it has no abstract of its own."""
    abstract = _LATEX_ABSTRACT.search(text)
    if not abstract:
        return None
    start = _LATEX_TITLE.search(text)
    return _braced(text, start.end()) if start else "", abstract[1].strip()


def _braced(text: str, start: int) -> str:
    """What stands between an opening brace, which ends at `start`, and its closing one."""
    depth = 1
    for end in range(start, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if not depth:
            return text[start:end]
    return ""


def _field(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value.strip() if isinstance(value, str) else ""
