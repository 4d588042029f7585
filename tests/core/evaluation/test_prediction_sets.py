"""Prediction sets: hand-computed ones, coverage, and MAPIE's beside ours."""

import itertools

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from core.evaluation import prediction_sets
from core.evaluation.decisions import softmax


def drawn(count: int, seed: int, classes: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of texts, and labels drawn from them: a calibrated model."""
    random = np.random.default_rng(seed)
    scores = softmax(random.normal(0, 2, (count, classes)))
    truth = (scores.cumsum(axis=1) > random.random((count, 1))).argmax(axis=1)
    return scores, truth


def test_the_likeliest_class_is_always_a_member() -> None:
    scores = np.array([[0.3, 0.6, 0.1], [0.2, 0.3, 0.5]])
    quantiles = np.full((1, len(prediction_sets.LEVELS)), 0.9)
    members = prediction_sets.members(scores, quantiles, np.zeros(3, int), 0.9)
    assert members.tolist() == [[False, True, False], [False, False, True]]


def test_a_group_has_its_own_threshold() -> None:
    scores = np.array([[0.45, 0.30, 0.25]])
    quantiles = np.stack([np.full(201, 0.4), np.full(201, 0.2)])
    members = prediction_sets.members(scores, quantiles, np.array([0, 0, 1]), 0.9)
    assert members.tolist() == [[True, False, True]]


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.95])
def test_sets_hold_the_truth_as_often_as_promised(confidence: float) -> None:
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    quantiles = prediction_sets.calibrate(*drawn(8_000, 0), groups)
    scores, truth = drawn(8_000, 1)
    members = prediction_sets.members(scores, quantiles, groups, confidence)
    share, size = prediction_sets.coverage(members, truth)
    # More than promised only where the likeliest class alone does more than that.
    assert share > confidence - 0.02
    assert share < max(confidence, (scores.argmax(axis=1) == truth).mean()) + 0.02
    assert 1 <= size < 8
    for group in range(3):
        own = groups[truth] == group
        assert members[np.flatnonzero(own), truth[own]].mean() > confidence - 0.04


def test_more_confidence_never_takes_a_class_away() -> None:
    groups = np.zeros(8, int)
    quantiles = prediction_sets.calibrate(*drawn(500, 0), groups)
    scores, _ = drawn(200, 1)
    sets = [prediction_sets.members(scores, quantiles, groups, c) for c in (0.6, 0.8, 0.9, 0.99)]
    for smaller, larger in itertools.pairwise(sets):
        assert not (smaller & ~larger).any()


def test_a_group_without_texts_has_the_quantiles_of_all() -> None:
    scores, truth = drawn(400, 0)
    groups = np.where(np.arange(8) == 7, 1, 0)
    seen = truth < 7
    quantiles = prediction_sets.calibrate(scores[seen], truth[seen], groups)
    assert quantiles[1] == pytest.approx(quantiles[0], abs=0.02)


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose inputs are its probabilities."""

    def __init__(self) -> None:
        self.classes_ = np.arange(8)
        self.n_features_in_ = 8

    def fit(self, rows: np.ndarray, truth: np.ndarray) -> "Given":
        """Nothing to learn."""
        return self

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        """The inputs."""
        return rows

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The likeliest class."""
        return rows.argmax(axis=1)

    def __sklearn_is_fitted__(self) -> bool:
        """There is nothing to fit."""
        return True


def test_one_group_equals_mapie() -> None:
    from mapie.classification import SplitConformalClassifier

    scores, truth = drawn(4_000, 0)
    new, _ = drawn(1_000, 1)
    theirs = SplitConformalClassifier(
        Given(), confidence_level=0.9, conformity_score="lac", prefit=True
    )
    theirs.conformalize(scores, truth)
    _, wanted = theirs.predict_set(new)
    quantiles = prediction_sets.calibrate(scores, truth, np.zeros(8, int))
    ours = prediction_sets.members(new, quantiles, np.zeros(8, int), 0.9)
    assert (ours == wanted[:, :, 0]).mean() > 0.999
