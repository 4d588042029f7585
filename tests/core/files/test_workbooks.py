"""Excel workbooks: the sheet and header that count, kinds of cells, and bombs."""

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest

from core.files import workbook_reader
from core.files.errors import BatchError, EmptyFile, OtherFormat, TooLarge
from core.files.readers import open_reader
from core.files.records import RowReader, read_rows


def workbook(path: Path, *sheets: list[list[object]]) -> Path:
    """A workbook with these sheets; its path."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_kinds_of_cells_and_blank_rows(tmp_path: Path) -> None:
    day = datetime.datetime(2021, 1, 2)
    rows = [
        ["arXiv ID", "Title", "Summary", "Day", None, "Count"],
        [704.001, "Knots", "A loop.", day, None, 3],
        [None, None, None],
        [2101.00001, "=1+1", "A disc.", None, None, 2.5],
        ["x", 1984, None, None, None, True],
    ]
    reader = RowReader(workbook(tmp_path / "in.xlsx", rows), own=True)
    assert reader.file.layout.columns == ("arXiv ID", "Title", "Summary", "Day", "", "Count")
    first, second, third = reader
    assert (first.id, first.text) == ("0704.0010", "Knots\nA loop.")
    assert (first.own["Day"], first.own["Count"]) == (day, 3)
    # Formulas have the value that was computed last, here none.
    assert (second.id, second.text) == ("2101.00001", "\nA disc.")
    assert third.note.fields == {"number": 4}
    assert reader.file.share == 1.0


def test_the_sheet_and_the_row_with_known_names_count(tmp_path: Path) -> None:
    notes = [["Made by hand"], ["in May"]]
    table = [["My papers"], [None], ["No", "Paper Title", "Abstract Note"], [7, "Knots", "A loop."]]
    reader = open_reader(workbook(tmp_path / "in.xlsx", notes, table))
    assert reader.layout.columns == ("Made by hand",)
    rows = RowReader(tmp_path / "in.xlsx")
    assert (rows.file.layout.columns[1], rows.file.layout.skipped_lines) == ("Paper Title", 1)
    assert [row.text for row in rows] == ["Knots\nA loop."]


def replaced(path: Path, part: str, content: bytes) -> Path:
    """The workbook with another content of a part."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | {part: content}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"
HEAD = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>title</t></is></c></row>'
)
TAIL = b"</sheetData></worksheet>"
BOMBS = {
    "a row far down": (SHEET, HEAD + b'<row r="99999999999"><c><v>1</v></c></row>' + TAIL),
    "styles": ("xl/styles.xml", b"<styleSheet>" + b" " * (5 << 20) + b"</styleSheet>"),
    "unpacked": ("xl/media/a.bin", bytes(70 << 20)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "in.xlsx", [["title"], ["Knots"]])
    replaced(path, *BOMBS[name])
    with pytest.raises(TooLarge) as caught:
        list(read_rows(path))
    assert caught.value.fields["name"] == "in.xlsx"


def test_texts_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "in.xlsx", [["title"], ["Knots"]])
    replaced(path, workbook_reader.TEXTS, b"<sst>" + b"<si><t>a</t></si>" * 99 + b"</sst>")
    assert len(list(read_rows(path))) == 1
    monkeypatch.setattr(workbook_reader, "MAX_TEXTS", 50)
    with pytest.raises(TooLarge):
        list(read_rows(path))


@pytest.mark.parametrize(
    ("part", "content", "error"),
    [
        (SHEET, b"<worksheet><sheetData><row>", BatchError),
        (SHEET, HEAD.replace(b"title", b"") + TAIL, EmptyFile),
        ("xl/workbook.xml", b"no XML", BatchError),
    ],
)
def test_damaged_workbooks(
    part: str, content: bytes, error: type[BatchError], tmp_path: Path
) -> None:
    path = replaced(workbook(tmp_path / "in.xlsx", [["title"], ["Knots"]]), part, content)
    with pytest.raises(error) as caught:
        list(read_rows(path))
    assert caught.value.fields["name"] == "in.xlsx"


def test_what_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    path.write_text("title\nKnots\n")
    with pytest.raises(OtherFormat):
        list(read_rows(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in.csv", "title\nKnots\n")
    with pytest.raises(BatchError):
        list(read_rows(path))
