"""Files that leave Paperlens: no formula in a cell, and complete or not there."""

import csv
import errno
import io
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import export
from core.files.export import (
    DiskFull,
    MissingFolder,
    as_disk_full,
    atomic_write,
    csv_bytes,
    escape_formula,
)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    attack = f"{start}HYPERLINK(1)"
    assert escape_formula(attack) == f"'{attack}"
    table = pd.DataFrame({attack: [attack], "b": [-1.5]})
    rows = list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig"), newline="")))
    assert rows == [[f"'{attack}", "b"], [f"'{attack}", "-1.5"]]


@pytest.mark.parametrize("cell", ["", "a=b", "SARS-CoV-2", "'=1", " =1", "1+1", "é"])
def test_other_cells_stay(cell: str) -> None:
    assert escape_formula(cell) == cell


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (
            {"=x": ["=1"], "n": [-2], "f": [0.25], "none": [None], "nan": [float("nan")]},
            "'=x,n,f,none,nan\r\n'=1,-2,0.25,,\r\n",
        ),
        ({"term": ["a,b"], 3: ['say "x"\n🦠']}, 'term,3\r\n"a,b","say ""x""\n🦠"\r\n'),
        ({"a": []}, "a\r\n"),
    ],
)
def test_a_table_as_csv(table: dict[object, list[object]], text: str) -> None:
    frame = pd.DataFrame(table)
    assert csv_bytes(frame) == f"\ufeff{text}".encode()
    pd.testing.assert_frame_equal(frame, pd.DataFrame(table))


CELLS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.text(
    "=+-@\t\r\n\",'a", min_size=1
)


@given(st.lists(CELLS, min_size=1))
def test_no_cell_ever_begins_as_a_formula(cells: list[str]) -> None:
    content = csv_bytes(pd.DataFrame({"a": cells})).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(content, newline="")):
        assert not row[0].startswith(export.FORMULA_STARTS)


def test_a_file_appears_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with atomic_write(path) as scratch:
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
        with atomic_write(path) as scratch:
            assert scratch.stat().st_mode & umask == 0
            scratch.write_text("new")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail() -> None:
        with atomic_write(path) as scratch:
            scratch.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(MissingFolder) as caught, atomic_write(tmp_path / "none" / "out.csv"):
        pass
    assert caught.value.fields == {"folder": tmp_path / "none"}
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OSError), atomic_write(tmp_path / "folder.csv") as scratch:
        scratch.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_full_disk_is_named() -> None:
    def write() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            # Then the end of an archive fails as well.
            raise ValueError from None

    with pytest.raises(DiskFull) as caught, as_disk_full("out.csv"):
        write()
    assert caught.value.fields == {"place": "out.csv", "reason": "No space left on device"}
    with pytest.raises(ValueError), as_disk_full("out.csv"):
        raise ValueError
