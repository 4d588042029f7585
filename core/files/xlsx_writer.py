"""Excel workbooks of one sheet, written row by row."""

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from core.files import own_columns
from core.files.errors import BatchError

MAX_ROWS, MAX_CELL = 1_048_576, 32_767
"""What a sheet of Excel holds: rows with the header, and UTF-16 units in a cell."""
EXACT = 10**15
"""Whole numbers of more digits lose the last ones in Excel."""


class ExcelLimit(BatchError):
    """A table is larger than a sheet of Excel, or one of its cells is too long."""


def check_rows(count: int) -> None:
    """Raise ExcelLimit where a sheet cannot hold so many rows and a header."""
    if count >= MAX_ROWS:
        raise ExcelLimit(
            "Excel holds {most:,} rows and this table has more; write it as CSV, JSON lines or "
            "Parquet.",
            most=MAX_ROWS - 1,
        )


def check_cell(column: str, value: Any) -> None:
    """Raise ExcelLimit where a cell is too long; openpyxl would cut it without a word."""
    # Characters outside the basic plane take two units.
    if isinstance(value, str) and 2 * len(value) > MAX_CELL:
        length = len(value.encode("utf-16-le", "replace")) // 2
        if length > MAX_CELL:
            raise ExcelLimit(
                "A cell of the column {column!r} has {length:,} characters and Excel holds "
                "{most:,}; write the table as CSV, JSON lines or Parquet.",
                column=column[:40],
                length=length,
                most=MAX_CELL,
            )


def write(names: Sequence[str], rows: Iterable[Sequence[Any]], out: BinaryIO) -> None:
    """Write a table; its cells are text, never formulas, numbers, booleans or None.

    Characters that XML cannot hold are left out. Memory does not grow with the rows.
    Raises ExcelLimit for too many rows.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = ILLEGAL_CHARACTERS_RE.sub("", own_columns.encodable(value))
        text = text.replace("\ufffe", "").replace("\uffff", "")
        found = WriteOnlyCell(sheet, text)
        # Else "#N/A" would become an error.
        found.data_type = "s"
        return found

    try:
        sheet.append([cell(name) for name in names])
        for number, row in enumerate(rows, 1):
            check_rows(number)
            sheet.append([cell(value) for value in row])
    finally:
        sheet.close()
    book.save(out)
