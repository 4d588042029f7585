"""Multinomial logistic regression on sparse rows, with many columns and classes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from core.training.sparse_training import BATCH, cosine, drop_out, strongest

DROPOUT = 0.25
"""The share of a row's values left out at random, which regularises as L2 does, by column
(Wager et al. 2013, arXiv:1307.1493)."""
FIRST = (3, 0.1)
AGAIN = (2, 0.05)
"""Epochs and learning rate of the fit to all weights, and of that to the weights kept."""
SAMPLE = 40_000
"""Rows from which the effect of weights is estimated."""


@dataclass
class _State:
    """Weights (d, k) and bias (k,), and the sums of their squared gradients."""

    weights: np.ndarray
    bias: np.ndarray

    def __post_init__(self) -> None:
        self.squares = np.full(self.weights.shape, 1e-8, np.float32)
        self.bias_squares = np.full(self.bias.shape, 1e-8, np.float32)


def fit(
    rows: sp.csr_matrix,
    truth: np.ndarray,
    classes: int,
    weights: np.ndarray,
    keep: int,
    progress: Callable[[float], None] = lambda share: None,
    seed: int = 0,
) -> tuple[sp.csr_matrix, np.ndarray]:
    """Weights, sparse (d, classes), and biases, float32 (classes,).

    Fitted with AdaGrad (Duchi et al. 2011); then the `keep` weights with the largest effect are
    fitted again without the others, which costs far less than leaving those out afterwards.
    rows: (n, d); truth: int (n,); weights: of the rows, (n,); progress: called with the share done.
    """
    random = np.random.default_rng(seed)
    frequency = np.bincount(truth, weights, classes) + 1
    state = _State(
        np.zeros((rows.shape[1], classes), np.float32),
        np.log(frequency / frequency.sum()).astype(np.float32),
    )
    total = FIRST[0] + AGAIN[0]
    _descend(state, rows, truth, weights, FIRST, None, random, lambda e: progress(e / total))
    kept = _strongest(state.weights, rows, keep, random)
    state = _State(np.where(kept, state.weights, 0), state.bias)
    _descend(
        state, rows, truth, weights, AGAIN, kept, random, lambda e: progress((FIRST[0] + e) / total)
    )
    return sp.csr_matrix(state.weights), state.bias


def _strongest(
    weights: np.ndarray, rows: sp.csr_matrix, keep: int, random: np.random.Generator
) -> np.ndarray:
    """The weights with the largest effect on typical rows, bool (d, k); `weights` is centred.

    Adding a number to all classes' weights of a column changes nothing, so the median is taken off.
    """
    weights -= np.median(weights, axis=1, keepdims=True)
    sample = rows[np.sort(random.permutation(rows.shape[0])[:SAMPLE])]
    return strongest(weights, sample, keep)


def _descend(
    state: _State,
    rows: sp.csr_matrix,
    truth: np.ndarray,
    weights: np.ndarray,
    settings: tuple[int, float],
    kept: np.ndarray | None,
    random: np.random.Generator,
    progress: Callable[[float], None],
) -> None:
    """Epochs of AdaGrad; the learning rate follows a cosine; kept: the weights that may change."""
    epochs, rate = settings
    batches = -(-rows.shape[0] // BATCH)
    step = 0
    for _ in range(epochs):
        order = random.permutation(rows.shape[0])
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            share = step / (epochs * batches)
            now = rate * cosine(share)
            _step(state, rows[batch], truth[batch], weights[batch], now, kept, random)
            step += 1
            if step % 50 == 0:
                progress(epochs * share)


def _step(
    state: _State,
    rows: sp.csr_matrix,
    truth: np.ndarray,
    weights: np.ndarray,
    rate: float,
    kept: np.ndarray | None,
    random: np.random.Generator,
) -> None:
    """One step on a batch; only the columns that occur in it are touched."""
    columns, batch = drop_out(rows, DROPOUT, random)
    own = state.weights[columns]
    error = batch @ own + state.bias
    error -= error.max(axis=1, keepdims=True)
    np.exp(error, out=error)
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(truth)), truth] -= 1
    error *= weights[:, None].astype(np.float32)
    gradient = batch.T.tocsr() @ error
    if kept is not None:
        gradient *= kept[columns]
    squares = state.squares[columns] + gradient * gradient
    state.squares[columns] = squares
    state.weights[columns] = own - np.float32(rate) * gradient / np.sqrt(squares)
    total = error.sum(axis=0)
    state.bias_squares += total * total
    state.bias -= np.float32(rate) * total / np.sqrt(state.bias_squares)
