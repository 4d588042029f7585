"""Curves beside scikit-learn and plain loops, their size, and damaged files."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from core import cards, settings
from core.classifiers import store
from core.cli import main
from core.evaluation.curves import (
    MAX_ERRORS,
    THRESHOLDS,
    CurvesError,
    curves,
    rates,
    read_curves,
)
from core.evaluation.decisions import apply_thresholds
from core.evaluation.metrics import BINS, MAX_CONFUSION
from core.files import checksum
from core.training.recipe import Recipe, TrainingResult

LABELS = ("math", "cs", "hep-th", "acc-phys")
RATES = ("precision", "recall", "f1")


def sample(n: int = 200, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Truth bool (n, k) whose last label never occurs, and scores float32 (n, k)."""
    rng = np.random.default_rng(3)
    truth = rng.random((n, k)) < 0.3
    truth[:, -1] = False
    scores = np.clip(0.5 * truth + rng.normal(0.3, 0.25, (n, k)), 0, 1).astype(np.float32)
    scores[0] = 1.0
    scores[1] = 0.0
    return truth, scores


def test_counts_and_rates_are_scikit_learns() -> None:
    truth, scores = sample()
    result = curves(LABELS, truth, scores)
    assert result["thresholds"] == THRESHOLDS.tolist()
    support = truth.sum(axis=0)
    for t, threshold in enumerate(THRESHOLDS):
        over = scores.astype(float) >= threshold
        by_label = precision_recall_fscore_support(truth, over, zero_division=0)
        for j, label in enumerate(LABELS):
            counts = result["per_label"][label]
            assert counts["support"] == support[j]
            assert counts["predicted"][t] == over[:, j].sum()
            assert counts["hits"][t] == (over & truth)[:, j].sum()
            for name, column in zip(RATES, by_label, strict=False):
                assert rates(result, label)[name][t] == pytest.approx(column[j])
        micro = precision_recall_fscore_support(truth, over, average="micro", zero_division=0)
        for name, value in zip(RATES, micro, strict=False):
            assert result["micro"][name][t] == pytest.approx(value, abs=5e-5)
        macro = by_label[2][support > 0].mean()
        assert result["macro_f1"][t] == pytest.approx(macro, abs=5e-5)


def test_reliability_is_that_of_a_plain_loop() -> None:
    truth, scores = sample()
    found = curves(LABELS, truth, scores)["reliability"]
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for p, true in zip(scores.ravel(), truth.ravel(), strict=True):
        bins[min(int(p * BINS), BINS - 1)].append((float(p), bool(true)))
    for i, pairs in enumerate(bins):
        assert found["count"][i] == len(pairs)
        if pairs:
            assert found["probability"][i] == pytest.approx(
                np.mean([p for p, _ in pairs]), abs=1e-4
            )
            assert found["true"][i] == pytest.approx(np.mean([t for _, t in pairs]), abs=1e-4)
        else:
            assert found["probability"][i] is found["true"][i] is None


def test_the_best_labels_have_a_reliability_of_their_own() -> None:
    truth, scores = sample()
    found = curves(LABELS, truth, scores)["reliability_top"]
    best = scores.argmax(axis=1)
    own = curves(LABELS, best, scores)
    assert found["count"] == own["reliability"]["count"]
    assert found["probability"] == own["reliability"]["probability"]
    bins = np.minimum((scores.max(axis=1) * BINS).astype(int), BINS - 1)
    right = truth[np.arange(len(truth)), best]
    for i in np.unique(bins):
        assert found["true"][i] == pytest.approx(right[bins == i].mean(), abs=1e-4)
    assert "reliability_top" not in own


def test_errors_of_one_label_among_many_are_pairs() -> None:
    labels = [f"archive.{i:02}" for i in range(MAX_CONFUSION + 1)]
    scores = np.full((4, len(labels)), 0.01)
    scores[[0, 1, 2, 3], [1, 1, 2, 3]] = 0.5
    found = curves(labels, np.array([0, 0, 0, 3]), scores)
    assert found["errors"] == [["archive.00", "archive.01", 2], ["archive.00", "archive.02", 1]]


