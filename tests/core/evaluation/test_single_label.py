"""Figures where a text has one label: beside scikit-learn's, and by hand."""

import json

import numpy as np
import pytest
from sklearn import metrics

from core.evaluation.metrics import evaluate_single
from core.prediction.reports import lines

LABELS = ("method", "background", "result")


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    """Truth and probabilities of 400 citations, right more often than not."""
    rng = np.random.default_rng(11)
    truth = rng.choice(3, 400, p=[0.3, 0.55, 0.15])
    raw = rng.gamma(1.0, size=(400, 3)) + 1.5 * np.eye(3)[truth] * rng.random((400, 1))
    return truth, raw / raw.sum(axis=1, keepdims=True)


def test_single_label_figures_equal_scikit_learns(scored: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = scored
    found = evaluate_single(LABELS, truth, scores)
    chosen = scores.argmax(axis=1)
    accuracy = metrics.accuracy_score(truth, chosen)
    assert 0.5 < accuracy < 0.95
    for name in ("accuracy", "micro_f1", "samples_f1", "subset_accuracy"):
        assert found[name] == pytest.approx(accuracy)
    for name, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        assert found[name] == pytest.approx(metrics.f1_score(truth, chosen, average=average))
    assert found["macro_f1_live"] == found["macro_f1"]
    assert found["binary_accuracy"] == pytest.approx(1 - (1 - accuracy) * 2 / 3)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(truth, scores))
    assert found["confusion"] == metrics.confusion_matrix(truth, chosen).tolist()
    assert found["top5_recall"] is None
    assert found["ece_top"] == found["ece"]
    assert found["n"] == 400
    table = metrics.precision_recall_fscore_support(truth, chosen)
    for i, label in enumerate(LABELS):
        wanted = {k: c[i] for k, c in zip(("precision", "recall", "f1", "support"), table)}  # noqa: B905
        assert found["per_label"][label] == pytest.approx(wanted, abs=5e-5)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_calibration_error_is_of_the_best_label() -> None:
    scores = np.array(
        [[0.9, 0.1, 0.0], [0.9, 0.05, 0.05], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.45, 0.1, 0.45]]
    )
    truth = np.array([0, 1, 0, 2, 2])
    # Bins of a fifteenth: two of 1.8 in sum and one right, two of 1.0 and both right, and one of
    # 0.45, wrong, for the first of two equal ones is predicted.
    wanted = (abs(1.8 - 1) + abs(1.0 - 2) + abs(0.45 - 0)) / 5
    assert evaluate_single(LABELS, truth, scores)["ece"] == pytest.approx(wanted)


def test_a_label_that_nobody_has_is_left_out_of_the_mean() -> None:
    found = evaluate_single(LABELS, np.array([0, 0, 1]), np.eye(3)[[0, 1, 1]])
    assert found["per_label"]["result"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert found["macro_f1"] == pytest.approx(4 / 6)
    assert np.isfinite(found["log_loss"])


def test_the_five_best_count_where_there_are_more_labels() -> None:
    labels = [f"label {i}" for i in range(7)]
    # The first text's label is the fifth of seven, the second's the last.
    scores = np.array([[0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.05]] * 2)
    assert evaluate_single(labels, np.array([4, 6]), scores)["top5_recall"] == 0.5


def test_a_figure_that_means_nothing_is_not_printed() -> None:
    report = evaluate_single(LABELS, np.array([0, 1, 2]), np.eye(3)[[1, 2, 0]])
    assert (report["accuracy"], report["top5_recall"]) == (0, None)
    assert "top5_recall" not in lines(report)
    assert "accuracy" in lines(report)
