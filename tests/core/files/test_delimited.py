"""Tables of text: as Python's `csv` reads them, and broken records alone, in linear time."""

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.files import delimited
from core.files.delimited import DELIMITERS, LINE_READS, LONG, OPEN, WIDE, Fault, Table, find_header

HEADER = ["id", "title"]
Rows = list[list[str]]


def table(text: str, delimiter: str = ",", skipped_lines: int = 0) -> Table:
    return Table(delimited.lines(io.StringIO(text, newline="")), delimiter, skipped_lines)


def rows(text: str) -> list[list[str] | Fault]:
    return [cells for _, _, cells in table(text)]


# Well-formed tables.

CHARACTERS = some.characters(exclude_characters="\0", exclude_categories=["Cs"])
CELLS = some.text(some.sampled_from('ab ,;\t|"\n\r') | CHARACTERS, max_size=8)
TABLES = some.integers(1, 4).flatmap(
    lambda width: some.lists(some.lists(CELLS, min_size=1, max_size=width), max_size=12)
)


@given(
    cells=TABLES,
    delimiter=some.sampled_from(DELIMITERS),
    quoting=some.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    end=some.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(max_examples=150)
def test_what_csv_writes_is_read_as_csv_reads_it(
    cells: Rows, delimiter: str, quoting: int, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([["a", "b", "c", "d"], *cells])
    theirs = csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=delimiter)
    wanted = []
    before = 0
    for number, record in enumerate(theirs):
        if record and number:
            wanted.append((number, before + 1, record))
        before = theirs.line_num
    assert list(table(out.getvalue(), delimiter)) == wanted
    if quoting == csv.QUOTE_ALL:
        assert [record for _, _, record in wanted] == cells


def test_a_cell_may_have_very_many_lines() -> None:
    cell = "a\n" * 200_000
    assert rows(f'id,title\n1,"{cell}"\n2,b\n') == [["1", cell], ["2", "b"]]


def test_a_row_may_be_short_but_not_wide() -> None:
    result = list(table("id,title\n1\n\n2,b,c,d\n3,b\n"))
    assert result == [(1, 2, ["1"]), (3, 4, Fault(WIDE, 4)), (4, 5, ["3", "b"])]


def test_quotes_inside_a_cell_are_its_own() -> None:
    assert rows('id,title\n1,5" disks\n2,"a "b" c"\n') == [["1", '5" disks'], ["2", 'a b" c"']]


# Broken records.

OPENING = {"closing quote forgotten": '"a","b\n', "opens where another ends": 'ab","d\n'}


@pytest.mark.parametrize("name", OPENING)
@pytest.mark.parametrize("good", ["1,b\n", '"1","b"\n'], ids=["bare", "quoted"])
def test_a_broken_record_is_its_first_line_alone(name: str, good: str) -> None:
    text = "id,title\n" + (OPENING[name] * 5 + good) * 20
    result = list(table(text))
    assert [(row, line) for row, line, _ in result] == [(n, n + 1) for n in range(1, 121)]
    assert [cells for _, _, cells in result] == ([Fault(OPEN)] * 5 + [["1", "b"]]) * 20


def test_lines_after_a_broken_one_may_be_records_of_several_lines() -> None:
    text = 'id,title\n1,"never closed\n2,b\n"3","over\ntwo lines"\n4,b\n'
    wanted = [(1, 2), (2, 3), (3, 4), (4, 6)]
    assert [(row, line) for row, line, _ in table(text)] == wanted
    assert rows(text) == [Fault(OPEN), ["2", "b"], ["3", "over\ntwo lines"], ["4", "b"]]


def test_a_record_is_no_longer_than_a_line_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_LINE_LENGTH", 40)
    inner = "x" * 9 + "\n"
    within = f'1,"{inner * 3}"\n'
    beyond = f'2,"{inner * 4}"\n'
    assert len(within) <= 40 < len(beyond)
    result = rows("id,title\n" + within + beyond + "3," + "x" * 40 + "\n4,b\n")
    assert result == [
        ["1", inner * 3],
        Fault(OPEN),
        *[["x" * 9]] * 3,
        Fault(OPEN),  # the quote that was to close the record
        Fault(LONG),
        ["4", "b"],
    ]


class Counted:
    """Lines, counted as `csv` asks for them."""

    count = 0

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)

    def __iter__(self) -> "Counted":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        Counted.count += 1
        return line


