"""Atomic writes, and CSV in which spreadsheets find no formula."""

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.messages import PaperlensError

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""A full disk, an exhausted quota, and a file larger than the process may write."""


class ExportError(PaperlensError, OSError):
    """A file cannot be written; the message says which and why."""


class DiskFull(ExportError):
    """The disk is too full to write a file."""


class MissingFolder(ExportError):
    """The folder to write to does not exist."""


@contextmanager
def as_disk_full(path: object) -> Iterator[None]:
    """Raise DiskFull, naming the path, if a write in the block fails for lack of space.

    Errors that follow from it, such as an archive that cannot be closed, become DiskFull too.
    """
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause and not (isinstance(cause, OSError) and cause.errno in NO_SPACE):
            cause = cause.__context__
        if not cause:
            raise
        raise DiskFull(
            "There is no room to write {place} ({reason}); free some space, or write to another "
            "disk.",
            place=path,
            reason=cause.strerror,
        ) from None


def escape_formula(value: str) -> str:
    """A cell that no spreadsheet takes for a formula, with a leading apostrophe if needed."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def csv_bytes(table: "pd.DataFrame") -> bytes:
    """A table as CSV, cells and header escaped, with a byte order mark for Excel."""
    escaped = table.map(lambda cell: escape_formula(cell) if isinstance(cell, str) else cell)
    escaped.columns = [escape_formula(str(name)) for name in table.columns]
    # Python quotes line ends: an unquoted one in a cell would start another row.
    return escaped.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that replaces it on success and is removed on failure.

    Its permissions follow the umask. Raises MissingFolder where the folder does not exist, and
    DiskFull.
    """
    if not path.parent.is_dir():
        raise MissingFolder("There is no folder {folder} to write to.", folder=path.parent)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    # Not tempfile, whose files only their owner may read: the mode would have to be widened later,
    # and the umask cannot be read without setting it for every thread.
    scratch.touch(exist_ok=False)
    try:
        with as_disk_full(path):
            yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
