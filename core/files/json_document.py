"""JSON that is not one object a line: arrays, tables as pandas writes them, objects over lines."""

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from core.files import columns
from core.files.base import Record
from core.files.delimited import MAX_LINE_LENGTH
from core.files.errors import SizeLimitExceeded
from core.files.json_shape import dict_of, list_of

LINES, ARRAY, DOCUMENT = "lines", "array", "document"
"""Forms of a file: an object a line; an array of objects; a table in one object, or objects over
several lines."""

PIECE = 1 << 20
"""The number of characters read at a time."""
MAX_DOCUMENT = 64 << 20
"""The maximum number of characters of a table in one object, which is in memory completely."""

_decoder = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_TABLE_START = re.compile(r'\{\s*"[^"]*"\s*:\s*[\[{]')
_is_object: Callable[[Any], bool] = dict_of(lambda value: True)
_is_list: Callable[[Any], bool] = list_of(lambda value: True)


class DamagedJson(ValueError):
    """Text that is not JSON, or is cut short; number: which value it is in, from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def form_of(start: str) -> str:
    """The form of a file with these first characters."""
    text = start.lstrip("\ufeff \t\r\n")
    first, _, rest = (part.strip() for part in text.partition("\n"))
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        if text.startswith("["):
            return ARRAY
        is_table = not rest and _TABLE_START.match(first)
        over_lines = first.startswith("{") and first.endswith(("{", "[", ","))
        return DOCUMENT if over_lines or is_table else LINES
    if rest:
        return LINES
    if isinstance(value, list):
        return ARRAY
    return DOCUMENT if table(value) is not None else LINES


def values(text: io.TextIOBase, most: int = MAX_LINE_LENGTH) -> Iterator[Any]:
    """The values of an array, or those that follow one another.

    most: characters of a value. Raises DamagedJson, SizeLimitExceeded.
    """
    buffer, at, number = text.read(PIECE).lstrip("\ufeff \t\r\n"), 0, 0
    is_array = buffer.startswith("[")
    at += is_array
    while True:
        at = _BETWEEN.match(buffer, at).end()  # type: ignore[union-attr]
        if is_array and buffer[at : at + 1] == "]":
            return
        try:
            value, end = _decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError):
            if len(buffer) - at > most:
                raise SizeLimitExceeded(
                    "it has a value of more than {most:,} characters", most=most
                ) from None
            more = text.read(max(PIECE, len(buffer) - at))
            if not more and (is_array or at < len(buffer)):
                raise DamagedJson(number + 1) from None
            if not more:
                return
            buffer, at = buffer[at:] + more, 0
            continue
        number, at = number + 1, end
        yield value


def document(text: io.TextIOBase) -> Iterator[Any]:
    """The rows of a table in one object; where the first object is none, each object."""
    objects = values(text, MAX_DOCUMENT)
    first = next(objects, None)
    rows = table(first)
    yield from [first] if rows is None else rows
    yield from objects


def table(value: Any) -> list[Any] | None:
    """The rows of an object that is a table in one of pandas' layouts, or None.

    These are `columns`, `split`, `index`, `table` and lists by column; an object that wraps an
    array of objects counts too.
    """
    if not _is_object(value) or not value:
        return None
    names, data = value.get("columns"), value.get("data")
    if _is_list(names) and _is_list(data) and all(map(_is_list, data)):
        return [dict(zip(map(str, names), row, strict=False)) for row in data]
    parts = list(value.values())
    if all(map(_is_object, parts)):
        return _of_objects(value)
    if all(map(_is_list, parts)):
        return _of_lists(value)
    return _wrapped(value)


def _of_objects(value: dict[str, Record]) -> list[Record] | None:
    """Rows of a table by columns, or by rows."""
    inner = dict.fromkeys(name for part in value.values() for name in part)
    by_columns = any(map(columns.is_known, value))
    if by_columns or not (any(map(columns.is_known, inner)) or all(map(str.isdecimal, value))):
        return [{n: part[i] for n, part in value.items() if i in part} for i in inner]
    return list(value.values())


def _of_lists(value: dict[str, list[Any]]) -> list[Record] | None:
    lengths = {len(part) for part in value.values()}
    if len(lengths) > 1:
        return _wrapped(value)
    if len(value) == 1 and not any(map(columns.is_known, value)):
        return _wrapped(value)
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def _wrapped(value: Record) -> list[Any] | None:
    """The one array of objects within an object that is no paper itself."""
    arrays = [part for part in value.values() if part and list_of(_is_object)(part)]
    is_record = any(columns.guess(tuple(value), field) for field in ("title", "abstract", "string"))
    return arrays[0] if len(arrays) == 1 and not is_record else None
