"""The base class of readers: a file's layout and its records, within limits."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from core.files.errors import BatchError, EmptyFile, SizeLimitExceeded, TooLarge, Unreadable
from core.files.limits import (
    MAX_COLUMNS,
    MAX_COMPRESSION_RATIO,
    MIN_UNPACKED_ALLOWANCE,
    ON_DISK,
    Limits,
)
from core.messages import Message

PREVIEW_ROWS = 1_000
PREVIEW_BYTES = 2 << 20
"""The maximum numbers of rows, valid or not, and of unpacked bytes that a preview reads."""
PREVIEW_CELL = 500
"""The maximum length of a cell in a preview."""
PROGRESS_EVERY = 100
"""Rows between two updates of the share read."""

UNREADABLE = object()
"""Replaces a value that Python cannot represent, such as a date in the year 100,000."""

Record = dict[str, Any]
"""A row by its column names."""
Numbered = Iterator[tuple[int, Record | Message]]
"""Records with their numbers, from 1; for an invalid record a note instead."""
Select = Callable[[tuple[str, ...]], Mapping[str, int]]
"""Maps a file's column names to the indices of the selected ones, by their names in records.

It is called for the keys of each JSON object, so it should be fast.
"""
IsKnown = Callable[[str], bool]
"""Whether a column has a name that is known."""


@dataclass(frozen=True)
class Layout:
    """A file's layout: kind (its extension), encoding, delimiter of its cells, column names.

    skipped_lines: the number of non-blank lines before the header of a table.
    """

    kind: str
    encoding: str = ""
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    skipped_lines: int = 0


def every_column(names: tuple[str, ...]) -> dict[str, int]:
    """Select all columns under their own names; of two with the same name the first."""
    return {name: names.index(name) for name in names}


def cell_text(value: Any) -> str:
    """A cell as text; empty for None, NaN and UNREADABLE."""
    if value is None or value is UNREADABLE or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else str(value)


class Reader(ABC):
    """The records of one file. A format is a subclass with `_read_layout` and `_read`.

    layout: of the file; share: how much of it is read (0 to 1).
    is_known: whether a name is one by which the header of a table is recognised.
    Raises BatchError for a file that cannot be read at all.
    """

    def __init__(
        self, path: Path, limits: Limits = ON_DISK, is_known: IsKnown = lambda name: False
    ) -> None:
        self.path, self.limits, self.is_known = path, limits, is_known
        self.share = 0.0
        with self._as_batch_error():
            if path.stat().st_size > limits.size:
                raise SizeLimitExceeded("it has more than {most:,.0f} MB", most=limits.size / 1e6)
            self.layout = self._read_layout()
        if len(self.layout.columns) > MAX_COLUMNS:
            raise TooLarge(
                "{name} has more than {most:,} columns, the most that are read.",
                name=path.name,
                most=MAX_COLUMNS,
            )

    def records(self, select: Select = every_column) -> Numbered:
        """Each record with the selected columns; a missing cell is left out.

        Raises BatchError, possibly after some records: for a damaged file, for one that is empty,
        and for one beyond its limits.
        """
        count = 0
        with self._as_batch_error():
            for number, record in self._read(select):
                count += 1
                if count > self.limits.rows:
                    raise TooLarge(
                        "{name} holds more than {most:,} rows; take `python -m core classify` "
                        "for it, or cut it in pieces.",
                        name=self.path.name,
                        most=self.limits.rows,
                    )
                yield number, record
        if not count:
            raise self._empty()
        self.share = 1.0

    def head(self, count: int) -> list[dict[str, str]]:
        """The first valid records with all columns, as text, long cells cut.

        Only PREVIEW_ROWS rows and PREVIEW_BYTES bytes are tried, so there may be fewer records, or
        none. Raises BatchError for a file that cannot be read.
        """
        with self._as_batch_error():
            tried = islice(self._read(every_column, PREVIEW_BYTES), PREVIEW_ROWS)
            valid = (record for _, record in tried if not isinstance(record, str))
            return [
                {name: cell_text(value)[:PREVIEW_CELL] for name, value in record.items()}
                for record in islice(valid, count)
            ]

    @abstractmethod
    def _read_layout(self) -> Layout:
        """The file's layout, from its beginning."""

    @abstractmethod
    def _read(self, select: Select, first: int | None = None) -> Numbered:
        """Each record; if `first` is given, of only about that many unpacked bytes."""

    def max_unpacked(self) -> int:
        """The maximum unpacked size in bytes of a compressed file."""
        allowance = MAX_COMPRESSION_RATIO * self.path.stat().st_size
        return min(self.limits.unpacked, max(MIN_UNPACKED_ALLOWANCE, allowance))

    def _empty(self) -> EmptyFile:
        return EmptyFile("{name} is empty: it holds no rows.", name=self.path.name)

    def _unreadable(self, reason: str) -> BatchError:
        return Unreadable("{name} cannot be read: {reason}.", name=self.path.name, reason=reason)

    @contextmanager
    def _as_batch_error(self) -> Iterator[None]:
        """Turn errors of opening or reading the file into a BatchError."""
        import pyarrow as pa

        path = self.path
        try:
            yield
        except FileNotFoundError:
            raise Unreadable("There is no file {path}.", path=path) from None
        except IsADirectoryError:
            raise Unreadable("{path} is a folder, not a file.", path=path) from None
        except SizeLimitExceeded as error:
            raise TooLarge("{name} is refused: {reason}.", name=path.name, reason=error) from None
        except (OSError, pa.ArrowException) as error:
            reason = str(error).strip().split("\n")[0].rstrip(".")
            raise self._unreadable(reason) from None
