"""Limits on the size of files and uploads."""

from dataclasses import dataclass

MAX_COMPRESSION_RATIO = 500
"""So many times its size a file may hold; text packs 3 to 30 times, a bomb 1,000."""
MIN_UNPACKED_ALLOWANCE = 64 << 20
"""Bytes that any file may hold, however well packed."""
MAX_COLUMNS = 1_000
MAX_CELL_LENGTH = 1_000_000
"""Characters of a cell; a longer one gives its row a note."""


@dataclass(frozen=True)
class Limits:
    """Maximum rows, bytes on disk and unpacked bytes of a file."""

    rows: int
    size: int
    unpacked: int


ON_DISK = Limits(rows=200_000_000, size=1 << 40, unpacked=4 << 40)
"""For the command line: beyond every corpus of papers."""
UPLOADED = Limits(rows=200_000, size=200 << 20, unpacked=1 << 30)
"""For the dashboard; `.streamlit/config.toml` lets no larger file through."""
