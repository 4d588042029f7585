"""JSON lines: one object per line."""

import json
from itertools import islice

from core.files import delimited
from core.files.base import PROGRESS_EVERY, Layout, Numbered, Record, Select
from core.files.delimited import MAX_LINE_LENGTH
from core.files.errors import OtherFormat
from core.files.formats import kind_of
from core.files.limits import MAX_COLUMNS
from core.files.text_reader import TextReader
from core.messages import Message

LAYOUT_LINES = 100
"""The number of lines whose keys are the file's columns; later objects may have others."""


class JsonLinesReader(TextReader):
    """The objects of a file, numbered by line; blank lines are left out."""

    def _read_layout(self) -> Layout:
        start, encoding = self._start()
        keys: dict[str, None] = {}
        for line in start.split("\n")[:LAYOUT_LINES]:
            record = _object(1, line)
            if not isinstance(record, str):
                keys |= dict.fromkeys(record)
        return Layout(kind_of(self.path), encoding, columns=tuple(islice(keys, MAX_COLUMNS)))

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        any_object = False
        with self._unpacked(first) as stream, self._text(stream, "\n") as text:
            for number, line in enumerate(delimited.lines(text), 1):
                if line is not None and not line.strip():
                    continue
                if number % PROGRESS_EVERY == 0:
                    self.share = stream.share
                record = _object(number, line)
                if not isinstance(record, str):
                    any_object = True
                    keys = tuple(record)
                    record = {name: record[keys[i]] for name, i in select(keys).items()}
                yield number, record
            if not any_object and not stream.stopped:
                raise OtherFormat("{name} holds no JSON objects, one a line.", name=self.path.name)


def _object(number: int, line: str | None) -> Record | Message:
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
    if len(record) > MAX_COLUMNS:
        return Message(
            "line {number} has {keys:,} keys; at most {most:,} are read",
            number=number,
            keys=len(record),
            most=MAX_COLUMNS,
        )
    return record
