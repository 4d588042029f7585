"""From scores to labels: thresholds, ranks, softmax and sigmoid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ranked:
    """One label of an answer: its probability, threshold, and whether it is predicted.

    It is predicted if its probability reaches the threshold, always: where no label reaches its
    own, the threshold of the best is lowered to its probability.
    """

    label: str
    probability: float
    threshold: float
    predicted: bool


def apply_thresholds(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Labels whose scores reach their thresholds, and each row's best label; bool (n, k).

    Every paper has a category, so an empty answer is never right. With thresholds of 1 only the
    best label is predicted.
    """
    chosen = scores >= thresholds
    if len(scores):
        chosen[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return chosen


def rank(labels: Sequence[str], scores: np.ndarray, thresholds: np.ndarray) -> tuple[Ranked, ...]:
    """All labels for one row of scores, best first."""
    chosen = apply_thresholds(scores[None, :], thresholds)[0]
    return tuple(
        Ranked(
            labels[i],
            float(scores[i]),
            float(min(thresholds[i], scores[i]) if chosen[i] else thresholds[i]),
            bool(chosen[i]),
        )
        for i in np.argsort(-scores, kind="stable")
    )


def log_odds_direction(logits: np.ndarray, label: int) -> tuple[np.ndarray, float]:
    """What makes a softmax linear around one text: log-odds = direction @ logits + constant.

    The log-odds of a label against all others is its logit less the log-sum-exp of the others,
    and the latter is their mean, weighted by their probabilities q, plus the entropy of q.
    logits: (k,); returns float (k,) and a number.
    """
    others = np.delete(np.asarray(logits, np.float64), label)
    q = softmax(others[None, :])[0]
    return np.insert(-q, label, 1.0), -entropy(q)


def entropy(q: np.ndarray) -> float:
    """The entropy of probabilities, in nats."""
    return -float((q * np.log(np.maximum(q, 1e-300))).sum())


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of rows of logits, (n, k)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), without overflow."""
    return (1 + np.tanh(z / 2)) / 2
