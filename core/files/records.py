"""A file's records as papers or citations, one row each; bad ones have a note."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from core.files import columns as of_columns
from core.files import own_columns, values
from core.files.base import UNREADABLE, Layout, Record
from core.files.columns import ONE_HOT, SECTIONS, TEXTS
from core.files.errors import MissingColumn
from core.files.formats import data_files, has_own_keys
from core.files.limits import MAX_CELL_LENGTH, ON_DISK, Limits
from core.files.readers import open_reader
from core.messages import Message
from core.text import citation_marks, documents, unanswerable
from core.text.pasted import tidy, tidy_paper

TEXT_FIELDS = ("title", "abstract", *TEXTS)
MAX_COLUMNS_LISTED = 12
"""The maximum number of columns that an error lists."""

Columns = Mapping[str, str]
"""The column of each field that has another name, empty for no column."""


@dataclass(frozen=True)
class Row:
    """One input row; note: why it has no text; truth: its labels, if given.

    own: all its cells by their columns, where they are asked for and could be read; fields: those
    that have a meaning, by their fields.
    """

    id: str
    text: str
    truth: str = ""
    note: str = ""
    own: Record | None = None
    fields: Record | None = None


class RowReader:
    """The rows of one file, in order: citations for the task `intent`, papers for the others.

    file: the reader of its records; own: whether rows keep all their cells.
    Raises BatchError for a file that cannot be read at all.
    """

    def __init__(
        self,
        path: Path,
        task: str = "archive",
        columns: Columns | None = None,
        limits: Limits = ON_DISK,
        own: bool = False,
    ) -> None:
        self._columns, self._own = columns or {}, own
        self._make = citation if task == "intent" else paper
        chosen = tuple((f, column.strip().lower()) for f, column in self._columns.items())
        self._select = partial(of_columns.select, task=task, chosen=chosen)
        named = {column for _, column in chosen if column}
        self.file = open_reader(
            path, limits, lambda name: name.strip().lower() in named or of_columns.is_known(name)
        )

    def __iter__(self) -> Iterator[Row]:
        """Each row.

        Raises MissingColumn where no column can be classified or a chosen one is missing, and other
        BatchErrors, possibly after some rows.
        """
        self._check_columns()
        if self._own:
            yield from self._with_own()
            return
        for number, record in self.file.records(self._select):
            yield self._row(number, record)

    def _with_own(self) -> Iterator[Row]:
        """Each row with all its cells."""
        of_table = own_columns.layout_names(self.file.layout)
        for number, record in self.file.records(_every_cell):
            if isinstance(record, str):
                yield self._row(number, record)
                continue
            names = of_table or tuple(record)
            # The columns of a table are chosen by the names in its header.
            indices = self._select(self.file.layout.columns if of_table else names)
            chosen = {f: record[names[i]] for f, i in indices.items() if names[i] in record}
            yield replace(self._row(number, chosen), own=record, fields=chosen)

    def _row(self, number: int, record: Record | Message) -> Row:
        if isinstance(record, str):
            return Row(str(number), "", note=record)
        for value in record.values():
            if isinstance(value, str) and len(value) > MAX_CELL_LENGTH:
                note = Message(
                    "row {number} has a cell of more than {most:,} characters",
                    number=number,
                    most=MAX_CELL_LENGTH,
                )
                return Row(str(number), "", note=note)
            if value is UNREADABLE:
                note = Message("row {number} has a cell that cannot be read", number=number)
                return Row(str(number), "", note=note)
        return self._make(record, number)

    def _check_columns(self) -> None:
        """Refuse a table without a column to classify; later JSON objects may have other keys."""
        layout, name = self.file.layout, self.file.path.name
        shown = ", ".join(repr(column[:40]) for column in layout.columns[:MAX_COLUMNS_LISTED])
        shown += ", …" if len(layout.columns) > MAX_COLUMNS_LISTED else ""
        present = {column.strip().lower() for column in layout.columns}
        for column in self._columns.values():
            if column and column.strip().lower() not in present:
                raise MissingColumn(
                    "{name} has no column {column!r}; its columns are {shown}.",
                    name=name,
                    column=column,
                    shown=shown,
                )
        if not has_own_keys(layout.kind) and not self._has_text(layout.columns):
            raise MissingColumn(
                "{name} has no column title, abstract, string or text; its columns are {shown}.",
                name=name,
                shown=shown,
            )

    def _has_text(self, names: tuple[str, ...]) -> bool:
        """Whether there is a text of either kind; rows without a sentence have a note each."""
        fields = set(self._select(names))
        if self._make is citation:
            fields |= set(of_columns.select(names, "archive", ()))
        return not fields.isdisjoint(TEXT_FIELDS)


def as_entry(row: Row) -> Record:
    """A paper as the entry of a reference: `title`, `abstract`, `id`, and its own cells."""
    cells = [(row.fields or {}).get(name) for name in ("title", "abstract")]
    title, abstract = (cell if isinstance(cell, str) else "" for cell in cells)
    if not (title + abstract).strip():
        title, abstract = documents.split_paper(row.text)
    return {**(row.own or {}), "title": title, "abstract": abstract, "id": row.id}


def read_rows(
    path: Path, task: str = "archive", columns: Columns | None = None, limits: Limits = ON_DISK
) -> Iterator[Row]:
    """Every row of a file, or of a folder's files, in order, as RowReader reads them."""
    for file in data_files(path):
        yield from RowReader(file, task, columns, limits)


