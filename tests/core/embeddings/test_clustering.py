"""Clusters of terms: no order of a tree's leaves has nearer neighbours."""

import itertools
import math

import numpy as np
import pytest
from scipy.cluster.hierarchy import is_valid_linkage, leaves_list

from core.embeddings.clustering import cluster


def tree(count: int, seed: int) -> np.ndarray:
    """Similarities without any order to them, on both sides of the diagonal the same."""
    half = np.random.default_rng(seed).uniform(-1, 1, (count, count))
    return (half + half.T) / 2


def orders(linkage: np.ndarray, count: int, node: int) -> list[list[int]]:
    """Every order of the leaves below a node that the tree allows."""
    if node < count:
        return [[node]]
    left, right = (orders(linkage, count, int(child)) for child in linkage[node - count, :2])
    pairs = list(itertools.product(left, right))
    return [a + b for a, b in pairs] + [b + a for a, b in pairs]


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_order_of_the_tree_has_nearer_neighbours(count: int, seed: int) -> None:
    similarities = tree(count, seed)
    distances = 1 - similarities
    found = cluster(similarities)
    every = orders(found.linkage, count, 2 * count - 2)
    assert len(every) == 2 ** (count - 1)

    def length(order: list[int]) -> float:
        return sum(distances[i, j] for i, j in itertools.pairwise(order))

    assert leaves_list(found.linkage).tolist() == found.order.tolist()
    assert found.order.tolist() in every
    assert length(found.order.tolist()) == pytest.approx(min(map(length, every)))


def test_average_linkage_by_hand() -> None:
    s = np.array([[1, 0.9, 0.2], [0.9, 1, 0.4], [0.2, 0.4, 1]])
    found = cluster(s)
    # 0 and 1 at 0.1, then 2 at the mean of 0.8 and 0.6; 1 stands next to 2, the nearer one.
    assert found.linkage[:, 2:] == pytest.approx(np.array([[0.1, 2], [0.7, 3]]))
    assert found.order.tolist() in ([0, 1, 2], [2, 1, 0])


def test_a_tree_as_deep_as_it_has_leaves() -> None:
    # Each term is a little farther from the ones before it than they are from one another.
    far = np.maximum.outer(np.arange(300), np.arange(300)) / 300
    found = cluster(1 - far)
    assert found.linkage[:, 3].tolist() == list(range(2, 301))
    assert is_valid_linkage(found.linkage)
    assert sorted(found.order.tolist()) == list(range(300))
    assert leaves_list(found.linkage).tolist() == found.order.tolist()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_similarities_that_are_no_numbers_do_not_cluster(value: float) -> None:
    with pytest.raises(ValueError):
        cluster(np.full((3, 3), -value))


@pytest.mark.parametrize("count", [0, 1])
def test_without_two_terms_there_is_no_tree(count: int) -> None:
    found = cluster(np.ones((count, count)))
    assert found.order.tolist() == list(range(count))
    assert found.linkage.shape == (0, 4)


def test_the_diagonal_and_sides_of_a_matrix_do_not_matter() -> None:
    s = tree(6, 4)
    other = s + np.triu(np.full((6, 6), 0.1), 1) - np.tril(np.full((6, 6), 0.1), -1)
    np.fill_diagonal(other, 0.3)
    assert cluster(other).linkage == pytest.approx(cluster(s).linkage)
    assert cluster(other).order.tolist() == cluster(s).order.tolist()


@pytest.mark.parametrize("value", [0.0, 1.0, 1.5])
def test_equal_similarities_cluster_the_same_each_time(value: float) -> None:
    first, second = (cluster(np.full((12, 12), value)) for _ in range(2))
    assert first.order.tolist() == second.order.tolist()
    assert sorted(first.order.tolist()) == list(range(12))
    assert (first.linkage[:, 2] == max(1 - value, 0)).all()
