"""Recipes, the options of a training, and its result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.messages import PaperlensError


@dataclass(frozen=True)
class Options:
    """The settings of a training; a recipe names those that it supports.

    cleaning: of the words, one of `core.text.cleaning.CLEANINGS`;
    sample: train on so many of the training texts, None for all; trainable: train the word vectors
    too; patience: stop early, after so many epochs without a lower validation loss, and restore the
    weights of the best epoch; None for all epochs, and the weights of the last.
    """

    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 1e-3
    trainable: bool = False
    sample: int | None = None
    patience: int | None = None
    seed: int = 0
    cleaning: str = "none"


class Diverged(PaperlensError, ArithmeticError):
    """The loss became NaN or infinite."""


class Model(Protocol):
    """The part of `classifiers.base.Classifier` that evaluation and saving need."""

    name: str
    task: str
    labels: tuple[str, ...]
    thresholds: np.ndarray

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, k)."""

    def prediction_sets(self, scores: np.ndarray, confidence: float) -> np.ndarray | None:
        """The labels of each text's prediction set, bool (n, k); None for a model without."""

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""


@dataclass(frozen=True)
class TrainingResult:
    """What a recipe returns: the model, and the content of its card.

    scratch: a folder of intermediate results, removed once the model is saved; curves: by slice,
    from `core.evaluation.curves`.
    """

    model: Model
    data: dict[str, Any]
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    history: list[dict[str, float]] = field(default_factory=list)
    scratch: Path | None = None
    curves: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """How to train a model: `train(data, task, run)`.

    data: a corpus file, or a folder of them; task: one of `tasks`; run: what to report to, a
    `core.training.runs.TrainingRun` or, for a recipe without options, any `Progress`. options:
    the defaults; supported_options: those that have an effect; a recipe with `epochs` is trained
    on the dashboard too; needs: libraries that the training takes beyond
    requirements.txt, by import name.
    """

    name: str
    label: str
    summary: str
    tasks: tuple[str, ...]
    train: Callable[..., TrainingResult]
    options: Options | None = None
    supported_options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def rounded(figures: dict[str, Any]) -> dict[str, Any]:
    """Metrics rounded to five decimals, for cards."""
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()}
