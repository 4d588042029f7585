"""How good are scores: metrics, thresholds and calibration of multi-label probabilities.

Throughout, `truth` is bool or 0/1 (n, k), `scores` are probabilities (n, k) and `thresholds` are
(k,), columns in the order of `labels`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core import taxonomy
from core.evaluation.decisions import decide, sigmoid

BINS = 15


def _f1(hits: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """F1 from counts; 0 where nothing is true and nothing predicted, as the course's report has."""
    total = predicted + true
    return np.divide(2 * hits, total, out=np.zeros(np.shape(total)), where=total > 0)


def per_label(truth: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and support of each label; arrays of (k,)."""
    truth, chosen = truth.astype(bool), chosen.astype(bool)
    hits = (truth & chosen).sum(axis=0).astype(float)
    predicted, true = chosen.sum(axis=0), truth.sum(axis=0)
    zeros = np.zeros(len(hits))
    return {
        "precision": np.divide(hits, predicted, out=zeros.copy(), where=predicted > 0),
        "recall": np.divide(hits, true, out=zeros.copy(), where=true > 0),
        "f1": _f1(hits, predicted, true),
        "support": true,
    }


def evaluate(
    labels: Sequence[str], truth: np.ndarray, scores: np.ndarray, thresholds: np.ndarray
) -> dict[str, Any]:
    """Every figure of the contract, as plain numbers.

    macro_f1_live is over arXiv's live archives (or, for subjects, over all the labels);
    top5_recall is the mean over papers of the share of their labels among the five best;
    log_loss and ece are over all paper-label pairs, ece_top over each paper's best label.
    """
    truth = truth.astype(bool)
    chosen = decide(scores, thresholds)
    table = per_label(truth, chosen)
    live = [i for i, label in enumerate(labels) if not taxonomy.is_retired(label)]
    rows = _f1((truth & chosen).sum(axis=1), chosen.sum(axis=1), truth.sum(axis=1))
    support = table["support"].sum()
    return {
        "n": len(truth),
        "micro_f1": float(_f1((truth & chosen).sum(), chosen.sum(), truth.sum())),
        "macro_f1": float(table["f1"].mean()),
        "macro_f1_live": float(table["f1"][live].mean()),
        "samples_f1": float(rows.mean()),
        "weighted_f1": float((table["f1"] * table["support"]).sum() / max(support, 1)),
        "subset_accuracy": float((truth == chosen).all(axis=1).mean()),
        "binary_accuracy": float((truth == chosen).mean()),
        "top5_recall": top_recall(truth, scores, 5),
        "log_loss": log_loss(truth, scores),
        "ece": calibration_error(truth.ravel(), scores.ravel()),
        "ece_top": _top_calibration_error(truth, scores),
        "per_label": {
            label: {name: round(float(column[i]), 4) for name, column in table.items()}
            for i, label in enumerate(labels)
        },
    }


def evaluate_single(labels: Sequence[str], truth: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Every figure of the contract where a text has one label; truth: its index, int (n,).

    log_loss is the mean of -log of the true label's probability, ece and ece_top are over each
    text's best label, and `confusion` counts texts, rows the true labels and columns the predicted
    ones. top5_recall is None for five labels or fewer: every answer would have 1.
    """
    chosen = scores.argmax(axis=1)
    error = calibration_error(chosen == truth, scores.max(axis=1))
    whole = np.eye(len(labels), dtype=bool)
    table = per_label(whole[truth], whole[chosen])
    accuracy = float((chosen == truth).mean())
    macro = float(table["f1"].mean())
    confusion = np.zeros((len(labels), len(labels)), int)
    np.add.at(confusion, (truth, chosen), 1)
    picked = scores[np.arange(len(truth)), truth].astype(np.float64)
    return {
        "n": len(truth),
        "accuracy": accuracy,
        "micro_f1": accuracy,
        "macro_f1": macro,
        "macro_f1_live": macro,
        "samples_f1": accuracy,
        "weighted_f1": float((table["f1"] * table["support"]).sum() / len(truth)),
        "subset_accuracy": accuracy,
        "binary_accuracy": float((whole[truth] == whole[chosen]).mean()),
        "top5_recall": top_recall(whole[truth], scores, 5) if len(labels) > 5 else None,
        "log_loss": float(-np.log(np.maximum(picked, 1e-15)).mean()),
        "ece": error,
        "ece_top": error,
        "confusion": confusion.tolist(),
        "per_label": {
            label: {name: round(float(column[i]), 4) for name, column in table.items()}
            for i, label in enumerate(labels)
        },
    }


def top_recall(truth: np.ndarray, scores: np.ndarray, count: int) -> float:
    """Mean over papers with labels of the share of their labels among the `count` best scores.

    0 where no paper has a label.
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    found = np.take_along_axis(truth, best, axis=1).sum(axis=1)
    of = truth.sum(axis=1)
    return float((found[of > 0] / of[of > 0]).mean()) if of.any() else 0.0


def log_loss(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean binary cross-entropy over all paper-label pairs, in nats."""
    p = np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.where(truth, np.log(p), np.log1p(-p)).mean())


