"""Terms on a map: PCA and t-SNE."""

import math
from collections.abc import Sequence

import numpy as np

from core.embeddings.vectors import TermError, unit_rows

MIN_TERMS_FOR_TSNE = 4
MAPS = ("PCA", "t-SNE")
SEED = 20_200_403


def project(
    vectors: np.ndarray, method: str, dimensions: int = 2
) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """A map of terms, (n, d) to (n, dimensions), and for PCA the explained variance ratios.

    Only directions count: PCA uses unit vectors, t-SNE (van der Maaten and Hinton 2008) cosine
    distances. The result is deterministic. PCA axes without variance, or for which there are too
    few terms, are zero.

    method: one of `MAPS`. Raises TermError where t-SNE has fewer than four terms.
    """
    vectors = vectors.astype(np.float64)
    if method == "PCA":
        return _pca(vectors, dimensions)
    return _tsne(vectors, dimensions), None


def _pca(vectors: np.ndarray, dimensions: int) -> tuple[np.ndarray, tuple[float, ...]]:
    points = np.zeros((len(vectors), dimensions))
    shares = np.zeros(dimensions)
    if len(vectors):
        unit = unit_rows(vectors)
        left, singular, axes = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
        # Smaller values are rounding errors.
        singular[singular < 1e-6] = 0
        # The sign of an axis is arbitrary; its largest component is made positive.
        largest = np.abs(axes).argmax(axis=1)
        signs = np.where(axes[np.arange(len(axes)), largest] < 0, -1, 1)
        count = min(dimensions, len(singular))
        points[:, :count] = (left * singular * signs)[:, :count]
        shares[:count] = (singular**2)[:count] / max((singular**2).sum(), 1e-12)
    return points, tuple(shares.tolist())


def _tsne(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    count = len(vectors)
    if count < MIN_TERMS_FOR_TSNE:
        raise TermError(
            "A t-SNE map takes at least {least} terms; there are {n}.",
            least=MIN_TERMS_FOR_TSNE,
            n=count,
        )
    from sklearn.manifold import TSNE

    start, _ = _pca(vectors, dimensions)
    spread = start[:, 0].std()
    # Scaled as scikit-learn scales its PCA, but with signs that do not depend on its solver.
    init = (start / spread * 1e-4).astype(np.float32) if spread > 0 else "random"
    # For a few hundred terms the exact method is faster, especially on busy cores, and its result
    # does not depend on the number of threads.
    model = TSNE(
        dimensions,
        perplexity=min(30, (count - 1) / 3),
        metric="cosine",
        init=init,
        random_state=SEED,
        method="exact",
    )
    return model.fit_transform(vectors).astype(np.float64)


def group_means(similarities: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """The mean similarity of two terms of one group, and of two terms of different groups.

    similarities: (n, n), only the part above the diagonal is used; groups: one name per term.
    NaN where there are no such pairs.
    """
    names = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    group = np.array([names[name] for name in groups], np.int64)
    first, second = np.triu_indices(len(group), 1)
    values = similarities[first, second].astype(np.float64)
    same = group[first] == group[second]
    return _mean(values[same]), _mean(values[~same])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan
