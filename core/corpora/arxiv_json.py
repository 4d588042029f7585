"""Reads arXiv's papers from JSON lines by DuckDB; irregular lines are repaired in Python."""

import glob
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import reduce
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.corpora.blocks import (
    BLOCK_ROWS,
    PAPER_COLUMNS,
    READ_ERRORS,
    Block,
    CorpusError,
    NotCorpus,
    column_named,
    columns_named,
)
from core.files.compression import compression, open_unpacked

HEAD_LINES = 1_000  # without a JSON object in these lines a file is not a file of papers
HEAD_OBJECTS = 100  # papers whose keys are the file's columns
# DuckDB splits a file into pieces of twice this size, so start with a small one.
OBJECT_SIZES = (16 << 20, 64 << 20)


def json_blocks(
    file: Path, columns: Sequence[str], chosen: Mapping[str, str] | None = None
) -> Iterator[Block]:
    """Yield the papers of a file of JSON lines.

    DuckDB returns a row of NULLs for each line that it cannot read. Of these, irregular lines
    (malformed UTF-8, a byte order mark, a lone surrogate) are repaired, the others are damaged.
    """
    present = json_columns(file)
    names = columns_named(file, columns, present, chosen)
    # A paper may lack a DOI; with one of the main columns added, no valid row is all NULL.
    anchor = [column_named(name, present) for name in PAPER_COLUMNS]
    anchor = [name for name in anchor if name][:1]
    fields = tuple(dict.fromkeys((*names, *anchor)))
    first = 0
    with closing(duckdb.connect()) as connection, closing(_lines(file)) as lines:
        for table in _json_tables(connection, file, fields):
            block = _repaired(file, table, first, lines)
            yield replace(block, table=block.table.select(names).rename_columns(list(columns)))
            first += table.num_rows


def json_columns(file: Path) -> list[str]:
    """Return the keys of the first papers."""
    keys: dict[str, None] = {}
    with closing(_lines(file)) as lines:
        head = (_object(line) for _, _, line in itertools.islice(lines, HEAD_LINES))
        for paper in itertools.islice(filter(None, head), HEAD_OBJECTS):
            keys.update(dict.fromkeys(paper))
    if not keys:
        raise NotCorpus(
            "{file} is not a file of papers: none of its first lines is a JSON object (papers "
            "must stand one on a line).",
            file=file,
        )
    return list(keys)


def _json_tables(
    connection: duckdb.DuckDBPyConnection, file: Path, fields: Sequence[str]
) -> Iterator[pa.Table]:
    """Yield one row for each line that is not blank, all NULL where DuckDB cannot read it."""
    done = 0
    for size in OBJECT_SIZES:
        relation = connection.read_json(
            glob.escape(str(file.absolute())),
            columns=dict.fromkeys(fields, "VARCHAR"),
            format="newline_delimited",
            records="true",
            ignore_errors=True,
            maximum_object_size=size,
            compression=compression(file) or "none",
        )
        try:
            rest = relation.limit(2**62, done) if done else relation
            for batch in rest.to_arrow_reader(BLOCK_ROWS):
                done += batch.num_rows
                yield pa.Table.from_batches([batch])
            return
        except READ_ERRORS as error:
            if "maximum_object_size" not in str(error):
                raise
    raise CorpusError(
        "{file} has a line that is longer than {most} MB.",
        file=file,
        most=2 * OBJECT_SIZES[-1] >> 20,
    )


def _lines(file: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield each non-blank line: its row in DuckDB's result, its line number, its bytes."""
    row = 0
    with open_unpacked(file) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield row, number, line
                row += 1


def _repaired(
    file: Path, table: pa.Table, first: int, lines: Iterator[tuple[int, int, bytes]]
) -> Block:
    """Repair rows that are all NULL, if possible; first: the table's first row in the file."""
    suspects = _null_rows(table)
    if not suspects:
        return Block(file, table)
    papers: list[dict[str, str | None]] = []
    damaged = []
    for row, paper in enumerate(table.to_pylist()):
        if row in suspects:
            number, line = next(rest for index, *rest in lines if index == first + row)
            paper = _paper(line, table.column_names)
            if paper is None:
                damaged.append((len(papers), number))
                continue
        papers.append(paper)
    return Block(file, pa.Table.from_pylist(papers, schema=table.schema), tuple(damaged))


def _null_rows(table: pa.Table) -> set[int]:
    """Return the rows in which every value is NULL."""
    if not all(column.null_count for column in table.columns):
        return set()
    empty = reduce(pc.and_, map(pc.is_null, table.columns))
    return set(np.flatnonzero(empty.to_numpy()).tolist())


def _object(line: bytes) -> dict[str, object] | None:
    """Return the JSON object of a line, with invalid UTF-8 replaced, or None."""
    try:
        value = json.loads(line.decode("utf-8", "replace").lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _paper(line: bytes, fields: Sequence[str]) -> dict[str, str | None] | None:
    """Return these fields of a line's object as texts, or None if it has none of them."""
    record = _object(line) or {}
    paper = {name: _text(record.get(name)) for name in fields}
    return paper if any(value is not None for value in paper.values()) else None


def _text(value: object) -> str | None:
    """Return a value as DuckDB would; a lone surrogate becomes a question mark."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")
