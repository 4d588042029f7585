"""The base of readers of text files: detects encodings and decompresses."""

import io
from abc import ABC

from core.files.base import Reader
from core.files.compression import Unpacked, compression
from core.files.encoding import WINDOWS, detect_encoding
from core.files.errors import OtherFormat
from core.files.formats import detect_other_format

START = 1 << 18
"""The number of unpacked bytes from which the layout is detected."""


class TextReader(Reader, ABC):
    """A reader of a text file, compressed or not."""

    def _start(self) -> tuple[str, str]:
        """The first characters of the file, and its encoding.

        Raises EmptyFile, and OtherFormat for a file that is neither a table nor JSON.
        """
        with io.BufferedReader(self._unpacked(), START) as stream:
            start = stream.read(START)
        if not start.strip():
            raise self._empty()
        if what := detect_other_format(start):
            raise OtherFormat("{name} is {what}.", name=self.path.name, what=what)
        encoding = detect_encoding(start)
        if start.count(0) > len(start) // 4 and not encoding.startswith("utf-16"):
            raise OtherFormat("{name} holds bytes that are no text.", name=self.path.name)
        return start.decode(encoding, WINDOWS), encoding

    def _unpacked(self, first: int | None = None) -> Unpacked:
        """The file's unpacked bytes, or only the `first` of them."""
        packed = compression(self.path)
        max_bytes = self.max_unpacked() if packed else self.limits.unpacked
        return Unpacked(self.path, max_bytes, first)

    def _text(self, stream: Unpacked, newline: str) -> io.TextIOWrapper:
        buffered = io.BufferedReader(stream, 1 << 20)
        return io.TextIOWrapper(buffered, self.layout.encoding, WINDOWS, newline=newline)
