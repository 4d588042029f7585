"""Files that leave Paperlens: no formula in a cell, and whole or not there."""

import csv
import io
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import export
from core.files.export import ExportError, csv_bytes, plain_cell, whole


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    attack = f"{start}HYPERLINK(1)"
    assert plain_cell(attack) == f"'{attack}"
    table = pd.DataFrame({attack: [attack], "b": [-1.5]})
    rows = list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig"), newline="")))
    assert rows == [[f"'{attack}", "b"], [f"'{attack}", "-1.5"]]


@pytest.mark.parametrize("cell", ["", "a=b", "SARS-CoV-2", "'=1", " =1", "1+1", "é"])
def test_other_cells_stay(cell: str) -> None:
    assert plain_cell(cell) == cell


def test_numbers_stay_numbers_and_the_table_its_own() -> None:
    table = pd.DataFrame(
        {"=x": ["=1"], "n": [-2], "f": [0.25], "none": [None], "nan": [float("nan")]}
    )
    content = csv_bytes(table)
    assert content == "\ufeff'=x,n,f,none,nan\r\n'=1,-2,0.25,,\r\n".encode()
    assert table.columns[0] == "=x"
    assert table.iloc[0, 0] == "=1"


def test_equal_heads_and_odd_text() -> None:
    table = pd.DataFrame([["a,b", 'say "x"\ny', "🦠"]], columns=["term", "term", 3])
    rows = list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig"), newline="")))
    assert rows == [["term", "term", "3"], ["a,b", 'say "x"\ny', "🦠"]]


def test_an_empty_table() -> None:
    assert csv_bytes(pd.DataFrame({"a": []})) == "\ufeffa\r\n".encode()


CELLS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.text(
    "=+-@\t\r\n\",'a", min_size=1
)


@given(st.lists(CELLS, min_size=1))
def test_no_cell_ever_begins_as_a_formula(cells: list[str]) -> None:
    content = csv_bytes(pd.DataFrame({"a": cells})).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(content, newline="")):
        assert not row[0].startswith(export.FORMULA_STARTS)


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with whole(path) as scratch:
        assert scratch.parent == tmp_path
        scratch.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077], ids=oct)
def test_who_may_read_a_file_is_as_the_umask_says(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "out.csv"
    before = os.umask(umask)
    try:
        with whole(path) as scratch:
            assert scratch.stat().st_mode & umask == 0
            scratch.write_text("new")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail() -> None:
        with whole(path) as scratch:
            scratch.write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(ExportError, match=r"There is no folder .*none"),
        whole(tmp_path / "none" / "out.csv"),
    ):
        pass
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OSError), whole(tmp_path / "folder.csv") as scratch:
        scratch.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]
