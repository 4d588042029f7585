"""XLSX, RIS and BibTeX: what is written is what openpyxl, rispy and bibtexparser read."""

import io
from typing import Any

import bibtexparser
import openpyxl
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from core.files import reference_writer, writers, xlsx_writer
from core.files.writers import NUMBER, TEXT, Line, Sheet
from core.files.xlsx_writer import ExcelLimit

ANSWERS = (
    ("primary", TEXT),
    ("primary_probability", NUMBER),
    ("cross_lists", TEXT),
    ("prediction_set", TEXT),
    ("certainty", TEXT),
    ("note", TEXT),
)
SURE = ("math.GT", 0.75, "math.AT cs.CG", "math.GT", "sure", "")
NONE = ("", None, "", "", "none", "row 2 has neither a title nor an abstract")
PAPER = {"id": "p1", "title": "Knots in loops", "abstract": "We tie a knot.\nIt holds."}


def written(kind: str, lines: list[Line], own: tuple[str, ...] = (), pieces: int = 1) -> bytes:
    """A file of lines that were encoded in pieces of as many lines each."""
    sheet, out = Sheet(ANSWERS, tuple((name, "string") for name in own)), io.BytesIO()
    parts = [lines[i : i + pieces] for i in range(0, len(lines), pieces)]
    form = writers.FORMATS[kind]
    form.join(sheet, (io.BytesIO(form.encode(sheet, part)) for part in parts), out)
    return out.getvalue()


def cells(content: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def entries(content: bytes) -> list[bibtexparser.model.Entry]:
    library = bibtexparser.parse_string(content.decode())
    assert not library.failed_blocks
    assert not library.comments
    return library.entries


def test_a_workbook_has_the_own_columns_and_then_the_answers() -> None:
    own = {"id": "0704.0010", "title": "Knots\x0bin\x00 loops\ud800", "year": 2007, "ok": True}
    head, first, second = cells(
        written(".xlsx", [(own, SURE), ({}, NONE)], ("id", "title", "year", "ok"))
    )
    assert head == ("id", "title", "year", "ok", *(name for name, _ in ANSWERS))
    assert first == ("0704.0010", "Knotsin loops?", 2007, True, *SURE[:-1], None)
    assert second == (None,) * 8 + ("none", NONE[-1])


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "#N/A", "#REF!"]
)
def test_no_cell_of_a_workbook_is_a_formula_or_an_error(text: str) -> None:
    sheet = openpyxl.load_workbook(
        io.BytesIO(written(".xlsx", [({text: text}, SURE)], (text,)))
    ).active
    for row in (1, 2):
        cell = sheet.cell(row, 1)
        assert cell.data_type == "s"
        assert not cell.value.startswith(("=", "+", "-", "@", "\t"))
        assert cell.value.endswith(text.strip())


def test_numbers_that_excel_would_round_are_text() -> None:
    big = [10**15 - 1, 10**15, 1.5, float("nan"), "1e5", "-7"]
    own = {str(i): value for i, value in enumerate(big)}
    found = cells(written(".xlsx", [(own, SURE)], tuple(own)))[1][: len(big)]
    assert found == (10**15 - 1, "1000000000000000", 1.5, None, "1e5", "-7")


@pytest.mark.parametrize("letter", ["x", "𝔤"])
def test_a_cell_longer_than_excels_is_refused(letter: str) -> None:
    most = 32_767 // len(letter.encode("utf-16-le")) * 2
    fits = letter * most
    assert cells(written(".xlsx", [({"text": fits}, SURE)], ("text",)))[1][0] == fits
    with pytest.raises(ExcelLimit) as caught:
        written(".xlsx", [({"text": fits + 2 * letter}, SURE)], ("text",))
    assert caught.value.fields["column"] == "text"
    assert caught.value.fields["most"] == 32_767
    assert caught.value.fields["length"] > 32_767


def test_more_rows_than_excels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    xlsx_writer.check_rows(1_048_575)
    with pytest.raises(ExcelLimit) as caught:
        writers.FORMATS[".xlsx"].check_rows(1_048_576)
    assert caught.value.fields["most"] == 1_048_575
    monkeypatch.setattr(xlsx_writer, "MAX_ROWS", 3)
    assert len(cells(written(".xlsx", [({}, SURE)] * 2))) == 3
    with pytest.raises(ExcelLimit):
        written(".xlsx", [({}, SURE)] * 3)


def test_an_ris_entry_of_a_paper() -> None:
    content = written(".ris", [(PAPER, SURE), ({**PAPER, "id": "p2"}, NONE)]).decode()
    assert rispy.loads(content.replace("\r\n", "\n")) == [
        {
            "type_of_reference": "UNPB",
            "id": "p1",
            "title": "Knots in loops",
            "abstract": "We tie a knot. It holds.",
            "keywords": ["math.GT", "math.AT", "cs.CG"],
        },
        {
            "type_of_reference": "UNPB",
            "id": "p2",
            "title": "Knots in loops",
            "abstract": "We tie a knot. It holds.",
            "notes": [NONE[-1]],
        },
    ]


RIS = {
    "type_of_reference": "JOUR",
    "id": "7",
    "first_authors": ["Lee, Ann"],
    "authors": ["Ng, Bo", "Poincaré, Henri"],
    "title": "Knots",
    "abstract": "We tie.",
    "keywords": ["topology", "math.GT"],
    "year": "2007",
    "journal_name": "Journal of Knots",
    "volume": "3",
    "start_page": "12",
    "end_page": "34",
    "doi": "10.1/x",
    "urls": ["https://a.org", "https://b.org"],
    "notes": ["Read it."],
    "language": "en",
}


