"""The chosen terms: in from text, tables and addresses, out to an address and back unchanged."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.embeddings import term_list
from core.embeddings.term_list import (
    MAX_FILE_BYTES,
    MAX_GROUP_LENGTH,
    MAX_TERMS,
    NO_GROUP,
    NOTEBOOK,
    Selection,
    add,
    collect,
    from_file,
    from_lines,
    group_name,
)
from core.embeddings.vectors import TermError

# Letters, and all that has a meaning to a splitter, a table, Markdown or a spreadsheet.
ODD = st.one_of(
    st.text(
        alphabet=":,;\t\n\r\"'`“”« \u2028\u200b\u200d\ufeff\u0301\x00\x1fab=+-@<>&$#🦠é",
        max_size=30,
    ),
    st.text(max_size=60),
    st.text(alphabet="ab ", min_size=30, max_size=50),
)


def chosen(change: term_list.Change) -> list[tuple[str, str]]:
    return list(change.selection)


# Lines.


def test_the_notebooks_terms_as_lines() -> None:
    assert NOTEBOOK.lines() == [
        "Related viruses: coronavirus, SARS, MERS",
        "Regions: Italy, Spain, Europe",
        "Symptoms: cough, fever, throat",
    ]
    assert from_lines(NOTEBOOK.lines()).selection == NOTEBOOK
    assert len(NOTEBOOK) == 9


def test_interleaved_groups_keep_their_order() -> None:
    now = collect([("dog", "Pets"), ("oak", "Trees"), ("cat", "Pets")]).selection
    assert now.lines() == ["Pets: dog", "Trees: oak", "Pets: cat"]
    assert from_lines(now.lines()).selection == now


@given(st.lists(st.tuples(ODD, ODD), max_size=12))
@settings(max_examples=300)
def test_lines_come_back_unchanged(pairs: list[tuple[str, str]]) -> None:
    now = collect(pairs).selection
    again = from_lines(now.lines())
    assert (again.selection, again.notes) == (now, ())
    # So do the terms when another is added to them.
    assert add(now, "", "x").selection == now
    "\n".join(now.lines()).encode("utf-8")


def test_a_line_without_a_colon_has_no_group() -> None:
    change = from_lines(["dog, cat", " Trees : oak: red, elm", "", ":ash", "Empty:"])
    assert chosen(change) == [
        ("dog", NO_GROUP),
        ("cat", NO_GROUP),
        ("oak: red", "Trees"),
        ("elm", "Trees"),
        ("ash", NO_GROUP),
    ]
    assert change.notes == ()
    assert from_lines([]).selection == from_lines([""]).selection == Selection()


def test_chinese_punctuation_separates_too() -> None:
    change = from_lines(["病毒：SARS，MERS、冠状病毒；a: b"])
    assert chosen(change) == [(t, "病毒") for t in ("SARS", "MERS", "冠状病毒", "a: b")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", NO_GROUP),
        (" \n\t ", NO_GROUP),
        (":", NO_GROUP),
        ("\x00\u202e", NO_GROUP),
        ("  old \n friends ", "old friends"),
        ("a:b", "a b"),
        ("症状：a", "症状 a"),
        ("x" * 50, "x" * MAX_GROUP_LENGTH),
        ("x" * 39 + " y", "x" * 39),
        ("<b>&", "<b>&"),
        ("cafe\u0301", "café"),
    ],
)
def test_group_names(text: str, name: str) -> None:
    assert group_name(text) == name
    assert group_name(name) == name


# Duplicates, and too many.


def test_duplicates_stay_in_their_first_place() -> None:
    change = collect([("dog, cat, dog", "Pets"), ("cat, Dog", "Others")])
    assert chosen(change) == [("dog", "Pets"), ("cat", "Pets"), ("Dog", "Others")]
    assert [note.fields for note in change.notes] == [{"names": "dog, cat"}]
    many = ", ".join(f"t{i}" for i in range(7))
    assert collect([(many, "a")] * 2).notes[0].fields == {"names": "t0, t1, t2, t3, t4 …"}


def test_more_terms_than_a_heatmap_takes() -> None:
    text = "\n".join(f"t{i}" for i in range(MAX_TERMS + 50))
    change = collect([(text, "a"), ("t0, u1, u2", "b")])
    assert change.selection.terms == tuple(f"t{i}" for i in range(MAX_TERMS))
    assert change.notes[0].fields == {"names": "t0"}
    assert change.notes[1].fields == {"most": MAX_TERMS, "n": 52}
    many = collect([(",".join(f"t{i}" for i in range(100_000)), "a")])
    assert many.notes[0].fields == {"most": MAX_TERMS, "n": 99_800}


def test_adding_goes_to_the_end_of_all() -> None:
    change = add(NOTEBOOK, "rash; chest  pain", "Symptoms")
    assert change.selection.terms == (*NOTEBOOK.terms, "rash", "chest pain")
    assert change.selection.groups[-2:] == ("Symptoms", "Symptoms")
    assert change.notes == ()
    assert add(NOTEBOOK, " ,; ", "").selection == NOTEBOOK


# Files.


@pytest.mark.parametrize(
    "content",
    [
        b"dog,Pets\noak,Trees\n",
        b"term,group\ndog,Pets\noak,Trees\n",
        b"Term;Group\r\ndog;Pets\r\noak;Trees\r\n",
        b"terms\tgroup\ndog\tPets\noak\tTrees",
        b"\xef\xbb\xbfterm,group\ndog,Pets\noak,Trees\n",
        b"\xef\xbb\xbfdog,Pets\noak,Trees\n",
        b'"dog","Pets"\n"oak","Trees"\n',
        b"\n\n dog , Pets \n,\n\noak,Trees\n\n",
        b"dog,Pets\roak,Trees\r",
    ],
)
def test_a_table_of_terms_and_groups(content: bytes) -> None:
    change = from_file("list.csv", content)
    assert chosen(change) == [("dog", "Pets"), ("oak", "Trees")]
    assert change.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        b"dog\ncat\nchest pain\n",
        b"term\ndog\ncat\nchest pain",
        b"dog\r\ncat\r\nchest pain\r\n",
        b"dog,\ncat,\nchest pain,\n",
        # On one line it is a list: a term alone makes no picture.
        b"dog,cat,chest pain",
        b"dog;cat;chest pain;\n",
        b'"dog\ncat\nchest pain',
    ],
)
def test_a_plain_list(content: bytes) -> None:
    change = from_file("list.txt", content)
    assert chosen(change) == [(term, NO_GROUP) for term in ("dog", "cat", "chest pain")]
    assert change.notes == ()


def test_further_columns_are_left_out_and_told() -> None:
    change = from_file("list.csv", b"term,group,year\ndog,Pets,2001\noak,Trees,2002\n")
    assert chosen(change) == [("dog", "Pets"), ("oak", "Trees")]
    assert len(change.notes) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_accents_in_either_encoding(encoding: str) -> None:
    change = from_file("list.csv", "term,group\nfièvre,Symptômes\ntoux,Symptômes".encode(encoding))
    assert chosen(change) == [("fièvre", "Symptômes"), ("toux", "Symptômes")]


def test_a_quoted_cell_may_hold_the_delimiter() -> None:
    change = from_file("list.csv", b'term,group\n"dog, cat","Pets, tame"\nsay ""hi"",x\n')
    assert chosen(change)[:2] == [("dog", "Pets, tame"), ("cat", "Pets, tame")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n \n,,\n",
        b"term,group\n",
        b'"",Pets\n" ",Pets\n',
        "dog\ncat\n".encode("utf-16"),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"a\n" * (MAX_FILE_BYTES // 2 + 1),
    ],
)
def test_what_is_no_list_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(TermError) as caught:
        from_file("my list.csv", content)
    assert caught.value.fields["file"] == "my list.csv"
    assert "\n" not in str(caught.value)


def test_a_field_beyond_the_readers_limit_is_refused() -> None:
    before = csv.field_size_limit(1_000)
    try:
        with pytest.raises(TermError):
            from_file("list.csv", b'"' + b"dog\n" * 1_000)
    finally:
        csv.field_size_limit(before)


@given(st.binary(max_size=200))
def test_any_bytes_make_a_selection_or_a_sentence(content: bytes) -> None:
    try:
        change = from_file("list.csv", content)
    except TermError as problem:
        assert problem.fields["file"] == "list.csv"
    else:
        assert 0 < len(change.selection) <= MAX_TERMS


@given(
    st.lists(
        st.tuples(st.text("abcé ", min_size=1, max_size=9), st.text("abc, ", max_size=9)),
        min_size=2,
        max_size=9,
    )
)
def test_a_table_that_csv_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("term", "group"), *rows])
    wanted = collect(rows).selection
    if len(wanted):
        assert from_file("list.csv", text.getvalue().encode()).selection == wanted
