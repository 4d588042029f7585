"""Estimated vectors of unknown words, beside the mean of the words that are like them."""

import numpy as np
import pytest

from core.embeddings import parts
from core.embeddings.parts import CLOSE, NAMED, NEAREST, SHARPNESS, Estimate
from core.embeddings.vectors import WordVectors
from core.embeddings.word_pairs import word_similarity

WORDS = ("remdesivir", "favipiravir", "Fever", "fever", "throat", "2020", "a", "New York")
VECTORS = np.random.default_rng(0).normal(size=(len(WORDS), 4)).astype(np.float32)
TABLE = WordVectors(WORDS, VECTORS)


def estimated(*words: str, table: WordVectors = TABLE) -> dict[str, Estimate]:
    return parts.estimate(table, parts.parts_of(table), words)


def sequences(word: str) -> dict[str, int]:
    padded, counts = f" {word} ", {}
    for n in range(3, 7):
        for start in range(max(1, len(padded) - n + 1)):
            # A word shorter than that counts once, whole.
            if len(padded) >= n or n == 3:
                piece = padded[start : start + n]
                counts[piece] = counts.get(piece, 0) + 1
    return counts


def likeness(words: list[str], unknown: str) -> np.ndarray:
    """Cosines of TF-IDF by the definition, logarithms of counts and smoothed frequencies."""
    documents = [sequences(word) for word in words]
    pieces = sorted({piece for document in documents for piece in document})
    frequency = np.array([sum(piece in document for document in documents) for piece in pieces])
    idf = np.log((1 + len(words)) / (1 + frequency)) + 1

    def row(word: str) -> np.ndarray:
        counts = np.array([sequences(word).get(piece, 0) for piece in pieces], float)
        weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
        return weights / (np.linalg.norm(weights) or 1)

    return np.array([row(word) @ row(unknown) for word in words])


def test_an_estimate_is_the_mean_of_the_words_with_the_same_sequences() -> None:
    known = ["remdesivir", "favipiravir", "Fever", "throat", "2020"]
    estimate = estimated("remdesivirum")["remdesivirum"]
    values = likeness([word.casefold() for word in known], "remdesivirum")
    used = [place for place in np.argsort(-values)[:NEAREST] if values[place] > 0]
    vectors = np.array([VECTORS[WORDS.index(known[place])] for place in used], float)
    weights = values[used] ** SHARPNESS
    lengths = np.linalg.norm(vectors, axis=1)
    mean = (weights[:, None] * vectors / lengths[:, None]).sum(axis=0)
    expected = mean / np.linalg.norm(mean) * np.average(lengths, weights=weights)
    np.testing.assert_allclose(estimate.vector, expected, rtol=1e-4)
    assert estimate.likeness == pytest.approx(values.max(), abs=1e-5) and values.max() > CLOSE
    assert estimate.known == tuple(known[place] for place in used[:NAMED])


def test_another_case_of_a_known_word_has_its_vector() -> None:
    estimate = estimated("FEVER")["FEVER"]
    # The most frequent spelling.
    np.testing.assert_allclose(estimate.vector, VECTORS[2], rtol=1e-5)
    assert (estimate.known, estimate.likeness) == (("Fever",), 1.0)


@pytest.mark.parametrize("word", ["xyzzyq", "2021", "天气", "", "x", "remdesivir" * 5, "\ud800"])
def test_nothing_is_estimated_for_words_like_no_known_one(word: str) -> None:
    assert estimated(word) == {}


def test_tables_without_words_estimate_nothing() -> None:
    table = WordVectors(("a", ""), np.ones((2, 2), np.float32))
    assert parts.parts_of(table) is None
    assert estimated("fevers", table=table) == {}


def test_terms_take_known_and_estimated_vectors() -> None:
    estimates = estimated("remdesivirum")
    vectors = parts.embed(TABLE, ["fever remdesivirum", "fever", "qqqq"], estimates)
    both = (VECTORS[3] + estimates["remdesivirum"].vector) / np.sqrt(2)
    np.testing.assert_allclose(vectors, [both, VECTORS[3], np.zeros(4)], rtol=1e-5)


def test_pairs_with_estimated_words_count_where_that_is_allowed() -> None:
    pairs = [("fever", "throat", 1.0), ("fever", "remdesivirum", 2.0), ("qqqq", "fever", 3.0)]
    assert word_similarity(TABLE, pairs).pairs == 1
    assert word_similarity(TABLE, pairs, estimated("remdesivirum", "qqqq")).pairs == 2
