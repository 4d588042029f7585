"""Softmax regression and stacking: beside scikit-learn's, and calibration by hand."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from core.evaluation.decisions import sigmoid
from core.evaluation.decisions import softmax as probabilities
from core.training import softmax, stacking


@pytest.fixture
def rows() -> tuple[sp.csr_matrix, np.ndarray]:
    """Sparse rows of three classes, each with columns of its own among common ones."""
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 8_000)
    dense = (random.random((8_000, 40)) < 0.15) * random.random((8_000, 40))
    for i, label in enumerate(truth):
        dense[i, 3 * label : 3 * label + 3] += random.random(3) * (random.random(3) < 0.6)
    return sp.csr_matrix(dense.astype(np.float32)), truth


def test_it_predicts_as_scikit_learns_does(rows: tuple[sp.csr_matrix, np.ndarray]) -> None:
    table, truth = rows
    ones = np.ones(len(truth))
    weights, bias = softmax.fit(table[:7_000], truth[:7_000], 3, ones[:7_000], keep=120)
    ours = ((table[7_000:] @ weights).toarray() + bias).argmax(axis=1)
    theirs = LogisticRegression().fit(table[:7_000], truth[:7_000]).predict(table[7_000:])
    assert (theirs == truth[7_000:]).mean() > 0.7
    assert (ours == truth[7_000:]).mean() > (theirs == truth[7_000:]).mean() - 0.04


def test_the_strongest_weights_are_kept(rows: tuple[sp.csr_matrix, np.ndarray]) -> None:
    table, truth = rows
    weights, _ = softmax.fit(table, truth, 3, np.ones(len(truth)), keep=20)
    assert 0 < weights.nnz <= 20
    telling = abs(weights[:9]).sum()
    assert telling > 0.7 * abs(weights).sum()


def test_the_same_seed_gives_the_same_weights(rows: tuple[sp.csr_matrix, np.ndarray]) -> None:
    table, truth = rows
    once, again = (softmax.fit(table, truth, 3, np.ones(len(truth)), keep=50) for _ in range(2))
    assert (once[0] != again[0]).nnz == 0
    assert (once[1] == again[1]).all()


def test_a_mix_trusts_the_better_logits() -> None:
    random = np.random.default_rng(0)
    good = random.normal(0, 2, (3_000, 4))
    truth = (probabilities(good).cumsum(axis=1) > random.random((3_000, 1))).argmax(axis=1)
    factors, bias = stacking.fit_mix(
        [good, random.normal(0, 2, good.shape)], truth, np.ones(len(truth))
    )
    assert factors == pytest.approx([1, 0], abs=0.1)
    assert bias == pytest.approx(np.zeros(4), abs=0.2)


def test_sharpness_undoes_a_temperature() -> None:
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (5_000, 4))
    truth = (probabilities(true).cumsum(axis=1) > random.random((5_000, 1))).argmax(axis=1)
    found = stacking.fit_sharpness(3 * true, np.ones((5_000, 1)), truth, np.ones(5_000))
    assert np.exp(found[0]) == pytest.approx(1 / 3, rel=0.1)


def test_log_odds_are_fitted_by_label_and_rare_labels_stay() -> None:
    random = np.random.default_rng(0)
    log_odds = random.normal(0, 2, (4_000, 2))
    truth = random.random((4_000, 2)) < sigmoid(0.5 * log_odds + 1)
    truth[:, 1] = False
    fitted = stacking.fit_log_odds([log_odds], truth, np.ones(4_000))
    assert fitted[0] == pytest.approx([0.5, 1], abs=0.15)
    assert fitted[1].tolist() == [1, 0]
