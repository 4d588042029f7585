"""Limits on the size of files and uploads."""

from dataclasses import dataclass

MAX_COMPRESSION_RATIO = 500
"""The maximum compression ratio; that of text is 3 to 30, of a decompression bomb 1,000."""
MIN_UNPACKED_ALLOWANCE = 64 << 20
"""Unpacked bytes that are allowed at any compression ratio."""
MAX_COLUMNS = 1_000
MAX_CELL_LENGTH = 1_000_000
"""The maximum length of a cell; a row with a longer one has a note."""


@dataclass(frozen=True)
class Limits:
    """Maximum rows, bytes on disk and unpacked bytes of a file."""

    rows: int
    size: int
    unpacked: int


ON_DISK = Limits(rows=200_000_000, size=1 << 40, unpacked=4 << 40)
"""For the command line: larger than any corpus of papers."""
UPLOADED = Limits(rows=200_000, size=200 << 20, unpacked=1 << 30)
"""For the dashboard; the same size limit is in `.streamlit/config.toml`."""
