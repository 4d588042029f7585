"""What leaves Paperlens as a file: whole or not at all, and never a formula to a spreadsheet."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.language import say

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ExportError(OSError):
    """A file cannot be written; the message says which and why."""


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

    Raises ExportError where the folder does not exist.
    """
    if not path.parent.is_dir():
        raise ExportError(say("There is no folder {folder} to write to.", folder=path.parent))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
