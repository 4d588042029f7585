"""What the readers of arXiv's papers share: blocks of rows, and a file's own names of columns."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from core.files.errors import BatchError
from core.messages import PaperlensError

PAPER_COLUMNS = ("id", "title", "abstract", "categories")
BLOCK_ROWS = 10_000
MAX_COLUMNS_LISTED = 20
"""Columns that an error names."""
READ_ERRORS = (duckdb.Error, pa.ArrowException, OSError)


class CorpusError(PaperlensError, ValueError):
    """A corpus that cannot be read; the message is one sentence that names the file and why."""


class MissingCorpus(CorpusError):
    """There is no file of the corpus."""


class MissingCorpusColumn(CorpusError):
    """A corpus that can be read but lacks one of the columns asked for."""


class NoRecords(CorpusError):
    """A file that holds no papers, or no citations."""


class NotCorpus(CorpusError):
    """A file that is something else; `what` says what, where its first bytes tell."""


class DamagedCorpus(CorpusError):
    """A file that is damaged, cut short or cannot be read."""


@contextmanager
def as_corpus_error(file: Path) -> Iterator[None]:
    """Raise a BatchError of a reader as a CorpusError, with the file's whole path."""
    try:
        yield
    except BatchError as error:
        raise CorpusError(error.renamed(file).args[0]) from error


@dataclass(frozen=True)
class Block:
    """Some rows of one file, each value a text or NULL, nested ones JSON.

    A damaged line comes with the number of rows that precede it.
    """

    file: Path
    table: pa.Table
    damaged: tuple[tuple[int, int], ...] = ()


def column_named(name: str, present: Sequence[str]) -> str | None:
    """What a file calls a column, if need be in another case; None where it has none."""
    if name in present:
        return name
    return next((column for column in present if column.strip().lower() == name.lower()), None)


def columns_named(file: Path, columns: Sequence[str], present: Sequence[str]) -> list[str]:
    """What a file calls the columns. Raises MissingCorpusColumn for one that lacks any."""
    names = []
    for column in columns:
        name = column_named(column, present)
        if name is None:
            listed = ", ".join(repr(other[:40]) for other in present[:MAX_COLUMNS_LISTED])
            more = ", …" if len(present) > MAX_COLUMNS_LISTED else ""
            raise MissingCorpusColumn(
                "{file} has no column {column}; it has {columns}.",
                file=file,
                column=repr(column),
                columns=listed + more,
            )
        names.append(name)
    return names
