"""Columns found by usual names and likeness, and what their cells say."""

from pathlib import Path
from typing import Any

import pytest

from core.files import columns, values
from core.files.base import Layout
from core.files.records import mapping, read_rows
from core.prediction.reports import evaluate_file
from core.taxonomy import split_categories


@pytest.mark.parametrize(
    ("names", "field", "wanted"),
    [
        (("Title", "Abstract Note"), "abstract", "Abstract Note"),
        (("summary", "Abstract"), "abstract", "Abstract"),
        (("Publication Title", "Short Title", "Title of the paper"), "title", "Title of the paper"),
        (("abstract_url", "abstractLength", "has_summary", "n"), "abstract", None),
        (("summary_word_count", "plain summary"), "abstract", "plain summary"),
        (("Paper Heading", "id"), "title", "Paper Heading"),
        (("title", "text"), "abstract", "text"),
        (("subtitle", "name"), "title", None),
        (("category", "category_code"), "categories", "category_code"),
        (("primary_category", "categories"), "categories", "categories"),
        (("Citation Sentence",), "string", "Citation Sentence"),
        (("sectionName",), "section", "sectionName"),
        ((), "title", None),
    ],
)
def test_the_column_of_a_field(names: tuple[str, ...], field: str, wanted: str | None) -> None:
    assert columns.guess(names, field) == wanted


def test_the_mapping_is_plain_and_a_choice_counts() -> None:
    layout = Layout(".csv", columns=("Key", "Title", "Abstract Note", "Extra"))
    assert mapping(layout) == {
        "id": "Key",
        "title": "Title",
        "abstract": "Abstract Note",
        "categories": "",
    }
    chosen = {"abstract": "", "categories": "extra", "title": "none"}
    assert mapping(layout, "primary", chosen) == {
        "id": "Key",
        "title": "",
        "abstract": "",
        "categories": "Extra",
    }
    assert mapping(layout, "intent") == {"id": "Key", "string": "", "section": "", "label": ""}


@pytest.mark.parametrize(
    "head", ["title,cs.CV,cs.LG,math.GT", "TITLE,Computer Vision and Pattern Recognition,CS.LG,x"]
)
def test_one_column_a_category(head: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"{head}\nKnots,1,0,0\nTori,1.0,True,2\nLoops,,0,0\n")
    rows = list(read_rows(tmp_path / "in.csv"))
    assert [row.truth for row in rows] == ["cs.CV", "cs.CV cs.LG", ""]
    assert [row.truth for row in read_rows(tmp_path / "in.csv", columns={"categories": ""})] == [
        ""
    ] * 3


def test_names_of_archives_as_columns_are_truths(tmp_path: Path, tiny_models: Path) -> None:
    head = "ID,TITLE,ABSTRACT,Computer Science,Physics,Mathematics,Quantitative Finance"
    (tmp_path / "in.csv").write_text(f"{head}\n1,Knots,A knot in loops.,0,0,1,0\n")
    report = evaluate_file(tmp_path / "in.csv", "archive")
    assert (report["n"], report["per_label"]["math"]["support"]) == (1, 1)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("plain\ntext", "plain\ntext"),
        (["A note\non fields", "and rings"], "A note on fields and rings"),
        ([["deep"], [1, None, "down"]], "deep down"),
        ("['A note', 'more']", "A note more"),
        ("['broken", "['broken"),
        ("[1] begins a text]", "[1] begins a text]"),
        (12345, ""),
        (True, ""),
        ({"en": "A note"}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_texts(value: Any, wanted: str) -> None:
    assert values.text(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("704.001", "0704.0010"),
        (704.001, "0704.0010"),
        ("0704.0297", "0704.0297"),
        (1412.9999, "1412.9999"),
        (1501.1, "1501.10000"),
        ("2101.00001", "2101.00001"),
        ("1213.5", "1213.5"),  # no month
        ("703.5", "703.5"),  # before the first
        ("1203.0", "1203.0"),  # no number
        ("1203.123456", "1203.123456"),
        (["oai:arXiv.org:hep-th/9901001"], "hep-th/9901001"),
        ("https://arxiv.org/pdf/2101.00001v2.pdf", "2101.00001"),
        ("a paper of mine", "a paper of mine"),
        ("\ud800", "?"),
        (7, "7"),
        (None, ""),
    ],
)
def test_identifiers(value: Any, wanted: str) -> None:
    assert values.identifier(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0, "method"),
        ("1", "background"),
        (2.0, "result"),
        ("Results", "result"),
        ("methods ", "method"),
        ("BACKGROUND", "background"),
        (["method"], "method"),
        ("uses", "uses"),
        (3, "3"),
        (None, ""),
    ],
)
def test_labels_of_citations(value: Any, wanted: str) -> None:
    assert values.label(value) == wanted


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("CS.CV hep-TH", ("cs.CV", "hep-th")),
        ("Machine Learning (cs.LG); Topology (Math.gt)", ("cs.LG", "math.GT")),
        ("Computer Vision", ("Computer", "Vision")),
        ("['cs.CV', '68T45']", ("cs.CV", "68T45")),
        ("", ()),
    ],
)
def test_categories(text: str, codes: tuple[str, ...]) -> None:
    assert split_categories(text) == codes
