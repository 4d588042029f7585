"""arXiv papers with the Kaggle snapshot's columns, from a file or a folder of shards."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.corpora.arxiv_json import json_blocks, json_columns
from core.corpora.arxiv_tables import parquet_blocks, reader, record_blocks, table_blocks
from core.corpora.blocks import (
    PAPER_COLUMNS,
    READ_ERRORS,
    Block,
    CorpusError,
    DamagedCorpus,
    MissingCorpus,
    NoRecords,
    NotCorpus,
    as_corpus_error,
    column_named,
)
from core.files.columns import one_hot
from core.files.compression import open_unpacked
from core.files.formats import FORMATS, data_files, detect_other_format, ending
from core.files.json_document import LINES
from core.files.json_reader import JsonReader
from core.files.values import identifier, is_set, text
from core.messages import Message

CATEGORIES = "categories"
SOURCE = "\0source"  # no file has this column, since NULs are removed from headers and JSON keys

BLOCKS = {"json": json_blocks, "table": table_blocks, "parquet": parquet_blocks}

BINARY = ("parquet", "workbook", "pdf")
"""Formats that are not recognised as text."""
USUAL: dict[str, tuple[str, Callable[[str], str]]] = {
    "id": (r"^(\d{4}\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7}(v\d+)?)$", identifier),
    "title": (r"^[^\[]", text),
    "abstract": (r"^[^\[]", text),
}
"""The usual form of a column's values, and what makes others usual."""


@dataclass(frozen=True)
class Damage:
    """A line (counted from 1) without a valid paper."""

    file: Path
    line: int

    def __str__(self) -> str:
        """The file and the line, a Message."""
        return Message("{file}, line {line}", file=self.file, line=self.line)


@dataclass(frozen=True)
class Corpus:
    """Papers in file order; sources: of each paper the index of its file in `files(path)`, (n,)."""

    papers: pd.DataFrame
    sources: np.ndarray


def read(
    path: str | Path, columns: Sequence[str] = PAPER_COLUMNS, sample: int | None = None
) -> Corpus:
    """Read the papers of a file, or of a folder of shards, sorted by name.

    Values are text, missing ones NaN, nested ones JSON. Rows of a table with fewer cells than the
    header have missing values. Columns are matched by name, exactly or else ignoring case. Invalid
    UTF-8 in JSON lines becomes U+FFFD; the encoding and the delimiter of a table are detected from
    its first bytes.

    sample: the size of a random sample, always the same, in file order.

    Damaged lines are left out. Raises CorpusError if the path holds no papers or lacks one of the
    columns.
    """
    tables = _with_source(blocks(path, columns))
    table = pa.concat_tables(tables) if sample is None else _sampled(tables, sample)
    sources = table[SOURCE].to_numpy()
    return Corpus(table.drop_columns(SOURCE).to_pandas(), sources)


def blocks(
    path: str | Path,
    columns: Sequence[str],
    optional: Sequence[str] = (),
    chosen: Mapping[str, str] | None = None,
) -> Iterator[Block]:
    """Yield the rows of a file, or of a folder's shards, as Arrow tables of some thousands.

    `optional` columns come after the others, all NULL where the file lacks them. chosen: columns
    that have other names, empty for none. Raises CorpusError as `read` does, possibly after some
    blocks.
    """
    for file in files(path):
        columns_of_file = _columns_of(file)
        present = [name for name in optional if column_named(name, columns_of_file, chosen)]
        of_categories = _one_hot(columns, columns_of_file, chosen)
        needed = [name for name in columns if name != CATEGORIES or not of_categories]
        for block in _file_blocks(file, (*needed, *of_categories, *present), chosen):
            table = _with_categories(block.table, of_categories)
            table = _tidied(table.select([*columns, *present]))
            for name in optional:
                if name not in present:
                    table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
            yield replace(block, table=table.select([*columns, *optional]))


# From blocks to a table.


def _with_source(blocks: Iterator[Block]) -> Iterator[pa.Table]:
    """The tables of blocks, with the number of each row's file."""
    by_file = itertools.groupby(blocks, key=lambda block: block.file)
    for number, (_, blocks_of_file) in enumerate(by_file):
        for block in blocks_of_file:
            numbers = pa.array(np.full(block.table.num_rows, number, np.int32))
            yield block.table.append_column(SOURCE, numbers)


