"""Answers as workbooks and references, from the command line's functions and from the dashboard."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import bibtexparser
import openpyxl
import pytest
import rispy

from core.files.writers import NotReferences
from core.files.xlsx_writer import ExcelLimit
from core.prediction import answer, batch, questions
from core.prediction.batch import classify_file, suggest_file
from core.prediction.questions import SuggestingRespondent
from core.prediction.uploads import ClassificationJob, ResultFilter, Upload

Rows = list[dict[str, Any]]
COLUMNS = {"title": "Heading", "abstract": "Summary"}


@pytest.fixture(autouse=True)
def models(tiny_blend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small blend, and chunks of seven rows, so that files are joined of several pieces."""
    monkeypatch.setattr(batch, "CHUNK", 7)


@pytest.fixture
def source(papers: list[dict[str, str]], tmp_path: Path) -> Path:
    """The invented papers under other names, the third without a text, with a column `note`."""
    papers[2] |= {"title": "", "abstract": ""}
    path = tmp_path / "in.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "Heading", "Summary", "Author", "note"])
        for paper in papers:
            row = paper["id"], paper["title"], paper["abstract"], "Lee, Ann and Ng, Bo", "=mine"
            writer.writerow(row)
    return path


@pytest.fixture
def job(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClassificationJob:
    """The same file on the dashboard, answered."""
    (tmp_path / "uploads").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "uploads"))
    upload = Upload(source.name)
    upload.receive(io.BytesIO(source.read_bytes()))
    job = upload.start(questions.suggestion(), COLUMNS, lambda: SuggestingRespondent(answer.load()))
    assert job.wait(30)
    return job


def answers(source: Path, tmp_path: Path) -> Rows:
    """The answers as CSV has them."""
    suggest_file(source, tmp_path / "out.csv", columns=COLUMNS)
    with (tmp_path / "out.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def keywords(row: dict[str, Any]) -> list[str]:
    return f"{row['primary']} {row['cross_lists']}".split()


def test_a_workbook_has_the_rows_of_the_table(
    source: Path, job: ClassificationJob, tmp_path: Path
) -> None:
    suggest_file(source, tmp_path / "out.xlsx", columns=COLUMNS)
    wanted = answers(source, tmp_path)
    for content in ((tmp_path / "out.xlsx").read_bytes(), job.export(ResultFilter(), ".xlsx")):
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        head, *rows = sheet.iter_rows(values_only=True)
        assert list(head) == list(wanted[0])
        assert head[4:6] == ("note", "primary")
        assert head[-1] == "note_suggested"
        shown = [["" if cell is None else str(cell) for cell in row] for row in rows]
        assert shown == [list(row.values()) for row in wanted]
        assert rows[0][4] == "'=mine"
        assert isinstance(rows[0][6], float)


def test_references_have_the_categories_as_keywords(
    source: Path, job: ClassificationJob, papers: Rows, tmp_path: Path
) -> None:
    wanted = answers(source, tmp_path)
    for kind in (".ris", ".bib"):
        suggest_file(source, tmp_path / f"out{kind}", columns=COLUMNS)
        assert (tmp_path / f"out{kind}").read_bytes() == job.export(ResultFilter(), kind)
    entries = rispy.loads((tmp_path / "out.ris").read_text())
    library = bibtexparser.parse_string((tmp_path / "out.bib").read_text())
    assert not library.failed_blocks
    assert len(entries) == len(library.entries) == len(papers)
    for paper, row, entry, found in zip(papers, wanted, entries, library.entries, strict=True):
        fields = {field.key: field.value for field in found.fields}
        assert entry["id"] == found.key == paper["id"]
        assert entry.get("title", "") == fields.get("title", "") == paper["title"]
        assert entry.get("abstract", "") == fields.get("abstract", "") == paper["abstract"]
        assert entry.get("keywords", []) == keywords(row)
        assert fields.get("keywords", "") == ", ".join(keywords(row))
        assert entry["authors"] == ["Lee, Ann", "Ng, Bo"]
    assert any(len(keywords(row)) > 1 for row in wanted)
    assert entries[2]["notes"] == [wanted[2]["note_suggested"]]


def test_filtered_rows_are_exported_alone(job: ClassificationJob) -> None:
    content = job.export(ResultFilter(noted=True), ".ris").decode()
    assert [entry["id"] for entry in rispy.loads(content.replace("\r\n", "\n"))] == ["p2"]


def test_labels_of_a_classification_are_keywords(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.bib"
    classify_file(source, out, "archive", columns=COLUMNS)
    entries = bibtexparser.parse_string(out.read_text()).entries
    assert entries[0]["title"] == "Knots in loops"
    assert entries[0]["keywords"] == "math"
    classify_file(source, tmp_path / "out.xlsx", "archive", columns=COLUMNS)
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True)
    assert next(rows) == ("id", "predicted", "scores", "note")
    assert next(rows)[:2] == ("p0", "math")


def test_citations_are_no_references(
    built_intent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_intent))
    source = tmp_path / "in.csv"
    source.write_text("string\nWe use the method of [1].\n")
    with pytest.raises(NotReferences) as caught:
        classify_file(source, tmp_path / "out.ris", "intent")
    assert caught.value.fields["kind"] == ".ris"
    assert not (tmp_path / "out.ris").exists()


def test_a_cell_that_excel_would_cut_stops_the_run(source: Path, tmp_path: Path) -> None:
    text = source.read_text().replace("Knots in loops", "Knots " * 6_000)
    source.write_text(text)
    with pytest.raises(ExcelLimit) as caught:
        suggest_file(source, tmp_path / "out.xlsx", columns=COLUMNS)
    assert caught.value.fields["column"] == "Heading"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
