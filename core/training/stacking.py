"""Small models on top of other models' logits, fitted to texts that those did not learn from."""

from collections.abc import Callable, Sequence

import numpy as np

from core.evaluation.decisions import sigmoid
from core.training.papers import Papers, Rows

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


def calibrate(
    logits_of: Callable[[Sequence[str]], np.ndarray],
    papers: Papers,
    chosen: Rows,
    truth: np.ndarray,
) -> tuple[float, np.ndarray]:
    """The factor and offsets, (k,), that calibrate a softmax on the calibration papers.

    logits_of: the model's logits of texts, (n, k); truth: of all papers, int, -1 for none.
    """
    known = truth[chosen.calibration] >= 0
    rows = chosen.calibration[known]
    logits = logits_of([papers.texts[i] for i in rows])
    (factor,), offsets = fit_mix([logits], truth[rows], chosen.weights[known])
    return factor, offsets


def fit_sharpness(
    logits: np.ndarray, inputs: np.ndarray, truth: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Weights s, (m,), such that the softmax of logits times exp(inputs @ s) is calibrated.

    They maximise the likelihood of the best class being right, since it is what is shown; that of
    all classes is dominated by a few labels that no model could guess.
    logits: (n, k); inputs: (n, m); truth: int (n,); weights: of the texts, (n,).
    """
    right = logits.argmax(axis=1) == truth
    below = logits - logits.max(axis=1, keepdims=True)
    return _fit_factors(
        lambda factors: 1 / np.exp(below * factors[:, None]).sum(axis=1), inputs, right, weights
    )


def fit_top_sharpness(
    log_odds: np.ndarray, inputs: np.ndarray, truth: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """As `fit_sharpness`, for the log-odds of labels by themselves; truth: bool (n, k)."""
    best = log_odds.argmax(axis=1)
    rows = np.arange(len(best))
    highest = log_odds[rows, best]
    return _fit_factors(
        lambda factors: sigmoid(highest * factors), inputs, truth[rows, best].astype(bool), weights
    )


def _fit_factors(
    probability: Callable[[np.ndarray], np.ndarray],
    inputs: np.ndarray,
    right: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Weights s with which `probability(exp(inputs @ s))` of being right is likeliest."""
    from scipy.optimize import minimize

    def loss(parameters: np.ndarray) -> float:
        best = probability(np.exp(np.clip(inputs @ parameters, -3, 3)))
        best = np.clip(best, 1e-6, 1 - 1e-6)
        return -float((weights * np.where(right, np.log(best), np.log1p(-best))).mean())

    start = np.zeros(inputs.shape[1])
    return minimize(loss, start, method="Nelder-Mead", options={"maxiter": 600}).x


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
