"""Blocks of rows, column names and errors of corpora."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from core.files import columns as of_columns
from core.files.errors import BatchError
from core.messages import PaperlensError

PAPER_COLUMNS = ("id", "title", "abstract", "categories")
BLOCK_ROWS = 10_000
MAX_COLUMNS_LISTED = 20
"""The maximum number of columns that an error lists."""
READ_ERRORS = (duckdb.Error, pa.ArrowException, OSError)


class CorpusError(PaperlensError, ValueError):
    """A corpus that cannot be read; the message names the file and says why."""


class MissingCorpus(CorpusError):
    """There is no file of the corpus."""


class MissingCorpusColumn(CorpusError):
    """A readable corpus that lacks a requested column."""


class NoRecords(CorpusError):
    """A file without papers or citations."""


class NotCorpus(CorpusError):
    """A file that is not a corpus; field `what`: its format, if its first bytes show it."""


class DamagedCorpus(CorpusError):
    """A file that is damaged, truncated or unreadable."""


@contextmanager
def as_corpus_error(file: Path) -> Iterator[None]:
    """Turn a reader's BatchError into a CorpusError with the file's full path."""
    try:
        yield
    except BatchError as error:
        raise CorpusError(error.renamed(file).args[0]) from error


@dataclass(frozen=True)
class Block:
    """Rows of one file, each value a text or NULL, nested ones JSON.

    damaged: for each damaged line the number of preceding rows in the block, and its line number.
    """

    file: Path
    table: pa.Table
    damaged: tuple[tuple[int, int], ...] = ()


def column_named(
    name: str, present: Sequence[str], chosen: Mapping[str, str] | None = None
) -> str | None:
    """A file's name for a column: exact, else ignoring case, else a usual one or one like it.

    chosen: columns that have other names, empty for none. None where it is missing.
    """
    wanted = (chosen or {}).get(name, name).strip().lower()
    if name in present and wanted == name.lower():
        return name
    found = next((column for column in present if column.strip().lower() == wanted), None)
    if found or name not in PAPER_COLUMNS or (chosen and name in chosen):
        return found
    return of_columns.guess(present, name)


def columns_named(
    file: Path, columns: Sequence[str], present: Sequence[str], chosen: Mapping[str, str] | None
) -> list[str]:
    """A file's names for the columns. Raises MissingCorpusColumn if one is missing."""
    names = []
    for column in columns:
        name = column_named(column, present, chosen)
        if name is None:
            listed = ", ".join(repr(other[:40]) for other in present[:MAX_COLUMNS_LISTED])
            ellipsis = ", …" if len(present) > MAX_COLUMNS_LISTED else ""
            raise MissingCorpusColumn(
                "{file} has no column {column}; it has {columns}.",
                file=file,
                column=repr((chosen or {}).get(column) or column),
                columns=listed + ellipsis,
            )
        names.append(name)
    return names
