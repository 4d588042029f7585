"""The answers of the picked models to a paper."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.cards import Card, ModelError
from core.classifiers.base import Explanation
from core.evaluation.decisions import Ranked
from core.prediction.answer import NAME, NONE, Answer, Suggestion
from pages.components import answers, models
from pages.components.answers import ModelAnswer
from pages.components.models import DefaultModels


@dataclass(frozen=True)
class Options:
    """The cards of the picked models, model by model; how they decide.

    confidence: of the prediction set; threshold: one for all labels, None for the models' own.
    """

    picked: Sequence[Card]
    confidence: float
    threshold: float | None


@dataclass(frozen=True)
class PaperAnswer:
    """What the models say of a text.

    results: an answer for each model and task; suggestion: of the default models, where they were
    picked first.
    """

    text: str
    results: list[ModelAnswer]
    suggestion: Suggestion | None
    default: DefaultModels | None

    @property
    def first(self) -> list[ModelAnswer]:
        """The answers of the model that was picked first, by task."""
        return [one for one in self.results if one.card.name == self.results[0].card.name]

    def of(self, task: str) -> ModelAnswer | None:
        """The first model's answer for a task."""
        return next((one for one in self.first if one.card.task == task), None)

    def rows(self, task: str) -> tuple[Ranked, ...]:
        """The first model's labels of a task, best first."""
        found = self.of(task)
        return found.rows if found else ()

    def known_words(self) -> tuple[int, int]:
        """How many words of the text the first model knows, and how many there are."""
        if self.suggestion and self.default:
            return self.default.answerer().model.count_known_words(self.text)
        return models.get_model(self.results[0].card).count_known_words(self.text)

    def explain(self, task: str, label: str) -> Explanation | None:
        """Why the first model gave a label its probability, None where it cannot say."""
        found = self.of(task)
        if not found:
            return None
        if self.default and found.card.name == NAME:
            return self.default.explain(self.text, task, label)
        model = models.get_model(found.card)
        return model.explain(self.text, label) if model.can_explain else None


def preload(picked: Sequence[Card]) -> None:
    """Start loading the picked models."""
    default = models.default_models(picked)
    if default:
        default.preload()
    for card in picked:
        if not default or card.name != NAME:
            models.preload(card)


def ask(options: Options, text: str) -> PaperAnswer | None:
    """The answers to a text, None if every model failed; the page then says why."""
    default = models.default_models(options.picked)
    results: list[ModelAnswer] = []
    suggestion: Suggestion | None = None
    for name in dict.fromkeys(card.name for card in options.picked):
        cards = [card for card in options.picked if card.name == name]
        if not default or name != NAME:
            results += answers.ask_models(cards, text, options.threshold)
            continue
        try:
            answer, seconds = default.answer(text, options.confidence, options.threshold)
        except ModelError as problem:
            answers.show_failure(problem)
            continue
        suggestion = None if results else answer.suggestion
        results += by_task(default, answer, 1000 * seconds)
    return PaperAnswer(text, results, suggestion, default) if results else None


def by_task(default: DefaultModels, answer: Answer, milliseconds: float) -> list[ModelAnswer]:
    """An answer as those of the default models; nothing is suggested for what is no paper."""
    rows = {"primary": answer.primaries, "subject": answer.subjects, "archive": answer.archives}
    if answer.suggestion.certainty == NONE:
        rows = {
            task: tuple(replace(row, predicted=False) for row in ranked)
            for task, ranked in rows.items()
        }
    return [ModelAnswer(card, rows[task], milliseconds) for task, card in default.cards.items()]