MAX_CHUNK_BYTES = 64 << 20
"""About the most bytes of own cells in a chunk."""


def chunked(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows in lists of `size`; the last, and those with much in their own cells, are shorter."""
    chunk: list[Row] = []
    read = 0
    for row in rows:
        chunk.append(row)
        read += own_columns.size(row.own) if row.own else 0
        if len(chunk) == size or read > MAX_CHUNK_BYTES:
            yield chunk
            chunk, read = [], 0
    if chunk:
        yield chunk


@lru_cache(256)
def _every_cell(names: tuple[str, ...]) -> dict[str, int]:
    """All columns, those of the same name told apart."""
    return {name: i for i, name in enumerate(own_columns.distinct(names))}


def mapping(layout: Layout, task: str = "archive", chosen: Columns | None = None) -> dict[str, str]:
    """The column of each field of a task's rows, empty where none holds it.

    `title`, `abstract` and so on; see `columns.mapping`.
    """
    return of_columns.mapping(layout.columns, task, chosen or {})


def paper(record: Record, number: int) -> Row:
    """The row of a paper: `title`, `abstract` (else `string` or `text`), and `categories`."""
    name = values.identifier(record.get("id")) or str(number)
    title, abstract = values.text(record.get("title")), values.text(record.get("abstract"))
    if not (title.strip() or abstract.strip()):
        abstract = _first(record, TEXTS)
    if not (title.strip() or abstract.strip()):
        note = Message("row {number} has neither a title nor an abstract", number=number)
        return Row(name, "", note=note)
    title, abstract, reference = unanswerable.without_references(title, abstract)
    text = tidy_paper(title, abstract).text
    reason = unanswerable.reason(*documents.split_paper(text)) if text.strip() else reference
    if reason:
        return Row(name, "", _categories(record), _because(reason, number))
    return Row(name, text, _categories(record))


def _categories(record: Record) -> str:
    """The true categories of a paper, also of columns that each stand for one."""
    if "categories" in record:
        return values.flat(record["categories"])
    codes = (key.removeprefix(ONE_HOT) for key in record if key.startswith(ONE_HOT))
    return " ".join(code for code in codes if values.is_set(record[ONE_HOT + code]))


def citation(record: Record, number: int) -> Row:
    """The row of a citation: `string` or `text`, the section's name if given, and `label`."""
    name = values.identifier(record.get("id")) or str(number)
    sentence = _first(record, TEXTS)
    if not sentence:
        note = Message("row {number} has no sentence in string or text", number=number)
        return Row(name, "", note=note)
    if reference := unanswerable.kind_of_reference(sentence):
        return Row(name, "", note=_because(reference, number))
    section = tidy(_first(record, ("section", *SECTIONS))).text
    text = documents.citation_text(tidy(citation_marks.with_marks(sentence)).text, section)
    return Row(name, text, values.label(record.get("label")))


def _because(reason: Message, number: int) -> Message:
    """The note of a row whose text has no answer."""
    return Message("row {number}: {reason}", number=number, reason=reason)


def _first(record: Record, keys: Sequence[str]) -> str:
    """The first non-blank text of these keys; empty where all are blank."""
    texts = (values.text(record.get(key)) for key in keys)
    return next((text for text in texts if text.strip()), "")