def calibration_error(truth: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015); both (m,)."""
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    said = np.bincount(place, scores, BINS)
    was = np.bincount(place, truth, BINS)
    return float(np.abs(said - was).sum() / len(scores))


def _top_calibration_error(truth: np.ndarray, scores: np.ndarray) -> float:
    best = scores.argmax(axis=1)
    rows = np.arange(len(scores))
    return calibration_error(truth[rows, best], scores[rows, best])


def fit_platt(
    truth: np.ndarray, margins: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and offsets (k,) that turn margins into log-odds, by Platt's method (1999).

    weights: one a paper, (n,), of mean one. A label with fewer than ten positives takes the median
    slope, and an offset that meets its smoothed frequency.
    """
    positives = truth.sum(axis=0)
    slopes, offsets = np.ones(margins.shape[1]), np.zeros(margins.shape[1])
    rich = np.flatnonzero(positives >= 10)
    for j in rich:
        slopes[j], offsets[j] = _platt(truth[:, j], margins[:, j], weights)
    middle = np.median(slopes[rich]) if len(rich) else 1.0
    for j in np.flatnonzero(positives < 10):
        slopes[j] = middle
        wanted = (positives[j] + 0.5) / (len(truth) + 1)
        offsets[j] = _offset(middle * margins[:, j], wanted)
    return slopes.astype(np.float32), offsets.astype(np.float32)


def _platt(truth: np.ndarray, margin: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    from scipy.optimize import minimize

    # Platt's targets keep a separable label from a slope without end.
    positive = truth.sum()
    target = np.where(truth, (positive + 1) / (positive + 2), 1 / (len(truth) - positive + 2))

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        z = at[0] * margin + at[1]
        error = weights * (sigmoid(z) - target)
        value = (weights * (np.logaddexp(0, z) - target * z)).sum()
        return value, np.array([(error * margin).sum(), error.sum()])

    found = minimize(loss, np.array([2.0, 0.0]), jac=True, method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])


def _offset(z: np.ndarray, wanted: float) -> float:
    """The offset at which the mean probability is as wanted, by bisection."""
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(z + middle).mean() < wanted else (low, middle)
    return (low + high) / 2


STRENGTH = 200.0
GRID = np.round(np.arange(0.10, 0.71, 0.01), 2)


def tune_thresholds(
    truth: np.ndarray, scores: np.ndarray, weights: np.ndarray, strength: float = STRENGTH
) -> np.ndarray:
    """A threshold for each label: the best common one for micro-F1, bent toward each label's own.

    weights: one a paper, (n,). strength: how many (weighted) positives it takes before a label's
    own best threshold counts as much as the common one; thresholds tuned freely on one mix of
    papers hurt on another.
    """
    truth = truth.astype(bool)
    positives = weights @ truth
    hits = np.stack([weights @ (truth & (scores >= t)) for t in GRID])
    predicted = np.stack([weights @ (scores >= t) for t in GRID])
    common = GRID[_f1(hits.sum(axis=1), predicted.sum(axis=1), positives.sum()).argmax()]
    own = GRID[_f1(hits, predicted, positives[None, :]).argmax(axis=0)]
    # A label without positives has no threshold of its own, whatever the strength.
    trust = np.divide(
        positives, positives + strength, out=np.zeros(len(positives)), where=positives > 0
    )
    return (trust * own + (1 - trust) * common).astype(np.float32)
