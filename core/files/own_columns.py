"""The input's own columns in an output: their names, types and cells."""

import base64
import json
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.files.base import UNREADABLE, Layout, Reader, Record
from core.files.errors import TooLarge
from core.files.formats import FORMATS, has_own_keys
from core.files.limits import MAX_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

Columns = tuple[tuple[str, str], ...]
"""Name and type of each column; the type is Arrow's by its alias, or `list:` and one."""

STRING, LIST = "string", "list:"
KEPT = frozenset(
    (
        "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float double string binary "
        "date32[day] timestamp[s] timestamp[ms] timestamp[us] timestamp[ns]"
    ).split()
)
"""Types that a Parquet output keeps; columns of others become text."""
EXACT = 1 << 53
"""Whole numbers up to here are exact among numbers with a fraction, too."""


@lru_cache(16)
def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names that differ: of two that are the same the second gets the suffix `_2`."""
    if len(set(names)) == len(names):
        return names
    taken, found = set(names), []
    for i, name in enumerate(names):
        found.append(name if name not in names[:i] else free_name(f"{name}_2", taken))
        taken.add(found[-1])
    return tuple(found)


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number if it is taken: `note`, `note_2`, `note_3`."""
    taken, found, number = frozenset(taken), name, 2
    while found in taken:
        found, number = f"{name.removesuffix('_2')}_{number}", number + 1
    return found


def find(readers: Iterable[Reader], typed: bool = False) -> Columns:
    """The columns of all files, each once, in the order in which they are met.

    JSON is read to its end, for later objects may have other keys. typed: find their types too,
    otherwise all are text.
    Raises BatchError for a file that cannot be read and for more than MAX_COLUMNS.
    """
    types: dict[str, str | None] = {}
    for reader in readers:
        for name, kind in _of_file(reader, typed).items():
            types[name] = _common(types.get(name), kind)
        _check_count(types, reader.path)
    return tuple((name, kind if typed and kind else STRING) for name, kind in types.items())


def _check_count(names: Iterable[str], file: Path) -> None:
    if len(tuple(names)) > MAX_COLUMNS:
        raise TooLarge(
            "{name} has more than {most:,} columns, the most that are read.",
            name=file.name,
            most=MAX_COLUMNS,
        )


def _of_file(reader: Reader, typed: bool) -> dict[str, str | None]:
    layout = reader.layout
    if has_own_keys(layout.kind):
        return _of_objects(reader, typed)
    names = distinct(layout.columns)
    if FORMATS[layout.kind] == "parquet" and typed:
        return dict(zip(names, _of_parquet(reader), strict=True))
    return dict.fromkeys(names, STRING)


def _of_parquet(reader: Any) -> list[str]:
    with reader.parquet() as file:
        return [_alias(kind) for kind in file.schema_arrow.types]


def _alias(kind: "pa.DataType") -> str:
    """The name of a type that is kept, STRING for others."""
    import pyarrow.types as of

    if of.is_dictionary(kind):
        return _alias(kind.value_type)
    if of.is_list(kind) or of.is_large_list(kind):
        inner = _alias(kind.value_type)
        return STRING if inner == STRING and not _is_text(kind.value_type) else f"{LIST}{inner}"
    return str(kind) if str(kind) in KEPT else STRING


def _is_text(kind: "pa.DataType") -> bool:
    return str(kind) in ("string", "large_string", "string_view")


def _of_objects(reader: Reader, typed: bool) -> dict[str, str | None]:
    """The keys of all objects, and the type of their values."""
    types: dict[str, str | None] = {}
    known: set[tuple[str, ...]] = set()
    for _, record in reader.records():
        if isinstance(record, str):
            continue
        if typed:
            for name, value in record.items():
                kind = types.get(name)
                types[name] = kind if kind == STRING else _common(kind, _type_of(value))
        elif (names := tuple(record)) not in known:
            if len(known) < MAX_COLUMNS:
                known.add(names)
            for name in names:
                types.setdefault(name, STRING)
        if len(types) > MAX_COLUMNS:
            _check_count(types, reader.path)
    return types


def _type_of(value: Any) -> str | None:
    """The type of a value of JSON, None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64" if abs(value) <= EXACT else STRING
    if isinstance(value, float):
        return "double"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return f"{LIST}{STRING}"
    return STRING


def _common(one: str | None, other: str | None) -> str | None:
    """A type that holds the values of both."""
    if one is None or one == other:
        return other
    if other is None:
        return one
    return "double" if {one, other} == {"int64", "double"} else STRING


def arrow_type(kind: str) -> "pa.DataType":
    """The Arrow type of a column."""
    import pyarrow as pa

    if kind.startswith(LIST):
        return pa.list_(arrow_type(kind.removeprefix(LIST)))
    return pa.type_for_alias(kind)


def arrow_column(cells: Sequence[Any], kind: str) -> "pa.Array":
    """Cells as an Arrow array of a column's type."""
    import pyarrow as pa

    if kind == STRING:
        return pa.array(_texts(cells), STRING)
    if kind == f"{LIST}{STRING}":
        cells = [_texts(cell) if isinstance(cell, list) else None for cell in cells]
    return pa.array([None if cell is UNREADABLE else cell for cell in cells], arrow_type(kind))


def _texts(cells: Sequence[Any]) -> list[str | None]:
    return [None if _is_missing(cell) else encodable(text(cell)) for cell in cells]


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is UNREADABLE


def text(cell: Any) -> str:
    """A cell as text: a string as it is, nothing as an empty one, all else as JSON."""
    if isinstance(cell, str):
        return cell
    if _is_missing(cell) or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    plain = _plain(cell)
    return plain if isinstance(plain, str) else json_text(plain)


def json_text(value: Any) -> str:
    """A value as JSON on one line; what JSON cannot hold becomes text, NaN null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except (ValueError, RecursionError):
        return json.dumps(_without_nan(value), default=_plain)


def _plain(value: Any) -> Any:
    """A value that JSON has no form for as one that it has."""
    if _is_missing(value):
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if isinstance(value, int | float | list | tuple | dict) else str(value)


def _without_nan(value: Any, depth: int = 100) -> Any:
    """The value with null for NaN and infinities, and for what lies too deep."""
    if not depth or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, dict):
        return {str(name): _without_nan(part, depth - 1) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(part, depth - 1) for part in value]
    return value


def encodable(value: str) -> str:
    """Text without lone surrogates, which JSON may hold but no other file."""
    return value.encode("utf-8", "replace").decode() if not value.isascii() else value


def size(record: Record) -> int:
    """About how many bytes a record takes."""
    return sum(map(_size, record.values()))


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | tuple):
        # All parts of a list from Parquet have one type.
        numbers = not value or isinstance(value[0], int | float)
        return 8 * len(value) if numbers else sum(map(_size, value))
    return sum(map(_size, value.values())) if isinstance(value, dict) else 8


def layout_names(layout: Layout) -> tuple[str, ...] | None:
    """The names under which a table's cells are kept; None for JSON, whose objects have theirs."""
    return None if has_own_keys(layout.kind) else distinct(layout.columns)
