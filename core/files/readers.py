"""Rows of a file of any kind that people bring: one after another, in order, within limits.

A row that cannot be used comes with a note in its place; only a file that holds no table at all is
refused. Nothing is held but the row under way, however large the file.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.files import delimited
from core.files.compression import (
    FORMATS,
    TooMuch,
    Unpacked,
    compression,
    corpus_files,
    ending,
    foreign,
)
from core.files.delimited import LONGEST_LINE, Fault, Table
from core.files.encoding import WINDOWS, detect_encoding
from core.files.limits import ALWAYS, MOST_TIMES, ON_DISK, BatchError, Limits
from core.files.records import UNREADABLE, Record, Row, cell_text, citation, paper
from core.i18n import say

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

INPUTS = tuple(FORMATS)

PAPER_FIELDS = ("id", "title", "abstract", "categories")
CITATION_FIELDS = ("id", "string", "section", "label")
TEXT_COLUMNS = ("title", "abstract", "string", "text")
KNOWN = {"id", "categories", "label", "sectionname", "section", *TEXT_COLUMNS}

MOST_COLUMNS = 1_000
LONGEST_CELL = 1_000_000
"""Characters of a cell; a longer one gives its row a note."""
PREVIEW_ROWS = 1_000
PREVIEW_BYTES = 2 << 20
"""A preview looks at no more rows, good or bad, and at no more bytes, unpacked, from the start."""

HEAD = 1 << 18
BATCH, PREVIEW_BATCH = 1_000, 10
NAMED = 12
TOLD = 100
"""Rows between two looks at how far a file is read."""


@dataclass(frozen=True)
class Layout:
    """How a file is written: kind (its ending), encoding, what parts its cells, its columns.

    skipped_lines: lines that are not blank and stand before the header of a table.
    """

    kind: str
    encoding: str = ""
    delimiter: str = ""
    columns: tuple[str, ...] = ()
    skipped_lines: int = 0


Columns = Mapping[str, str]
"""Which column holds a field, for fields whose column is called otherwise; empty for none."""

Numbered = Iterator[tuple[int, Record | str]]
"""Records with their numbers; in place of a bad one a note."""


def kind_of(path: Path) -> str:
    """A file's kind, by its ending. Raises BatchError for another ending than those of INPUTS."""
    if ending(path) not in INPUTS:
        raise BatchError(
            say("{name} should end in one of {endings}.", name=path.name, endings=", ".join(INPUTS))
        )
    return ending(path)


def shards(path: Path) -> list[Path]:
    """The file itself, or a folder's files of a kind that can be read, by name.

    Raises BatchError where there is none.
    """
    if not path.is_dir():
        return [path]
    found = corpus_files(path)
    if not found:
        raise BatchError(
            say(
                "{path} is a folder without a file ending in {endings}.",
                path=path,
                endings=", ".join(INPUTS),
            )
        )
    return found


