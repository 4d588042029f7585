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

    sample: the number of training texts, None for all; trainable: whether word vectors are trained
    too; patience: for early stopping, the number of epochs without a lower validation loss after
    which the weights of the best epoch are restored; None to train all epochs.
    """

    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 1e-3
    trainable: bool = False
    sample: int | None = None
    patience: int | None = None
    seed: int = 0


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

    data: a corpus file, or a folder of them; task: one of `tasks`; run: reports progress, a
    `core.training.runs.TrainingRun` or, for a recipe without epochs, any `Progress`; options: the
    defaults, None for a recipe that the dashboard does not train; supported_options: those that
    have an effect; needs: required libraries beyond requirements.txt, by import name.
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
