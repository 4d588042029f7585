"""Excel workbooks (.xlsx): the first sheet with a known header, row by row."""

import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from core.files.base import PROGRESS_EVERY, Layout, Numbered, Reader, Select, cell_text
from core.files.delimited import HEADER_LINES, MAX_LINE_LENGTH
from core.files.errors import BatchError, OtherFormat, SizeLimitExceeded
from core.files.formats import kind_of
from core.files.limits import MAX_COLUMNS

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_ROWS = 1 << 20
"""The maximum number of rows of a sheet, which is Excel's."""
MAX_UNPACKED = 512 << 20
MAX_PART = 4 << 20
"""Unpacked bytes of a workbook, and of a part of it besides its sheets and its texts."""
HEADER_ROWS = 200
"""The number of rows, blank ones too, that are searched for the header."""
MAX_TEXTS = 4_000_000
"""The maximum number of texts; each takes memory, even an empty one."""
SHEETS, TEXTS = "xl/worksheets/", "xl/sharedStrings.xml"


class WorkbookReader(Reader):
    """The rows of a sheet below its header; blank rows are counted and left out."""

    def _read_layout(self) -> Layout:
        with self._workbook() as book:
            sheets = [(sheet, *self._header(sheet)) for sheet in book.worksheets]
            # The first with a known column, else the first with any.
            ranked = sorted(sheets, key=lambda found: -any(map(self.is_known, found[2])))
            found = next((sheet for sheet in ranked if sheet[2]), None)
            if not found:
                raise self._empty()
            sheet, self._skipped, header = found
            self._sheet = book.worksheets.index(sheet)
            return Layout(kind_of(self.path), columns=header, skipped_lines=self._skipped)

    def _header(self, sheet: "ReadOnlyWorksheet") -> tuple[int, tuple[str, ...]]:
        """How many rows precede the header that are not blank, and its names.

        It is the first row with a known name, else the first that is not blank.
        """
        first = islice(self._rows(sheet, MAX_COLUMNS + 1), HEADER_ROWS)
        rows = (_names(cells) for cells in first)
        head = list(islice(filter(any, rows), HEADER_LINES))
        number = next((i for i, names in enumerate(head) if any(map(self.is_known, names))), 0)
        return (number, head[number]) if head else (0, ())

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        selected = select(self.layout.columns).items()
        with self._workbook() as book:
            sheet = book.worksheets[self._sheet]
            rows = self._rows(sheet, len(self.layout.columns))
            header = self._skipped + 1
            number = 0
            for cells in rows:
                blank = all(cell is None or cell == "" for cell in cells)
                if header:
                    header -= not blank
                    continue
                number += 1
                if number % PROGRESS_EVERY == 0:
                    self.share = min(0.99, number / max(sheet.max_row or 1, number))
                if not blank:
                    yield number, {n: cells[i] for n, i in selected if cells[i] is not None}

    @contextmanager
    def _workbook(self) -> "Iterator[Workbook]":
        """The open workbook. Raises OtherFormat for a file that is none."""
        import openpyxl

        # Of styles and rules that do not concern the cells' values.
        warnings.filterwarnings("ignore", module="openpyxl")
        try:
            self._check_size()
            with (
                self.path.open("rb") as file,  # openpyxl would leave it open if it fails
                closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book,
            ):
                yield book
        except (BatchError, OSError):
            raise
        except zipfile.BadZipFile as error:
            raise OtherFormat(
                "{name} is not an Excel workbook: {reason}.", name=self.path.name, reason=error
            ) from None
        # Damaged XML makes openpyxl raise errors of many classes.
        except Exception as error:
            raise self._unreadable(f"{type(error).__name__} ({error})"[:200]) from None

    def _check_size(self) -> None:
        """Raise SizeLimitExceeded for a workbook that takes too much memory."""
        most = min(self.max_unpacked(), MAX_UNPACKED)
        with zipfile.ZipFile(self.path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > most:
                raise SizeLimitExceeded(
                    "it holds more than {most:,.0f} MB unpacked", most=most / 1e6
                )
            for part in parts:
                name = part.filename
                is_read = name.endswith((".xml", ".rels")) and not name.startswith(SHEETS)
                if is_read and name != TEXTS and part.file_size > MAX_PART:
                    raise SizeLimitExceeded(
                        "a part of it holds more than {most:,.0f} MB", most=MAX_PART / 1e6
                    )
            if TEXTS in archive.namelist():
                _check_texts(archive)

    def _rows(self, sheet: "ReadOnlyWorksheet", width: int) -> Iterator[Sequence[Any]]:
        """The rows of a sheet, as wide as asked. Raises SizeLimitExceeded for huge ones."""
        source = sheet._get_source
        watched: list[_Watched] = []

        def watch() -> _Watched:
            watched.append(_Watched(source()))
            return watched[-1]

        sheet._get_source = watch
        # The dimensions written in the file may be wrong.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=width, values_only=True)):
            if number == MAX_ROWS:
                raise SizeLimitExceeded("a sheet has more than {most:,} rows", most=MAX_ROWS)
            for stream in watched:
                stream.since = 0
            yield cells
        sheet._get_source = source


def _names(cells: Iterable[Any]) -> tuple[str, ...]:
    """Column names, without those that are missing at the end."""
    names = [cell_text(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _check_texts(archive: zipfile.ZipFile) -> None:
    """Raise SizeLimitExceeded for too many texts."""
    count = 0
    with archive.open(TEXTS) as stream:
        while piece := stream.read(1 << 20):
            # Each text is at least one element.
            count += piece.count(b"si>") + piece.count(b"si/>")
            if count > 2 * MAX_TEXTS:
                raise SizeLimitExceeded("it has more than {most:,} texts", most=MAX_TEXTS)


class _Watched:
    """A sheet's XML, of which only so much may be read for one row; since: bytes since the last."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.since = stream, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self.since += len(piece)
        if self.since > MAX_LINE_LENGTH:
            raise SizeLimitExceeded("a row has more than {most:,} bytes", most=MAX_LINE_LENGTH)
        return piece

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> "_Watched":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
