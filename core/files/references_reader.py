"""BibTeX and RIS, some entries at a time."""

import io
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice

from core.files import delimited, references
from core.files.base import Layout, Numbered, Record, Select
from core.files.delimited import MAX_LINE_LENGTH
from core.files.errors import OtherFormat
from core.files.formats import kind_of
from core.files.limits import MAX_COLUMNS
from core.files.text_reader import TextReader
from core.messages import Message

LAYOUT_ENTRIES = 100
"""The number of entries whose keys are the file's columns; later ones may have others."""
BLOCK = 1 << 16
"""About the number of characters of BibTeX that are parsed together."""

_ENTRY = re.compile(r"\s*@\s*\w+\s*[{(]")


class ReferencesReader(TextReader):
    """The references of a file, numbered."""

    def _read_layout(self) -> Layout:
        start, encoding = self._start()
        keys: dict[str, None] = {}
        for record in islice(self._entries(io.StringIO(start)), LAYOUT_ENTRIES):
            if not isinstance(record, str):
                keys |= dict.fromkeys(record)
        return Layout(kind_of(self.path), encoding, columns=tuple(islice(keys, MAX_COLUMNS)))

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        any_entry = False
        with self._unpacked(first) as stream, self._text(stream, None) as text:
            for number, record in enumerate(self._entries(text), 1):
                self.share = stream.share
                if not isinstance(record, str):
                    any_entry = True
                    keys = tuple(record)
                    record = {name: record[keys[i]] for name, i in select(keys).items()}
                yield number, record
            if not any_entry and not stream.stopped:
                raise OtherFormat(
                    "{name} holds no reference that can be read.", name=self.path.name
                )

    @abstractmethod
    def _entries(self, text: io.TextIOBase) -> Iterator[Record | Message]:
        """Each reference, or a note on one that cannot be read."""


class BibtexReader(ReferencesReader):
    """The entries of BibTeX."""

    def _entries(self, text: io.TextIOBase) -> Iterator[Record | Message]:
        number = 1
        for block in _bibtex_blocks(delimited.lines(text)):
            for entry in references.bibtex_entries(block, number):
                yield entry
                number += 1


def _bibtex_blocks(lines: Iterable[str | None]) -> Iterator[str]:
    """Complete entries, some at a time; of one that is too long the beginning."""
    gathered: list[str] = []
    size = since = 0
    for line in lines:
        if line is None:
            continue
        if _ENTRY.match(line):
            if size > BLOCK:
                yield "".join(gathered)
                gathered, size = [], 0
            since = 0
        since += len(line)
        if since > MAX_LINE_LENGTH:
            continue
        gathered.append(line)
        size += len(line)
    if gathered:
        yield "".join(gathered)


class RisReader(ReferencesReader):
    """The references of RIS."""

    def _entries(self, text: io.TextIOBase) -> Iterator[Record | Message]:
        lines = (line.rstrip("\r\n") for line in delimited.lines(text) if line is not None)
        for number, block in enumerate(references.ris_blocks(lines), 1):
            yield from references.ris_references(block, number)
