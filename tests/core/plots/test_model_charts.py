"""The figures of Compare models show what they are given, as text, in colours all can tell."""

import json

import numpy as np
import pytest

from core.evaluation.curves import curves, rates
from core.plots import model_charts

LABELS = ("math", "cs", "solv-int")
ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture
def curve() -> dict:
    rng = np.random.default_rng(5)
    truth = rng.random((300, 3)) < 0.4
    scores = np.clip(0.4 * truth + rng.normal(0.3, 0.2, (300, 3)), 0, 1).astype(np.float32)
    return curves(LABELS, truth, scores, np.full(3, 0.5))


def test_precision_recall_has_the_labels_and_micro(curve: dict) -> None:
    figure = model_charts.precision_recall(curve, LABELS[:2], {"math": 0.5})
    micro, math, ring, cs = figure.data
    assert micro.name == "all labels (micro)"
    assert math.name == "Mathematics (math)"
    assert cs.name == "Computer Science (cs)"
    own = rates(curve, "math")
    place = curve["thresholds"].index(0.5)
    assert (ring.x[0], ring.y[0]) == (own["recall"][place], own["precision"][place])
    assert "recall" in figure.layout.xaxis.title.text
    assert "precision" in figure.layout.yaxis.title.text
    assert len({trace.line.color for trace in (micro, math, cs)}) == 3


def test_nothing_predicted_has_no_point() -> None:
    truth = np.ones((4, 1), bool)
    figure = model_charts.precision_recall(
        curves(("math",), truth, np.full((4, 1), 0.5)), ("math",), {"math": 0.9}
    )
    assert max(figure.data[1].customdata) == 0.5
    silent = curves(("math",), truth, np.zeros((4, 1)))
    assert len(model_charts.precision_recall(silent, ("math",), {"math": 0.9}).data) == 2


def test_no_more_labels_than_colours(curve: dict) -> None:
    figure = model_charts.precision_recall(curve, LABELS * 5)
    assert len(figure.data) == 1 + model_charts.MAX_LABELS


def test_by_threshold_marks_what_it_is_told(curve: dict) -> None:
    figure = model_charts.by_threshold(
        curve["micro"], curve["thresholds"], [(0.34, "here"), (0.8, ATTACK)]
    )
    assert [trace.name for trace in figure.data] == ["precision", "recall", "F1"]
    assert list(figure.data[2].y) == curve["micro"]["f1"]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.34, 0.8]
    assert figure.layout.annotations[0].text == "here 0.34"
    assert "<img" not in figure.layout.annotations[1].text
    assert figure.layout.xaxis.title.text == "threshold (probability)"
    # Lines differ in more than colour.
    assert len({trace.line.dash for trace in figure.data}) == 3


def test_reliability_has_a_diagonal_and_counts(curve: dict) -> None:
    diagonal, model, bars = model_charts.reliability({"a": curve["reliability"]}, "papers").data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]
    full = [i for i, n in enumerate(curve["reliability"]["count"]) if n]
    assert list(bars.y) == [curve["reliability"]["count"][i] for i in full]
    assert list(model.y) == [curve["reliability"]["true"][i] for i in full]
    assert None not in [*model.x, *model.y]


def test_confusion_shows_counts_and_row_shares() -> None:
    figure = model_charts.confusion(("method", "background"), [[30, 10], [0, 0]])
    matrix = figure.data[0]
    assert matrix.text[0][0] == "30<br>75%"
    np.testing.assert_array_equal(matrix.z, [[0.75, 0.25], [0, 0]])
    assert figure.layout.xaxis.title.text == "predicted label"
    assert figure.layout.yaxis.title.text == "true label"
    assert figure.layout.yaxis.autorange == "reversed"


def test_confused_takes_the_labels_most_involved() -> None:
    errors = [["math", "cs", 40], ["cs", "math", 30]]
    errors += [[f"rare{i}", "math", 1] for i in range(40)]
    figure = model_charts.confused(errors)
    matrix = figure.data[0]
    names = list(figure.layout.xaxis.ticktext)
    assert len(names) == model_charts.MAX_CONFUSED
    assert matrix.z[names.index("math")][names.index("cs")] == 40
    assert np.isnan(matrix.z[names.index("math")][names.index("math")])
    assert "Mathematics" in json.dumps(figure.data[0].customdata)


def test_labels_are_text_and_not_html() -> None:
    truth = np.ones((4, 1), bool)
    bad = curves((ATTACK,), truth, np.full((4, 1), 0.5))
    drawn = (
        model_charts.precision_recall(bad, (ATTACK,), {ATTACK: 0.5}),
        model_charts.confusion((ATTACK,), [[1]]),
        model_charts.confused([[ATTACK, ATTACK, 1]]),
    )
    for figure in drawn:
        assert "<img" not in figure.to_json().replace("\\u003c", "<")


def test_labels_of_the_scatter_do_not_cover_each_other() -> None:
    points = [("One model", 1.0, 0.8), ("Another model", 1.01, 0.801), ("Far away", 100.0, 0.7)]
    (trace,) = model_charts.accuracy_against_time(points, "Micro-F1").data
    assert list(trace.x) == [1.0, 1.01, 100.0]
    assert list(trace.customdata) == [name for name, *_ in points]
    shown = [place for text, place in zip(trace.text, trace.textposition, strict=True) if text]
    assert trace.text[2] == "Far away"
    assert len(set(shown[:2])) == len(shown[:2])


def test_confusions_of_models_stand_side_by_side_the_commonest_first() -> None:
    pairs = {"a": [["math", "cs", 4], ["cs", "math", 3]], "b": [["stat", "cs", 9]]}
    first, second = model_charts.errors_of_models(pairs, "papers").data
    assert list(first.x) == [0, 4, 3]
    assert list(second.x) == [9, 0, 0]
