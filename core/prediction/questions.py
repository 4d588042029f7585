"""What is asked about each row of a file: to classify it, or to suggest where to submit it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from core import cards
from core.classifiers import store
from core.classifiers.base import Classifier
from core.classifiers.blend import Blend
from core.evaluation.decisions import apply_thresholds
from core.files.errors import BatchError
from core.files.records import Row
from core.files.writers import NUMBER, OBJECT, TEXT
from core.prediction import answer
from core.prediction.answer import CONFIDENCE, NONE, NOT_KNOWN, Answerer

TOP = 20
"""Labels whose probabilities are written."""

ModelVersion = tuple[str, str, cards.Version]
"""The task, name and version of a model."""


class Classified(NamedTuple):
    """The answer of a classification; scores: a JSON object, empty where there is no text."""

    id: str
    predicted: str
    scores: str
    note: str

    @property
    def labels(self) -> str:
        """The labels, separated by blanks."""
        return self.predicted


class Suggested(NamedTuple):
    """The answer of a suggestion; lists are separated by blanks, best first."""

    primary: str
    primary_probability: float | None
    cross_lists: str
    prediction_set: str
    certainty: str
    note: str

    @property
    def labels(self) -> str:
        """The primary category and the cross-lists, separated by blanks."""
        return f"{self.primary} {self.cross_lists}".strip()


Answers = list[Classified] | list[Suggested]
CLASSIFIED = (("id", TEXT), ("predicted", TEXT), ("scores", OBJECT), ("note", TEXT))
SUGGESTED = tuple(
    (name, NUMBER if name == "primary_probability" else TEXT) for name in Suggested._fields
)
"""The columns of the answers, with their kinds."""


@dataclass(frozen=True)
class Question:
    """A question and the models that answer it; sent to other machines.

    task: of the rows; models: task, name and version of each, the first gives the scores;
    confidence: of a suggestion's prediction sets, None to classify.
    """

    task: str
    models: tuple[ModelVersion, ...]
    confidence: float | None = None

    @property
    def model(self) -> str:
        """The name of the model that gives the scores."""
        return self.models[0][1]

    @property
    def suggests(self) -> bool:
        """Whether a submission is suggested, and the input's own columns are kept."""
        return self.confidence is not None

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns of the answers, with their kinds."""
        return SUGGESTED if self.suggests else CLASSIFIED


def classification(task: str, name: str | None = None) -> Question:
    """The labels of a task, by default from its default model. Raises ModelError."""
    return Question(task, (_model(cards.find(task, name)),))


def suggestion(confidence: float = CONFIDENCE) -> Question:
    """Where to submit and cross-list papers. Raises ModelError where a model is missing."""
    return Question(
        "primary", tuple(_model(cards.find(task, answer.NAME)) for task in answer.TASKS), confidence
    )


def _model(card: cards.Card) -> ModelVersion:
    return card.task, card.name, cards.version(card)


class Respondent(Protocol):
    """Loaded models that answer a question; model: the one that gives the scores."""

    model: Classifier

    def ask(self, rows: Sequence[Row]) -> tuple[Answers, np.ndarray]:
        """One answer per row, in order, and the scores, float32 (n, k).

        Rows without a text or a known word have a note and no labels.
        """


class ClassifyingRespondent:
    """Classifies with one model; the default for primaries may say that a text is no paper."""

    def __init__(self, model: Classifier) -> None:
        self.model = model
        is_default = isinstance(model, Blend) and model.task == "primary"
        self._answerer = Answerer.of(model) if is_default else None

    def scores_and_notes(self, texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Probabilities, float32 (n, k), and why a text gets no label, empty where it gets one."""
        if self._answerer:
            scores = self._answerer.scores(texts)
            return scores.primary, [s.note for s in self._answerer.suggest(scores)]
        values, known = self.model.scores_and_known(texts)
        return values, ["" if is_known else NOT_KNOWN for is_known in known]

    def ask(self, rows: Sequence[Row]) -> tuple[list[Classified], np.ndarray]:
        """One answer per row, and the scores; those of a text that is no paper are given too."""
        model = self.model
        scores, notes = self.scores_and_notes([row.text for row in rows])
        predicted = apply_thresholds(scores, model.thresholds)
        order = np.argsort(-scores, axis=1, kind="stable")
        rounded = np.round(scores.astype(np.float64), 4)
        answers = []
        for i, row in enumerate(rows):
            best = [] if row.note or notes[i] == NOT_KNOWN else order[i].tolist()
            chosen, values = predicted[i].tolist(), rounded[i].tolist()
            note = row.note or notes[i]
            labels = "" if note else " ".join(model.labels[j] for j in best if chosen[j])
            top = {model.labels[j]: values[j] for j in best[:TOP]}
            answers.append(Classified(row.id, labels, json.dumps(top), note))
        return answers, scores


class SuggestingRespondent:
    """Suggests where to submit papers."""

    def __init__(self, answerer: Answerer, confidence: float = CONFIDENCE) -> None:
        self.model, self._answerer, self._confidence = answerer.model, answerer, confidence

    def ask(self, rows: Sequence[Row]) -> tuple[list[Suggested], np.ndarray]:
        """One suggestion per row, and the probabilities of the primary category."""
        scores = self._answerer.scores([row.text for row in rows])
        suggestions = self._answerer.suggest(scores, self._confidence)
        pairs = zip(rows, suggestions, strict=True)
        return [_suggested(row, suggestion) for row, suggestion in pairs], scores.primary


def _suggested(row: Row, suggestion: answer.Suggestion) -> Suggested:
    if row.note or suggestion.note:
        return Suggested("", None, "", "", NONE, row.note or suggestion.note)
    return Suggested(
        suggestion.primary,
        suggestion.probability,
        " ".join(code for code, _ in suggestion.cross_lists),
        " ".join(suggestion.prediction_set),
        suggestion.certainty,
        "",
    )


def respondent_of(question: Question, models: Sequence[Classifier]) -> Respondent:
    """Who answers a question; models: its own, loaded, in their order."""
    if question.confidence is None:
        return ClassifyingRespondent(models[0])
    by_task: dict[str, Any] = {model.task: model for model in models}
    return SuggestingRespondent(Answerer(by_task), question.confidence)


@lru_cache(1)
def respondent(question: Question) -> Respondent:
    """Who answers a question, loaded once per process. Raises as `load`."""
    return respondent_of(question, load(question.models))


def load(wanted: Sequence[ModelVersion]) -> list[Classifier]:
    """The models of a question, ready to answer.

    Raises BatchError where the models here have other versions, ModelError.
    """
    found = [cards.find(task, name) for task, name, _ in wanted]
    for card, (task, name, version) in zip(found, wanted, strict=True):
        if cards.version(card) != version:
            raise BatchError(
                "A worker has another version of the model {model}; give every worker the same "
                "models folder.",
                model=f"{task}/{name}",
            )
    models = [store.load(card) for card in found]
    models[0].predict_scores([""])  # builds the look-up tables, once
    return models
