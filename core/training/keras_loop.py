"""The loop around Keras: seeds, checkpoints, early stopping."""

import inspect
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.training.recipe import Diverged
from core.training.runs import Run

if TYPE_CHECKING:
    import keras
    import numpy as np

DRAWN = {
    "glorot_uniform": "GlorotUniform",
    "orthogonal": "Orthogonal",
    "uniform": "RandomUniform",
}
"""How Keras calls the first weights of layers that are drawn, and the classes that draw them."""


class SeededLayers:
    """Makes Keras layers whose first weights and dropout follow from one seed.

    Left alone, a layer takes its seeds from Python's global generator, and the way that Keras
    offers to seed that one (`keras.utils.set_random_seed`) seeds NumPy's as well, for every thread
    of the server.
    """

    def __init__(self, seed: int) -> None:
        self._seeds = random.Random(seed)

    def __call__(
        self, kind: "type[keras.layers.Layer]", *given: Any, **options: Any
    ) -> "keras.layers.Layer":
        """A layer of a kind, with arguments as its own constructor takes them."""
        for name, parameter in inspect.signature(kind).parameters.items():
            if name == "seed":
                options[name] = self._seed()
            elif name.endswith("_initializer") and parameter.default in DRAWN:
                options[name] = {
                    "class_name": DRAWN[parameter.default],
                    "config": {"seed": self._seed()},
                }
        return kind(*given, **options)

    def _seed(self) -> int:
        return self._seeds.randrange(1, 10**9)


def seed_order(seed: int) -> None:
    """Settle the order in which `Model.fit` takes the papers.

    It shuffles with TensorFlow's own generator, which nothing else on a server draws from.
    """
    import tensorflow as tf

    tf.random.set_seed(seed)


@dataclass(frozen=True)
class Checkpoint:
    """What a Keras training needs to go on after an epoch.

    state: the values of all its variables, in the order of `_variables`; best: the weights of the
    epoch with the lowest validation loss so far, None for a run without patience or such a loss.
    """

    state: "list[np.ndarray]"
    best: "list[np.ndarray] | None" = None


def fit(run: Run, model: "keras.Model", x: Any, y: Any, **options: Any) -> None:
    """Train a compiled, built model on arrays, from the run's checkpoint to its last epoch.

    Every epoch begins with a seed of its own, so that a run which was stopped and goes on sees the
    batches and dropout that it would have seen without the stop. A run with patience leaves the
    model with the weights of its best epoch. options: `Model.fit`'s, without epochs, batch size,
    callbacks and verbosity. Raises Stopped, and Diverged.
    """
    restore(run, model)
    report = callback(run, model)
    while len(run.history) < run.options.epochs and _improving(run):
        seed_order(run.options.seed + len(run.history))
        model.fit(x, y, batch_size=run.options.batch_size, callbacks=[report], verbose=0, **options)
    if run.checkpoint and run.checkpoint.best is not None:
        model.set_weights(run.checkpoint.best)


def callback(run: Run, model: "keras.Model") -> "keras.callbacks.Callback":
    """A Keras callback that reports each epoch to a run, and stops where the run is asked to.

    The epoch's number is the history's, not Keras's, which counts from where a fit began.
    """
    import keras

    class Report(keras.callbacks.Callback):
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

    return Report()


def _improving(run: Run) -> bool:
    """Whether the lowest validation loss lies within the run's patience."""
    patience, lowest = run.options.patience, _lowest(run.history)
    return patience is None or lowest is None or len(run.history) - 1 - lowest < patience


def _lowest(history: Sequence[dict[str, float]]) -> int | None:
    """Where in a history the validation loss is lowest, None where it has no such loss."""
    losses = [record.get("val_loss", math.inf) for record in history]
    # No comparison holds for a loss that is no number, so the lowest would be anywhere.
    losses = [math.inf if math.isnan(loss) else loss for loss in losses]
    return losses.index(min(losses)) if min(losses, default=math.inf) < math.inf else None


def _variables(model: "keras.Model") -> list[Any]:
    """What a model needs to go on: weights, the state of its dropout, the optimizer's moments."""
    metrics = {id(variable) for variable in model.metrics_variables}
    optimizer = {id(variable) for variable in model.optimizer.variables}
    own = [v for v in model.variables if id(v) not in metrics | optimizer]
    return [*own, *model.optimizer.variables]


def _state(model: "keras.Model") -> list[Any]:
    return [variable.numpy() for variable in _variables(model)]


def restore(run: Run, model: "keras.Model") -> None:
    """Give a compiled, built model the state of the run's checkpoint, if it has one."""
    if run.checkpoint is None:
        return
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_variables(model), run.checkpoint.state, strict=True):
        variable.assign(value)
