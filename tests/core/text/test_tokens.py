"""Words of texts: accents folded, each with its position in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.documents import course_from_paper
from core.text.tokens import COURSE_TOKEN, course_spans, paper_spans, paper_tokens

# What LaTeX and Unicode accents, markup and plain words are made of.
pieces = st.sampled_from([*"\\{}'\"^`~=.$ \n", "\\'", '\\"{', "\\c{c}", "\\H{o}", "\\i", "a", "Zx"])
marked = st.lists(pieces | st.text(max_size=3), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"Schr\"odinger Schr{\"o}dinger Schr\"{o}dinger Schrödinger", ["schrodinger"] * 4),
        ("Schro\u0308dinger", ["schrodinger"]),
        (r"Poincar\'{e} Poincar\'e Poincaré POINCARÉ", ["poincare"] * 4),
        (r"Erd\H{o}s Erdős Erd{\H{o}}s", ["erdos"] * 3),
        (r"na\"{\i}ve na\"\ive naïve", ["naive", "naive", "naive"]),
        (r"Fran\c{c}ois François", ["francois", "francois"]),
        ("ﬁeld ℋ x² Å", ["field", "h", "x2", "a"]),
        (r"$\alpha$-decay of $^{12}$C", ["alpha", "decay", "of", "12", "c"]),
        ("state_of-the art's", ["state", "of", "the", "art", "s"]),
        ("量子 квант", []),
    ],
)
def test_accents_fold_to_one_word(text: str, words: list[str]) -> None:
    assert paper_tokens(text) == words


@given(st.text() | marked, st.integers(0, 50))
def test_spans_are_the_tokens(text: str, offset: int) -> None:
    tokens = paper_spans(text, True, offset)
    assert [t.word for t in tokens] == paper_tokens(text)
    assert all(0 <= t.start - offset < t.end - offset <= len(text) for t in tokens)
    assert all(t.in_title for t in tokens)
    positions = [(t.start, t.end) for t in tokens]
    assert positions == sorted(positions)


@given(st.text() | marked)
def test_course_spans_are_the_courses_tokens(text: str) -> None:
    tokens = course_spans(text)
    assert [t.word for t in tokens] == COURSE_TOKEN.findall(course_from_paper(text))
    assert all(0 <= t.start < t.end <= len(text) for t in tokens)
    positions = [(t.start, t.end) for t in tokens]
    assert positions == sorted(positions)


def test_course_spans_run_across_the_line_end() -> None:
    text = "On İstanbul knots\nWe Σ untie"
    result = [(text[t.start : t.end], t.in_title) for t in course_spans(text)]
    assert result == [
        ("On", True),
        ("stanbul", True),
        ("knots\nWe", True),
        ("untie", False),
    ]


@given(st.text("abcXYZ019 .,-\n"))
def test_spans_of_plain_text_hold_the_word(text: str) -> None:
    for token in paper_spans(text):
        assert text[token.start : token.end].lower() == token.word