def read_rows(
    path: Path, task: str = "archive", columns: Columns | None = None, limits: Limits = ON_DISK
) -> Iterator[Row]:
    """Every row of a file, or of a folder's files, in order; a bad row has a note instead of text.

    For the task `intent` a row is a citation, for the others a paper.
    Raises BatchError for a file that cannot be read at all or has no column to classify.
    """
    for shard in shards(path):
        yield from Reader(shard, task, columns, limits)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in one sentence why a file cannot be read."""
    import pyarrow as pa

    try:
        yield
    except FileNotFoundError:
        raise BatchError(say("There is no file {path}.", path=path)) from None
    except IsADirectoryError:
        raise BatchError(say("{path} is a folder, not a file.", path=path)) from None
    except TooMuch as error:
        raise BatchError(
            say("{name} is refused: {reason}.", name=path.name, reason=error)
        ) from None
    except (OSError, pa.ArrowException) as error:
        reason = str(error).strip().split("\n")[0].rstrip(".")
        if kind_of(path) != ".parquet":
            words = say("{name} cannot be read: {reason}.", name=path.name, reason=reason)
        elif _starts(path, b"PAR1"):
            words = say(
                "{name} is a Parquet file that is damaged, cut short or of a form that is not "
                "read: {reason}.",
                name=path.name,
                reason=reason,
            )
        else:
            words = say("{name} is not a Parquet file: {reason}.", name=path.name, reason=reason)
        raise BatchError(words) from None


def _starts(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


class Reader:
    """The rows of one file. `layout` is how it is written, `share` how far it is read (0 to 1)."""

    def __init__(
        self,
        path: Path,
        task: str = "archive",
        columns: Columns | None = None,
        limits: Limits = ON_DISK,
    ) -> None:
        self.path, self.limits = path, limits
        self.columns = dict(columns or {})
        self.share = 0.0
        self._make = citation if task == "intent" else paper
        self._kind = kind_of(path)
        self._format = FORMATS[self._kind]
        with _told(path):
            self._check_size()
            self.layout = self._parquet_layout() if self._format == "parquet" else self._sniffed()
        if len(self.layout.columns) > MOST_COLUMNS:
            raise BatchError(
                say(
                    "{name} has more than {most:,} columns, the most that are read.",
                    name=path.name,
                    most=MOST_COLUMNS,
                )
            )

    def __iter__(self) -> Iterator[Row]:
        """Each row. Raises BatchError, perhaps after some rows."""
        self._check_columns()
        count = 0
        with _told(self.path):
            for number, record in self._records():
                count += 1
                if count > self.limits.rows:
                    raise BatchError(
                        say(
                            "{name} holds more than {most:,} rows; take `python -m core classify` "
                            "for it, or cut it in pieces.",
                            name=self.path.name,
                            most=self.limits.rows,
                        )
                    )
                yield self._row(number, record)
        if not count:
            raise BatchError(say("{name} is empty: it holds no rows.", name=self.path.name))
        self.share = 1.0

    def head(self, count: int) -> list[Record]:
        """The first good records under the file's own column names, long cells cut.

        Only PREVIEW_ROWS rows and PREVIEW_BYTES bytes are tried; fewer records, or none, come of a
        file that has too few good ones there. Raises BatchError for a file that cannot be read.
        """
        with _told(self.path):
            tried = islice(self._records(whole=True), PREVIEW_ROWS)
            good = (record for _, record in tried if not isinstance(record, str))
            return [
                {name: cell_text(value)[:500] for name, value in record.items()}
                for record in islice(good, count)
            ]

    @contextmanager
    def table(self) -> Iterator[Table]:
        """The rows of a table by their lines, faults among them.

        Raises BatchError for a header that cannot be read; while the rows are read TooMuch, OSError
        and pyarrow's errors.
        """
        with self._unpacked() as stream, self._text(stream, "") as text:
            yield self._table(text)

    def _row(self, number: int, record: Record | str) -> Row:
        if isinstance(record, str):
            return Row(str(number), "", note=record)
        for value in record.values():
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                return Row(str(number), "", note=_long_cell(number))
            if value is UNREADABLE:
                note = say("row {number} has a cell that cannot be read", number=number)
                return Row(str(number), "", note=note)
        return self._make(record, number)

    def _records(self, whole: bool = False) -> Numbered:
        """Records by field, or `whole` those of a preview, under all the file's own names."""
        readers = {
            "parquet": self._parquet_records,
            "json": self._json_records,
            "table": self._table_records,
        }
        return readers[self._format](whole)

    # Any file.

    def _check_size(self) -> None:
        size = self.path.stat().st_size
        if size > self.limits.size:
            raise TooMuch(say("it has more than {most:,.0f} MB", most=self.limits.size / 1e6))

    def _most(self) -> int:
        """Bytes that the file may hold once unpacked."""
        return min(self.limits.unpacked, max(ALWAYS, MOST_TIMES * self.path.stat().st_size))

    def _unpacked(self, first: int | None = None) -> Unpacked:
        """The file's bytes, or only the first of them."""
        packed = compression(self.path)
        return Unpacked(self.path, self._most() if packed else self.limits.unpacked, first)

    def _sniffed(self) -> Layout:
        with io.BufferedReader(self._unpacked(), HEAD) as stream:
            start = stream.read(HEAD)
        if not start.strip():
            raise BatchError(say("{name} is empty: it holds no rows.", name=self.path.name))
        if what := foreign(start):
            raise BatchError(say("{name} is {what}.", name=self.path.name, what=what))
        encoding = detect_encoding(start)
        if start.count(0) > len(start) // 4 and not encoding.startswith("utf-16"):
            raise BatchError(say("{name} holds bytes that are no text.", name=self.path.name))
        words = start.decode(encoding, WINDOWS)
        if self._format == "json":
            return Layout(self._kind, encoding, columns=_keys(words))
        known = KNOWN | {name.strip().lower() for name in self.columns.values()}
        lines = list(delimited.lines(io.StringIO(words, newline="")))
        usual = "\t" if self._kind == ".tsv" else ","
        delimiter, skipped = delimited.find_header(lines, known, usual)
        names = self._header(Table(lines, delimiter, skipped))
        return Layout(self._kind, encoding, delimiter, tuple(names), skipped)

    def _text(self, stream: Unpacked, newline: str) -> io.TextIOWrapper:
        buffered = io.BufferedReader(stream, 1 << 20)
        return io.TextIOWrapper(buffered, self.layout.encoding, WINDOWS, newline=newline)

    def _check_columns(self) -> None:
        """Refuse a table without a column to classify; objects may have other keys further down."""
        names = self.layout.columns
        shown = ", ".join(repr(name[:40]) for name in names[:NAMED])
        shown += ", …" if len(names) > NAMED else ""
        own = {name.strip().lower() for name in names}
        for name in self.columns.values():
            if name and name.strip().lower() not in own:
                raise BatchError(
                    say(
                        "{name} has no column {column!r}; its columns are {shown}.",
                        name=self.path.name,
                        column=name,
                        shown=shown,
                    )
                )
        found = _places(names, tuple(self.columns.items()))
        if self._format != "json" and not set(found) & set(TEXT_COLUMNS):
            raise BatchError(
                say(
                    "{name} has no column title, abstract, string or text; its columns are "
                    "{shown}.",
                    name=self.path.name,
                    shown=shown,
                )
            )

    def _chosen(self, names: Sequence[str], whole: bool) -> dict[str, int]:
        """Where each field stands; `whole`, each column under its own name."""
        if whole:
            return {name: names.index(name) for name in names}
        return _places(tuple(names), tuple(self.columns.items()))

    # JSON lines.

    def _json_records(self, whole: bool) -> Numbered:
        good = False
        first = PREVIEW_BYTES if whole else None
        with self._unpacked(first) as stream, self._text(stream, "\n") as text:
            for number, line in enumerate(delimited.lines(text), 1):
                if line is not None and not line.strip():
                    continue
                if number % TOLD == 0:
                    self.share = stream.share
                record = _object(number, line)
                if not isinstance(record, str):
                    good = True
                    if not whole:
                        keys = tuple(record)
                        places = _places(keys, tuple(self.columns.items()))
                        record = {field: record[keys[at]] for field, at in places.items()}
                yield number, record
            if not good and not stream.stopped:
                raise BatchError(
                    say("{name} holds no JSON objects, one a line.", name=self.path.name)
                )

    # Tables.

    def _table(self, text: io.TextIOWrapper) -> Table:
        layout = self.layout
        table = Table(delimited.lines(text), layout.delimiter, layout.skipped_lines)
        self._header(table)
        return table

    def _header(self, table: Table) -> list[str]:
        """The names of the columns. Raises BatchError where they cannot be read."""
        if isinstance(table.header, Fault):
            raise BatchError(_headless(self.path.name, table.header))
        return table.header

    def _table_records(self, whole: bool) -> Numbered:
        first = PREVIEW_BYTES if whole else None
        with self._unpacked(first) as stream, self._text(stream, "") as text:
            table = self._table(text)
            header = self._header(table)
            places = self._chosen(header, whole)
            for number, _, cells in table:
                if number % TOLD == 0:
                    self.share = stream.share
                if isinstance(cells, Fault):
                    yield number, _bad_row(number, cells, len(header))
                else:
                    yield number, {f: cells[at] for f, at in places.items() if at < len(cells)}

    # Parquet.

    def _parquet_layout(self) -> Layout:
        with self.parquet() as file:
            if sum(group.total_byte_size for group in _groups(file)) > self._most():
                most = self._most() / 1e6
                raise TooMuch(say("it holds more than {most:,.0f} MB unpacked", most=most))
            return Layout(self._kind, columns=tuple(file.schema_arrow.names))

    def parquet(self) -> "pq.ParquetFile":
        """The file opened, to verify the checksums of its pages as they are read."""
        import pyarrow.parquet as pq

        # Read through a small buffer: a file of one row group would be held whole otherwise.
        return pq.ParquetFile(
            self.path, buffer_size=1 << 20, pre_buffer=False, page_checksum_verification=True
        )

    def _parquet_records(self, whole: bool) -> Numbered:
        names = self.layout.columns
        places = self._chosen(names, whole)
        wanted = [names[at] for at in places.values()]
        number = read = 0
        with self.parquet() as file:
            # The file's own count of its rows may be wrong.
            total = sum(group.num_rows for group in _groups(file))
            for batch in file.iter_batches(PREVIEW_BATCH if whole else BATCH, columns=wanted):
                # By place: of two columns of one name the first counts.
                there = batch.schema.names
                columns = {
                    field: _values(batch.column(there.index(names[at])))
                    for field, at in places.items()
                }
                for cells in zip(*columns.values(), strict=True):
                    number += 1
                    yield number, dict(zip(columns, cells, strict=True))
                self.share = number / max(total, number, 1)
                read += batch.nbytes
                if whole and read >= PREVIEW_BYTES:
                    return


