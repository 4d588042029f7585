"""Similarity, neighbours, analogies and the odd one out by hand; terms out of pasted text."""

import itertools
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.embeddings.similarity import (
    ParsedTerms,
    analogy,
    neighbours,
    odd_one_out,
    parse_terms,
    ranks,
    similarity,
)
from core.embeddings.vectors import TermError, WordVectors

PETS = {"dog": [1, 2, 3], "cat": [3, 0, -4], "Dog": [0, 1, 0], "DOG": [0, 0, 2], "nil": [0, 0, 0]}


def table_of(words: dict[str, list[float]]) -> WordVectors:
    return WordVectors(tuple(words), np.array(list(words.values()), np.float32))


@pytest.fixture
def pets() -> WordVectors:
    return table_of(PETS)


@pytest.fixture
def some() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(9, 5)).astype(np.float32)


def test_inner_is_the_notebooks_correlation(some: np.ndarray) -> None:
    wanted = np.inner(some, some)
    wanted /= np.max(wanted)
    found = similarity(some, "inner")
    assert found.dtype == np.float32
    assert (found == wanted).all()
    assert found.max() == 1
    assert (np.diag(found) == 1).sum() == 1


@given(
    arrays(
        np.float32, st.tuples(st.integers(0, 6), st.just(3)), elements=st.floats(-9, 9, width=32)
    )
)
def test_cosines_keep_their_bounds(vectors: np.ndarray) -> None:
    found = similarity(vectors, "cosine")
    assert found.shape == (len(vectors), len(vectors))
    assert found.dtype == np.float32
    assert (np.abs(found) <= 1).all()
    for i, j in itertools.combinations_with_replacement(range(len(vectors)), 2):
        x, y = vectors[i].astype(float), vectors[j].astype(float)
        length = np.linalg.norm(x) * np.linalg.norm(y)
        assert found[i, j] == pytest.approx(x @ y / length if length else 0, abs=1e-5)


