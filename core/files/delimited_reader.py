"""CSV and TSV tables of any delimiter and encoding, with or without lines before the header."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from core.files import delimited
from core.files.base import PROGRESS_EVERY, Layout, Numbered, Select
from core.files.delimited import MAX_LINE_LENGTH, Fault, Table
from core.files.errors import NoHeader
from core.files.formats import kind_of
from core.files.text_reader import TextReader
from core.messages import Message


class DelimitedReader(TextReader):
    """The records of a table; a missing cell is left out."""

    @contextmanager
    def table(self) -> Iterator[Table]:
        """The rows of the table by their lines, including faults.

        Raises NoHeader for a header that cannot be read, and while the rows are read
        SizeLimitExceeded, OSError and pyarrow's errors.
        """
        with self._unpacked() as stream, self._text(stream, "") as text:
            yield self._table(text)

    def _read_layout(self) -> Layout:
        start, encoding = self._start()
        kind = kind_of(self.path)
        lines = list(delimited.lines(io.StringIO(start, newline="")))
        usual = "\t" if kind == ".tsv" else ","
        delimiter, skipped = delimited.find_header(lines, self.is_known, usual)
        header = self._header(Table(lines, delimiter, skipped))
        return Layout(kind, encoding, delimiter, tuple(header), skipped)

    def _table(self, text: io.TextIOBase) -> Table:
        layout = self.layout
        table = Table(delimited.lines(text), layout.delimiter, layout.skipped_lines)
        self._header(table)
        return table

    def _header(self, table: Table) -> list[str]:
        """The names of the columns. Raises NoHeader where they cannot be read."""
        if not isinstance(table.header, Fault):
            return table.header
        if table.header.kind == delimited.OPEN:
            raise NoHeader(
                "{name} has no header: its first row has a quote that is not closed.",
                name=self.path.name,
            )
        raise NoHeader(
            "{name} has no header: its first row is longer than {most:,} characters.",
            name=self.path.name,
            most=MAX_LINE_LENGTH,
        )

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        with self._unpacked(first) as stream, self._text(stream, "") as text:
            table = self._table(text)
            header = tuple(self._header(table))
            selected = select(header).items()
            for number, _, cells in table:
                if number % PROGRESS_EVERY == 0:
                    self.share = stream.share
                if isinstance(cells, Fault):
                    yield number, _note(number, cells, len(header))
                else:
                    yield number, {name: cells[i] for name, i in selected if i < len(cells)}


def _note(row: int, fault: Fault, columns: int) -> Message:
    """What is wrong with a row."""
    if fault.kind == delimited.WIDE:
        return Message(
            "row {number} has {cells} cells, the header {header}",
            number=row,
            cells=fault.cells,
            header=columns,
        )
    if fault.kind == delimited.OPEN:
        return Message("row {number} has a quote that is not closed", number=row)
    return Message(
        "row {number} is longer than {most:,} characters", number=row, most=MAX_LINE_LENGTH
    )
