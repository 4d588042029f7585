"""The contract of every classifier, and what follows from its scores alone."""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.language import say

if TYPE_CHECKING:
    from core.store import Card
    from core.training import Options, Run


@dataclass(frozen=True)
class Task:
    """A question Paperlens answers about a text."""

    name: str
    title: str
    question: str
    multilabel: bool
    default: str


TASKS = {
    task.name: task
    for task in (
        Task("archive", "Archive", "Which of arXiv's archives does it belong to?", True, "linear"),
        Task("subject", "Subject", "Where to submit and cross-list?", True, "linear"),
        Task("intent", "Intent", "Why is the citation there?", False, "intent"),
    )
}


@dataclass(frozen=True)
class Credit:
    """A word of the text, `text[start:end]`, and what it adds to a label's log-odds."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Reason:
    """A word or pair of words and what it adds to a label's log-odds in all its places."""

    term: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """Why a label got its score: log-odds = bias + the sum of reasons = bias + sum of credits.

    against: the label that the log-odds are against, where a text has one label; else empty.
    """

    label: str
    log_odds: float
    bias: float
    reasons: tuple[Reason, ...]
    credits: tuple[Credit, ...]
    against: str = ""


@dataclass(frozen=True)
class Ranked:
    """One label of an answer: its probability, the threshold, and whether it is predicted."""

    label: str
    probability: float
    threshold: float
    predicted: bool


@dataclass(frozen=True)
class Trained:
    """What a recipe returns: the model, and for its card what it was made from and how it does.

    scratch: a folder that has served once the model is saved, and is removed then; curves: of each
    slice, by `core.curves`.
    """

    model: "Classifier"
    data: dict[str, Any]
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    history: list[dict[str, float]] = field(default_factory=list)
    scratch: Path | None = None
    curves: dict[str, dict[str, Any]] = field(default_factory=dict)


Progress = Callable[..., None]
"""Called with the share done (0 to 1), what is being done, marked by `core.language.phrase`, and by
name the values that this names."""


@dataclass(frozen=True)
class Recipe:
    """How to train a model: `train(data, task, run)`.

    data: a corpus file, or a folder of them; task: one of `tasks`; run: what to report to, a
    `core.training.Run` or, where the recipe knows no epochs, any `Progress`. options: what a
    training starts from, None for a recipe that is not trained on the dashboard; heeds: the options
    it heeds; needs: libraries that the training takes beyond requirements.txt, by import name.
    """

    name: str
    label: str
    summary: str
    tasks: tuple[str, ...]
    train: "Callable[[Path, str, Run], Trained]"
    options: "Options | None" = None
    heeds: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


class Classifier(ABC):
    """A trained model. Texts are those of `core.text`; labels are the task's codes.

    A text is a `paper_text`, for the task `intent` a `citation_text`.
    """

    name: str
    task: str
    labels: tuple[str, ...]
    thresholds: np.ndarray
    """Probability from which each label is predicted; float32 (k,). All 1 for one label a text."""
    multilabel: bool = True
    can_explain: bool = False

    @abstractmethod
    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, k)."""

    @abstractmethod
    def known(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,).

        A text without a known word has no answer. A family whose scores cost little more than
        `known` tells both from one look at the texts.
        """
        known = np.array([self.known(text)[0] > 0 for text in texts], bool)
        return self.predict_scores(texts), known

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the model's files (not its card) into an existing folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, card: "Card") -> "Classifier":
        """Read the files that `save` wrote; the caller has checked their checksums."""

    def explain(self, text: str, label: str) -> Explanation:
        """Which words speak for and against a label.

        Raises NotImplementedError where `can_explain` is false.
        """
        raise NotImplementedError(f"{self.name} cannot give reasons.")


def decide(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Labels over their thresholds, and the best label of each row whatever its score; bool (n, k).

    Every paper has a category, so an empty answer is never the right one. Thresholds of 1 leave
    the best label alone.
    """
    chosen = scores >= thresholds
    if len(scores):
        chosen[np.arange(len(scores)), scores.argmax(axis=1)] = True
    return chosen


def rank(labels: Sequence[str], scores: np.ndarray, thresholds: np.ndarray) -> tuple[Ranked, ...]:
    """All labels of one row of scores, best first."""
    chosen = decide(scores[None, :], thresholds)[0]
    return tuple(
        Ranked(labels[i], float(scores[i]), float(thresholds[i]), bool(chosen[i]))
        for i in np.argsort(-scores, kind="stable")
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of rows of logits, (n, k)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def rival(logits: np.ndarray, label: int) -> int:
    """The strongest label but one, of logits (k,)."""
    others = logits.astype(np.float64).copy()
    others[label] = -np.inf
    return int(others.argmax())


def reasons_of(text: str, credits: Sequence[Credit]) -> tuple[Reason, ...]:
    """Each word's credits over all its places, the strongest first."""
    found: dict[str, float] = {}
    for credit in credits:
        word = text[credit.start : credit.end]
        found[word] = found.get(word, 0.0) + credit.weight
    return tuple(Reason(w, found[w]) for w in sorted(found, key=lambda w: -abs(found[w])))


def explanation_against(
    text: str, label: str, other: str, bias: float, credits: Sequence[Credit]
) -> Explanation:
    """Why a label is likelier than another, by the words of the text alone."""
    return Explanation(
        label,
        bias + sum(credit.weight for credit in credits),
        bias,
        reasons_of(text, credits),
        tuple(credits),
        other,
    )


def family(name: str) -> Any:
    """The module of a model family, a file of this folder.

    Raises LookupError for a name that is no family, ImportError where its library is missing.
    """
    if name not in families():
        raise LookupError(say("no model family is called {name!r}", name=name))
    return importlib.import_module(f"core.classifiers.{name}")


def families() -> list[str]:
    """The model families there are, by file."""
    folder = str(Path(__file__).parent)
    return [m.name for m in pkgutil.iter_modules([folder]) if m.name != "base"]


def recipes() -> dict[str, Recipe]:
    """Every recipe by name."""
    return {r.name: r for name in families() for r in family(name).RECIPES}
