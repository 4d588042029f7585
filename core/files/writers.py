"""Output files: rows are encoded in pieces, and the pieces joined."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from core.files import own_columns, records, reference_writer, xlsx_writer
from core.files.base import Record
from core.files.errors import BatchError
from core.files.export import escape_formula
from core.files.records import Row

if TYPE_CHECKING:
    import pyarrow as pa

PIECES_PER_ROW_GROUP = 25
BYTES_PER_ROW_GROUP = 128 << 20
"""The most pieces, and about the most bytes, of a row group of a Parquet file."""
MARKER = "paperlens"
"""A metadata key that identifies the files of an output folder."""
TEXT, NUMBER, OBJECT = "text", "number", "object"
"""Kinds of answers: text, a number or None, a JSON object as text."""
LABELS = ("primary", "cross_lists", "predicted")
"""Answers that are keywords of a reference, separated by blanks."""
SUFFIX = "_suggested"
"""What a column of answers gets where the input has a column of its name."""

_PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?")

Line = tuple[Record, Sequence[Any]]
"""One output row: the input's own cells by their columns, and the answers."""


@dataclass(frozen=True)
class Sheet:
    """The columns of an output: the input's own ones, then the answers' with their kinds."""

    answers: tuple[tuple[str, str], ...]
    own: own_columns.Columns = ()

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [name for name, _ in (*self.own, *self.answers)]


def beside(answers: tuple[tuple[str, str], ...], own: own_columns.Columns) -> Sheet:
    """The sheet with answers after the input's own columns.

    An own column keeps its name; an answer of that name gets a SUFFIX, then a number.
    """
    taken = {name for name, _ in own}
    renamed = []
    for name, kind in answers:
        new = name if name not in taken else own_columns.free_name(f"{name}{SUFFIX}", taken)
        taken.add(new)
        renamed.append((new, kind))
    return Sheet(tuple(renamed), own)


def _own_cell(cell: Any) -> str:
    """An own cell of a table: safe in a spreadsheet, a number as it is."""
    found = own_columns.text(cell)
    return found if _PLAIN_NUMBER.fullmatch(found) else escape_formula(found)


def _answer_cell(cell: Any) -> Any:
    return escape_formula(cell) if isinstance(cell, str) else cell


def _csv_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _csv(sheet: Sheet, lines: Sequence[Line]) -> bytes:
    names = [name for name, _ in sheet.own]
    return _csv_rows(
        (*(_own_cell(own.get(name)) for name in names), *map(_answer_cell, answers))
        for own, answers in lines
    )


def _csv_header(sheet: Sheet) -> bytes:
    return _csv_rows([[escape_formula(name) for name in sheet.names]])


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(sheet: Sheet, lines: Sequence[Line]) -> bytes:
    names = [_string(name) for name, _ in sheet.answers]
    # Objects are JSON already.
    forms = [str if kind == OBJECT else own_columns.json_text for _, kind in sheet.answers]

    def encoded(own: Record, answers: Sequence[Any]) -> bytes:
        fields = zip(names, forms, answers, strict=True)
        text = ", ".join(f"{name}: {form(answer)}" for name, form, answer in fields)
        start = own_columns.json_text(own)[:-1] + ", " if own else "{"
        try:
            return f"{start}{text}}}\n".encode()
        except UnicodeEncodeError:  # a lone surrogate, which JSON writes as \ud800
            return f"{json.dumps(json.loads(f'{start}{text}}}'))}\n".encode()

    return b"".join(encoded(*line) for line in lines)


def schema(sheet: Sheet) -> "pa.Schema":
    """The Arrow schema of a sheet."""
    import pyarrow as pa

    own = [(own_columns.encodable(n), own_columns.arrow_type(kind)) for n, kind in sheet.own]
    kinds = {TEXT: pa.string(), OBJECT: pa.string(), NUMBER: pa.float64()}
    return pa.schema([*own, *((name, kinds[kind]) for name, kind in sheet.answers)])


def table(sheet: Sheet, lines: Sequence[Line]) -> "pa.Table":
    """Lines as an Arrow table."""
    import pyarrow as pa

    of_sheet = schema(sheet)
    arrays = [
        own_columns.arrow_column([own.get(name) for own, _ in lines], kind)
        for name, kind in sheet.own
    ]
    for i in range(len(sheet.answers)):
        arrays.append(pa.array([answers[i] for _, answers in lines], of_sheet.types[len(arrays)]))
    return pa.Table.from_arrays(arrays, schema=of_sheet)


def _parquet(sheet: Sheet, lines: Sequence[Line]) -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table(sheet, lines), out, compression="zstd")
    return out.getvalue()


def _xlsx(sheet: Sheet, lines: Sequence[Line]) -> bytes:
    """Rows as JSON lists, of which `_append_xlsx` makes a workbook."""
    rows = []
    for own, answers in lines:
        row = [_excel_cell(own.get(name)) for name, _ in sheet.own]
        row += map(_answer_cell, answers)
        for name, cell in zip(sheet.names, row, strict=True):
            xlsx_writer.check_cell(name, cell)
        rows.append(json.dumps(row) + "\n")
    return "".join(rows).encode()


def _excel_cell(cell: Any) -> Any:
    """An own cell of a workbook: numbers that Excel keeps exactly, all else as in CSV."""
    is_number = isinstance(cell, int | float) and abs(cell) < xlsx_writer.EXACT
    return cell if is_number else _own_cell(cell)


