"""What every shipped model keeps to, whatever its family."""

import numpy as np
import pytest

from core import cards, settings
from core.classifiers import store
from core.classifiers.base import Classifier
from core.files.records import Row
from core.prediction.batch import score_rows
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


def test_a_text_without_a_known_word_has_a_note_and_no_answer(shipped: Classifier) -> None:
    rows = [Row(str(i), text) for i, text in enumerate(texts(shipped))]
    found, scores = score_rows(shipped, rows)
    none_known = [shipped.count_known_words(row.text)[0] == 0 for row in rows]
    assert not none_known[0]
    assert any(none_known)
    assert [bool(result.note) for result in found] == none_known
    assert [not result.predicted for result in found] == none_known
    assert scores.shape == (len(rows), len(shipped.labels))


def test_scores_do_not_depend_on_the_question_which_words_are_known(shipped: Classifier) -> None:
    scores, known = shipped.scores_and_known(texts(shipped))
    assert known.tolist() == [shipped.count_known_words(text)[0] > 0 for text in texts(shipped)]
    np.testing.assert_array_equal(scores, shipped.predict_scores(texts(shipped)))
