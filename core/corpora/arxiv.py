"""arXiv papers in the Kaggle snapshot's keys: JSON lines, CSV, TSV, Parquet, folders of shards.

JSON lines are read by DuckDB, which gives a row of NULLs for each line that it cannot read. Only
those lines are looked at again, in Python: what is merely irregular (malformed UTF-8, a byte
order mark, a lone surrogate) is mended, the rest is reported as damaged with its line number. A
clean file is therefore read once. Tables and Parquet are read by `core.files.readers.Reader`, as
they are to classify their papers.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from core.corpora.arxiv_json import json_blocks, json_columns
from core.corpora.blocks import (
    BLOCK_ROWS,
    PAPER_COLUMNS,
    READ_ERRORS,
    Block,
    CorpusError,
    column_named,
    columns_named,
)
from core.files.compression import FORMATS, corpus_files, ending, foreign, opened
from core.files.delimited import Fault
from core.files.limits import BatchError
from core.files.readers import LONGEST_CELL, Reader
from core.i18n import say

SOURCE = "\0source"  # a column that no file has: texts of tables and JSON keys lose their NULs

DAMAGED_KEPT = 1_000


_NEW_ID = re.compile(r"(\d\d)(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?", re.ASCII)
_OLD_ID = re.compile(r"[a-z-]+(?:\.[A-Z]{2})?/(\d\d)(?:0[1-9]|1[0-2])\d{3}(?:v\d+)?", re.ASCII)
_FIRST_YEAR = 91


@dataclass(frozen=True)
class Damage:
    """A line (counted from 1) that holds no paper."""

    file: Path
    line: int

    def __str__(self) -> str:
        """Return the place as people write it."""
        return say("{file}, line {line}", file=self.file, line=self.line)


@dataclass(frozen=True)
class Corpus:
    """Papers in file order, and the damaged lines: the first 1,000 by place, all by number.

    sources: for each paper the number of its file among `files(path)`, (n,).
    """

    papers: pd.DataFrame
    sources: np.ndarray
    damaged: tuple[Damage, ...] = ()
    damaged_count: int = 0


def read(
    path: str | Path, columns: Sequence[str] = PAPER_COLUMNS, sample: int | None = None
) -> Corpus:
    """Read the papers of a file, or of a folder of shards, sorted by name.

    Values are text, missing ones NaN, nested ones JSON. A row of a table may have fewer cells than
    the header: the others are missing. Columns are found by name, where there is none without
    regard to case. Bytes of JSON lines that are not UTF-8 become U+FFFD and the paper stays; the
    encoding and the delimiter of a table are told by its first bytes.

    sample: keep so many papers at random, always the same, in file order.

    Raises CorpusError if the path holds no papers or lacks one of the columns.
    """
    blocks = _with_source(_blocks(Path(path), columns))
    if sample is not None:
        blocks = _sampled(blocks, sample)

    tables = []
    damaged: list[Damage] = []
    damaged_count = 0
    for block in blocks:
        tables.append(block.table)
        damaged_count += len(block.damaged)
        kept = block.damaged[: DAMAGED_KEPT - len(damaged)]
        damaged.extend(Damage(block.file, line) for _, line in kept)
    table = pa.concat_tables(tables)
    sources = table[SOURCE].to_numpy()
    return Corpus(table.drop_columns(SOURCE).to_pandas(), sources, tuple(damaged), damaged_count)


def batches(path: str | Path, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the papers that `read` gives, some thousands at a time, without holding the others.

    Damaged lines are left out. Raises CorpusError as `read` does, perhaps after some batches.
    """
    for block in _blocks(Path(path), columns):
        yield block.table.to_pandas()


def blocks(
    path: str | Path, columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Block]:
    """Yield the rows of a file, or of a folder's shards, as Arrow tables of some thousands.

    `optional` columns come after the others, all NULL where the file lacks them. Raises CorpusError
    as `read` does, perhaps after some blocks.
    """
    for file in files(path):
        there = _present(file)
        present = [name for name in optional if column_named(name, there) is not None]
        for block in _file_blocks(file, (*columns, *present)):
            table = block.table.select([*columns, *present])
            for name in optional:
                if name not in present:
                    table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
            yield replace(block, table=table.select([*columns, *optional]))


def year_of(id: str) -> int | None:
    """Return the year in an arXiv id (`0704.0297`, `math.AT/9903001`), None if it has none."""
    if not isinstance(id, str):
        return None
    if new := _NEW_ID.fullmatch(id):
        return 2000 + int(new[1])
    if old := _OLD_ID.fullmatch(id):
        year = int(old[1])
        return (1900 if year >= _FIRST_YEAR else 2000) + year
    return None


# Steps between the files and the caller: each takes blocks and gives blocks.


def _with_source(blocks: Iterator[Block]) -> Iterator[Block]:
    """Add the number of each row's file."""
    for number, (_, own) in enumerate(itertools.groupby(blocks, key=lambda block: block.file)):
        for block in own:
            numbers = pa.array(np.full(block.table.num_rows, number, np.int32))
            yield replace(block, table=block.table.append_column(SOURCE, numbers))


def _sampled(blocks: Iterator[Block], size: int) -> Iterator[Block]:
    """Keep a random sample: every row draws a number, and the smallest `size` numbers stay.

    The numbers depend on the row's position alone, and no more than twice the sample and a block
    are held at a time.
    """
    random = np.random.default_rng(0)
    held, drawn = None, np.empty(0)
    for block in blocks:
        held = block.table if held is None else pa.concat_tables([held, block.table])
        drawn = np.concatenate([drawn, random.random(block.table.num_rows)])
        if len(drawn) > 2 * size:
            held, drawn = _smallest(held, drawn, size)
        yield replace(block, table=block.table.slice(0, 0))
    if held is not None:
        yield Block(block.file, _smallest(held, drawn, size)[0])


