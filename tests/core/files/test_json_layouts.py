"""JSON in arrays, over lines and in tables: what is read, cut short or too large."""

import json
from pathlib import Path

import pytest

from core.files import json_document
from core.files.content import extension
from core.files.errors import BatchError, EmptyFile, OtherFormat, TooLarge, Unreadable
from core.files.json_document import ARRAY, DOCUMENT, LINES, form_of, table
from core.files.records import read_rows


@pytest.mark.parametrize(
    ("start", "form"),
    [
        ('{"title": "a"}\n{"title": "b"}\n', LINES),
        ('{"title": "a"}', LINES),
        ('{"title": "a\n{"title": "b"}\n', LINES),
        ("[1]\n[2]\n", LINES),
        ("nonsense", LINES),
        ('[{"title": "a"}]', ARRAY),
        ('\ufeff [\n{"title": "a"},', ARRAY),
        ('{\n "title": "a"\n}', DOCUMENT),
        ('{"title": {"0": "a"}, "abstract": {"0": "b"}}', DOCUMENT),
        ('{"title": ["' + "a" * 99, DOCUMENT),
        ('{"title": "' + "a" * 99, LINES),
    ],
)
def test_forms(start: str, form: str) -> None:
    assert form_of(start) == form


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ({"title": {"0": "a", "1": "b"}, "n": {"1": 2}}, [{"title": "a"}, {"title": "b", "n": 2}]),
        ({"x": {"title": "a"}, "y": {"title": "b"}}, [{"title": "a"}, {"title": "b"}]),
        ({"0": {"u": "a"}, "1": {"u": "b"}}, [{"u": "a"}, {"u": "b"}]),
        ({"columns": ["title"], "index": [0], "data": [["a"]]}, [{"title": "a"}]),
        ({"title": ["a", "b"], "n": [1, 2]}, [{"title": "a", "n": 1}, {"title": "b", "n": 2}]),
        ({"total": 1, "papers": [{"title": "a"}]}, [{"title": "a"}]),
        ({"papers": [{"title": "a"}]}, [{"title": "a"}]),
        ({"title": ["a"], "authors": ["b", "c"]}, None),
        ({"title": "a", "authors": [{"name": "b"}]}, None),
        ({}, None),
        ([], None),
    ],
)
def test_tables_in_an_object(value: object, rows: list[object] | None) -> None:
    assert table(value) == rows


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ('[{"title": "a"}, 7, {"title": "b"}]', ["a\n", {"number": 2}, "b\n"]),
        ('{"title": "a"}\n\n7\n', ["a\n", {"number": 3}]),
        ("[]", EmptyFile),
        ("[1, 2]", OtherFormat),
        ('[["title"], ["a"]]', OtherFormat),
        ('[{"title": "a"},', Unreadable),
        ('[{"title": "a"} nonsense', Unreadable),
        ('{\n"title": "a",', Unreadable),
    ],
)
def test_arrays_and_objects(
    content: str, read: list[object] | type[BatchError], tmp_path: Path
) -> None:
    (tmp_path / "in.json").write_text(content)
    if isinstance(read, list):
        rows = list(read_rows(tmp_path / "in.json"))
        assert [row.text or row.note.fields for row in rows] == read
        return
    with pytest.raises(read) as caught:
        list(read_rows(tmp_path / "in.json"))
    assert caught.value.fields["name"] == "in.json"


def test_arrays_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "PIECE", 100)
    papers = [{"title": f"Knots {i}", "abstract": "loop " * (i % 60)} for i in range(300)]
    (tmp_path / "in.json").write_text(json.dumps(papers, indent=1))
    assert [row.text for row in read_rows(tmp_path / "in.json")] == [
        f"{paper['title']}\n{paper['abstract'].strip()}" for paper in papers
    ]


def test_values_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "PIECE", 100)
    monkeypatch.setattr(json_document, "MAX_DOCUMENT", 1_000)
    (tmp_path / "in.json").write_text('{"title": {"0": "' + "a" * 2_000 + '"}}')
    with pytest.raises(TooLarge):
        list(read_rows(tmp_path / "in.json"))
    (tmp_path / "in.json").write_text('[{"title": "' + "a" * 9_000_000 + '"}]')
    with pytest.raises(TooLarge):
        list(read_rows(tmp_path / "in.json"))


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        ('[{"title": 1}]', ".jsonl"),
        ("\n {", ".jsonl"),
        ("@article{a, title={b}}", ".bib"),
        ("TY  - JOUR\nER  -\n", ".ris"),
        ("% a comment\n\\documentclass{article}\n", ".tex"),
        ("id;title\n1;Knots, and loops\n", ".csv"),
        ("title\nKnots\n", ".csv"),
        ("Kopf\tZahl\nx\t1\ny\t2\n", ".csv"),
        ("Abstract\nWe tie a knot, and loops.\nIt is long.\n", ".txt"),
        ("Knots, loops and tori\n\nWe tie a knot.\n", ".txt"),
        ("%PDF-1.7", ".pdf"),
        ("PAR1", ".parquet"),
        ("", ".txt"),
    ],
)
def test_formats_are_recognised_by_content(content: str, ending: str, tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16") if content[:1] not in ("%", "P", "") else ("utf-8",):
        (tmp_path / "in").write_text(content, encoding=encoding)
        assert extension(tmp_path / "in") == ending