@pytest.mark.parametrize("measure", ["inner", "cosine"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_zero_vectors_are_like_nothing(measure: str, count: int) -> None:
    found = similarity(np.zeros((count, 4), np.float32), measure)
    assert found.shape == (count, count)
    assert not found.any()


def test_other_measures_are_refused() -> None:
    with pytest.raises(ValueError):
        similarity(np.eye(2), "Cosine")


def test_neighbours_by_hand(pets: WordVectors) -> None:
    found = neighbours(pets, "dog")
    assert [(n.word, n.rank) for n in found] == [("DOG", 1), ("Dog", 2), ("nil", 3), ("cat", 4)]
    wanted = [3 / math.sqrt(14), 2 / math.sqrt(14), 0, -9 / (5 * math.sqrt(14))]
    assert [n.similarity for n in found] == pytest.approx(wanted)
    assert neighbours(pets, "dog", top=2) == found[:2]
    assert neighbours(pets, "dog", top=0) == neighbours(pets, "dog", top=-1) == ()


def test_neighbours_are_the_best_of_all() -> None:
    vectors = np.random.default_rng(1).normal(size=(500, 8)).astype(np.float32)
    table = WordVectors(tuple(f"w{i}" for i in range(500)), vectors)
    target = (vectors[7] + vectors[40]).astype(float)
    cosines = vectors @ target / np.linalg.norm(vectors, axis=1) / np.linalg.norm(target)
    order = [i for i in np.argsort(-cosines) if i not in (7, 40)]
    found = neighbours(table, "w7 w40", top=25)
    assert [n.word for n in found] == [f"w{i}" for i in order[:25]]
    assert [n.similarity for n in found] == pytest.approx(cosines[order[:25]], abs=1e-5)
    assert [n.rank for n in found] == list(range(1, 26))
    assert len(neighbours(table, "w7", top=9_999)) == 499


def test_of_equally_near_words_the_more_frequent_comes_first() -> None:
    vectors = np.array([[1, 0]] * 3 + [[0, 1]] * 40, np.float32)
    table = WordVectors(tuple(f"w{i}" for i in range(43)), vectors)
    found = neighbours(table, "w0", top=5)
    assert [n.word for n in found] == ["w1", "w2", "w3", "w4", "w5"]


def test_of_merged_spellings_the_nearest_stands_for_all() -> None:
    words = {"dog": [4, 0], "Dog": [4, 1], "Cat": [4, 2], "cat": [4, 3], "owl": [0, 4]}
    table = WordVectors(tuple(words), np.array(list(words.values()), np.float32))
    assert [n.word for n in neighbours(table, "dog", 9)] == ["Dog", "Cat", "cat", "owl"]
    merged = neighbours(table, "dog", 9, merged=True)
    assert [(n.word, n.rank) for n in merged] == [("Cat", 1), ("owl", 2)]
    assert [n.word for n in neighbours(table, "owl", 1, merged=True)] == ["cat"]
    assert [n.word for n in analogy(table, "dog", "cat", "owl", 9)] == ["Cat", "Dog"]
    assert analogy(table, "dog", "cat", "owl", 9, merged=True) == ()


@pytest.mark.parametrize("term", ["lizard", "", " ", "?!", "🦎 dOg", "x" * 10_000, "nil"])
def test_terms_without_a_vector_have_no_neighbours(pets: WordVectors, term: str) -> None:
    with pytest.raises(TermError) as caught:
        neighbours(pets, term)
    assert term[:50] in caught.value.fields["term"]
    assert len(str(caught.value)) < 120


GRID = {
    "man": [1, 0, 0],
    "woman": [1, 1, 0],
    "king": [1, 0, 2],
    "queen": [1, 1, 2],
    "tea": [0, 5, 0],
}


def test_analogy_by_hand() -> None:
    table = table_of(GRID)
    units = {word: np.array(v) / np.linalg.norm(v) for word, v in GRID.items()}
    target = units["woman"] - units["man"] + units["king"]
    target /= np.linalg.norm(target)
    found = analogy(table, "man", "woman", "king")
    assert [n.word for n in found] == ["queen", "tea"]
    assert [n.similarity for n in found] == pytest.approx(
        [units["queen"] @ target, units["tea"] @ target]
    )
    assert [n.rank for n in found] == [1, 2]
    assert analogy(table, "man", "woman", "king", top=1) == found[:1]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_analogy_names_the_unknown_term(place: int) -> None:
    terms = ["man", "woman", "king"]
    terms[place] = "duke"
    with pytest.raises(TermError) as caught:
        analogy(table_of(GRID), *terms)
    assert caught.value.fields == {"term": "'duke'"}


def test_an_analogy_that_cancels_out_is_refused() -> None:
    side = math.sqrt(0.75)
    table = table_of({"a": [1, 0, 0], "b": [0.5, side, 0], "c": [0.5, -side, 0], "d": [0, 0, 1]})
    with pytest.raises(TermError) as caught:
        analogy(table, "a", "b", "c")
    assert caught.value.fields == {"a": "'a'", "b": "'b'", "c": "'c'"}


def test_odd_one_out_by_hand() -> None:
    vectors = np.array([[2.0, 0], [1, 0], [0, 3], [1, 1]])
    h = math.sqrt(0.5)
    assert odd_one_out(vectors) == pytest.approx(
        [(1 + 0 + h) / 3, (1 + 0 + h) / 3, (0 + 0 + h) / 3, h]
    )
    assert odd_one_out(vectors).argmin() == 2


def test_unknown_terms_are_not_the_odd_one_out() -> None:
    vectors = np.array([[0, 0], [2.0, 0], [1, 0], [1, 1], [0, 0]], np.float32)
    found = odd_one_out(vectors)
    assert np.isnan(found).tolist() == [True, False, False, False, True]
    assert found[1:4] == pytest.approx(odd_one_out(vectors[1:4]))
    assert np.nanargmin(found) == 3


@pytest.mark.parametrize("known", [0, 1, 2])
def test_the_odd_one_out_takes_three_known_terms(known: int) -> None:
    with pytest.raises(TermError) as caught:
        odd_one_out(np.eye(5)[: known + 2] * (np.arange(known + 2) < known)[:, None])
    assert caught.value.fields == {"least": 3, "n": known}


@given(st.integers(1, 6), st.data())
def test_ranks_equal_counting(count: int, data: st.DataObject) -> None:
    s = data.draw(arrays(np.float32, (count, count), elements=st.sampled_from([-1, 0, 0.5, 1])))
    found = ranks(s)
    for i, j in itertools.product(range(count), repeat=2):
        before = [k for k in range(count) if k != i and (-s[i, k], k) < (-s[i, j], j)]
        assert found[i, j] == (0 if i == j else 1 + len(before))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        (" \n,;\t , \r\n", ()),
        ("coronavirus, SARS;MERS\nItaly\tSpain", ("coronavirus", "SARS", "MERS", "Italy", "Spain")),
        ("a\r\nb\rc\x0bd\x85e\u2028f", ("a", "b", "c", "d", "e", "f")),
        ("  chest \u00a0\u2009 pain ", ("chest pain",)),
        ("\"chest pain\", 'cough', “fever”, «grippe», „Fieber“, ' \"throat\" '",
         ("chest pain", "cough", "fever", "grippe", "Fieber", "throat")),
        ("Crohn's, 5', \"half, \"", ("Crohn's", "5'", '"half', '"')),
        ("''; \"\"; \" \"", ()),
        ("S\u200bARS\ufeff\x00\x07, \u202eMERS\u00ad", ("SARS", "MERS")),
        ("cafe\u200b\u0301", ("caf\u00e9",)),
        ("\u200d\u200c, \u200b", ()),
        ("👩\u200d🔬, 🦠\u200d", ("👩\u200d🔬", "🦠")),
        ("SARS-CoV-2, (+)-JQ1", ("SARS-CoV-2", "(+)-JQ1")),
        ("\ud800x", ("x",)),
        ("肺炎，SARS、 MERS；cough", ("肺炎", "SARS", "MERS", "cough")),
    ],
)  # fmt: skip
def test_pasted_terms(text: str, terms: tuple[str, ...]) -> None:
    assert parse_terms(text) == ParsedTerms(terms, (), 0)


