"""The contract of every classifier, and what follows from its scores alone."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.cards import Card


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


class Classifier(ABC):
    """A trained model. Texts are those of `core.text.documents`; labels are the task's codes.

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
    def load(cls, folder: Path, card: Card) -> "Classifier":
        """Read the files that `save` wrote; the caller has checked their checksums."""

    def explain(self, text: str, label: str) -> Explanation:
        """Which words speak for and against a label.

        Raises NotImplementedError where `can_explain` is false.
        """
        raise NotImplementedError(f"{self.name} cannot give reasons.")


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
