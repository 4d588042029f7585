"""Training loop around Keras: seeds, checkpoints, early stopping."""

import inspect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.training.recipe import Diverged
from core.training.runs import TrainingRun

if TYPE_CHECKING:
    import keras
    import numpy as np

RANDOM_INITIALIZERS = {
    "glorot_uniform": "GlorotUniform",
    "orthogonal": "Orthogonal",
    "uniform": "RandomUniform",
}
"""Keras' names of seeded initialisers, and their classes."""


class SeededLayers:
    """Creates Keras layers whose initial weights and dropout depend on one seed.

    By default a layer draws its seeds from Python's global generator, and
    `keras.utils.set_random_seed` also seeds NumPy's, for every thread of the server.
    """

    def __init__(self, seed: int) -> None:
        self._seeds = random.Random(seed)

    def __call__(
        self, kind: "type[keras.layers.Layer]", *args: Any, **options: Any
    ) -> "keras.layers.Layer":
        """A layer of class `kind`, with the arguments of its constructor."""
        for name, parameter in inspect.signature(kind).parameters.items():
            if name == "seed":
                options[name] = self._seed()
            elif name.endswith("_initializer") and parameter.default in RANDOM_INITIALIZERS:
                options[name] = {
                    "class_name": RANDOM_INITIALIZERS[parameter.default],
                    "config": {"seed": self._seed()},
                }
        return kind(*args, **options)

    def _seed(self) -> int:
        return self._seeds.randrange(1, 10**9)


def seed_order(seed: int) -> None:
    """Seed the order in which `Model.fit` shuffles its samples.

    It uses TensorFlow's global generator, which nothing else on a server uses.
    """
    import tensorflow as tf

    tf.random.set_seed(seed)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a Keras training after an epoch.

    state: the values of all its variables, in the order of `_variables`; best: the weights of the
    epoch with the lowest validation loss so far, None for a run without patience or such a loss.
    """

    state: "list[np.ndarray]"
    best: "list[np.ndarray] | None" = None


def fit(run: TrainingRun, model: "keras.Model", x: Any, y: Any, **options: Any) -> None:
    """Train a compiled, built model on arrays, from the run's checkpoint to its last epoch.

    Every epoch has its own seed, so that a resumed run has the same batches as an uninterrupted
    one. With patience the model ends with the weights of its best epoch.
    options: arguments of `Model.fit`, without epochs, batch size, callbacks and verbosity.
    Raises Stopped and Diverged.
    """
    _restore(run, model)
    report = callback(run, model)
    while len(run.history) < run.options.epochs and _improving(run):
        seed_order(run.options.seed + len(run.history))
        model.fit(x, y, batch_size=run.options.batch_size, callbacks=[report], verbose=0, **options)
    if run.checkpoint and run.checkpoint.best is not None:
        model.set_weights(run.checkpoint.best)


def callback(run: TrainingRun, model: "keras.Model") -> "keras.callbacks.Callback":
    """A Keras callback that reports each epoch to a run, and stops when the run is asked to.

    Epochs are numbered by the history; Keras counts from the start of each fit.
    """
    import keras

    class ReportEpochs(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            run.check()

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            run.check()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            figures = {name: float(value) for name, value in (logs or {}).items()}
            if not math.isfinite(figures.get("loss", 0.0)):
                raise Diverged("The loss is no longer a number; try a lower learning rate.")
            record = {"epoch": len(run.history) + 1} | figures
            best = run.checkpoint.best if run.checkpoint else None
            lowest = _lowest([*run.history, record])
            if run.options.patience is not None and lowest == len(run.history):
                best = model.get_weights()
            run.epoch(record, Checkpoint(_state(model), best))
            if not _improving(run):
                model.stop_training = True

    return ReportEpochs()


def _improving(run: TrainingRun) -> bool:
    """Whether the lowest validation loss is within the run's patience."""
    patience, lowest = run.options.patience, _lowest(run.history)
    return patience is None or lowest is None or len(run.history) - 1 - lowest < patience


def _lowest(history: Sequence[dict[str, float]]) -> int | None:
    """The index of the lowest validation loss in a history, None without any."""
    losses = [record.get("val_loss", math.inf) for record in history]
    finite = [loss for loss in losses if math.isfinite(loss)]
    return losses.index(min(finite)) if finite else None


def _variables(model: "keras.Model") -> list[Any]:
    """The variables needed to resume: weights, dropout states, the optimizer's moments."""
    others = {id(v) for v in (*model.metrics_variables, *model.optimizer.variables)}
    return [*(v for v in model.variables if id(v) not in others), *model.optimizer.variables]


def _state(model: "keras.Model") -> list[Any]:
    return [variable.numpy() for variable in _variables(model)]


def _restore(run: TrainingRun, model: "keras.Model") -> None:
    """Set a compiled, built model to the run's checkpoint, if it has one."""
    if run.checkpoint is None:
        return
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_variables(model), run.checkpoint.state, strict=True):
        variable.assign(value)
