"""What the readers of arXiv's papers share: blocks of rows, and a file's own names of columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from core.i18n import say
from core.messages import PaperlensError

PAPER_COLUMNS = ("id", "title", "abstract", "categories")
BLOCK_ROWS = 10_000
COLUMNS_NAMED = 20
READ_ERRORS = (duckdb.Error, pa.ArrowException, OSError)


class CorpusError(PaperlensError, ValueError):
    """A corpus that cannot be read; the message is one sentence that names the file and why."""


class MissingColumn(CorpusError):
    """A corpus that can be read but lacks one of the columns asked for."""


@dataclass(frozen=True)
class Block:
    """Some rows of one file, each value a text or NULL, nested ones JSON.

    A damaged line comes with the number of rows that precede it.
    """

    file: Path
    table: pa.Table
    damaged: tuple[tuple[int, int], ...] = ()


def column_named(name: str, present: Sequence[str]) -> str | None:
    """Return what a file calls a column, if need be in another case; None where it has none."""
    if name in present:
        return name
    return next((own for own in present if own.strip().lower() == name.lower()), None)


def columns_named(file: Path, columns: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return what a file calls the columns; refuse one that lacks any."""
    found = {name: column_named(name, present) for name in columns}
    missing = [name for name, own in found.items() if own is None]
    if missing:
        named = ", ".join(repr(name[:40]) for name in present[:COLUMNS_NAMED])
        more = ", …" if len(present) > COLUMNS_NAMED else ""
        raise MissingColumn(
            say(
                "{file} has no column {column}; it has {columns}.",
                file=file,
                column=repr(missing[0]),
                columns=named + more,
            )
        )
    return [own for own in found.values() if own is not None]
