"""How much a file may hold, on disk and as an upload."""

from dataclasses import dataclass

MOST_TIMES = 500
"""So many times its size a file may hold; text packs 3 to 30 times, a bomb 1,000."""


ALWAYS = 64 << 20
"""Bytes that any file may hold, however well packed."""


from core.messages import PaperlensError


class BatchError(PaperlensError, ValueError):
    """A file cannot be read or written; the message says which and why."""


@dataclass(frozen=True)
class Limits:
    """What a file may hold: rows, bytes as it lies there, and bytes once unpacked."""

    rows: int
    size: int
    unpacked: int


ON_DISK = Limits(rows=200_000_000, size=1 << 40, unpacked=4 << 40)
"""For the command line: beyond every corpus of papers."""


UPLOADED = Limits(rows=200_000, size=200 << 20, unpacked=1 << 30)
"""For the dashboard; `.streamlit/config.toml` lets no larger file through."""
