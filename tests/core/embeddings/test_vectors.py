"""Terms as sums of word vectors, beside a naive sum; spelling and unknown words."""

import math
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embeddings.vectors import WordVectors
from core.text.tokens import PUNCTUATION, tokenise

PETS = {"dog": [1, 2, 3], "cat": [3, 0, -4], "Dog": [0, 1, 0], "DOG": [0, 0, 2], "nil": [0, 0, 0]}


WORDS = ("dog", "cat", "Dog", "nil", "lizard", "", "!?", "dog.", "🦎", "e\u0301")


def table_of(words: dict[str, list[float]]) -> WordVectors:
    return WordVectors(tuple(words), np.array(list(words.values()), np.float32))


@pytest.fixture
def pets() -> WordVectors:
    return table_of(PETS)


def test_punctuation_is_all_of_unicodes() -> None:
    wanted = {i for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i))[0] == "P"}
    assert set(PUNCTUATION) == wanted


@given(st.text())
def test_words_are_what_is_left_between_blanks(text: str) -> None:
    words = tokenise(text)
    kept = "".join(c for c in text if not unicodedata.category(c).startswith("P"))
    assert " ".join(words) == kept
    assert len(words) == 1 + text.count(" ")
    assert not any(" " in word for word in words)


def naive(words: dict[str, list[float]], term: str) -> list[float]:
    tokens = tokenise(term)
    known = [words[token] for token in tokens if token and token in words]
    return [sum(v[i] for v in known) / math.sqrt(len(tokens)) for i in range(3)]


@pytest.mark.parametrize(
    ("term", "vector"),
    [
        ("!?…", [0, 0, 0]),
        ("lizard 🦎", [0, 0, 0]),
        ("dog  ", [1 / math.sqrt(3), 2 / math.sqrt(3), math.sqrt(3)]),
        ("d-o'g", [1, 2, 3]),
        ("Dog DOG", [0, 1 / math.sqrt(2), math.sqrt(2)]),
        ("dog\tcat", [0, 0, 0]),
        ("dog\u0301", [0, 0, 0]),
        (" ".join(["dog", "lizard"] * 5_000), [50, 100, 150]),
        (" ".join(["cat"] * 10_000), [300, 0, -400]),
    ],
)
def test_odd_terms(pets: WordVectors, term: str, vector: list[float]) -> None:
    assert pets.embed([term])[0] == pytest.approx(np.array(vector), rel=1e-6)


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=6))
def test_vectors_equal_sums_by_hand(terms: list[str]) -> None:
    found = table_of(PETS).embed(terms)
    assert found.shape == (len(terms), 3)
    for row, term in zip(found, terms, strict=True):
        assert row == pytest.approx(naive(PETS, term), rel=1e-6, abs=1e-6)


def test_a_table_without_words_embeds_to_zeros() -> None:
    empty = WordVectors((), np.empty((0, 4), np.float32))
    assert empty.embed(["dog", ""]).tolist() == [[0] * 4] * 2
    assert empty.dimension == 4
    assert empty.unit.shape == (0, 4)


def test_an_empty_token_has_no_vector() -> None:
    table = table_of({"": [9, 9, 9], "dog": [1, 2, 3]})
    assert not table.knows("")
    assert table.embed(["", "dog "]) == pytest.approx(
        np.array([[0, 0, 0], np.array([1, 2, 3]) / math.sqrt(2)])
    )


@pytest.mark.parametrize("shape", [(2, 3), (4, 3), (3,), (3, 1, 1)])
def test_tables_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        WordVectors(("a", "b", "c"), np.zeros(shape, np.float32))


def test_tiny_and_great_vectors_have_directions() -> None:
    table = WordVectors(("a", "b"), np.array([[3e-30, 4e-30], [3e30, 4e30]], np.float32))
    assert table.unit == pytest.approx(np.array([[0.6, 0.8]] * 2))
    assert table_of({"nil": [0, 0, 0]}).unit.tolist() == [[0, 0, 0]]


def test_words_are_known_exactly_as_written(pets: WordVectors) -> None:
    assert pets.knows("dog")
    assert not any(pets.knows(word) for word in ("dOg", "dog.", " dog", "", "lizard"))
    assert pets.rows("cat, lizard dog! cat") == [1, 0, 1]


@pytest.mark.parametrize(
    ("term", "unknown"),
    [
        ("dog", ()),
        ("", ()),
        (" ?! ", ()),
        ("liz-ard  Cat dog liz,ard 🦎", ("lizard", "Cat", "🦎")),
        ("nil", ()),
    ],
)
def test_unknown_words(pets: WordVectors, term: str, unknown: tuple[str, ...]) -> None:
    assert pets.unknown_words(term) == unknown


@pytest.mark.parametrize(
    ("term", "canonical"),
    [
        ("dOG", "dog"),
        ("DOG.", "dog"),
        ("C-a-t! dogs", "cat dogs"),
        ("liz-ard", "lizard"),
        ("", ""),
        ("?", ""),
    ],
)
def test_words_in_their_most_frequent_spelling(
    pets: WordVectors, term: str, canonical: str
) -> None:
    assert pets.canonical(term) == canonical


def test_spellings_differ_in_case() -> None:
    table = table_of({"Sars": [1, 0, 0], "SARS": [0, 1, 0], "STRASSE": [0, 0, 1], "": [1, 1, 1]})
    assert table.canonical("sars straße") == "Sars STRASSE"
    assert table.spelling_rows.tolist() == [0, 0, 2, 3]


def test_printed_forms() -> None:
    table = WordVectors(("SARSCoV2", "dog"), np.eye(2), {"SARSCoV2": "SARS-CoV-2"})
    assert [table.printed(token) for token in table.tokens] == ["SARS-CoV-2", "dog"]
