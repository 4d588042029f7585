"""Inputs as people really have them: each file gives what plain JSON lines of its papers give."""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.cli import main
from core.corpora import arxiv
from core.files.records import read_rows
from core.prediction.reports import evaluate_file
from core.statistics import conversion
from core.taxonomy import split_categories
from core.text.input_checks import read_citation
from tests.visit import visit

FILES = Path(__file__).parent / "files"
PLAIN = FILES / "array_oneline.json"

PAPERS = [
    tuple(paper[name] for name in ("id", "title", "abstract"))
    for paper in json.loads(PLAIN.read_text(encoding="utf-8"))
]
"""Identifier, title and abstract of the three papers that most files hold."""
IDS = [id for id, _, _ in PAPERS]
NUMBERS = ["1", "2", "3"]

ONE_PAPER_EACH = {
    "array_oneline.json": (IDS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA astro-ph.CO"]),
    "array_lines.json": (IDS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA astro-ph.CO"]),
    "papers.ndjson": (IDS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA astro-ph.CO"]),
    "oai_values_are_lists.jsonl": (IDS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA astro-ph.CO"]),
    "arxiv_py_export.csv": (IDS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA astro-ph.CO"]),
    "keras_arxiv_data.csv": (NUMBERS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA astro-ph.CO"]),
    "names_of_categories.jsonl": (NUMBERS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA"]),
    "case_of_codes.jsonl": (NUMBERS, ["cs.CV cs.LG", "math.GT", "astro-ph.GA"]),
    "export.bib": (IDS, ["cs.CV", "math.GT", "astro-ph.GA"]),
    "export.ris": (NUMBERS, ["", "", ""]),
    "zotero.csv": (["A1", "A2", "A3"], ["", "", ""]),
}
"""Identifiers and true categories of the three papers, by file."""


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


@pytest.fixture
def call(tiny_models: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that must succeed; its standard error."""

    def call(*argv: object) -> str:
        code = main([str(word) for word in argv])
        written = capsys.readouterr()
        assert code == 0, written.err
        return written.out + written.err

    return call


def answers(out: Path) -> list[dict[str, str]]:
    """The rows of an output."""
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ONE_PAPER_EACH)
def test_the_three_papers_are_read_from_every_shape(name: str) -> None:
    ids, categories = ONE_PAPER_EACH[name]
    rows = list(read_rows(FILES / name))
    assert [row.note for row in rows] == [""] * 3
    assert [words(row.text) for row in rows] == [words(f"{t} {a}") for _, t, a in PAPERS]
    assert [row.id for row in rows] == ids
    assert [" ".join(split_categories(row.truth)) for row in rows] == categories


@pytest.mark.parametrize("name", ONE_PAPER_EACH)
def test_the_command_line_answers_every_shape_alike(
    name: str, call: Callable[..., str], tmp_path: Path
) -> None:
    call("classify", PLAIN, "--out", tmp_path / "plain.csv", "--task", "subject")
    call("classify", FILES / name, "--out", tmp_path / "out.csv", "--task", "subject")
    plain, found = answers(tmp_path / "plain.csv"), answers(tmp_path / "out.csv")
    assert [row["id"] for row in found] == ONE_PAPER_EACH[name][0]
    for ours, theirs in zip(found, plain, strict=True):
        assert ours | {"id": ""} == theirs | {"id": ""}


def test_the_page_answers_every_shape_alike(tiny_models: Path) -> None:
    app = visit("classify", {"kind": "Batch", "many-task": "Subject"})
    plain = answered(app, PLAIN)
    assert plain["predicted"].str.len().min() > 0
    for name, (ids, _) in ONE_PAPER_EACH.items():
        found = answered(app, FILES / name)
        assert found["id"].tolist() == ids, name
        assert found["predicted"].tolist() == plain["predicted"].tolist(), name


def answered(app: AppTest, file: Path) -> pd.DataFrame:
    """The page's table of answers on a file."""
    app.file_uploader[0].set_value((file.name, file.read_bytes(), "")).run()
    app.button(key="many-start").click().run()
    deadline = time.monotonic() + 60
    while any(button.key == "many-cancel" for button in app.button):
        assert time.monotonic() < deadline
        app.run()
    assert not app.exception, file.name
    assert not app.error, file.name
    return app.dataframe[1].value.sort_values("row")


@pytest.mark.parametrize("name", [n for n, (_, truth) in ONE_PAPER_EACH.items() if any(truth)])
def test_corpora_of_every_shape_are_counted_alike(name: str) -> None:
    cached = conversion.convert(FILES / name)
    assert (cached.papers, cached.damaged) == (3, 0)
    papers = arxiv.read(FILES / name, ("title", "abstract")).papers
    found = [words(f"{title} {abstract}") for title, abstract in papers.values.tolist()]
    assert found == [words(f"{t} {a}") for _, t, a in PAPERS]


def test_identifiers_are_cut_out_of_addresses_and_give_years(call: Callable[..., str]) -> None:
    ids = ["2101.00001", "1905.00002", "hep-th/9901001", "2101.00003"]
    assert [row.id for row in read_rows(FILES / "ids_as_urls.jsonl")] == ids
    assert arxiv.read(FILES / "ids_as_urls.jsonl").papers["id"].tolist() == ids
    assert "years by id: 1999 to 2021" in call("statistics", FILES / "ids_as_urls.jsonl")


def test_values_that_are_no_text_give_a_note(call: Callable[..., str], tmp_path: Path) -> None:
    call("classify", FILES / "values_no_text.jsonl", "--out", tmp_path / "out.csv")
    found = answers(tmp_path / "out.csv")
    for i in (0, 2, 3, 4):
        assert (found[i]["predicted"], found[i]["scores"]) == ("", "{}")
        assert found[i]["note"]
    texts = [row.text for row in read_rows(FILES / "values_no_text.jsonl")]
    assert texts == ["", "A note on finite fields\n", "", "", ""]


@pytest.mark.parametrize(
    ("name", "task", "unknown"),
    [
        ("other_labels.jsonl", "archive", 3),
        ("other_labels.jsonl", "subject", 3),
        ("unknown_label_smallest.jsonl", "archive", 1),
        ("bare_astro_ph.jsonl", "subject", 1),
        ("bare_astro_ph.jsonl", "archive", 0),
    ],
)
def test_labels_that_a_task_does_not_know_are_counted(
    name: str, task: str, unknown: int, call: Callable[..., str]
) -> None:
    report = evaluate_file(FILES / name, task)
    assert report["unknown_labels"] == unknown
    assert report["n"] == len(list(read_rows(FILES / name))) - unknown
    assert ("left out" in call("evaluate", FILES / name, "--task", task)) == bool(unknown)


@pytest.mark.parametrize("name", ["hf_scicite.csv", "label_mixed.csv"])
def test_labels_of_citations_as_others_write_them(name: str) -> None:
    rows = list(read_rows(FILES / name, "intent"))
    assert [row.truth for row in rows] == ["result", "method", "background"]
    assert [row.text.split("\n")[0] for row in rows] == ["Discussion", "Methods", "Introduction"]


def test_masks_and_markers_are_recognised_as_citations() -> None:
    rows = list(read_rows(FILES / "citation_masks.jsonl", "intent"))
    assert len(rows) == 14
    for row in rows:
        assert not row.note
        assert read_citation(row.text.strip(), "").notes == (), row.text


def test_invisible_characters_do_not_cut_words() -> None:
    clean, *others = (row.text for row in read_rows(FILES / "invisible_characters.jsonl"))
    assert others == [clean, clean]


def test_withdrawn_papers_have_a_note(call: Callable[..., str], tmp_path: Path) -> None:
    rows = list(read_rows(FILES / "withdrawn.jsonl"))
    assert [bool(row.note) for row in rows] == [True, True, True]
    call("classify", FILES / "withdrawn.jsonl", "--out", tmp_path / "out.csv")
    found = answers(tmp_path / "out.csv")
    assert [row["id"] for row in found] == ["2101.00010", "2101.00011", "2101.00012"]
    assert all(row["note"] and not row["predicted"] for row in found)


@pytest.mark.parametrize("name", ["array_lines.json", "export.bib", "export.ris", "zotero.csv"])
def test_standard_input_is_recognised_by_its_content(
    name: str, call: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("classify", FILES / name, "--out", tmp_path / "file.csv")
    with (FILES / name).open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        call("classify", "-", "--out", tmp_path / "stdin.csv")
    assert (tmp_path / "stdin.csv").read_bytes() == (tmp_path / "file.csv").read_bytes()


def test_word_vectors_as_text_are_an_embedding(call: Callable[..., str]) -> None:
    path = FILES / "vectors_word2vec.txt"
    words = [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    written = call("neighbours", words[0], "--module", path)
    assert all(word in written for word in words[1:])