def test_errors_are_those_of_a_plain_loop() -> None:
    truth, scores = sample()
    thresholds = np.array([0.4, 0.5, 0.6, 0.3], np.float32)
    chosen = apply_thresholds(scores, thresholds)
    counted: dict[tuple[str, str], int] = {}
    for row in range(len(truth)):
        for i, missed in enumerate(LABELS):
            for j, instead in enumerate(LABELS):
                if truth[row, i] and not chosen[row, i] and chosen[row, j] and not truth[row, j]:
                    counted[missed, instead] = counted.get((missed, instead), 0) + 1
    found = curves(LABELS, truth, scores, thresholds)["errors"]
    assert {(a, b): n for a, b, n in found} == counted
    assert [n for *_, n in found] == sorted(counted.values(), reverse=True)
    assert curves(LABELS, truth, scores)["errors"] == []


def test_one_label_a_text() -> None:
    rng = np.random.default_rng(1)
    scores = rng.dirichlet(np.ones(3), 60)
    truth = rng.integers(0, 3, 60)
    found = curves(("method", "background", "result"), truth, scores, np.ones(3))
    best = scores.argmax(axis=1)
    assert found["errors"] == []
    assert sum(found["reliability"]["count"]) == found["n"] == 60
    hits = sum(
        n * share
        for n, share in zip(
            found["reliability"]["count"], found["reliability"]["true"], strict=True
        )
        if n
    )
    assert hits == pytest.approx((best == truth).sum(), abs=0.1)
    whole = curves(("method", "background", "result"), np.eye(3, dtype=bool)[truth], scores)
    assert whole["per_label"] == found["per_label"]
    assert whole["micro"] == found["micro"]


@pytest.mark.parametrize(("n", "k"), [(8_500, 34), (8_500, 155)])
def test_a_slice_takes_little_room(n: int, k: int) -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((n, k)) < 1.6 / k
    scores = np.clip(rng.beta(0.1, 2, (n, k)) + 0.4 * truth, 0, 1).astype(np.float32)
    labels = [f"archive.{i:03}" for i in range(k)]
    found = curves(labels, truth, scores, np.full(k, 0.5))
    assert len(found["errors"]) == MAX_ERRORS
    assert 2 * len(json.dumps(found, separators=(",", ":"))) < 150_000


# On disk.


