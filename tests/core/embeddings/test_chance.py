"""How high the cosines of random pairs of words are."""

import numpy as np
import pytest

from core.embeddings.chance import Chance, random_pairs
from core.embeddings.vectors import WordVectors


def table_of(vectors: np.ndarray) -> WordVectors:
    return WordVectors(tuple(f"w{i}" for i in range(len(vectors))), vectors.astype(np.float32))


def test_shares_of_pairs_at_least_as_similar() -> None:
    chance = Chance(np.array([-0.5, 0, 0, 0.5], np.float32))
    values = np.array([[-1, -0.5], [0, 0.1], [0.5, 0.6]])
    assert chance.share_above(values).tolist() == [[1, 1], [0.75, 0.25], [0.25, 0]]
    assert chance.cosine_of(0) == 0.5
    assert chance.cosine_of(1) == -0.5


def test_two_words_are_one_pair() -> None:
    chance = random_pairs(table_of(np.array([[1, 0], [3, 4], [0, 0]])), 50)
    assert chance is not None
    assert chance.cosines.tolist() == pytest.approx([0.6] * 50)


@pytest.mark.parametrize("rows", [[], [[1, 0]], [[1, 0], [0, 0]]])
def test_no_pair_without_two_words(rows: list) -> None:
    assert random_pairs(table_of(np.array(rows).reshape(-1, 2))) is None


def test_random_pairs_are_all_pairs_in_the_mean() -> None:
    table = table_of(np.random.default_rng(0).normal(0.3, 1, (40, 6)))
    pairs = (table.unit @ table.unit.T)[~np.eye(40, dtype=bool)]
    chance = random_pairs(table)
    assert chance is not None
    assert len(chance.cosines) == 200_000
    assert chance.cosines.mean() == pytest.approx(pairs.mean(), abs=0.005)
    assert chance.share_above(np.array(0.5)) == pytest.approx((pairs >= 0.5).mean(), abs=0.005)
    again = random_pairs(table)
    assert again is not None
    assert (again.cosines == chance.cosines).all()
