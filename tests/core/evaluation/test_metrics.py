"""Metrics against sums by hand; thresholds and calibration against what they were made from."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation.decisions import apply_thresholds, rank, sigmoid
from core.evaluation.metrics import (
    GRID,
    calibration_error,
    evaluate,
    evaluate_single,
    fit_platt,
    log_loss,
    top_recall,
    tune_thresholds,
)

LABELS = ("astro-ph", "cs", "math", "q-alg", "solv-int", "stat")


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, scores and thresholds of 300 papers; label 3 has no paper, label 4 no prediction."""
    generator = np.random.default_rng(7)
    truth = generator.random((300, 6)) < [0.5, 0.3, 0.2, 0.0, 0.02, 0.1]
    scores = sigmoid(generator.normal(size=(300, 6)) + 3 * truth - 2).astype(np.float32)
    scores[:, 4] *= 0.01
    return truth, scores, np.array([0.5, 0.4, 0.3, 0.5, 0.9, 0.6], np.float32)


def test_multilabel_metrics_by_hand() -> None:
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    # Predicted: cs; cs; cs and math; math, the best of a paper below all thresholds.
    scores = np.array([[0.9, 0.1, 0], [0.7, 0.4, 0], [0.6, 0.8, 0], [0.1, 0.3, 0]], np.float32)
    result = evaluate(("cs", "math", "acc-phys"), truth, scores, np.full(3, 0.5))
    assert result["per_label"] == {
        "cs": {"precision": 0.6667, "recall": 1.0, "f1": 0.8, "support": 2.0},
        "math": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2.0},
        "acc-phys": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1.0},
    }
    cells = np.where(truth, scores, 1 - scores).astype(float).clip(1e-7, 1 - 1e-7)
    wanted = {
        "n": 4,
        "micro_f1": 6 / 10,
        "macro_f1": 1.3 / 3,
        "macro_f1_live": 1.3 / 2,
        "samples_f1": (1 + 2 / 3 + 2 / 3 + 0) / 4,
        "weighted_f1": (0.8 * 2 + 0.5 * 2) / 5,
        "subset_accuracy": 1 / 4,
        "binary_accuracy": 8 / 12,
        "top5_recall": 1,
        "log_loss": -np.log(cells).mean(),
        "ece": calibration_error(truth.ravel(), scores.ravel()),
        "ece_top": calibration_error(np.array([1, 1, 1, 0]), np.array([0.9, 0.7, 0.8, 0.3])),
    }
    assert {name: result[name] for name in wanted} == pytest.approx(wanted)


def test_single_label_metrics_by_hand() -> None:
    scores = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    result = evaluate_single(("a", "b", "c"), np.array([0, 0, 1, 2]), scores)
    assert result["confusion"] == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert result["per_label"]["a"] == {"precision": 1, "recall": 0.5, "f1": 0.6667, "support": 2}
    same = ("accuracy", "micro_f1", "samples_f1", "subset_accuracy")
    error = calibration_error(np.array([1, 0, 1, 1]), scores.max(axis=1))
    wanted = dict.fromkeys(same, 3 / 4) | {
        "n": 4,
        "macro_f1": (2 / 3 + 2 / 3 + 1) / 3,
        "macro_f1_live": (2 / 3 + 2 / 3 + 1) / 3,
        "weighted_f1": (2 / 3 * 2 + 2 / 3 + 1) / 4,
        "binary_accuracy": 10 / 12,
        "log_loss": -np.log([0.7, 0.3, 0.5, 0.8]).mean(),
        "ece": error,
        "ece_top": error,
    }
    assert {name: result[name] for name in wanted} == pytest.approx(wanted)
    assert result["top5_recall"] is None


def test_five_best_of_more_labels_are_recalled() -> None:
    scores = np.array([[6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6]]) / 21
    assert evaluate_single(LABELS, np.array([5, 5]), scores)["top5_recall"] == 0.5


