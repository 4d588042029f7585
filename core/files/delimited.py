"""Reads delimited text (CSV, TSV) with Python's `csv`, and recovers after a wrong quote."""

import csv
import io
import itertools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MAX_LINE_LENGTH = 4_000_000
"""The maximum number of characters of a record or a line."""
HEADER_LINES = 20
"""The number of non-blank lines that are searched for the header."""
LINE_READS = 3
"""The maximum number of times `csv` reads a line: as a record's first line, as a line inside a
quote, and with the record that it is part of or that fails in it."""

DELIMITERS = ",;\t|"

LONG, OPEN, WIDE = "long", "open", "wide"
"""Faults of a row: longer than MAX_LINE_LENGTH; a quote that is not closed, or is closed before
other text; more cells than the header."""


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be read: LONG, OPEN or WIDE, and the number of cells of a WIDE one."""

    kind: str
    cells: int = 0


def csv_reader(lines: Iterable[str], delimiter: str, strict: bool = False) -> "csv._reader":
    """A `csv.reader` that takes cells of any length; the caller limits the lines."""
    # The limit of `csv` applies to the process, so files read at the same time cannot each set one.
    csv.field_size_limit(sys.maxsize)
    return csv.reader(lines, delimiter=delimiter, strict=strict)


def lines(text: io.TextIOBase) -> Iterator[str | None]:
    """Each line with its end, without NULs; None in place of one longer than MAX_LINE_LENGTH."""
    while line := text.readline(MAX_LINE_LENGTH):
        if len(line) < MAX_LINE_LENGTH or line.endswith(("\n", "\r")):
            yield line.replace("\0", "")
            continue
        while (rest := text.readline(MAX_LINE_LENGTH)) and not rest.endswith(("\n", "\r")):
            pass
        yield None


def find_header(
    lines: Iterable[str | None], is_known: Callable[[str], bool], usual: str = ","
) -> tuple[str, int]:
    """The delimiter, and the number of non-blank lines before the header.

    The header is the first of HEADER_LINES lines with a column that is known,
    or the first line if there is none. The delimiter is the one with the most known columns in it;
    ties are broken by the number of columns, then in favour of the usual delimiter.
    """

    def rank(line: str, delimiter: str) -> tuple[int, int, bool]:
        names = next(csv_reader([line], delimiter), [])
        return sum(map(is_known, names)), len(names), delimiter == usual

    not_blank = (line or "" for line in lines if line is None or line.strip())
    default = usual
    for number, line in enumerate(itertools.islice(not_blank, HEADER_LINES)):
        best = max(DELIMITERS, key=lambda delimiter: rank(line, delimiter))
        if rank(line, best)[0]:
            return best, number
        if number == 0:
            default = best
    return default, 0


class Table:
    """The rows of a table after its header: number, first line (both from 1), cells or a Fault.

    header: the stripped names of the columns, empty where there are no lines, a Fault where it
    cannot be read. Blank rows are counted and left out; a row may have fewer cells than the header.
    lines: with their line ends, None for one that is too long; skipped_lines: how many non-blank
    lines precede the header.
    """

    def __init__(self, lines: Iterable[str | None], delimiter: str, skipped_lines: int = 0) -> None:
        self._records = _records(_LineBuffer(lines, delimiter), delimiter, skipped_lines)
        header = next((cells for _, cells in self._records if cells), [])
        self.header: list[str] | Fault = (
            header if isinstance(header, Fault) else [name.strip() for name in header]
        )

    def __iter__(self) -> Iterator[tuple[int, int, list[str] | Fault]]:
        width = 0 if isinstance(self.header, Fault) else len(self.header)
        for row, (line, cells) in enumerate(self._records, 1):
            if isinstance(cells, list) and len(cells) > width:
                yield row, line, Fault(WIDE, len(cells))
            elif cells:
                yield row, line, cells


def _records(
    lines: "_LineBuffer", delimiter: str, skipped_lines: int
) -> Iterator[tuple[int, list[str] | Fault]]:
    """Each record, empty for a blank line, with the number of its first line."""
    queue: deque[str] = deque()
    # An IndexError means that `csv` needs more than the line in the queue.
    reader = csv_reader(iter(queue.popleft, None), delimiter)
    number = 0
    for line in lines:
        number += 1
        if skipped_lines:
            skipped_lines -= line is None or bool(line.strip())
            continue
        if line is None:
            yield number, Fault(LONG)
            continue
        queue.append(line)
        try:
            yield number, next(reader)
        except IndexError:
            cells = lines.record(line)
            yield number, cells or Fault(OPEN)
            number += lines.taken


INSIDE, CLOSED, BROKEN = "inside", "closed", "broken"
"""How a line ends: inside a quote, outside, or with an error, a quote closed before other text."""


def _end(line: str, delimiter: str) -> str:
    """How a line that begins inside a quote ends."""
    # A second line with a quote is read only if a quote is still open.
    reader = csv_reader(('"' + line, '"'), delimiter, strict=True)
    try:
        next(reader)
    except csv.Error:
        return BROKEN
    return INSIDE if reader.line_num == 2 else CLOSED


class _LineBuffer:
    """Lines one after another, with look-ahead after a line that leaves a quote open.

    Of a record with a wrong quote only the first line is lost; the lines after it are read again.
    How a line that begins inside a quote ends depends on that line alone, so each line ahead is
    examined once for all records that may reach it, and no line goes through `csv` more than
    `LINE_READS` times, so that time is linear in the number of lines.

    Lines ahead are read but not yet yielded. If they begin inside a quote, all but the last end
    inside it; `_last` is how the last ends. `taken`: how many of them the last `record` used.
    """

    def __init__(self, lines: Iterable[str | None], delimiter: str) -> None:
        self._lines, self._delimiter = iter(lines), delimiter
        self._ahead: deque[str | None] = deque()
        self._size, self._last, self.taken = 0, INSIDE, 0

    def __iter__(self) -> Iterator[str | None]:
        while True:
            while self._ahead:
                line = self._ahead.popleft()
                self._size -= len(line or "")
                if not self._ahead:
                    self._last = INSIDE
                yield line
            if (line := next(self._lines, "")) == "":
                return
            yield line

    def record(self, first: str) -> list[str]:
        """The cells of the record that begins with the line yielded last; the others are `taken`.

        None where its quote is not closed correctly.
        """
        self.taken = 0
        room = MAX_LINE_LENGTH - len(first)
        if self._last == INSIDE and self._size <= room:
            self._read_ahead(room)
        if self._last != CLOSED or self._size > room:
            return []
        # Not a list: an error comes from the first line, and the others need not be copied for it.
        lines = itertools.chain((first,), self._ahead)
        try:
            cells = next(csv_reader(lines, self._delimiter, strict=True))
        except csv.Error:
            return []
        self.taken = len(self._ahead)
        self._ahead.clear()
        self._size, self._last = 0, INSIDE
        return cells

    def _read_ahead(self, room: int) -> None:
        """Read on until a line does not end inside a quote, or `room` is used up."""
        size, append = self._size, self._ahead.append
        for line in self._lines:
            append(line)
            if line is None:
                self._last = BROKEN
                break
            size += len(line)
            if '"' in line:
                self._last = _end(line, self._delimiter)
                if self._last != INSIDE:
                    break
            if size > room:
                break
        self._size = size
