"""A record of a file as a paper or a citation, or a note that says why it is neither."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.i18n import say
from core.text import documents

SECTION_COLUMNS = ("sectionName", "sectionname", "section")
UNREADABLE = object()
"""In place of a value of Parquet that Python cannot hold, such as a date in the year 100,000."""

Record = dict[str, Any]
"""A row by its column names."""


@dataclass(frozen=True)
class Row:
    """One input row: its text, or in `note` why it has none; `truth` is its labels, if given."""

    id: str
    text: str
    truth: str = ""
    note: str = ""


Make = Callable[[Record, int], Row]
"""How a record and its number become a row."""


def paper(record: Record, number: int) -> Row:
    """A paper's row: `title`, `abstract` (else `string` or `text`), and its `categories`."""
    name = _name(record, number)
    title, abstract = cell_text(record.get("title")), cell_text(record.get("abstract"))
    if not (title.strip() or abstract.strip()):
        abstract = _first(record, ("string", "text"))
    if not (title.strip() or abstract.strip()):
        return Row(
            name, "", note=say("row {number} has neither a title nor an abstract", number=number)
        )
    categories = record.get("categories")
    if isinstance(categories, list):
        categories = " ".join(map(cell_text, categories))
    whole = documents.paper_text(documents.visible(title), documents.visible(abstract))
    return Row(name, whole, cell_text(categories))


def citation(record: Record, number: int) -> Row:
    """A citation's row: `string` or `text`, the section's name if there is one, and its `label`."""
    name = _name(record, number)
    sentence = _first(record, ("string", "text"))
    if not sentence:
        return Row(
            name, "", note=say("row {number} has no sentence in string or text", number=number)
        )
    section = _first(record, SECTION_COLUMNS)
    whole = documents.citation_text(documents.visible(sentence), documents.visible(section))
    return Row(name, whole, cell_text(record.get("label")).strip())


def cell_text(value: Any) -> str:
    """A cell as text; empty for None, NaN and what cannot be read."""
    if value is None or value is UNREADABLE or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else str(value)


def _first(record: Record, keys: Sequence[str]) -> str:
    """The first of some cells that is not blank; empty where all are."""
    cells = (cell_text(record.get(key)) for key in keys)
    return next((cell for cell in cells if cell.strip()), "")


def _name(record: Record, number: int) -> str:
    # A lone surrogate, which JSON may hold, could not be written to any file.
    return cell_text(record.get("id")).encode("utf-8", "replace").decode() or str(number)