def _smallest(table: pa.Table, drawn: np.ndarray, size: int) -> tuple[pa.Table, np.ndarray]:
    """Keep the rows with the smallest numbers, in their order."""
    mask = np.zeros(len(drawn), dtype=bool)
    mask[np.argsort(drawn, kind="stable")[:size]] = True
    return table.filter(pa.array(mask)), drawn[mask]


# Files.


def _blocks(path: Path, columns: Sequence[str]) -> Iterator[Block]:
    """Yield the rows of a file, or of the shards of a folder."""
    for file in files(path):
        yield from _file_blocks(file, columns)


def files(path: str | Path) -> list[Path]:
    """Return the file itself, or the shards of a folder by name.

    Raises CorpusError where there are none.
    """
    path = Path(path)
    if not path.exists():
        raise CorpusError(say("{path} does not exist.", path=path))
    if not path.is_dir():
        return [path]
    shards = corpus_files(path)
    if not shards:
        raise CorpusError(
            say(
                "{path} is a folder without a file ending in {endings}.",
                path=path,
                endings=", ".join(FORMATS),
            )
        )
    return shards


def _file_blocks(file: Path, columns: Sequence[str]) -> Iterator[Block]:
    """Yield the rows of one file; what goes wrong on the way becomes a CorpusError."""
    readers = {"json": json_blocks, "table": _table_blocks, "parquet": _parquet_blocks}
    form = FORMATS.get(ending(file), "json")
    rows = 0
    try:
        _refuse_foreign(file, form)
        for block in readers[form](file, columns):
            rows += block.table.num_rows
            yield block
    except READ_ERRORS as error:
        reason = str(error).strip().split("\n")[0]
        raise CorpusError(
            say("{file} is damaged, cut short or unreadable: {reason}", file=file, reason=reason)
        ) from error
    if not rows:
        raise CorpusError(say("{file} holds no papers.", file=file))


def _refuse_foreign(file: Path, form: str) -> None:
    """Refuse an empty file and one whose first bytes are those of something else."""
    if file.stat().st_size == 0:
        raise CorpusError(say("{file} is empty.", file=file))
    if form == "parquet":
        return
    with opened(file) as stream:
        what = foreign(stream.read(64))
    if what:
        raise CorpusError(say("{file} is {what}.", file=file, what=what))


def _present(file: Path) -> list[str]:
    """Return the columns of a file; for one that cannot be read none, its rows will tell why."""
    form = FORMATS.get(ending(file), "json")
    try:
        return json_columns(file) if form == "json" else list(_reader(file).layout.columns)
    except (CorpusError, *READ_ERRORS):
        return []


# JSON lines.


# Tables and Parquet, read as every other reader of the project reads them.


def _reader(file: Path) -> Reader:
    """Return the file's reader; it is refused for what a reader refuses, under its whole path."""
    try:
        return Reader(file)
    except BatchError as problem:
        raise CorpusError(str(problem).replace(file.name, str(file), 1)) from None


def skipped_lines(file: Path) -> int:
    """Return how many lines of a corpus file stand before the header and are no papers."""
    if FORMATS.get(ending(file)) != "table":
        return 0
    return _reader(file).layout.skipped_lines


def _table_blocks(file: Path, columns: Sequence[str]) -> Iterator[Block]:
    """Yield the papers of a table; a row that is at fault, or blank, is damaged."""
    with _reader(file).table() as table:
        places = [table.header.index(name) for name in columns_named(file, columns, table.header)]
        schema = pa.schema([(name, pa.string()) for name in columns])
        numbered = iter(table)
        while chunk := list(itertools.islice(numbered, BLOCK_ROWS)):
            rows: list[list[str | None]] = []
            damaged = []
            for _, line, cells in chunk:
                if (row := _row(cells, places)) is None:
                    damaged.append((len(rows), line))
                else:
                    rows.append(row)
            values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
            yield Block(file, pa.table(values, schema=schema), tuple(damaged))


def _row(cells: list[str] | Fault, places: Sequence[int]) -> list[str | None] | None:
    """Return the cells at these places, NULL where there are none, or None for no paper."""
    if isinstance(cells, Fault) or not any(map(str.strip, cells)):
        return None
    row = [cells[place] or None if place < len(cells) else None for place in places]
    return None if any(cell and len(cell) > LONGEST_CELL for cell in row) else row


def _parquet_blocks(file: Path, columns: Sequence[str]) -> Iterator[Block]:
    """Yield the papers of a Parquet file, every value as text and nested ones as JSON."""
    reader = _reader(file)
    names = columns_named(file, columns, reader.layout.columns)
    # DuckDB would read it without a look at the checksums of its pages, so it only makes texts.
    with reader.parquet() as parquet, closing(duckdb.connect()) as connection:
        for batch in parquet.iter_batches(BLOCK_ROWS, columns=names):
            # By place: of two columns of one name the first counts.
            there = batch.schema.names
            arrays = [batch.column(there.index(name)) for name in names]
            batch = pa.RecordBatch.from_arrays(arrays, list(columns))
            batch.validate(full=True)
            relation = connection.from_arrow(pa.Table.from_batches([batch]))
            texts = [
                _as_text(name, kind).alias(name)
                for name, kind in zip(columns, relation.types, strict=True)
            ]
            yield Block(file, relation.select(*texts).to_arrow_table())


def _as_text(name: str, kind: duckdb.sqltypes.DuckDBPyType) -> duckdb.Expression:
    """Return the column as text."""
    column = duckdb.ColumnExpression(name)
    if kind.id in ("list", "array", "struct", "map"):
        column = duckdb.FunctionExpression("to_json", column)
    return column.cast("VARCHAR")