def _groups(file: "pq.ParquetFile") -> Iterator["pq.RowGroupMetaData"]:
    return map(file.metadata.row_group, range(file.num_row_groups))


def _long_cell(number: int) -> str:
    return say(
        "row {number} has a cell of more than {most:,} characters", number=number, most=LONGEST_CELL
    )


def _bad_row(number: int, fault: Fault, columns: int) -> str:
    """What is wrong with a row of a table."""
    if fault.kind == delimited.WIDE:
        return say(
            "row {number} has {cells} cells, the header {header}",
            number=number,
            cells=fault.cells,
            header=columns,
        )
    if fault.kind == delimited.OPEN:
        return say("row {number} has a quote that is not closed", number=number)
    return say("row {number} is longer than {most:,} characters", number=number, most=LONGEST_LINE)


def _headless(name: str, fault: Fault) -> str:
    """What is wrong with a table whose header is a fault."""
    if fault.kind == delimited.OPEN:
        return say("{name} has no header: its first row has a quote that is not closed.", name=name)
    return say(
        "{name} has no header: its first row is longer than {most:,} characters.",
        name=name,
        most=LONGEST_LINE,
    )


def _object(number: int, line: str | None) -> Record | str:
    """The JSON object of a line, or why there is none."""
    if line is None:
        return say(
            "line {number} is longer than {most:,} characters", number=number, most=LONGEST_LINE
        )
    try:
        record = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return say("line {number} is not valid JSON", number=number)
    if not isinstance(record, dict):
        return say("line {number} is not a JSON object", number=number)
    if len(record) > MOST_COLUMNS:
        return say(
            "line {number} has {keys:,} keys; at most {most:,} are read",
            number=number,
            keys=len(record),
            most=MOST_COLUMNS,
        )
    return record


