"""The interface of classifiers, and explanations."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.text.tfidf import TfidfVectorizer

VOCABULARY = "words.txt"
"""The file of a model's words, one per line."""


@dataclass(frozen=True)
class TokenAttribution:
    """A word of the text, `text[start:end]`, and its contribution to a label's log-odds."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class FeatureAttribution:
    """A word or pair of words, and the contribution of all its occurrences to the log-odds."""

    term: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """Why a label got its score: log-odds = bias + sum of features = bias + sum of tokens.

    against: for single-label tasks the label that is compared with, otherwise empty.
    """

    label: str
    log_odds: float
    bias: float
    features: tuple[FeatureAttribution, ...]
    tokens: tuple[TokenAttribution, ...]
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

    def prediction_sets(self, scores: np.ndarray, confidence: float) -> np.ndarray | None:
        """The labels of each text's prediction set, bool (n, k); None for a model without.

        scores: from `predict_scores`; confidence: how often a set holds the true label.
        """
        return None

    @abstractmethod
    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,).

        A text without a known word gets no answer. A family that computes both in one pass
        overrides this.
        """
        known = np.array([self.count_known_words(text)[0] > 0 for text in texts], bool)
        return self.predict_scores(texts), known

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the model's files (not its card) into an existing folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, card: Card) -> "Classifier":
        """Read the files that `save` wrote; the caller has checked their checksums."""

    def explain(self, text: str, label: str) -> Explanation:
        """The contribution of each word to a label's log-odds.

        Raises NotImplementedError where `can_explain` is false.
        """
        raise NotImplementedError(f"{self.name} cannot explain its scores.")


def write_words(folder: Path, words: Sequence[str]) -> None:
    """Write a model's vocabulary as text."""
    (folder / VOCABULARY).write_text("\n".join(words) + "\n", encoding="utf-8")


def read_words(folder: Path) -> tuple[str, ...]:
    """Read what `write_words` wrote."""
    return tuple((folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1])


def explain_columns(
    vectorizer: TfidfVectorizer, text: str, label: str, bias: float, contributions: np.ndarray
) -> Explanation:
    """Explain a label's score; contributions: of each column to its log-odds, (size,)."""
    columns = np.flatnonzero(contributions)
    columns = columns[np.argsort(-np.abs(contributions[columns]), kind="stable")]
    return Explanation(
        label,
        bias + float(contributions.sum()),
        bias,
        tuple(FeatureAttribution(vectorizer.name(i), float(contributions[i])) for i in columns),
        tuple(
            TokenAttribution(token.start, token.end, weight)
            for token, weight in vectorizer.attribute_to_tokens(text, contributions)
            if weight
        ),
    )


def explain_row(
    vectorizer: TfidfVectorizer,
    text: str,
    label: str,
    bias: float,
    row: sp.csr_matrix,
    weights: np.ndarray,
) -> Explanation:
    """Explain a label's score by a text's TF-IDF row, (1, size), and weights, (size,)."""
    contributions = np.zeros(vectorizer.size)
    contributions[row.indices] = row.data * weights[row.indices]
    return explain_columns(vectorizer, text, label, bias, contributions)


def runner_up(logits: np.ndarray, label: int) -> int:
    """The index of the highest of the logits (k,) apart from `label`."""
    others = logits.astype(np.float64).copy()
    others[label] = -np.inf
    return int(others.argmax())


def explanation_against(
    text: str, label: str, other: str, bias: float, tokens: Sequence[TokenAttribution]
) -> Explanation:
    """Explain by the words of the text why a label is likelier than another."""
    by_word: dict[str, float] = {}
    for token in tokens:
        word = text[token.start : token.end]
        by_word[word] = by_word.get(word, 0.0) + token.weight
    features = [FeatureAttribution(word, weight) for word, weight in by_word.items()]
    features.sort(key=lambda feature: -abs(feature.weight))
    log_odds = bias + sum(token.weight for token in tokens)
    return Explanation(label, log_odds, bias, tuple(features), tuple(tokens), other)