def test_an_ris_entry_keeps_its_fields_and_keywords() -> None:
    content = written(".ris", [(RIS, SURE)]).decode().replace("\r\n", "\n")
    (entry,) = rispy.loads(content)
    assert entry == RIS | {"keywords": ["topology", "math.GT", "math.AT", "cs.CG"]}


def test_a_title_under_its_other_tag_is_written_once() -> None:
    record = {name: value for name, value in RIS.items() if name != "keywords"}
    record |= {"primary_title": "Knots", "notes_abstract": "We tie."}
    content = written(".ris", [(record, SURE)]).decode()
    assert content.count("Knots\r\n") == 2  # of the journal, too
    assert content.count("We tie.") == 1


def test_an_ris_entry_becomes_bibtex() -> None:
    (entry,) = entries(written(".bib", [(RIS, SURE)]))
    assert (entry.entry_type, entry.key) == ("article", "7")
    fields = {field.key: field.value for field in entry.fields}
    assert fields == {
        "title": "Knots",
        "author": "Lee, Ann and Ng, Bo and Poincaré, Henri",
        "year": "2007",
        "journal": "Journal of Knots",
        "volume": "3",
        "pages": "12--34",
        "doi": "10.1/x",
        "url": "https://a.org",
        "abstract": "We tie.",
        "keywords": "topology, math.GT, math.AT, cs.CG",
    }


BIBTEX = {
    "entry_type": "article",
    "id": "lee2007",
    "title": "Knots & {Loops}: 50% of $x_1$",
    "abstract": "We tie.",
    "author": "Lee, Ann and Ng, Bo",
    "journal": "Journal of Knots",
    "year": "2007",
    "pages": "12--34",
    "keywords": "topology, knots",
    "eprint": "0704.0010",
}


def test_a_bibtex_entry_keeps_its_type_and_fields() -> None:
    (entry,) = entries(written(".bib", [(BIBTEX, SURE)]))
    assert (entry.entry_type, entry.key) == ("article", "lee2007")
    fields = {field.key: field.value for field in entry.fields}
    assert fields == {
        **{name: BIBTEX[name] for name in ("author", "journal", "year", "pages", "eprint")},
        "title": r"Knots \& {Loops}: 50\% of $x_1$",
        "abstract": "We tie.",
        "keywords": "topology, knots, math.GT, math.AT, cs.CG",
    }


def test_a_bibtex_entry_becomes_ris() -> None:
    (entry,) = rispy.loads(written(".ris", [(BIBTEX, SURE)]).decode().replace("\r\n", "\n"))
    assert entry["type_of_reference"] == "JOUR"
    assert entry["authors"] == ["Lee, Ann", "Ng, Bo"]
    assert (entry["start_page"], entry["end_page"]) == ("12", "34")
    assert entry["journal_name"] == "Journal of Knots"
    assert entry["keywords"] == ["topology", "knots", "math.GT", "math.AT", "cs.CG"]


def test_columns_of_a_table_that_a_reference_has_are_kept_and_no_others() -> None:
    row = PAPER | {"Authors": "Lee, Ann; Ng, Bo", "Year": 2007, "Abstract Note": "x", "ER": "y"}
    (entry,) = entries(written(".bib", [(row, SURE)]))
    fields = {field.key: field.value for field in entry.fields}
    assert set(fields) == {"title", "author", "year", "abstract", "keywords"}
    assert fields["author"] == "Lee, Ann and Ng, Bo"
    (entry,) = rispy.loads(written(".ris", [(row, SURE)]).decode().replace("\r\n", "\n"))
    assert (entry["authors"], entry["year"]) == (["Lee, Ann", "Ng, Bo"], "2007")


def test_keys_that_occur_twice_get_a_number_over_all_pieces() -> None:
    same = [({**PAPER, "id": name}, SURE) for name in ("a", "a", "b c,", "a-2", "a", "")]
    keys = [entry.key for entry in entries(written(".bib", same, pieces=2))]
    assert keys == ["a", "a-2", "b-c", "a-2-2", "a-3", "paper"]


ANY = st.text(st.characters(codec=None, exclude_categories=())) | st.text(
    '{}\\"@,=%#&_$ \nER-TY', max_size=30
)


@given(title=ANY, abstract=ANY, author=ANY, name=ANY)
def test_no_text_breaks_an_entry(title: str, abstract: str, author: str, name: str) -> None:
    paper = {"id": name, "title": title, "abstract": abstract, "authors": [author], "note": name}
    bib = {**paper, "entry_type": author, name: title}
    found = entries(written(".bib", [(paper, SURE), (bib, NONE), (PAPER, SURE)]))
    assert len(found) == 3
    assert found[2]["title"] == "Knots in loops"
    content = written(".ris", [(paper, SURE), (bib, NONE), (PAPER, SURE)]).decode()
    found = rispy.loads(content.replace("\r\n", "\n"))
    assert len(found) == 3
    assert found[2]["title"] == "Knots in loops"
    assert found[0]["keywords"] == ["math.GT", "math.AT", "cs.CG"]


@given(text=st.text("ab{}\\", max_size=20))
def test_braces_are_balanced_for_bibtex_and_for_other_readers(text: str) -> None:
    """BibTeX counts every brace, other readers leave out those after a backslash."""
    entry = reference_writer.bibtex({"id": "x", "title": text}, (), "")
    value = next(
        (line for line in entry.splitlines() if line.startswith("  title = ")), "  title = {},"
    )[len("  title = {") : -len("},")]
    for counted in (value, value.replace("\\{", "").replace("\\}", "")):
        depth = 0
        for letter in counted:
            depth += (letter == "{") - (letter == "}")
            assert depth >= 0
        assert depth == 0
