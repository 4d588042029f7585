"""Small models on top of other models' logits, fitted to texts that those did not learn from."""

from collections.abc import Sequence

import numpy as np

RIDGE = 5.0
"""The weight of the squared biases, in texts."""


def fit_mix(
    logits: Sequence[np.ndarray], truth: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Factors (m,) and bias (k,) of the softmax of a sum of m logits, each (n, k).

    By maximum likelihood, the biases with a ridge. truth: int (n,); weights: of the texts, (n,).
    """
    from scipy.optimize import minimize

    count, rows = len(logits), np.arange(len(truth))
    inputs = [part.astype(np.float64) for part in logits]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        factors, bias = parameters[:count], parameters[count:]
        z = sum(f * part for f, part in zip(factors, inputs, strict=True)) + bias
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        value = -(weights * np.log(np.maximum(p[rows, truth], 1e-300))).sum()
        p[rows, truth] -= 1
        p *= weights[:, None]
        gradient = [(p * part).sum() for part in inputs]
        return (
            (value + RIDGE / 2 * (bias**2).sum()) / len(truth),
            np.concatenate([gradient, p.sum(axis=0) + RIDGE * bias]) / len(truth),
        )

    start = np.concatenate([np.full(count, 1 / count), np.zeros(inputs[0].shape[1])])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return best[:count], best[count:]


MIN_POSITIVES = 10


def fit_log_odds(
    inputs: Sequence[np.ndarray], truth: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """For each label the factors of its m inputs and an offset, (k, m + 1).

    A label with too few positives keeps its first input as it is.
    inputs: each (n, k); truth: bool (n, k); weights: of the texts, (n,).
    """
    from sklearn.linear_model import LogisticRegression

    out = np.zeros((truth.shape[1], len(inputs) + 1))
    out[:, 0] = 1
    for j in np.flatnonzero(truth.sum(axis=0) >= MIN_POSITIVES):
        rows = np.column_stack([part[:, j] for part in inputs])
        model = LogisticRegression().fit(rows, truth[:, j], sample_weight=weights)
        out[j] = np.append(model.coef_[0], model.intercept_[0])
    return out
