"""What tells a text of the kind learnt from others: features by hand, and margins."""

import numpy as np
import pytest

from core.text import typicality
from core.text.tfidf import TfidfVectorizer

VECTORIZER = TfidfVectorizer(
    ("graph", "random", "walk"),
    np.array([1.0, 2.0, 8.0, 1.0], np.float32),
    np.empty(0, np.int32),
    np.array([[1, 2]], np.int32),
)


def features(*texts: str) -> np.ndarray:
    return typicality.features(VECTORIZER, *VECTORIZER.counts_and_lengths(texts))


def test_features_by_hand() -> None:
    (row,) = features("\nrandom walk on graph graph")
    length = np.log(5)
    first = [4 / 5, 1 / 4, (2 + 8 + 1 + 1) / 4, 1 / 4, length]
    assert row == pytest.approx([*first, *(value * length for value in first), 1 / 16])


def test_a_text_without_known_words_has_features() -> None:
    rows = features("", "\nlamb with mint")
    assert np.isfinite(rows).all()
    assert rows[:, :4].tolist() == [[0, 0, 0, 0], [0, 0, 0, 0]]


def test_texts_learnt_from_are_more_typical_than_others() -> None:
    typical = ["\nrandom walk", "\na random walk on a graph", "\nrandom walk graph walk"] * 5
    others = ["\nlamb with mint", "\na walk in the park with random people", "\ngraph of lamb"] * 5
    rows, wrong = features(*typical), features(*others)
    weights = typicality.learn(rows, wrong, np.ones(len(rows)))
    assert weights.shape == (typicality.FEATURES + 1,)
    assert typicality.margins(rows, weights).min() > typicality.margins(wrong, weights).max()


def test_the_weight_of_a_text_counts_as_copies() -> None:
    rows, others = features("\nrandom walk", "\nwalk on graph"), features("\nlamb", "\nmint sauce")
    twice = typicality.learn(rows[[0, 0, 1]], others, np.ones(3))
    weighted = typicality.learn(rows, others, np.array([2.0, 1.0]))
    margins = [typicality.margins(features("\na random graph"), w) for w in (twice, weighted)]
    assert np.sign(margins[0]) == np.sign(margins[1])