def _keys(words: str) -> tuple[str, ...]:
    """The keys of the first objects of a file."""
    found: dict[str, None] = {}
    for line in words.split("\n")[:100]:
        record = _object(1, line)
        if not isinstance(record, str):
            found |= dict.fromkeys(record)
    return tuple(islice(found, MOST_COLUMNS))


@lru_cache(256)
def _places(names: tuple[str, ...], columns: tuple[tuple[str, str], ...]) -> dict[str, int]:
    """Where each known field stands among a file's columns; of two of one name the first counts."""
    lower = [name.strip().lower() for name in names]
    chosen = {field: column.strip().lower() for field, column in columns}
    places = {field: lower.index(column) for field, column in chosen.items() if column in lower}
    taken = {*chosen, *(("sectionname",) if "section" in chosen else ())}
    for at, name in enumerate(lower):
        if name in KNOWN and name not in taken:
            places.setdefault(name, at)
    return places


def _values(column: "pa.Array") -> list[Any]:
    """The cells of a column of Parquet."""
    import pyarrow as pa

    unheld = (ValueError, OverflowError, LookupError, pa.ArrowException)

    def held(cell: "pa.Scalar") -> Any:
        try:
            return cell.as_py()
        except UnicodeDecodeError:
            if isinstance(cell, pa.StringScalar):
                return cell.as_buffer().to_pybytes().decode("utf-8", WINDOWS)
        except unheld:
            pass
        return UNREADABLE

    try:
        return column.to_pylist()
    except unheld:
        return [held(cell) for cell in column]


def chunked(rows: Iterable[Row], count: int) -> Iterator[list[Row]]:
    """Rows, so many at a time."""
    rows = iter(rows)
    while chunk := list(islice(rows, count)):
        yield chunk
