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
from core.text import typicality
from core.text.tfidf import TfidfVectorizer

PARTS = {"primary": "softmax", "subject": "linear", "archive": "linear"}
"""The model that is asked for each task, in the order of their logits."""


class Parts:
    """The linear models of the three tasks, which share one vocabulary, as one matrix.

    labels: by task; starts: the first column of each task in `weights`, (columns, all labels).
    """

    def __init__(self, models: dict[str, Any]) -> None:
        self.models = models
        self.labels: dict[str, tuple[str, ...]] = {t: m.labels for t, m in models.items()}
        self.vectorizer: TfidfVectorizer = models["primary"].vectorizer
        self.weights = sp.hstack([m.weights for m in models.values()], format="csr")
        self.bias = np.concatenate([m.bias for m in models.values()])
        ends = np.cumsum([len(labels) for labels in self.labels.values()])
        self.columns = {
            task: slice(end - len(self.labels[task]), end)
            for task, end in zip(self.labels, ends.tolist(), strict=True)
        }
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

    def logits(self, rows: sp.csr_matrix) -> np.ndarray:
        """The logits of all parts for TF-IDF rows; float32 (n, all labels)."""
        # Twice as fast as a product of two sparse matrices.
        columns, indices = np.unique(rows.indices, return_inverse=True)
        shape = rows.shape[0], len(columns)
        local = sp.csr_matrix((rows.data, indices.astype(np.int32), rows.indptr), shape=shape)
        return local @ self.weights[columns].toarray() + self.bias


def _index(numbers: dict[str, int], labels: Any) -> np.ndarray:
    return np.array([numbers.get(label, -1) for label in labels], int)


def load_parts() -> tuple[Parts, dict[str, Version]]:
    """The parts that are installed, and their versions. Raises ModelError."""
    found = {task: cards.find(task, name) for task, name in PARTS.items()}
    versions = {task: cards.version(card) for task, card in found.items()}
    return _parts(tuple(versions.items())), versions


@lru_cache(2)
def _parts(versions: tuple[tuple[str, Version], ...]) -> Parts:
    models = {task: store.load(cards.find(task, PARTS[task])) for task, _ in versions}
    vocabularies = {model.vectorizer.words for model in models.values()}
    if len(vocabularies) > 1:
        raise cards.ModelError(
            "The models {names} were trained on different papers; train all of them on the same.",
            names=", ".join(f"{task}/{name}" for task, name in PARTS.items()),
        )
    return Parts(models)


def checksums(versions: dict[str, Version]) -> dict[str, dict[str, str]]:
    """The checksums of the parts' files, for the blend's card."""
    return {f"{task}/{PARTS[task]}": dict(version[0]) for task, version in versions.items()}


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

    primary: the factors of three logits (of the softmax, the subject, the archive), (3,);
    primary_bias: (categories,); recency: weights of the vocabulary's columns and a bias that tell
    papers since 2024 from older ones, (columns + 1,); sharpness: the logits of the primary are
    multiplied by exp of it @ (1, h, r, h * r), h their entropy and r how recent the text reads,
    (4,); subject: of each subject the factors of its own log-odds, of the log of its probability
    as primary and of r, and the offset, (subjects, 4); subject_sharpness: likewise for all its
    subjects' log-odds, (4,); archive: as `subject`, for the probability of a primary in the
    archive, and then the factor of the largest log-odds of its subjects, (archives, 5);
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
            primary=np.array([1.0, 0.0, 0.0]),
            primary_bias=np.zeros(len(parts.labels["primary"])),
            recency=np.zeros(parts.vectorizer.size + 1, np.float32),
            sharpness=np.zeros(4),
            subject=np.tile([1.0, 0.0, 0.0, 0.0], (subjects, 1)),
            subject_sharpness=np.zeros(4),
            archive=np.tile([1.0, 0.0, 0.0, 0.0, 0.0], (archives, 1)),
            subject_thresholds=np.zeros(subjects, np.float32),
            archive_thresholds=np.zeros(archives, np.float32),
            quantiles=np.zeros((1, len(prediction_sets.LEVELS)), np.float32),
            typicality=np.zeros(typicality.FEATURES + 1),
            typical_from=np.zeros(2),
        )
