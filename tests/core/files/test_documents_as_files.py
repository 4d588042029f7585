"""Files of one paper: PDFs in one and two columns, plain text, LaTeX; a folder of them."""

import csv
import io
import shutil
from pathlib import Path

import pypdf
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from core.cli import main
from core.files.errors import BatchError, LockedPdf, NoPdf, NoText, TooLarge
from core.files.pdf_reader import first_page_text
from core.files.readers import open_reader
from core.files.records import read_rows

TITLE = "Knots in loops of the torus"
LEFT = [
    "Abstract",
    "We tie a knot in a long",
    "loop and count all of its",
    "crossings on the torus.",
]
RIGHT = ["1 Introduction", "Every knot of few", "crossings lies on", "a torus, we believe."]


def pdf(order: str, height: float = 10, password: str = "") -> bytes:
    """A page with a title and two columns, drawn column by column or row by row."""
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A4)
    page.setFont("Helvetica", 16)
    page.drawString(100, 780, TITLE)
    page.setFont("Helvetica", height)
    cells = [(60, i, text) for i, text in enumerate(LEFT)]
    cells += [(320, i, text) for i, text in enumerate(RIGHT)]
    for x, i, text in sorted(cells, key=lambda cell: cell[1]) if order == "rows" else cells:
        page.drawString(x, 700 - 12 * i, text)
    page.saveState()
    page.rotate(90)
    page.drawString(300, -30, "arXiv:2101.00001v1 [math.GT] 1 Jan 2021")
    page.restoreState()
    page.showPage()
    page.drawString(100, 700, "The second page.")
    page.save()
    if not password:
        return out.getvalue()
    writer = pypdf.PdfWriter(out)
    writer.encrypt(password, algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


def picture() -> bytes:
    """A page without text."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.rect(100, 100, 200, 200)
    page.save()
    return out.getvalue()


@pytest.mark.parametrize("order", ["columns", "rows"])
def test_columns_are_read_one_after_the_other(order: str) -> None:
    lines = [line for line in first_page_text(pdf(order)).split("\n") if line.strip()]
    assert lines == [TITLE, *LEFT, *RIGHT]


def test_the_paper_of_a_pdf(tmp_path: Path) -> None:
    (tmp_path / "2101.00001v2.pdf").write_bytes(pdf("rows"))
    (row,) = read_rows(tmp_path / "2101.00001v2.pdf")
    assert row.id == "2101.00001"
    assert row.text == f"{TITLE}\n" + "\n".join(LEFT[1:])


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (pdf("rows", password="secret"), LockedPdf),
        (picture(), NoText),
        (b"%PDF-1.7\n1 0 obj\n", NoPdf),
        (pdf("rows")[:600], NoPdf),
        (b"", NoPdf),
        (b"title\nKnots\n", NoPdf),
    ],
    ids=["locked", "picture", "short", "cut", "empty", "text"],
)
def test_pdfs_without_a_text_are_refused(
    content: bytes, error: type[BatchError], tmp_path: Path
) -> None:
    with pytest.raises(error):
        first_page_text(content)
    (tmp_path / "in.pdf").write_bytes(content)
    with pytest.raises(error) as caught:
        open_reader(tmp_path / "in.pdf").head(5)
    assert caught.value.fields["name"] == "in.pdf"


LATEX = r"""\documentclass{article} % \title{Not this}
\title[short]{Knots in {\emph loops}\thanks{To all.} of \textbf{Poincar\'e}}
\begin{document}\maketitle
\begin{abstract}
We tie a knot~\cite{a} in $S^{3}$.
\end{abstract}
\section{Introduction} Words.
\end{document}
"""


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.tex", LATEX, "Knots in loops of Poincaré\nWe tie a knot in $S^{3}$."),
        ("a.txt", "Knots\n\nAbstract: A knot.\n\nKeywords: x\n", "Knots\nA knot."),
        ("a.txt", "Abstract\nA knot.\n1 Introduction\nMore.", "\nA knot."),
    ],
)
def test_the_paper_of_a_text(name: str, content: str, text: str, tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / name).write_text(content, encoding=encoding)
        (row,) = read_rows(tmp_path / name)
        assert (row.id, row.text, row.note) == ("a", text, "")


def test_a_text_that_is_too_long_for_a_paper(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("word " * 300_000)
    with pytest.raises(TooLarge):
        list(read_rows(tmp_path / "in.txt"))


def test_a_folder_of_pdfs_has_a_row_each(
    tmp_path: Path, tiny_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(pdf("rows"))
    (folder / "b.pdf").write_bytes(picture())
    (folder / "c.txt").write_text("Knots in loops\nA knot.\n")
    assert main(["classify", str(folder), "--out", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert ["b.pdf" in row["note"] for row in rows] == [False, True, False]
    # Beside a table a document is not data.
    shutil.copy(Path(__file__).parents[2] / "files" / "short.csv", folder)
    assert next(read_rows(folder)).id == "2401.00000"
