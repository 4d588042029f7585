"""The blend: its answers agree, its reasons add up, its numbers survive a file."""

from pathlib import Path

import numpy as np
import pytest

from core import cards, taxonomy
from core.classifiers import store
from core.classifiers.blend import STACK, Blend
from core.classifiers.parts import PARTS, Stack
from core.evaluation.decisions import apply_thresholds

PAPER = "Knots\nWe study knots on a torus, their homology and random walks on graphs."


@pytest.fixture
def blends(tiny_blend: Path) -> dict[str, Blend]:
    """The small blends, with a stack drawn at random, so that answers have to be made to agree."""
    made: dict[str, Blend] = {}
    for task in PARTS:
        model = store.load(cards.find(task))
        assert isinstance(model, Blend)
        made[task] = Blend(task, model.parts, shaken(model.stack))
    return made


def shaken(stack: Stack) -> Stack:
    """A stack whose every number is moved."""
    random = np.random.default_rng(3)
    moved = {}
    for name in Stack.__dataclass_fields__:
        old = getattr(stack, name)
        moved[name] = (old + random.normal(0, 0.2, old.shape)).astype(old.dtype)
        if name.endswith("_thresholds"):
            moved[name] = np.clip(moved[name], 0.05, 0.95)
    return Stack(**moved)


def test_answers_agree(blends: dict[str, Blend], texts: list[str]) -> None:
    scores = blends["primary"].scores([*texts, "", "lamb with mint", PAPER])
    parts = blends["primary"].parts
    subject = apply_thresholds(scores.subject, blends["subject"].thresholds)
    archive = apply_thresholds(scores.archive, blends["archive"].thresholds)
    best = scores.primary.argmax(axis=1)
    rows = np.arange(len(best))
    assert subject[rows, parts.subject_of_primary[best]].all()
    assert archive[rows, parts.archive_of_primary[best]].all()
    for i, j in zip(*np.nonzero(subject), strict=True):
        assert archive[i, parts.archive_of_subject[j]]
    for task in PARTS:
        values = getattr(scores, task)
        assert ((values >= 0) & (values <= 1)).all()
    assert scores.primary.sum(axis=1) == pytest.approx(np.ones(len(best)), abs=1e-5)


@pytest.mark.parametrize("task", PARTS)
def test_reasons_add_up_to_the_probability(
    task: str, blends: dict[str, Blend], texts: list[str]
) -> None:
    model = blends[task]
    for text in [*texts[:3], PAPER]:
        scores = model.predict_scores([text])[0]
        for label, score in zip(model.labels, scores, strict=True):
            found = model.explain(text, label)
            total = found.bias + sum(feature.weight for feature in found.features)
            assert found.log_odds == pytest.approx(total, abs=1e-6)
            assert 1 / (1 + np.exp(-found.log_odds)) == pytest.approx(score, abs=1e-6)
            assert sum(token.weight for token in found.tokens) + found.bias == pytest.approx(
                total, abs=1e-6
            )


@pytest.mark.parametrize("task", PARTS)
def test_reasons_tell_what_a_word_does(task: str, blends: dict[str, Blend]) -> None:
    """The stated contributions are those of a linear model: an untold remainder is never there."""
    model = blends[task]
    logits = model.logits(model.parts.counts([PAPER])[0])
    for j in range(len(model.labels)):
        direction, constant = model._linearised(logits, j)
        own = float(logits[0, :-1] @ direction) + constant
        primary, inputs = model.primary_logits(logits)
        p = np.exp(primary - primary.max())
        p /= p.sum()
        expected = {
            "primary": np.log(p[0, j] / (1 - p[0, j])) if task == "primary" else 0,
            "subject": model.subject_log_odds(logits, p, inputs)[0, j] if task == "subject" else 0,
        }
        if task != "archive":
            assert own == pytest.approx(expected[task], abs=1e-4)


def test_one_text_is_scored_as_among_many(blends: dict[str, Blend], texts: list[str]) -> None:
    together = blends["primary"].scores(texts * 40)
    for i in (0, len(texts) - 1, 39 * len(texts)):
        alone = blends["primary"].scores([(texts * 40)[i]])
        for task in PARTS:
            assert getattr(alone, task)[0] == pytest.approx(getattr(together, task)[i], abs=1e-5)


def test_nothing_is_scored_without_texts(blends: dict[str, Blend]) -> None:
    scores = blends["primary"].scores([])
    assert scores.primary.shape == (0, len(blends["primary"].labels))
    assert scores.typical.shape == (0,)


def test_a_stack_survives_its_file(blends: dict[str, Blend], tmp_path: Path) -> None:
    blends["subject"].save(tmp_path)
    again = Stack.load(tmp_path / STACK)
    for name in Stack.__dataclass_fields__:
        assert (getattr(again, name) == getattr(blends["subject"].stack, name)).all()


def test_primary_categories_are_canonical(blends: dict[str, Blend]) -> None:
    assert {taxonomy.canonical(label) for label in blends["primary"].labels} == set(
        blends["primary"].labels
    )