def test_duplicates_are_named_once_and_case_counts() -> None:
    found = parse_terms("SARS, sars, MERS; 'SARS'\nSARS, MERS")
    assert found == ParsedTerms(("SARS", "sars", "MERS"), ("SARS", "MERS"), 0)


def test_terms_over_the_limit_are_counted() -> None:
    text = "\n".join(f"t{i % 250}" for i in range(500))
    found = parse_terms(text)
    assert found.terms == tuple(f"t{i}" for i in range(200))
    assert found.dropped == 50
    assert len(found.duplicates) == 250
    assert parse_terms("a,b,a,c", limit=2) == ParsedTerms(("a", "b"), ("a",), 1)
    assert parse_terms("a,b", limit=0) == ParsedTerms((), (), 2)


def test_long_terms_are_cut() -> None:
    found = parse_terms("x" * 300 + "," + "x" * 200 + "," + "y" * 199 + " z," + "w " * 10_000)
    assert found.terms == ("x" * 200, "y" * 199, ("w " * 100).strip())
    assert found.duplicates == ("x" * 200,)


PASTED = st.text(
    st.sampled_from("abAB\"'“”«»`,;，；、\n\t\r \u00a0\u200b\u200d\u0301\x00\x85-.é🦠")
    | st.characters()
)


@given(PASTED, st.integers(0, 5))
def test_parsed_terms_hold_what_is_promised(text: str, limit: int) -> None:
    found = parse_terms(text, limit)
    every = parse_terms(text, sys.maxsize)
    assert found.terms == every.terms[:limit]
    assert len(found.terms) + found.dropped == len(every.terms)
    assert len(set(every.terms)) == len(every.terms)
    assert set(found.duplicates) <= set(every.terms)
    for term in every.terms:
        assert 0 < len(term) <= 200
        assert term == " ".join(term.split())
        assert not set(term) & set("\n\t\r,;，；、\x00\x85\u00a0\u200b\ufeff")
        term.encode()
    # What was parsed once stays as it is.
    assert parse_terms("\n".join(every.terms), sys.maxsize) == ParsedTerms(every.terms, (), 0)
