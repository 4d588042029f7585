"""Reads arXiv's papers from tables, Parquet and other formats with `core.files` readers."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

from core.corpora.blocks import BLOCK_ROWS, Block, as_corpus_error, columns_named
from core.files import columns as of_columns
from core.files import own_columns
from core.files.base import Reader, Record
from core.files.delimited import Fault
from core.files.formats import FORMATS, ending
from core.files.limits import MAX_CELL_LENGTH
from core.files.readers import open_reader
from core.messages import Message


def reader(file: Path) -> Reader:
    """The file's reader. Raises CorpusError instead of BatchError."""
    with as_corpus_error(file):
        return open_reader(file, is_known=of_columns.is_known)


def skipped_lines(file: Path) -> int:
    """The number of lines before the header of a corpus file."""
    return reader(file).layout.skipped_lines if FORMATS.get(ending(file)) == "table" else 0


def _blocks(
    file: Path, columns: Sequence[str], numbered: Iterator[tuple[int, list[str | None] | None]]
) -> Iterator[Block]:
    """Blocks of numbered rows; None in place of a row is a damaged line."""
    schema = pa.schema([(name, pa.string()) for name in columns])
    while chunk := list(itertools.islice(numbered, BLOCK_ROWS)):
        rows: list[list[str | None]] = []
        damaged = []
        for line, row in chunk:
            if row is None:
                damaged.append((len(rows), line))
            else:
                rows.append(row)
        values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
        yield Block(file, pa.table(values, schema=schema), tuple(damaged))


def table_blocks(
    file: Path, columns: Sequence[str], chosen: Mapping[str, str] | None = None
) -> Iterator[Block]:
    """The papers of a table; invalid and blank rows are damaged."""
    with as_corpus_error(file), reader(file).table() as table:
        indices = [
            table.header.index(name) for name in columns_named(file, columns, table.header, chosen)
        ]
        numbered = ((line, _row(cells, indices)) for _, line, cells in table)
        yield from _blocks(file, columns, numbered)


def _row(cells: list[str] | Fault, indices: Sequence[int]) -> list[str | None] | None:
    """The cells at these indices, NULL where missing; None for an invalid row."""
    if isinstance(cells, Fault) or not any(map(str.strip, cells)):
        return None
    row = [cells[i] or None if i < len(cells) else None for i in indices]
    return None if any(cell and len(cell) > MAX_CELL_LENGTH for cell in row) else row


def parquet_blocks(
    file: Path, columns: Sequence[str], chosen: Mapping[str, str] | None = None
) -> Iterator[Block]:
    """The papers of a Parquet file, every value as text and nested ones as JSON."""
    parquet_reader = reader(file)
    names = columns_named(file, columns, parquet_reader.layout.columns, chosen)
    # DuckDB does not verify the checksums of pages, so it only converts to text.
    with parquet_reader.parquet() as parquet, closing(duckdb.connect()) as connection:
        for batch in parquet.iter_batches(BLOCK_ROWS, columns=names):
            # By index: of two columns with the same name the first counts.
            present = batch.schema.names
            arrays = [batch.column(present.index(name)) for name in names]
            batch = pa.RecordBatch.from_arrays(arrays, list(columns))
            batch.validate(full=True)
            relation = connection.from_arrow(pa.Table.from_batches([batch]))
            texts = [
                _as_text(name, kind).alias(name)
                for name, kind in zip(columns, relation.types, strict=True)
            ]
            yield Block(file, relation.select(*texts).to_arrow_table())


def record_blocks(
    file: Path, columns: Sequence[str], chosen: Mapping[str, str] | None = None
) -> Iterator[Block]:
    """The papers of a file of any other format, from its reader; a bad record is damaged."""
    file_reader = reader(file)
    names = columns_named(file, columns, file_reader.layout.columns, chosen)
    with as_corpus_error(file):
        numbered = (
            (number, _record_row(record, names)) for number, record in file_reader.records()
        )
        yield from _blocks(file, columns, numbered)


def _record_row(record: Record | Message, names: Sequence[str]) -> list[str | None] | None:
    """The values of these names as text, NULL where missing; None for a bad record."""
    if isinstance(record, str):
        return None
    return [own_columns.encodable(own_columns.text(record.get(name))) or None for name in names]


def _as_text(name: str, kind: duckdb.sqltypes.DuckDBPyType) -> duckdb.Expression:
    """The column as text."""
    column = duckdb.ColumnExpression(name)
    if kind.id in ("list", "array", "struct", "map"):
        column = duckdb.FunctionExpression("to_json", column)
    return column.cast("VARCHAR")