def test_metrics_are_plain_numbers(scored: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    found = evaluate(LABELS, *scored)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_truth_may_be_zeros_and_ones(scored: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, scores, thresholds = scored
    assert evaluate(LABELS, truth.astype(np.uint8), scores, thresholds) == evaluate(
        LABELS, truth, scores, thresholds
    )


def test_truth_without_a_label_gives_numbers() -> None:
    found = evaluate(("cs", "math"), np.zeros((2, 2)), np.full((2, 2), 0.2), np.full(2, 0.5))
    assert found["top5_recall"] == 0
    assert found["micro_f1"] == found["macro_f1"] == 0
    json.dumps(found, allow_nan=False)


def test_macro_figures_are_over_labels_that_occur(
    scored: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, scores, thresholds = scored
    found = evaluate(LABELS, truth, scores, thresholds)
    by_label = metrics.f1_score(
        truth, apply_thresholds(scores, thresholds), average=None, zero_division=0
    )
    assert not truth[:, 3].any()
    assert found["macro_f1"] == pytest.approx(np.delete(by_label, 3).mean())


def test_calibration_error_by_hand() -> None:
    scores = np.array([0.02, 0.05, 0.5, 0.5, 0.5, 0.5, 0.95, 1.0])
    truth = np.array([0, 0, 1, 1, 1, 0, 1, 1])
    # Bins of a fifteenth: two of 0.07 in sum and none true, four of 2 and three true, two of 1.95
    # and two true.
    assert calibration_error(truth, scores) == pytest.approx((0.07 + 1.0 + 0.05) / 8)


def test_perfect_scores_have_no_calibration_error() -> None:
    truth = np.array([0.0, 1.0, 1.0, 0.0])
    assert calibration_error(truth, truth) == 0
    assert log_loss(truth.astype(bool), truth) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(log_loss(truth.astype(bool), 1 - truth))


def test_top_recall_by_hand() -> None:
    truth = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    scores = np.array([[9, 8, 1, 0], [4, 3, 2, 1], [4, 3, 2, 1], [1, 2, 3, 4]]) / 10
    assert top_recall(truth, scores, 1) == pytest.approx((1 / 2 + 0 + 1 / 4) / 3)
    assert top_recall(truth, scores, 2) == pytest.approx((1 / 2 + 0 + 2 / 4) / 3)
    assert top_recall(truth, scores, 3) == pytest.approx((2 / 2 + 0 + 3 / 4) / 3)
    assert top_recall(truth, scores, 9) == 1


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), max_size=6))
def test_no_paper_goes_without_a_label(rows: list[list[float]]) -> None:
    scores = np.array(rows, np.float32).reshape(-1, 3)
    thresholds = np.array([0.3, 0.99, 0.5], np.float32)
    chosen = apply_thresholds(scores, thresholds)
    assert chosen.any(axis=1).all()
    best = chosen[np.arange(len(scores)), scores.argmax(axis=1)] if len(scores) else np.array(True)
    assert best.all()
    # Nothing but the best label stands below its threshold.
    assert ((chosen & (scores < thresholds)).sum(axis=1) <= 1).all()
    assert (chosen | (scores < thresholds)).all()


def test_rank_is_best_first_and_ties_keep_their_order() -> None:
    rows = rank(
        ("a", "b", "c", "d"), np.array([0.2, 0.7, 0.2, 0.4]), np.array([0.1, 0.8, 0.3, 0.4])
    )
    assert [(r.label, r.predicted) for r in rows] == [
        ("b", True),
        ("d", True),
        ("a", True),
        ("c", False),
    ]
    assert [r.threshold for r in rows] == [0.7, 0.4, 0.1, 0.3]


def test_sigmoid_does_not_overflow() -> None:
    z = np.array([-1e4, -1.0, 0.0, 1.0, 1e4])
    assert sigmoid(z) == pytest.approx([0, 1 / (1 + np.e), 0.5, np.e / (1 + np.e), 1])


