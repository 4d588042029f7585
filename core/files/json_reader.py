"""JSON: one object per line, an array of objects, or a table in one of pandas' layouts."""

import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from core.files import delimited, json_document
from core.files.base import PROGRESS_EVERY, Layout, Numbered, Record, Select
from core.files.delimited import MAX_LINE_LENGTH
from core.files.errors import OtherFormat
from core.files.formats import kind_of
from core.files.json_document import ARRAY, DOCUMENT, LINES, DamagedJson
from core.files.limits import MAX_COLUMNS
from core.files.text_reader import TextReader
from core.messages import Message

LAYOUT_LINES = 100
"""The number of objects whose keys are the file's columns; later objects may have others."""


class JsonReader(TextReader):
    """The objects of a file, numbered; of lines the blank ones are counted and left out.

    form: LINES, ARRAY or DOCUMENT.
    """

    def _read_layout(self) -> Layout:
        start, encoding = self._start()
        self.form = json_document.form_of(start)
        kind = kind_of(self.path)
        self.layout = Layout(kind, encoding)
        keys: dict[str, None] = {}
        for _, record in islice(self._head(start), LAYOUT_LINES):
            if not isinstance(record, str):
                keys |= dict.fromkeys(record)
        return Layout(kind, encoding, columns=tuple(islice(keys, MAX_COLUMNS)))

    def _head(self, start: str) -> Numbered:
        """The first records, of a table all."""
        try:
            if self.form == DOCUMENT:
                with self._unpacked() as stream, self._text(stream, "\n") as text:
                    yield from self._records(text)
            else:
                yield from self._records(io.StringIO(start, newline="\n"))
        except DamagedJson as damage:
            if self.form == DOCUMENT:  # of others the start ends anywhere
                raise self._unreadable(_not_json(damage.number)) from None

    def _records(self, text: io.TextIOBase) -> Numbered:
        if self.form == LINES:
            for number, line in enumerate(delimited.lines(text), 1):
                if line is None or line.strip():
                    yield number, _of_line(number, line)
            return
        items = json_document.values(text) if self.form == ARRAY else json_document.document(text)
        yield from _numbered(items)

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        any_object = any_value = False
        with (
            self._unpacked(None if self.form == DOCUMENT else first) as stream,
            self._text(stream, "\n") as text,
        ):
            try:
                for number, record in self._records(text):
                    any_value = True
                    if number % PROGRESS_EVERY == 0:
                        self.share = stream.share
                    if not isinstance(record, str):
                        any_object = True
                        keys = tuple(record)
                        record = {name: record[keys[i]] for name, i in select(keys).items()}
                    yield number, record
            except DamagedJson as damage:
                if not stream.stopped:
                    raise self._unreadable(_not_json(damage.number)) from None
            if any_value and not any_object and not stream.stopped:
                raise OtherFormat("{name} holds no JSON objects.", name=self.path.name)


def _not_json(number: int) -> Message:
    return Message("object {number} is not valid JSON, or the file is cut short", number=number)


def _numbered(items: Iterable[Any]) -> Iterator[tuple[int, Record | Message]]:
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            yield number, Message("item {number} is not a JSON object", number=number)
        else:
            yield number, _checked(number, item)


def _of_line(number: int, line: str | None) -> Record | Message:
    """The JSON object of a line, or a note that says why there is none."""
    if line is None:
        return Message(
            "line {number} is longer than {most:,} characters",
            number=number,
            most=MAX_LINE_LENGTH,
        )
    try:
        record = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return Message("line {number} is not valid JSON", number=number)
    if not isinstance(record, dict):
        return Message("line {number} is not a JSON object", number=number)
    return _checked(number, record)


def _checked(number: int, record: Record) -> Record | Message:
    """The record, or a note that it has too many keys."""
    if len(record) <= MAX_COLUMNS:
        return record
    return Message(
        "line {number} has {keys:,} keys; at most {most:,} are read",
        number=number,
        keys=len(record),
        most=MAX_COLUMNS,
    )
