"""Sets that hold the true class with a confidence: split conformal prediction, by group."""

import numpy as np

from core.evaluation.decisions import apply_thresholds

CONFIDENCE = 0.9
"""The confidence of sets, by default."""
LEVELS = np.linspace(0, 1, 201)
"""The levels of the quantiles that `calibrate` gives."""
STRENGTH = 15
"""The number of texts with which a group's own quantiles weigh as much as those of all texts."""


def calibrate(scores: np.ndarray, truth: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Quantiles of the true class's probability, by group; float32 (groups, len(LEVELS)).

    Mondrian conformal prediction (Vovk et al. 2005) with the probability as conformity score
    (Sadinle et al. 2019, arXiv:1609.00451): a group's classes have their own quantiles, so that
    each group is covered. Small groups are drawn towards all texts.
    scores: float (n, k), of texts that the model did not learn from; truth: int (n,); groups: the
    group of each class, int (k,).
    """
    conformity = scores[np.arange(len(truth)), truth]
    # The lower of two neighbours keeps the promise with few texts: rank l * (n + 1), rounded down.
    overall = np.quantile(conformity, LEVELS, method="lower")
    rows = []
    for group in range(groups.max() + 1):
        own = conformity[groups[truth] == group]
        if not len(own):
            rows.append(overall)
            continue
        levels = np.maximum(LEVELS * (len(own) + 1) - 1, 0) / max(len(own) - 1, 1)
        quantiles = np.quantile(own, np.minimum(levels, 1), method="lower")
        share = len(own) / (len(own) + STRENGTH)
        rows.append(share * quantiles + (1 - share) * overall)
    return np.array(rows, np.float32)


def members(
    scores: np.ndarray, quantiles: np.ndarray, groups: np.ndarray, confidence: float
) -> np.ndarray:
    """The classes of each text's set, bool (n, k); the likeliest class is always among them.

    quantiles: from `calibrate`; confidence: over 0 and under 1.
    """
    return apply_thresholds(scores, thresholds(quantiles, groups, confidence))


def thresholds(quantiles: np.ndarray, groups: np.ndarray, confidence: float) -> np.ndarray:
    """The probability from which a class is in the set, (k,)."""
    return np.array([np.interp(1 - confidence, LEVELS, row) for row in quantiles])[groups]


def coverage(chosen: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The share of sets, bool (n, k), that hold the true class, int (n,); and their mean size."""
    return float(chosen[np.arange(len(truth)), truth].mean()), float(chosen.sum(axis=1).mean())
