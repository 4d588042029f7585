"""Files that people bring: which are read, unpacked by their first bytes, and how far.

A corpus file is one whose name ends in one of FORMATS, perhaps with that of a compression after it.
"""

import io
import re
from pathlib import Path

from core.i18n import phrase, say
from core.messages import PaperlensError

FORMATS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "table",
    ".tsv": "table",
    ".parquet": "parquet",
}
"""The endings of corpus files, and which of the three ways each is read."""
PACKED = (".gz", ".zst")

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
FOREIGN = {
    b"\x89PNG": phrase("a PNG image"),
    b"\xff\xd8\xff": phrase("a JPEG image"),
    b"GIF8": phrase("a GIF image"),
    b"%PDF": phrase("a PDF document"),
    b"PK\x03\x04": phrase("a ZIP archive; unpack it first"),
    b"BZh": phrase("a bzip2 archive; unpack it first"),
    b"\xfd7zXZ": phrase("an xz archive; unpack it first"),
    b"\xd0\xcf\x11\xe0": phrase("an old Office document; save it as CSV first"),
    b"SQLite format 3": phrase("an SQLite database"),
    b"PAR1": phrase("a Parquet file; its name must end in .parquet"),
}


class TooMuch(PaperlensError, OSError):
    """A file holds more bytes than it may."""


def ending(file: Path) -> str:
    """The ending that tells a file's format, in lower case, below that of a compression."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def corpus_files(folder: Path) -> list[Path]:
    """The corpus files of a folder, by name; names that begin with a dot or `_` are left out."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and not file.name.startswith((".", "_")) and ending(file) in FORMATS
    )


def compression(file: Path) -> str | None:
    """The compression that the first bytes tell, whatever the file is called."""
    with file.open("rb") as stream:
        start = stream.read(4)
    return next((name for magic, name in COMPRESSIONS.items() if start.startswith(magic)), None)


def foreign(start: bytes) -> str | None:
    """What a file with these first bytes is, if it is surely neither a table nor JSON."""
    return next((say(what) for magic, what in FOREIGN.items() if start.startswith(magic)), None)


class Unpacked(io.RawIOBase):
    """A file's bytes, decompressed; `share` tells how far the file itself is read (0 to 1).

    Raises TooMuch, while it is read, once it has given more than `most` bytes. After `first` bytes
    it ends as if the file did.
    """

    def __init__(self, file: Path, most: int | None = None, first: int | None = None) -> None:
        import pyarrow as pa

        how = compression(file)
        self._size, self._most, self._first = file.stat().st_size, most, first
        self._given = 0
        self._raw = pa.OSFile(str(file))
        # Unlike zstandard's own, Arrow's reader notices a missing end and reads every frame.
        self._stream = pa.CompressedInputStream(self._raw, how) if how else self._raw

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer; how many bytes were there."""
        if self._first is not None:
            buffer = buffer[: self._first - self._given]
        count = self._stream.readinto(buffer)
        self._given += count
        if self._most is not None and self._given > self._most:
            raise TooMuch(
                say("it holds more than {most:,.0f} MB once unpacked", most=self._most / 1e6)
            )
        return count

    @property
    def stopped(self) -> bool:
        """Whether it has given all that it may give as the file's first bytes."""
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


def endings(name: str) -> str:
    """The one or two endings of a brought file's name; the rest of it may be anything.

    An ending with other characters than letters and digits is none: it goes into a path.
    """
    kept = re.search(r"(\.[a-z0-9]{1,7}){1,2}\Z", name.lower())
    return kept[0] if kept else ""


def check_unpacked(file: Path, most: int) -> None:
    """Raise TooMuch if a packed file unfolds to more bytes than this. Takes a second a gigabyte."""
    if compression(file):
        buffer = memoryview(bytearray(1 << 20))
        with Unpacked(file, most) as stream:
            while stream.readinto(buffer):
                pass


def opened(file: Path) -> io.BufferedReader:
    """A file's bytes, decompressed."""
    return io.BufferedReader(Unpacked(file), 1 << 20)
