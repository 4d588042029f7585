"""Decompresses gzip and Zstandard files, detected by their first bytes, within limits."""

import io
from pathlib import Path

from core.files.errors import SizeLimitExceeded

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def compression(file: Path) -> str | None:
    """The compression of a file by its first bytes, None if it is not compressed."""
    with file.open("rb") as stream:
        start = stream.read(4)
    return next((name for magic, name in COMPRESSIONS.items() if start.startswith(magic)), None)


class Unpacked(io.RawIOBase):
    """A file's bytes, decompressed; `share` is how much of the file is read (0 to 1).

    Raises SizeLimitExceeded, while it is read, once it has returned more than `max_bytes`. After
    the `first` bytes it ends as if the file did.
    """

    def __init__(self, file: Path, max_bytes: int | None = None, first: int | None = None) -> None:
        import pyarrow as pa

        packed = compression(file)
        self._size, self._max_bytes, self._first = file.stat().st_size, max_bytes, first
        self._given = 0
        self._raw = pa.OSFile(str(file))
        # Unlike zstandard's own, Arrow's reader notices a missing end and reads every frame.
        self._stream = pa.CompressedInputStream(self._raw, packed) if packed else self._raw

    def readable(self) -> bool:
        """True, as for every readable stream."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer; the number of bytes read, 0 at the end."""
        if self._first is not None:
            buffer = buffer[: self._first - self._given]
        count = self._stream.readinto(buffer)
        self._given += count
        if self._max_bytes is not None and self._given > self._max_bytes:
            raise SizeLimitExceeded(
                "it holds more than {most:,.0f} MB once unpacked", most=self._max_bytes / 1e6
            )
        return count

    @property
    def stopped(self) -> bool:
        """Whether it ended at `first` bytes, possibly before the end of the file."""
        return self._given == self._first

    @property
    def share(self) -> float:
        """How much of the file is read, of its bytes on disk."""
        return min(1.0, self._raw.tell() / self._size) if self._size and not self.closed else 1.0

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._stream.close()
            self._raw.close()
        super().close()


def check_unpacked(file: Path, max_bytes: int) -> None:
    """Raise SizeLimitExceeded for a compressed file that holds more; about 1 s per gigabyte."""
    if compression(file):
        buffer = memoryview(bytearray(1 << 20))
        with Unpacked(file, max_bytes) as stream:
            while stream.readinto(buffer):
                pass


def open_unpacked(file: Path) -> io.BufferedReader:
    """A file's bytes, decompressed."""
    return io.BufferedReader(Unpacked(file), 1 << 20)
