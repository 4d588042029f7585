"""What leaves Paperlens as a file: whole or not at all, and never a formula to a spreadsheet."""

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.i18n import say
from core.messages import PaperlensError

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""A full disk, a full quota, and a file longer than the process may write."""


class ExportError(PaperlensError, OSError):
    """A file cannot be written; the message says which and why."""


@contextmanager
def full_disk_named(place: object) -> Iterator[None]:
    """Make an ExportError that names the place of a write in the block that finds no room.

    What fails because of it afterwards, as the end of an archive does, is no other error.
    """
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause and not (isinstance(cause, OSError) and cause.errno in FULL):
            cause = cause.__context__
        if not cause:
            raise
        raise ExportError(
            say(
                "There is no room to write {place} ({reason}); free some space, or write to "
                "another disk.",
                place=place,
                reason=cause.strerror,
            )
        ) from None


def plain_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: such a start gets an apostrophe before it."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def csv_bytes(table: "pd.DataFrame") -> bytes:
    """A table as CSV, cells and head plain; with a byte order mark for Excel."""
    safe = table.map(lambda cell: plain_cell(cell) if isinstance(cell, str) else cell)
    safe.columns = [plain_cell(str(name)) for name in table.columns]
    # Python quotes the characters that end lines: a bare one in a cell would begin another row.
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place to write that becomes `path` if the block ends well, and vanishes if not.

    Who may read it is as the process's umask has it. Raises ExportError where the folder does not
    exist or has no room.
    """
    if not path.parent.is_dir():
        raise ExportError(say("There is no folder {folder} to write to.", folder=path.parent))
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    # Not a file of tempfile, which nobody else may read: its mode would have to be widened later,
    # and the umask cannot be asked without setting it for every thread.
    scratch.touch(exist_ok=False)
    try:
        with full_disk_named(path):
            yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