@pytest.fixture
def with_curves(
    tmp_path: Path,
    trained: Callable[[str], TrainingResult],
    recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
) -> cards.Card:
    """The small archive model saved with a curve."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    truth, scores = sample()
    drawn = {"course": curves(LABELS, truth, scores, np.full(4, 0.5))}
    return store.save(replace(trained("archive"), curves=drawn), recipe)


def put(card: cards.Card, content: bytes) -> cards.Card:
    """Overwrite the curves of a model; its card with their new checksum."""
    path = card.folder / "curves.json"
    path.write_bytes(content)
    return replace(card, files=card.files | {"curves.json": checksum.sha256(path)})


def test_saved_curves_come_back(with_curves: cards.Card) -> None:
    truth, scores = sample()
    expected = {"course": curves(LABELS, truth, scores, np.full(4, 0.5))}
    assert read_curves(with_curves) == expected
    store.load(with_curves)


@pytest.mark.parametrize(
    ("truth", "scores"),
    [
        (np.zeros((0, 4), bool), np.zeros((0, 4), np.float32)),
        (np.zeros((5, 4), bool), sample(5)[1]),
        (np.array([0, 3]), np.full((2, 4), 0.25)),
    ],
    ids=["no text", "no true label", "one label a text"],
)
def test_curves_of_little_can_be_stored(
    with_curves: cards.Card, truth: np.ndarray, scores: np.ndarray
) -> None:
    by_slice = {"course": curves(LABELS, truth, scores, np.full(4, 0.5))}
    stored = put(with_curves, json.dumps(by_slice, allow_nan=False).encode())
    assert read_curves(stored) == by_slice


def test_a_model_without_curves_has_none(tiny_models: Path) -> None:
    assert read_curves(cards.find("archive")) == {}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b"3", b'{"a": {}}', b'{"a": []}']
)
def test_damaged_curves_are_refused(with_curves: cards.Card, content: bytes) -> None:
    stored = put(with_curves, content)
    with pytest.raises(CurvesError) as caught:
        read_curves(stored)
    assert caught.value.fields["model"] == "archive/linear"
    with pytest.raises(cards.ChangedFileError):
        read_curves(with_curves)


def test_missing_curves_are_refused(with_curves: cards.Card) -> None:
    (with_curves.folder / "curves.json").unlink()
    with pytest.raises(CurvesError):
        read_curves(with_curves)


@pytest.mark.parametrize(
    "change",
    [
        {"n": None},
        {"thresholds": []},
        {"per_label": {"math": {"support": 3, "hits": [1], "predicted": [1]}}},
        {"per_label": {"math": 3}},
        {"per_label": []},
        {"micro": {}},
        {"micro": {"precision": ["x"] * 49, "recall": [0] * 49, "f1": [0] * 49}},
        {"macro_f1": None},
        {"macro_f1": [float("nan")] * 49},
        {"reliability": {"count": [1], "probability": [0.5], "true": [1]}},
        {"reliability_top": {"count": [1], "probability": [0.5], "true": [1]}},
        {"reliability_top": 3},
        {"errors": [["math", "cs"]]},
        {"errors": [["math", 3, 1]]},
        {"errors": None},
    ],
    ids=str,
)
def test_curves_of_another_shape_are_refused(
    with_curves: cards.Card, change: dict[str, Any]
) -> None:
    truth, scores = sample()
    changed = {"course": curves(LABELS, truth, scores) | change}
    with pytest.raises(CurvesError):
        read_curves(put(with_curves, json.dumps(changed).encode()))


def test_curves_of_earlier_versions_are_read(with_curves: cards.Card) -> None:
    truth, scores = sample()
    older = curves(LABELS, truth, scores)
    del older["reliability_top"]
    written = {"course": older}
    assert read_curves(put(with_curves, json.dumps(written).encode())) == written


# Recipes.


@pytest.mark.parametrize("name", ["linear", "nb-tfidf"])
def test_a_recipe_writes_curves_of_the_slices_on_its_card(
    name: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    learn = ["train", name, "--data", str(corpus), "--task", "archive"]
    assert main(learn) == 0
    card = cards.find("archive", name)
    written = read_curves(card)
    assert set(written) == set(card.metrics) == {"course", "recent"}
    for part, curve in written.items():
        assert curve["n"] == card.metrics[part]["n"]
        for label, own in card.metrics[part]["per_label"].items():
            assert curve["per_label"][label]["support"] == own["support"]


SHIPPED = settings.ROOT / "models"
PAPER_MODELS = sorted(
    path.parent for task in ("archive", "subject") for path in SHIPPED.glob(f"{task}/*/card.json")
)


@pytest.mark.parametrize("folder", PAPER_MODELS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_shipped_models_have_their_curves(folder: Path) -> None:
    card = cards.read_card(folder)
    assert (folder / "curves.json").stat().st_size <= 150_000
    found = read_curves(card)
    assert set(found) == set(card.metrics)
    for part, curve in found.items():
        assert curve["n"] == card.metrics[part]["n"]
        assert set(curve["per_label"]) == set(card.labels)
        bins = curve["reliability"]
        apart = sum(
            n * abs(p - t)
            for n, p, t in zip(bins["count"], bins["probability"], bins["true"], strict=True)
            if n
        )
        ece = card.metrics[part]["ece"]
        assert apart / sum(bins["count"]) == pytest.approx(ece, abs=5e-4)