def test_thresholds_without_strength_are_each_labels_best(
    scored: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, scores, _ = (part[..., [0, 1, 2, 5]] for part in scored)
    found = tune_thresholds(truth, scores, np.ones(300), strength=0.0)
    for j in range(4):
        f1 = [metrics.f1_score(truth[:, j], scores[:, j] >= t, zero_division=0) for t in GRID]
        assert found[j] == pytest.approx(GRID[int(np.argmax(f1))], abs=1e-6)
    assert len(set(found.tolist())) > 1


def test_thresholds_with_great_strength_are_the_common_best(
    scored: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, scores, _ = scored
    found = tune_thresholds(truth, scores, np.ones(300), strength=1e12)
    micro = [metrics.f1_score(truth, scores >= t, average="micro", zero_division=0) for t in GRID]
    assert found == pytest.approx(np.full(6, GRID[int(np.argmax(micro))]), abs=1e-6)


def test_thresholds_between_are_weighted_means(
    scored: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, scores, _ = scored
    own = tune_thresholds(truth, scores, np.ones(300), strength=0.0)
    common = tune_thresholds(truth, scores, np.ones(300), strength=1e12)
    trust = truth.sum(axis=0) / (truth.sum(axis=0) + 50)
    found = tune_thresholds(truth, scores, np.ones(300), strength=50.0)
    assert found == pytest.approx(trust * own + (1 - trust) * common, abs=1e-6)
    # A label without a paper has only the common one, whatever the strength.
    assert own[3] == pytest.approx(common[3])


def test_papers_without_weight_do_not_move_thresholds(
    scored: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    truth, scores, _ = scored
    weights = np.where(np.arange(300) < 150, 2.0, 0.0)
    part = tune_thresholds(truth[:150], scores[:150], np.full(150, 2.0))
    assert tune_thresholds(truth, scores, weights) == pytest.approx(part)


def test_platt_recovers_slopes_and_offsets() -> None:
    generator = np.random.default_rng(5)
    slopes, offsets = np.array([0.5, 2.0, 4.0]), np.array([-1.0, 0.3, 2.0])
    margins = generator.normal(scale=1.5, size=(40_000, 3))
    truth = generator.random((40_000, 3)) < sigmoid(margins * slopes + offsets)
    found = fit_platt(truth, margins, np.ones(40_000))
    assert found[0] == pytest.approx(slopes, rel=0.05)
    assert found[1] == pytest.approx(offsets, abs=0.1)


def test_platt_weights_count_as_copies() -> None:
    generator = np.random.default_rng(6)
    margins = generator.normal(size=(4_000, 1))
    truth = generator.random((4_000, 1)) < sigmoid(2 * margins - 1)
    where = np.arange(4_000) % 2 == 0
    weighed = fit_platt(truth, margins, np.where(where, 2.0, 0.0))
    alone = fit_platt(truth[where], margins[where], np.ones(2_000))
    assert weighed[0] == pytest.approx(alone[0], rel=0.01)
    assert weighed[1] == pytest.approx(alone[1], abs=0.01)


def test_platt_stays_finite_for_rare_and_separable_labels() -> None:
    generator = np.random.default_rng(8)
    margins = generator.normal(size=(500, 4)).astype(np.float32)
    truth = np.zeros((500, 4), bool)
    truth[:, 0] = generator.random(500) < sigmoid(3 * margins[:, 0])
    truth[:3, 1] = True
    truth[:, 3] = margins[:, 3] > 0
    slopes, offsets = fit_platt(truth, margins, np.ones(500))
    assert np.isfinite(slopes).all()
    assert np.isfinite(offsets).all()
    rich = np.median(slopes[[0, 3]])
    assert slopes[[1, 2]] == pytest.approx([rich, rich])
    # Rare labels: as often likely as they occur, smoothed.
    likely = sigmoid(slopes * margins + offsets).mean(axis=0)
    assert likely[1] == pytest.approx(3.5 / 501, rel=1e-3)
    assert likely[2] == pytest.approx(0.5 / 501, rel=1e-3)


def test_platt_without_any_frequent_label_takes_slope_one() -> None:
    slopes, _ = fit_platt(np.zeros((20, 2), bool), np.ones((20, 2)), np.ones(20))
    assert slopes.tolist() == [1, 1]