def line_reads(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many lines `csv` reads of a table after its header."""
    result = table(text)
    with monkeypatch.context() as patch:
        real = csv.reader
        patch.setattr(csv, "reader", lambda lines, **more: real(Counted(lines), **more))
        result = table(text)
        Counted.count = 0
        for _ in result:
            pass
        return Counted.count


PIECES = [
    '"a","b',
    '""a","b',
    'ab","d',
    'ab"',
    '"',
    '""',
    "x,y",
    '"x","y"',
    'x,"',
    '","',
    "",
    'a"b',
    '"x" y',
]


@given(some.lists(some.sampled_from(PIECES), max_size=60), some.integers(1, 30))
@settings(max_examples=150)
def test_no_line_is_read_more_often_than_is_said(pieces: list[str], times: int) -> None:
    lines = pieces * times
    with pytest.MonkeyPatch.context() as patch:
        result = line_reads("id,title\n" + "".join(line + "\n" for line in lines), patch)
    # To see where a line ends, which is done once at most, a quote stands in a line after it.
    assert result <= (LINE_READS + 1) * len(lines)


@given(some.lists(some.sampled_from(['"a","b', 'ab","d', "x,y", '"x","y"', "x"]), max_size=80))
def test_every_good_line_among_broken_ones_is_read(lines: list[str]) -> None:
    result = list(table("id,title\n" + "".join(line + "\n" for line in lines)))
    alone = {"x,y": ["x", "y"], '"x","y"': ["x", "y"], "x": ["x"]}
    assert [cells for _, _, cells in result] == [alone.get(line, Fault(OPEN)) for line in lines]


@given(some.text(some.sampled_from('a,"\n\r;') | CHARACTERS, max_size=200))
@settings(max_examples=150)
def test_any_text_gives_rows_in_order_and_each_line_once(text: str) -> None:
    result = list(table("id,title\n" + text))
    assert [row for row, _, _ in result] == sorted({row for row, _, _ in result})
    assert [line for _, line, _ in result] == sorted({line for _, line, _ in result})


# The header.


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["id,title\n", "1,b\n"], (",", 0)),
        (["\n", " \n", "id;title\n"], (";", 0)),
        (["sep=;\n", "id;title\n"], (";", 1)),
        (["# exported, on 3 May, by hand\n", "\n", "# again\n", "ID\tTitle\n"], ("\t", 2)),
        (["Papers,,,\n", "No,Title,Year,Pages\n", "1,title,2,3\n"], (",", 1)),
        (['"A title line, whose quote is open\n', "id|title\n"], ("|", 1)),
        (["name;words\n", "x;y\n"], (";", 0)),
        (["a line\n"] * 19 + ["id,title\n"], (",", 19)),
        (["a line\n"] * 20 + ["id,title\n"], (",", 0)),
        ([None, "id,title\n"], (",", 1)),
        ([], (",", 0)),
    ],
    ids=[
        *("first", "after blank lines", "after a separator", "after comments", "after a title"),
        *("after an open quote", "unknown names", "twentieth", "too far down", "after a long line"),
        "none",
    ],
)
def test_the_header_is_the_first_row_with_a_known_column(
    lines: list[str | None], wanted: tuple[str, int]
) -> None:
    assert find_header(lines, lambda name: name.strip().lower() in ("id", "title")) == wanted


def test_lines_before_the_header_count_as_lines_and_not_as_rows() -> None:
    result = table('Title, "line"\n\n"open\nid,title\n1,b\n', skipped_lines=2)
    assert (result.header, list(result)) == (HEADER, [(1, 5, ["1", "b"])])


def test_a_header_that_cannot_be_read_is_a_fault() -> None:
    assert table('id,"title\n1,b\n').header == Fault(OPEN)
    assert table("\n \n").header == [""]
    assert table("").header == []
