"""From a paper to an answer: where to submit it, what to cross-list, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import cards, taxonomy
from core.classifiers import store
from core.classifiers.base import Explanation
from core.classifiers.blend import Blend, Scores, group_of_primary
from core.classifiers.parts import PARTS
from core.evaluation import prediction_sets
from core.evaluation.decisions import Ranked, apply_thresholds, rank
from core.evaluation.prediction_sets import CONFIDENCE
from core.messages import Message

SURE, UNSURE, NONE = CERTAINTIES = ("sure", "unsure", "none")
NAME = Blend.NAME
TASKS = tuple(PARTS)
"""The default models are called `NAME`, one for each of these tasks."""
MAX_CROSS_LISTS = 5
NOT_KNOWN = Message("no word of the text is known to the model")
NOT_A_PAPER = Message("does not look like an arXiv paper")


@dataclass(frozen=True)
class Suggestion:
    """Where to submit a paper, under canonical codes; what files, pages and reports show.

    primary: empty where the certainty is `none`; probability: of being the primary category, of
    `closest` where there is none; closest: the likeliest category, whether suggested or not;
    cross_lists: likeliest first, with their probabilities; prediction_set: likeliest first, holds
    the primary category with the confidence asked for; certainty: `sure` where the set of 90 %
    confidence holds one category and the text is surely a paper, `none` where it does not look
    like a paper, else `unsure`; note: why there is no suggestion.
    """

    primary: str
    probability: float
    closest: str
    cross_lists: tuple[tuple[str, float], ...]
    prediction_set: tuple[str, ...]
    certainty: str
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """A suggestion, and all labels of the three tasks, best first.

    A primary reaches its threshold where it is in the prediction set.
    """

    suggestion: Suggestion
    primaries: tuple[Ranked, ...]
    subjects: tuple[Ranked, ...]
    archives: tuple[Ranked, ...]


class Answerer:
    """Answers for papers, from the default models.

    models: by task; they share their parts, so each is as good as another for scores.
    """

    def __init__(self, models: dict[str, Blend]) -> None:
        self.models = models
        self.model = models["primary"]
        self.labels = self.model.parts.labels
        self._groups = group_of_primary(self.model.parts)
        self._canonical = [taxonomy.canonical(label) for label in self.labels["subject"]]

    @classmethod
    def of(cls, model: Blend) -> "Answerer":
        """Answers from the parts and the stack of one blend."""
        return cls({task: Blend(task, model.parts, model.stack) for task in model.parts.labels})

    def scores(self, texts: Sequence[str]) -> Scores:
        """The probabilities of texts, to be kept: `suggest` and `answer` predict nothing again."""
        return self.model.scores(texts)

    def suggest(
        self, scores: Scores, confidence: float = CONFIDENCE, threshold: float | None = None
    ) -> list[Suggestion]:
        """The suggestion for each text.

        confidence: of the prediction sets; threshold: one for all labels in place of their own.
        """
        quantiles = self.model.stack.quantiles
        usual = prediction_sets.members(scores.primary, quantiles, self._groups, CONFIDENCE)
        sets = usual
        if confidence != CONFIDENCE:
            sets = prediction_sets.members(scores.primary, quantiles, self._groups, confidence)
        predicted = apply_thresholds(scores.subject, self._thresholds("subject", threshold))
        low, high = self.model.stack.typical_from
        order = np.argsort(-scores.primary, axis=1, kind="stable")
        is_sure = (usual.sum(axis=1) == 1) & (scores.typical >= high)
        return [
            self._suggestion(
                scores, i, order[i], sets[i], predicted[i], bool(is_sure[i]),
                NOT_KNOWN if not scores.known[i]
                else NOT_A_PAPER if scores.typical[i] < low else "",
            )
            for i in range(len(order))
        ]  # fmt: skip

    def _suggestion(
        self,
        scores: Scores,
        i: int,
        order: np.ndarray,
        members: np.ndarray,
        predicted: np.ndarray,
        is_sure: bool,
        note: str,
    ) -> Suggestion:
        """The suggestion for text i; order: its categories, likeliest first."""
        best = self.labels["primary"][order[0]]
        probability = round(float(scores.primary[i, order[0]]), 4)
        if note:
            return Suggestion("", probability, best if scores.known[i] else "", (), (), NONE, note)
        cross: dict[str, float] = {}
        for j in np.flatnonzero(predicted):
            code, value = self._canonical[j], round(float(scores.subject[i, j]), 4)
            if code != best:
                cross[code] = max(value, cross.get(code, 0.0))
        listed = sorted(cross.items(), key=lambda item: (-item[1], item[0]))[:MAX_CROSS_LISTS]
        held = tuple(self.labels["primary"][j] for j in order[members[order]])
        certainty = SURE if is_sure else UNSURE
        return Suggestion(best, probability, best, tuple(listed), held, certainty)

    def answer(
        self,
        scores: Scores,
        i: int = 0,
        confidence: float = CONFIDENCE,
        threshold: float | None = None,
    ) -> Answer:
        """The answer for text i of the scores."""
        one = Scores(*(getattr(scores, name)[i : i + 1] for name in Scores.__dataclass_fields__))
        (suggestion,) = self.suggest(one, confidence, threshold)
        thresholds = {task: self._thresholds(task, threshold) for task in self.labels}
        thresholds["primary"] = prediction_sets.thresholds(
            self.model.stack.quantiles, self._groups, confidence
        )
        ranked = {
            task: rank(self.labels[task], getattr(one, task)[0], thresholds[task])
            for task in self.labels
        }
        return Answer(suggestion, ranked["primary"], ranked["subject"], ranked["archive"])

    def explain(self, text: str, task: str, label: str) -> Explanation:
        """Why a label of a task has its probability; raises ValueError for an unknown label."""
        return self.models[task].explain(text, label)

    def _thresholds(self, task: str, threshold: float | None) -> np.ndarray:
        thresholds = self.models[task].thresholds
        if threshold is None:
            return thresholds
        return np.full_like(thresholds, threshold)


def without_aliases(subjects: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Subjects, best first, with one row for a category that has two codes.

    It is the likelier of the suggested ones, else the likelier, as among the cross-lists.
    """
    kept: dict[str, Ranked] = {}
    for row in sorted(subjects, key=lambda row: not row.predicted):
        kept.setdefault(taxonomy.canonical(row.label), row)
    return tuple(row for row in subjects if kept[taxonomy.canonical(row.label)] is row)


def load() -> Answerer:
    """The installed default models. Raises ModelError where one is missing or cannot be used."""
    return Answerer({task: _blend(task) for task in TASKS})


def _blend(task: str) -> Blend:
    card = cards.find(task, Blend.NAME)
    model = store.load(card)
    assert isinstance(model, Blend)
    return model