def _append_xlsx(sheet: Sheet, pieces: Iterable[BinaryIO], out: BinaryIO) -> None:
    rows = (json.loads(line) for piece in pieces for line in piece)
    xlsx_writer.write([escape_formula(name) for name in sheet.names], rows, out)


def _entries(entry: Callable[[Record, Sequence[str], str], str]) -> Callable[..., bytes]:
    """Encodes lines as entries of references, whose own cells are those of `records.as_entry`."""

    def encode(sheet: Sheet, lines: Sequence[Line]) -> bytes:
        names = [name for name, _ in sheet.answers]
        found = []
        for own, answers in lines:
            answer = dict(zip(names, answers, strict=True))
            labels = " ".join(str(answer.get(name) or "") for name in LABELS).split()
            found.append(entry(own, labels, answer["note"]))
        return "".join(found).encode("utf-8", "replace")

    return encode


def _append_bibtex(pieces: Iterable[BinaryIO], out: BinaryIO) -> None:
    out.writelines(reference_writer.distinct_keys(line for piece in pieces for line in piece))


def _append(pieces: Iterable[BinaryIO], out: BinaryIO, head: bytes = b"") -> None:
    out.write(head)
    for piece in pieces:
        shutil.copyfileobj(piece, out, 1 << 20)


def _append_parquet(
    sheet: Sheet,
    pieces: Iterable[BinaryIO],
    out: BinaryIO,
    metadata: Mapping[str, str] | None = None,
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(out, schema(sheet), compression="zstd") as writer:
        gathered: list[Any] = []
        for piece in pieces:
            # In this thread alone: an Arrow thread that still holds a Python file when the program
            # ends, as it does at once where the disk is full, aborts it.
            gathered.append(pq.ParquetFile(piece).read(use_threads=False))
            size = sum(part.nbytes for part in gathered)
            if len(gathered) == PIECES_PER_ROW_GROUP or size > BYTES_PER_ROW_GROUP:
                writer.write_table(pa.concat_tables(gathered))
                gathered.clear()
        if gathered:
            writer.write_table(pa.concat_tables(gathered))
        if metadata:
            writer.add_key_value_metadata(metadata)


@dataclass(frozen=True)
class Format:
    """Functions that encode lines, and that join the encoded pieces into a file.

    of_references: whether a line's own cells are those of `records.as_entry`; check_rows: raises
    BatchError for more rows than a file can hold.
    """

    encode: Callable[[Sheet, Sequence[Line]], bytes]
    join: Callable[[Sheet, Iterable[BinaryIO], BinaryIO], None]
    of_references: bool = False
    check_rows: Callable[[int], None] = lambda count: None


FORMATS = {
    ".csv": Format(_csv, lambda sheet, pieces, out: _append(pieces, out, _csv_header(sheet))),
    ".jsonl": Format(_json, lambda sheet, pieces, out: _append(pieces, out)),
    ".parquet": Format(_parquet, _append_parquet),
    ".xlsx": Format(_xlsx, _append_xlsx, check_rows=xlsx_writer.check_rows),
    ".ris": Format(
        _entries(reference_writer.ris),
        lambda sheet, pieces, out: _append(pieces, out),
        of_references=True,
    ),
    ".bib": Format(
        _entries(reference_writer.bibtex),
        lambda sheet, pieces, out: _append_bibtex(pieces, out),
        of_references=True,
    ),
}


def own_cells(kind: str, row: Row) -> Record:
    """The own cells of a row for a line of a kind of file."""
    return records.as_entry(row) if FORMATS[kind].of_references else row.own or {}


class NotReferences(BatchError):
    """Citations cannot be written as references."""


def check_kind(kind: str, task: str) -> None:
    """Raise NotReferences for references of rows that are no papers."""
    if FORMATS[kind].of_references and task == "intent":
        raise NotReferences(
            "Citations have no titles, so {kind} cannot hold them; write to another format.",
            kind=kind,
        )


def encoded(kind: str, sheet: Sheet, chunks: Iterable[Sequence[Line]]) -> bytes:
    """Lines, one chunk at a time, as one piece of a file of a kind."""
    form = FORMATS[kind]
    if kind != ".parquet":
        return b"".join(form.encode(sheet, chunk) for chunk in chunks)
    out = io.BytesIO()
    form.join(sheet, (io.BytesIO(form.encode(sheet, chunk)) for chunk in chunks), out)
    return out.getvalue()


def _opened(pieces: Sequence[Path]) -> Iterator[BinaryIO]:
    for piece in pieces:
        with piece.open("rb") as file:
            yield file


def joined(kind: str, sheet: Sheet, pieces: Sequence[Path], target: Path) -> None:
    """Join pieces, in order, into one file."""
    with target.open("wb") as out:
        FORMATS[kind].join(sheet, _opened(pieces), out)


def partition(sheet: Sheet, pieces: Sequence[Path], target: Path) -> None:
    """Join pieces into a Parquet file of an output folder, marked as such."""
    with target.open("wb") as out:
        _append_parquet(sheet, _opened(pieces), out, {MARKER: "a file of an output folder"})


def is_partition(path: Path) -> bool:
    """Whether this is a file that `partition` wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return MARKER.encode() in (pq.read_metadata(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False
