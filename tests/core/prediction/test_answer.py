"""One answer for a paper: certainty, cross-lists, sets, and what thresholds change."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import taxonomy
from core.classifiers.blend import Blend, Scores
from core.prediction import answer
from core.prediction.answer import NONE, SURE, UNSURE, Answerer

TEXT = "Knots\nWe study knots on a torus and their homology."


@pytest.fixture
def answerer(tiny_blend: Path) -> Answerer:
    return answer.load()


def scores_of(answerer: Answerer, **likely: float) -> Scores:
    """Scores of one text: the probability of each category given, `_` for its dot."""
    arrays = {
        task: np.full((1, len(labels)), 0.01, np.float32)
        for task, labels in answerer.labels.items()
    }
    for name, probability in likely.items():
        code = name.replace("_", ".")
        for task, label in (
            ("primary", code), ("subject", code), ("archive", taxonomy.archive_of(code))
        ):  # fmt: skip
            if label in answerer.labels[task]:
                arrays[task][0, answerer.labels[task].index(label)] = probability
    return Scores(**arrays, typical=np.array([5.0]), known=np.array([True]))


def test_the_answer_is_the_suggestion_and_all_labels(answerer: Answerer) -> None:
    scores = answerer.scores([TEXT])
    (suggestion,) = answerer.suggest(scores)
    found = answerer.answer(scores)
    assert found.suggestion == suggestion
    assert suggestion.primary == found.primaries[0].label == suggestion.closest
    assert suggestion.prediction_set[0] == suggestion.primary
    assert {len(found.primaries), len(found.subjects), len(found.archives)} == {
        len(labels) for labels in answerer.labels.values()
    }
    for row in (*found.primaries, *found.subjects, *found.archives):
        assert row.predicted == (row.probability >= row.threshold)
    likely = tuple(row.label for row in found.primaries if row.predicted)
    assert likely == suggestion.prediction_set


def test_cross_lists_are_the_other_subjects_predicted(answerer: Answerer) -> None:
    shared = [label for label in answerer.labels["primary"] if label in answerer.labels["subject"]]
    first, second, third = shared[:3]
    scores = scores_of(
        answerer,
        **{code.replace(".", "_"): p for code, p in ((first, 0.9), (second, 0.5), (third, 0.6))},
    )
    (suggestion,) = answerer.suggest(scores)
    assert suggestion.primary == first
    assert suggestion.cross_lists == ((third, pytest.approx(0.6)), (second, pytest.approx(0.5)))
    assert answerer.suggest(scores, threshold=0.55)[0].cross_lists == ((third, pytest.approx(0.6)),)


def test_a_text_of_another_kind_gets_no_category(answerer: Answerer) -> None:
    scores = answerer.scores([TEXT])
    low, high = answerer.model.stack.typical_from
    for typical, wanted in (
        (low - 1, {NONE}),
        ((low + high) / 2, {UNSURE}),
        (high, {SURE, UNSURE}),
    ):
        (found,) = answerer.suggest(replace(scores, typical=np.array([typical])))
        assert found.certainty in wanted
        if found.certainty == NONE:
            assert (found.primary, found.cross_lists, found.prediction_set) == ("", (), ())
            assert found.note
            assert found.closest


def test_a_text_without_known_words_has_not_even_a_closest(answerer: Answerer) -> None:
    (found,) = answerer.suggest(answerer.scores(["\nxyzzy plugh"]))
    assert (found.certainty, found.primary, found.closest) == (NONE, "", "")


def test_confidence_changes_the_set_alone(answerer: Answerer, texts: list[str]) -> None:
    scores = answerer.scores(texts)
    usual, wide = answerer.suggest(scores), answerer.suggest(scores, 0.99)
    for one, other in zip(usual, wide, strict=True):
        assert replace(one, prediction_set=()) == replace(other, prediction_set=())
        assert set(one.prediction_set) <= set(other.prediction_set)


def test_reasons_are_those_of_the_task(answerer: Answerer) -> None:
    scores = answerer.scores([TEXT])
    best = answerer.answer(scores).primaries[0]
    found = answerer.explain(TEXT, "primary", best.label)
    assert 1 / (1 + np.exp(-found.log_odds)) == pytest.approx(best.probability, abs=1e-6)
    with pytest.raises(ValueError):
        answerer.explain(TEXT, "primary", "no.SUCH")


def test_parts_are_loaded_once(answerer: Answerer) -> None:
    assert len({id(model.parts) for model in answerer.models.values()}) == 1
    assert all(isinstance(model, Blend) for model in answerer.models.values())
