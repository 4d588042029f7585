"""A wide perceptron on TF-IDF rows: one hidden layer, trained for several tasks at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from core.evaluation.decisions import sigmoid, softmax
from core.training.sparse_training import BATCH, cosine, drop_out

HIDDEN = 160
EPOCHS = 4
DROPOUT = 0.3
"""The share of a row's values, and of hidden units, left out at random."""
RATE, OUTPUT_RATE = 0.05, 2e-3
"""The learning rates of the first layer (AdaGrad) and of the others (Adam)."""
OTHER_LABELS = 0.5
"""The weight of the loss of the other labels, which are learnt beside the classes to help them."""


@dataclass(frozen=True)
class Perceptron:
    """Logits = max(row @ first + first_bias, 0) @ output + bias.

    first: float32 (d, h); first_bias: (h,); output: (h, k); bias: (k,).
    """

    first: np.ndarray
    first_bias: np.ndarray
    output: np.ndarray
    bias: np.ndarray

    def hidden(self, rows: sp.csr_matrix) -> np.ndarray:
        """The hidden units of rows (n, d); float32 (n, h)."""
        return np.maximum(rows @ self.first + self.first_bias, 0)

    def logits(self, rows: sp.csr_matrix) -> np.ndarray:
        """The logits of rows (n, d); float32 (n, k)."""
        return self.hidden(rows) @ self.output + self.bias

    def linearised(self, row: sp.csr_matrix, direction: np.ndarray) -> tuple[np.ndarray, float]:
        """Weights (d,) and a bias that give `logits(row) @ direction` exactly, by linearity.

        The network is linear as long as the same hidden units are active.
        """
        active = self.hidden(row)[0] > 0
        towards = np.where(active, self.output @ direction, 0)
        return self.first @ towards, float(self.first_bias @ towards + self.bias @ direction)


class _Adam:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980) on arrays that it changes in place."""

    def __init__(self, arrays: list[np.ndarray]) -> None:
        self.arrays, self.step = arrays, 0
        self.means = [np.zeros_like(array) for array in arrays]
        self.squares = [np.zeros_like(array) for array in arrays]

    def update(self, gradients: list[np.ndarray], rate: float) -> None:
        self.step += 1
        for array, mean, square, gradient in zip(
            self.arrays, self.means, self.squares, gradients, strict=True
        ):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            root = np.sqrt(square / (1 - 0.999**self.step)) + 1e-8
            array -= (rate * mean / (1 - 0.9**self.step) / root).astype(np.float32)


def fit(
    rows: sp.csr_matrix,
    truth: np.ndarray,
    classes: int,
    others: np.ndarray,
    weights: np.ndarray,
    progress: Callable[[float], None] = lambda share: None,
    seed: int = 0,
) -> Perceptron:
    """Train on rows (n, d); the logits of the `classes` come first, then those of `others`.

    As in Galke and Scherp 2022 (arXiv:2109.03777), wide and shallow.
    truth: int (n,), -1 for unknown; others: 0/1 (n, l), labels of other tasks; weights: of the
    rows, (n,); progress: called with the share done.
    """
    random = np.random.default_rng(seed)
    first = random.normal(0, 0.1, (rows.shape[1], HIDDEN)).astype(np.float32)
    squares = np.full(first.shape, 1e-4, np.float32)
    size = classes + others.shape[1]
    output = random.normal(0, 0.5 / np.sqrt(HIDDEN), (HIDDEN, size)).astype(np.float32)
    share = others.mean(axis=0).clip(1e-6, 1 - 1e-6)
    counts = np.bincount(truth[truth >= 0], minlength=classes) + 1
    bias = np.concatenate([np.log(counts / counts.sum()), np.log(share / (1 - share))])
    rest = [np.zeros(HIDDEN, np.float32), output, bias.astype(np.float32)]
    adam = _Adam(rest)
    batches = -(-len(truth) // BATCH)
    for epoch in range(EPOCHS):
        order = random.permutation(len(truth))
        for number, start in enumerate(range(0, len(order), BATCH)):
            batch = order[start : start + BATCH]
            done = (epoch * batches + number) / (EPOCHS * batches)
            factor = cosine(done)
            columns, gradient, gradients = _gradients(
                rows[batch], truth[batch], others[batch], weights[batch], first, rest, random
            )
            squares[columns] += gradient * gradient
            first[columns] -= np.float32(RATE * factor) * gradient / np.sqrt(squares[columns])
            adam.update(gradients, OUTPUT_RATE * factor)
            if number % 50 == 0:
                progress(done)
    return Perceptron(first, *rest)


def _gradients(
    rows: sp.csr_matrix,
    truth: np.ndarray,
    others: np.ndarray,
    weights: np.ndarray,
    first: np.ndarray,
    rest: list[np.ndarray],
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """The columns that occur in a batch, their gradient (c, h), and the gradients of `rest`."""
    first_bias, output, bias = rest
    columns, batch = drop_out(rows, DROPOUT, random)
    inner = batch @ first[columns] + first_bias
    active = (inner > 0) * (random.random(inner.shape) >= DROPOUT) / np.float32(1 - DROPOUT)
    hidden = (inner * active).astype(np.float32)
    logits = hidden @ output + bias
    classes = logits.shape[1] - others.shape[1]
    error = softmax(logits[:, :classes])
    known = np.flatnonzero(truth >= 0)
    error[known, truth[known]] -= 1
    error[truth < 0] = 0
    other_error = OTHER_LABELS * (sigmoid(logits[:, classes:]) - others)
    error = np.hstack([error, other_error]) * weights[:, None]
    error = error.astype(np.float32)
    backward = ((error @ output.T) * active).astype(np.float32)
    count = len(truth)
    gradients = [backward.sum(axis=0) / count, hidden.T @ error / count, error.sum(axis=0) / count]
    return columns, batch.T.tocsr() @ backward, gradients
