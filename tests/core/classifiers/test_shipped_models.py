"""The contract of every family, on each of the shipped models."""

from pathlib import Path

import numpy as np
import pytest

from core import cards, settings
from core.classifiers import store
from core.classifiers.base import Classifier
from core.evaluation.decisions import sigmoid
from core.files.records import Row
from core.prediction.questions import ClassifyingRespondent
from core.tasks import TASKS
from core.text.documents import citation_text, paper_text

NAMES = sorted(
    f"{task}/{path.parent.name}"
    for task in TASKS
    for path in (settings.ROOT / "models" / task).glob(f"*/{cards.CARD}")
)
WORDS = {
    False: paper_text("Dust in galaxies", "We observe dust in spiral galaxies and their stars."),
    True: citation_text("We used the method of Smith et al. (2010) to align the reads."),
}
# Invented words; and hieroglyphs, for a tokeniser of word pieces knows any word in Latin letters.
UNKNOWN = {
    "invented": ("Qzxqv vvkkw", "wwxzq jjqzz kkvvw"),
    "hieroglyphs": ("𓀀𓀁𓀂", "𓁐𓁑 𓁒𓁓𓁔"),
    "mixed": ("Qzxqv 𓀀𓀁", "kkvvw of galaxies"),
    "punctuation": ("...", "?! -- :"),
}


@pytest.fixture(scope="module", params=NAMES)
def shipped(request: pytest.FixtureRequest) -> Classifier:
    """Each shipped model whose libraries are installed, loaded once."""
    task, name = request.param.split("/")
    card = cards.read_card(settings.ROOT / "models" / task / name)
    if not cards.usable(card):
        pytest.skip(f"{request.param} needs {', '.join(card.needs)}")
    return store.load(card)


def texts(model: Classifier) -> list[str]:
    """A text of known words, then those of few or none, in the form of the model's task."""
    make = paper_text if model.multilabel else lambda section, sentence: citation_text(sentence)
    return [WORDS[not model.multilabel], *(make(*parts) for parts in UNKNOWN.values())]


ODD = (
    "",
    " ",
    "\n",
    "Methods\nFog [3].",
    "(Osei, 2004)",
    "量子 [3]",
    "½ İ ß",
    "a\nb\nc",
    "knots " * 900,
)


def test_scores_are_probabilities_whatever_the_batch(shipped: Classifier) -> None:
    papers = [*texts(shipped), *ODD]
    scores = shipped.predict_scores(papers)
    assert scores.shape == (len(papers), len(shipped.labels))
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    if not shipped.multilabel:
        assert scores.sum(axis=1) == pytest.approx(np.ones(len(papers)), abs=1e-6)
    for text, row in zip(papers, scores, strict=True):
        assert shipped.predict_scores([text])[0] == pytest.approx(row, abs=1e-5)
    empty = shipped.predict_scores([])
    assert (empty.shape, empty.dtype) == ((0, len(shipped.labels)), np.float32)


def test_explanations_add_up_to_the_log_odds(shipped: Classifier) -> None:
    if not shipped.can_explain:
        with pytest.raises(NotImplementedError):
            shipped.explain("Knots", shipped.labels[0])
        return
    with pytest.raises(ValueError):
        shipped.explain("Knots", "no-such")
    for text in (*texts(shipped), *ODD):
        scores = dict(zip(shipped.labels, shipped.predict_scores([text])[0], strict=True))
        for label in {shipped.labels[0], shipped.labels[-1], max(scores, key=scores.__getitem__)}:
            why = shipped.explain(text, label)
            against = scores[why.against] if why.against else 1 - scores[label]
            share = scores[label] / (scores[label] + against)
            assert sigmoid(np.array(why.log_odds)) == pytest.approx(share, abs=1e-5)
            for parts in (why.tokens, why.features):
                total = why.bias + sum(part.weight for part in parts)
                assert total == pytest.approx(why.log_odds, abs=1e-5)
            sizes = [abs(feature.weight) for feature in why.features]
            assert sizes == sorted(sizes, reverse=True)
            assert all(0 <= t.start <= t.end <= len(text) for t in why.tokens)


def test_what_is_saved_is_loaded(shipped: Classifier, tmp_path: Path) -> None:
    card = cards.read_card(settings.ROOT / "models" / shipped.task / shipped.name)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    shipped.save(first)
    type(shipped).load(first, card).save(second)
    names = {path.name for path in first.iterdir()}
    assert names == {path.name for path in second.iterdir()} == set(card.files) - {cards.CURVES}
    for name in names:
        if not name.endswith(".npz"):
            assert (first / name).read_bytes() == (second / name).read_bytes()
            continue
        with np.load(first / name) as once, np.load(second / name) as twice:
            assert set(once) == set(twice)
            for array in once:
                np.testing.assert_array_equal(once[array], twice[array])


def test_a_text_without_a_known_word_has_a_note_and_no_answer(shipped: Classifier) -> None:
    rows = [Row(str(i), text) for i, text in enumerate(texts(shipped))]
    results, scores = ClassifyingRespondent(shipped).ask(rows)
    none_known = [shipped.count_known_words(row.text)[0] == 0 for row in rows]
    assert not none_known[0]
    assert any(none_known)
    assert [bool(result.note) for result in results] == none_known
    assert [not result.predicted for result in results] == none_known
    assert scores.shape == (len(rows), len(shipped.labels))


def test_scores_do_not_depend_on_the_question_which_words_are_known(shipped: Classifier) -> None:
    scores, known = shipped.scores_and_known(texts(shipped))
    assert known.tolist() == [shipped.count_known_words(text)[0] > 0 for text in texts(shipped)]
    np.testing.assert_array_equal(scores, shipped.predict_scores(texts(shipped)))