def _sampled(tables: Iterator[pa.Table], size: int) -> pa.Table:
    """Draw a random sample: every row gets a random number, and the smallest `size` are kept.

    The numbers depend only on the row's position. At most twice the sample and a block are in
    memory.
    """
    random = np.random.default_rng(0)
    candidates, drawn = None, np.empty(0)
    for table in tables:
        candidates = table if candidates is None else pa.concat_tables([candidates, table])
        drawn = np.concatenate([drawn, random.random(table.num_rows)])
        if len(drawn) > 2 * size:
            candidates, drawn = _smallest(candidates, drawn, size)
    return _smallest(candidates, drawn, size)[0]


def _smallest(table: pa.Table, drawn: np.ndarray, size: int) -> tuple[pa.Table, np.ndarray]:
    """Keep the rows with the smallest numbers, in their order."""
    mask = np.zeros(len(drawn), dtype=bool)
    mask[np.argsort(drawn, kind="stable")[:size]] = True
    return table.filter(pa.array(mask)), drawn[mask]


# Files.


def files(path: str | Path) -> list[Path]:
    """The file itself, or the shards of a folder by name.

    Raises CorpusError where there are none.
    """
    path = Path(path)
    if not path.exists():
        raise MissingCorpus("{path} does not exist.", path=path)
    with as_corpus_error(path):
        return data_files(path, documents=False)


def _one_hot(
    columns: Sequence[str], present: Sequence[str], chosen: Mapping[str, str] | None
) -> dict[str, str]:
    """The file's columns that each stand for a category, if there is no column of categories."""
    if CATEGORIES not in columns or column_named(CATEGORIES, present, chosen):
        return {}
    return one_hot(present)


def _with_categories(table: pa.Table, of_categories: Mapping[str, str]) -> pa.Table:
    """The rows with the codes of their columns of categories, unchanged without any."""
    if not of_categories:
        return table
    rows = zip(*(table[name].to_pylist() for name in of_categories), strict=True)
    codes = tuple(of_categories.values())
    joined = [" ".join(itertools.compress(codes, map(is_set, row))) for row in rows]
    return table.append_column(CATEGORIES, pa.array(joined, pa.string()))


def _tidied(table: pa.Table) -> pa.Table:
    """The rows with identifiers and texts in their usual forms."""
    for i, name in enumerate(table.column_names):
        if name not in USUAL:
            continue
        usual, tidy = USUAL[name]
        column = table.column(i)
        if not pc.all(pc.match_substring_regex(column, usual)).as_py():
            texts = [text if text is None else tidy(text) for text in column.to_pylist()]
            table = table.set_column(i, name, pa.array(texts, pa.string()))
    return table


def _file_blocks(
    file: Path, columns: Sequence[str], chosen: Mapping[str, str] | None
) -> Iterator[Block]:
    """Yield the rows of one file; errors become CorpusErrors."""
    form = FORMATS.get(ending(file), "json")
    rows = 0
    try:
        _refuse_other_format(file, form)
        read_blocks = BLOCKS.get(form, record_blocks)
        if form == "json" and not _has_lines(file):
            read_blocks = record_blocks
        for block in read_blocks(file, columns, chosen):
            rows += block.table.num_rows
            yield block
    except READ_ERRORS as error:
        reason = str(error).strip().split("\n")[0]
        raise DamagedCorpus(
            "{file} is damaged, cut short or unreadable: {reason}", file=file, reason=reason
        ) from error
    if not rows:
        raise NoRecords("{file} holds no papers.", file=file)


def _refuse_other_format(file: Path, form: str) -> None:
    """Refuse an empty file, and one whose first bytes are those of another format."""
    if file.stat().st_size == 0:
        raise NoRecords("{file} is empty.", file=file)
    if form in BINARY:
        return
    with open_unpacked(file) as stream:
        what = detect_other_format(stream.read(64))
    if what:
        raise NotCorpus("{file} is {what}.", file=file, what=what)


def _has_lines(file: Path) -> bool:
    """Whether a file of JSON is one that DuckDB reads, with an object a line; or a bad one."""
    try:
        found = reader(file)
    except CorpusError:
        return True
    if not isinstance(found, JsonReader):
        return True
    is_utf16 = found.layout.encoding.startswith("utf-16") and bool(found.layout.columns)
    return found.form == LINES and not is_utf16


def _columns_of(file: Path) -> list[str]:
    """Return the columns of a file; none if it is unreadable, which is reported with its rows."""
    form = FORMATS.get(ending(file), "json")
    try:
        is_lines = form == "json" and _has_lines(file)
        return json_columns(file) if is_lines else list(reader(file).layout.columns)
    except (CorpusError, *READ_ERRORS):
        return []
