"""What cells say: texts, identifiers, categories and labels, in the forms that files give them."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from core.files.base import cell_text
from core.text import arxiv_ids

LABELS = ("method", "background", "result")
"""SciCite's labels in the order of the numbers that stand for them."""
_SHORTENED_ID = re.compile(r"(\d{3,4})\.(\d{1,5})")
_FIRST_NUMBERED, _FIRST_OF_FIVE_DIGITS = 704, 1501
"""Year and month of the first identifier like 0704.0001, and of the first with five digits."""


def text(value: Any) -> str:
    """A text, those of a list joined by blanks; empty for numbers and objects."""
    if isinstance(value, str):
        value = _listed(value)
        if isinstance(value, str):
            return value
    if isinstance(value, list | tuple):
        return " ".join(" ".join(part.split()) for part in _parts(value) if isinstance(part, str))
    return ""


def _listed(value: str) -> Any:
    """The list that a text writes out, as Python does; any other text itself."""
    if not (value.startswith(("['", '["')) and value.endswith("]")):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def _parts(value: list[Any] | tuple[Any, ...], depth: int = 5) -> Iterator[Any]:
    for part in value:
        if isinstance(part, list | tuple) and depth:
            yield from _parts(part, depth - 1)
        else:
            yield part


def flat(value: Any) -> str:
    """A value as text, the parts of a list joined by blanks."""
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(cell_text, _parts(value))))
    return cell_text(value)


def identifier(value: Any) -> str:
    """An identifier: of an address of arXiv the number in it, and without a spreadsheet's damage.

    A lone surrogate, which cannot be written to a file, becomes a question mark.
    """
    found = flat(_listed(value) if isinstance(value, str) else value)
    found = found.strip().removeprefix("oai:arXiv.org:")
    return arxiv_ids.normalise(mended(found)).encode("utf-8", "replace").decode()


def mended(id: str) -> str:
    """An arXiv number that lost zeros as a number of a spreadsheet: 0704.0010 of 704.001."""
    match = _SHORTENED_ID.fullmatch(id)
    if not match or not int(match[2]):
        return id
    year_and_month = int(match[1])
    if year_and_month < _FIRST_NUMBERED or not 1 <= year_and_month % 100 <= 12:
        return id
    digits = 5 if year_and_month >= _FIRST_OF_FIVE_DIGITS else 4
    return f"{year_and_month:04}.{match[2]:0<{digits}}" if len(match[2]) <= digits else id


def is_set(value: Any) -> bool:
    """Whether a cell of a column that stands for a category says yes."""
    return flat(value).strip().lower() in ("1", "1.0", "true", "yes", "x")


def label(value: Any) -> str:
    """A citation's intent: SciCite's numbers, capitals and plurals as its label."""
    found = flat(value).strip()
    lower = found.lower().removesuffix(".0")
    if lower in ("0", "1", "2"):
        return LABELS[int(lower)]
    return lower.removesuffix("s") if lower.removesuffix("s") in LABELS else found
