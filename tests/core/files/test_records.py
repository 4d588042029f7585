"""Records as papers and citations: rows of every format, and the notes of bad ones."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.files.base import Layout
from core.files.records import Row, as_entry, citation, mapping, paper, read_rows

ROWS = [
    ("a", "Moss was weighed as in Osei (2004).", "2 Methods", "method"),
    ("b", 'A "quoted, odd" claim [3].', "", "background"),
    ("7", "Owls agree with us [4]; naïve ones do not.", "Discussion", "result"),
]


def write(path: Path, fields: tuple[str, str, str, str]) -> Path:
    """The three rows under the names of their fields, in the format of the file's ending."""
    records = [dict(zip(fields, row, strict=True)) for row in ROWS]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            table.writerows([fields, *ROWS])
    return path


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.tsv", "in.parquet"])
@pytest.mark.parametrize("sentence", ["string", "text"])
@pytest.mark.parametrize("section", ["sectionName", "section"])
def test_every_format_reads_the_same(
    name: str, sentence: str, section: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, ("id", sentence, section, "label"))
    found = list(read_rows(path, "intent"))
    assert [(row.id, row.text, row.truth, row.note) for row in found] == [
        (number, f"{where}\n{said}", label, "") for number, said, where, label in ROWS
    ]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (
            {"string": "Fog\r\nwas \u202emeasured\x00 [1].", "section": "Mat.\n Met."},
            "Mat. Met.\nFog was measured [1].",
        ),
        ({"string": "", "text": "As in [2]."}, "\nAs in [2]."),
        ({"string": " ", "text": "As in [2]."}, "\nAs in [2]."),
        ({"string": "First [1].", "text": "Second [2]."}, "\nFirst [1]."),
        ({"string": "As in [2].", "sectionName": None}, "\nAs in [2]."),
        ({"string": "As in [2].", "sectionName": float("nan")}, "\nAs in [2]."),
        ({"string": "As in [2].", "section": ""}, "\nAs in [2]."),
        ({"string": "As [2].", "sectionName": "", "section": "Results"}, "Results\nAs [2]."),
        ({"string": "As [2].", "sectionName": float("nan"), "section": "R"}, "R\nAs [2]."),
    ],
)
def test_a_citation(record: dict[str, Any], text: str) -> None:
    assert citation(record, 5) == Row("5", text)


@pytest.mark.parametrize("blank", [None, "", "  \n", float("nan")])
@pytest.mark.parametrize(
    ("make", "fields"), [(citation, ("string", "text")), (paper, ("title", "abstract", "text"))]
)
def test_a_row_without_a_text_has_a_note(make: Any, fields: tuple[str, ...], blank: Any) -> None:
    row = make({"id": "x", "label": "method"} | dict.fromkeys(fields, blank), 5)
    assert (row.id, row.text, row.truth) == ("x", "", "")
    assert row.note.fields == {"number": 5}


def test_the_task_decides_what_a_row_is(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("title,abstract,categories\nKnots,A loop.,math.GT\n")
    (row,) = read_rows(tmp_path / "in.csv")
    assert (row.text, row.truth) == ("Knots\nA loop.", "math.GT")
    (row,) = read_rows(tmp_path / "in.csv", "intent")
    assert row.note.fields == {"number": 1}


def test_fields_find_their_columns_unless_others_are_picked() -> None:
    layout = Layout(".csv", columns=("ID", "Title", "TEXT", "title", "Heading"))
    found = mapping(layout, "archive", {})
    assert found == {"id": "ID", "title": "Title", "abstract": "TEXT", "categories": ""}
    found = mapping(layout, "archive", {"title": "Heading", "id": ""})
    assert found == {"id": "", "title": "Heading", "abstract": "TEXT", "categories": ""}
    found = mapping(Layout(".csv", columns=("text", "sectionName")), "intent", {})
    assert found == {"id": "", "string": "text", "section": "sectionName", "label": ""}


def test_a_paper_as_an_entry_has_its_fields_and_its_own_cells() -> None:
    own = {"Heading": "Knots", "year": 2007, "title": "Not this"}
    fields = {"title": "Knots", "abstract": None}
    row = Row("7", "Knots\n", own=own, fields=fields)
    assert as_entry(row) == own | {"id": "7", "title": "Knots", "abstract": ""}
    assert as_entry(Row("7", "Knots\nA loop.", own={"text": "x"}, fields={"text": "x"})) == {
        "text": "x",
        "id": "7",
        "title": "Knots",
        "abstract": "A loop.",
    }
