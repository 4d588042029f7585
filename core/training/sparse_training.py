"""What trainings on sparse rows share."""

import numpy as np
import scipy.sparse as sp

BATCH = 512
"""Rows of a training step."""


def drop_out(
    rows: sp.csr_matrix, share: float, random: np.random.Generator
) -> tuple[np.ndarray, sp.csr_matrix]:
    """The columns that occur in a batch, (c,), and its rows over these alone, float32 (n, c).

    A share of the values, drawn at random, is left out, and the others are scaled up.
    """
    values = rows.data * (random.random(rows.nnz) >= share) / (1 - share)
    columns, indices = np.unique(rows.indices, return_inverse=True)
    batch = sp.csr_matrix(
        (values.astype(np.float32), indices.astype(np.int32), rows.indptr),
        shape=(rows.shape[0], len(columns)),
    )
    return columns, batch


def cosine(done: float) -> float:
    """The factor of a learning rate that falls from 1 to 0.02; done: the share of the steps."""
    return 0.02 + 0.49 * (1 + np.cos(np.pi * done))


def strongest(weights: np.ndarray, rows: sp.csr_matrix, keep: int) -> np.ndarray:
    """The `keep` weights with the largest effect on typical rows; bool (d, k).

    weights: (d, k); rows: (n, d). A weight without any effect is never among them.
    """
    typical = np.sqrt(np.asarray(rows.multiply(rows).mean(axis=0))).ravel().astype(rows.dtype)
    effect = np.abs(weights) * typical[:, None]
    if keep >= effect.size:
        return effect > 0
    threshold = np.partition(effect.ravel(), effect.size - keep)[effect.size - keep]
    return effect >= max(threshold, np.finfo(np.float32).tiny)
