"""Maps of terms: PCA beside scikit-learn's, t-SNE that is the same each time."""

import math

import numpy as np
import pytest

from core.embeddings.projection import group_means, project
from core.embeddings.vectors import TermError


@pytest.fixture
def some() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(9, 5)).astype(np.float32)


def test_pca_equals_scikit_learns(some: np.ndarray) -> None:
    from sklearn.decomposition import PCA

    unit = some / np.linalg.norm(some, axis=1, keepdims=True)
    model = PCA(3).fit(unit.astype(np.float64))
    points, shares = project(some, "PCA", 3)
    assert np.abs(points) == pytest.approx(np.abs(model.transform(unit)), abs=1e-6)
    assert shares == pytest.approx(model.explained_variance_ratio_, rel=1e-6)
    flat, two = project(some, "PCA", 2)
    assert flat.tolist() == points[:, :2].tolist()
    assert two == shares[:2]


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_pca_of_few_terms_is_filled_with_zeros(count: int, dimensions: int) -> None:
    vectors = np.random.default_rng(4).normal(size=(count, 7)).astype(np.float32)
    points, shares = project(vectors, "PCA", dimensions)
    assert points.shape == (count, dimensions)
    assert not points[:, max(count - 1, 0) :].any()
    assert shares == pytest.approx(([1.0] if count == 2 else [0.0]) + [0.0] * (dimensions - 1))


def test_pca_of_terms_of_one_direction_is_a_point() -> None:
    vectors = np.outer([1, math.sqrt(2), 7], [0.3, -0.7, 0.2]).astype(np.float32)
    points, shares = project(vectors, "PCA", 2)
    assert not points.any()
    assert shares == (0, 0)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("count", [4, 5, 40])
def test_tsne_gives_the_same_map_each_time(count: int, dimensions: int) -> None:
    vectors = np.random.default_rng(5).normal(size=(count, 6)).astype(np.float32)
    points, shares = project(vectors, "t-SNE", dimensions)
    assert points.shape == (count, dimensions)
    assert np.isfinite(points).all()
    assert shares is None
    assert (project(vectors, "t-SNE", dimensions)[0] == points).all()


def test_tsne_keeps_clusters_together() -> None:
    group = np.arange(20) % 2
    vectors = np.eye(2)[group] + np.random.default_rng(6).normal(scale=0.05, size=(20, 2))
    points, _ = project(vectors, "t-SNE", 2)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (group[apart.argmin(axis=1)] == group).all()


@pytest.mark.parametrize("vectors", [np.zeros((5, 3)), np.ones((5, 3)), np.eye(5)[:, :3]])
def test_tsne_of_odd_vectors_has_numbers(vectors: np.ndarray) -> None:
    assert np.isfinite(project(vectors, "t-SNE", 2)[0]).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_tsne_takes_four_terms(count: int) -> None:
    with pytest.raises(TermError) as caught:
        project(np.ones((count, 3)), "t-SNE", 2)
    assert caught.value.fields == {"least": 4, "n": count}


def test_group_means_by_hand() -> None:
    s = np.array([[1, 0.8, 0.1, 0.2], [9, 1, 0.3, 0.4], [9, 9, 1, 0.6], [9, 9, 9, 1]])
    within, between = group_means(s, ["virus", "virus", "region", "region"])
    assert within == pytest.approx(0.7)
    assert between == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("groups", "nan"),
    [
        ([], (True, True)),
        (["a"], (True, True)),
        (["a", "a"], (False, True)),
        (["a", "b"], (True, False)),
    ],
)
def test_groups_without_pairs_have_no_mean(groups: list[str], nan: tuple[bool, bool]) -> None:
    found = group_means(np.full((len(groups), len(groups)), 0.5), groups)
    assert tuple(map(math.isnan, found)) == nan
    assert all(math.isnan(mean) or mean == 0.5 for mean in found)
