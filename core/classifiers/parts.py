"""What a blend is made of: the linear models of three tasks, and what was learnt on top."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from core import cards, taxonomy
from core.cards import Version
from core.classifiers import store
from core.evaluation import prediction_sets
from core.text import tfidf, typicality
from core.text.sparse_product import Weights
from core.text.tfidf import TfidfVectorizer

PARTS = {
    "primary": "softmax",
    "subject": "linear",
    "archive": "linear",
}
"""The linear model of each task."""
NETWORK = ("primary", "wide-mlp")
"""The model that answers for all three tasks, by its task and name."""


class Parts:
    """Linear models of the three tasks, and a network that answers for all three.

    All have one vocabulary, of which the network has a part.
    labels: by task; columns: where each task's logits are among those of all parts, first of the
    linear models, then of the network.
    """

    def __init__(self, models: dict[str, Any], network: Any) -> None:
        self.models, self.network = models, network
        self.labels: dict[str, tuple[str, ...]] = {t: m.labels for t, m in models.items()}
        self.vectorizer: TfidfVectorizer = models["primary"].vectorizer
        self.weights = sp.hstack([m.weights for m in models.values()], format="csr")
        self.bias = np.concatenate([m.bias for m in models.values()])
        self._product = Weights(self.weights, self.vectorizer.idf)
        self._network_columns = tfidf.columns_of(network.vectorizer, self.vectorizer)
        self.columns: dict[str, slice] = {}
        end = 0
        for source in ("", "network "):
            for task, labels in self.labels.items():
                self.columns[source + task] = slice(end, end := end + len(labels))
        canonical = {label: i for i, label in enumerate(self.labels["primary"])}
        subjects, archives = self.labels["subject"], self.labels["archive"]
        archive_index = {label: i for i, label in enumerate(archives)}
        # For each label of one task the label of another, -1 for none.
        self.primary_of_subject = _index(canonical, map(taxonomy.canonical, subjects))
        self.archive_of_subject = _index(archive_index, map(taxonomy.archive_of, subjects))
        self.archive_of_primary = _index(
            archive_index, map(taxonomy.archive_of, self.labels["primary"])
        )
        self.subject_of_primary = _index(
            {label: i for i, label in enumerate(subjects)}, self.labels["primary"]
        )

    def counts(self, texts: Sequence[str]) -> tuple[sp.csr_matrix, np.ndarray]:
        """The columns of texts, and their numbers of words."""
        return self.vectorizer.counts_and_lengths(texts)

    def logits(self, rows: sp.csr_matrix, counts: sp.csr_matrix) -> np.ndarray:
        """The logits of all parts, float32 (n, all labels); rows: TF-IDF of the counts."""
        linear = self._product.product(rows) + self.bias
        return np.hstack([linear, self.network.network.logits(self._network_rows(counts))])

    def contributions(
        self, row: sp.csr_matrix, counts: sp.csr_matrix, direction: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Of each column to `logits @ direction` of one text, (columns,), and the bias.

        Exact, since the network is linear for given active units.
        """
        size = len(self.bias)
        out = np.zeros(self.vectorizer.size)
        out[row.indices] = row.data * (self.weights[row.indices] @ direction[:size])
        network_row = self._network_rows(counts)
        weights, bias = self.network.network.linearised(network_row, direction[size:])
        columns = network_row.indices
        np.add.at(out, self._network_columns[columns], network_row.data * weights[columns])
        return out, float(self.bias @ direction[:size]) + bias

    def _network_rows(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        return self.network.vectorizer.tfidf(counts[:, self._network_columns])


def _index(numbers: dict[str, int], labels: Any) -> np.ndarray:
    return np.array([numbers.get(label, -1) for label in labels], int)


MODELS = (*PARTS.items(), NETWORK)
"""The task and name of each part."""


def load_parts() -> tuple[Parts, dict[str, dict[str, str]]]:
    """The parts that are installed, and the checksums of their files. Raises ModelError."""
    found = [cards.find(task, name) for task, name in MODELS]
    parts = _parts(tuple(map(cards.version, found)))
    # Curves may be measured again; answers do not depend on them.
    return parts, {
        f"{card.task}/{card.name}": {f: card.files[f] for f in card.files if f != cards.CURVES}
        for card in found
    }


@lru_cache(2)
def _parts(versions: tuple[Version, ...]) -> Parts:
    *linear, network = [store.load(cards.find(task, name)) for task, name in MODELS]
    models = dict(zip(PARTS, linear, strict=True))
    vocabularies = {frozenset(model.vectorizer.words) for model in linear}
    others = tuple(models["subject"].labels + models["archive"].labels)
    if (
        len(vocabularies) > 1
        or not vocabularies.pop().issuperset(network.vectorizer.words)
        or (network.labels, network.others) != (models["primary"].labels, others)
    ):
        raise cards.ModelError(
            "The models {names} were trained on different papers; train all of them on the same.",
            names=", ".join("/".join(model) for model in MODELS),
        )
    return Parts(models, network)


@dataclass(frozen=True)
class Scores:
    """Probabilities of papers for each task, float32 (n, k), that agree with each other.

    typical: how much each text is like an abstract on arXiv, log-odds, float64 (n,);
    known: which texts have a known word, bool (n,).
    """

    primary: np.ndarray
    subject: np.ndarray
    archive: np.ndarray
    typical: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class Stack:
    """What is learnt on top of the parts (stacking, Wolpert 1992), on papers new to them.

    primary: the factors of four logits (softmax, subject, archive, network), (4,);
    primary_bias: (categories,); recency: weights of the vocabulary's columns and a bias that tell
    papers since 2024 from older ones, (columns + 1,); sharpness: the logits of the primary are
    multiplied by exp of it @ (1, h, r, h * r), h their entropy and r how recent the text reads,
    (4,); subject: of each subject the factors of its log-odds by the linear model and by the
    network, of the log of its probability as primary and of r, and the offset, (subjects, 5);
    subject_sharpness: as `sharpness`, of all log-odds of subjects, (4,); archive: as `subject`,
    and before r the factor of the largest log-odds of its subjects, (archives, 6);
    quantiles: of `prediction_sets.calibrate`, a row for each archive of a category; typicality: of
    `typicality.learn`; typical_from: the margins of typicality from which a text is taken for a
    paper, and for certainly one, (2,).
    """

    primary: np.ndarray
    primary_bias: np.ndarray
    recency: np.ndarray
    sharpness: np.ndarray
    subject: np.ndarray
    subject_sharpness: np.ndarray
    archive: np.ndarray
    subject_thresholds: np.ndarray
    archive_thresholds: np.ndarray
    quantiles: np.ndarray
    typicality: np.ndarray
    typical_from: np.ndarray

    def save(self, file: Path) -> None:
        """Write the numbers as .npz."""
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(file, allow_pickle=False, **numbers)

    @classmethod
    def load(cls, file: Path) -> "Stack":
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})

    @classmethod
    def untrained(cls, parts: Parts) -> "Stack":
        """A stack that changes nothing."""
        subjects, archives = len(parts.labels["subject"]), len(parts.labels["archive"])
        return cls(
            primary=np.array([1.0, 0.0, 0.0, 0.0]),
            primary_bias=np.zeros(len(parts.labels["primary"])),
            recency=np.zeros(parts.vectorizer.size + 1, np.float32),
            sharpness=np.zeros(4),
            subject=np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (subjects, 1)),
            subject_sharpness=np.zeros(4),
            archive=np.tile([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], (archives, 1)),
            subject_thresholds=np.zeros(subjects, np.float32),
            archive_thresholds=np.zeros(archives, np.float32),
            quantiles=np.zeros((1, len(prediction_sets.LEVELS)), np.float32),
            typicality=np.zeros(typicality.FEATURES + 1),
            typical_from=np.zeros(2),
        )
