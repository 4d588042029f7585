"""The text of a paper there and back, and what of a pasted text is kept."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import documents


@given(st.text(), st.text())
def test_title_and_abstract_come_back(title: str, abstract: str) -> None:
    text = documents.paper_text(title, abstract)
    assert documents.split_paper(text) == (" ".join(title.split()), abstract.strip())
    assert documents.paper_text(*documents.split_paper(text)) == text


@given(st.text(), st.text())
def test_title_and_abstract_never_run_together(title: str, abstract: str) -> None:
    text = documents.paper_text(title, abstract)
    assert text.split() == title.split() + abstract.split()


@given(st.text())
def test_a_text_of_one_line_is_all_abstract(text: str) -> None:
    line = text.replace("\n", " ")
    assert documents.split_paper(line) == ("", line)


@pytest.mark.parametrize("missing", [None, float("nan"), "", " \n "])
def test_a_missing_title_leaves_the_first_line_empty(missing: str | float | None) -> None:
    assert documents.paper_text(missing, " We study. \n") == "\nWe study."


def test_a_missing_abstract_leaves_the_title() -> None:
    assert documents.paper_text("A\n  title", None) == "A title\n"


def test_the_courses_text() -> None:
    assert documents.course_text("On Stars", "  We study\nstars.\n") == "on stars  we study stars. "
    assert documents.course_text("On Stars", "We study") == "on starswe study"
    assert documents.course_text(None, "We") == "we"


@given(st.text(), st.text())
def test_the_courses_text_from_a_paper(title: str, abstract: str) -> None:
    title, abstract = " ".join(title.split()), abstract.strip()
    text = documents.paper_text(title, abstract)
    assert documents.course_from_paper(text) == documents.course_text(title, abstract)


@pytest.mark.parametrize(
    ("pasted", "seen"),
    [
        ("a\x00b\x1b\x7f\x9fc", "abc"),
        ("line\r\nline\rline\x0cpage\ttab", "line\nline\nline\npage\ttab"),
        ("\u202eevil\u202c \u2066iso\u2069", "evil iso"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("Poincare\u0301", "Poincar\u00e9"),
        ("日本語 שלום 🙂", "日本語 שלום 🙂"),
    ],
)
def test_visible(pasted: str, seen: str) -> None:
    assert documents.visible(pasted) == seen


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_visible_can_be_written(text: str) -> None:
    seen = documents.visible(text)
    assert seen.encode("utf-8").decode("utf-8") == seen == documents.visible(seen)
    assert not [c for c in seen if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert unicodedata.is_normalized("NFC", seen)
