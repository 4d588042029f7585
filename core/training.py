"""Training runs: progress, the history of each epoch, stopping and going on, one run at a time."""

import atexit
import inspect
import logging
import math
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import garbage, settings, store
from core.classifiers.base import Recipe, Trained
from core.language import carry, phrase, say

if TYPE_CHECKING:
    import keras
    import numpy as np

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"
KEPT = 20
"""So many ended runs are remembered by a server."""

LONGEST_REASON = 300
"""Characters of what is told of a failure; TensorFlow's errors fill pages."""

GRACE = 5.0
"""Seconds that a server which shuts down waits for its run to stop."""

DRAWN = {
    "glorot_uniform": "GlorotUniform",
    "orthogonal": "Orthogonal",
    "uniform": "RandomUniform",
}
"""How Keras calls the first weights of layers that are drawn, and the classes that draw them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What may be set for a training; a recipe says which of them it heeds.

    sample: train on so many of the training texts, None for all; trainable: train the word vectors
    too; patience: stop after so many epochs without a lower validation loss, and take the weights
    of the epoch with the lowest; None for all epochs, and the weights of the last.
    """

    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 1e-3
    trainable: bool = False
    sample: int | None = None
    patience: int | None = None
    seed: int = 0


class Stopped(Exception):
    """The run was asked to stop; the recipe lets it through."""


class Diverged(ArithmeticError):
    """The loss is no longer a number."""


class Run:
    """One training, under way or ended. Other threads may read it, and ask it to stop.

    A run is what a recipe reports to: `run(share, text, **values)` as any progress,
    `run.epoch(record)` after an epoch. `checkpoint` is the recipe's own: what it needs to go on
    after an epoch.
    Only the thread that trains writes, and puts new values in place of old ones, never into them.
    """

    def __init__(
        self,
        recipe: Recipe,
        task: str,
        options: Options | None = None,
        tell: Callable[[float, str], None] = lambda share, words: None,
    ) -> None:
        self.recipe, self.task = recipe, task
        self.options = options or recipe.options or Options()
        self.tell = tell
        self.status, self.error = RUNNING, ""
        self.share = 0.0
        self._doing: tuple[str, dict[str, Any]] | None = (phrase("starting"), {})
        self.history: list[dict[str, float]] = []
        self.checkpoint: Any = None
        self.card: store.Card | None = None
        self.number = 0
        """Which of its server's runs it is, from 1; a run that goes on keeps its number."""
        self.started = time.monotonic()
        self.earlier = 0.0
        self._ended: float | None = None
        self._marks: tuple[float, ...] = ()
        self._stop, self._over = threading.Event(), threading.Event()

    def __call__(self, share: float, text: str, **values: Any) -> None:
        """Note how far the run is, and what it does: a text with the values that it names.

        Raises Stopped where it was asked to stop.
        """
        self.check()
        self.share, self._doing = share, (text, values)
        self.tell(share, self.words)

    @property
    def words(self) -> str:
        """What the run does, in the language of whoever asks: several visitors may look at it."""
        doing = self._doing
        if doing is not None:
            text, values = doing
            return say(text, **values)
        return say(
            "epoch {done} of {epochs}, {figures}",
            done=self.done,
            epochs=self.options.epochs,
            figures=", ".join(f"{k} {v:.3f}" for k, v in self.history[-1].items() if k != "epoch"),
        )

    def epoch(self, record: dict[str, float], checkpoint: Any = None) -> None:
        """Note an epoch's figures and what is needed to go on from it. Raises Stopped."""
        self._marks = (*self._marks, time.monotonic())
        self.checkpoint = checkpoint
        self.history = [*self.history, record]
        self.check()
        self.share, self._doing = self.done / self.options.epochs, None
        self.tell(self.share, self.words)

    @property
    def done(self) -> int:
        """The number of the last epoch that has ended; a recipe may report every other one."""
        return int(self.history[-1].get("epoch", len(self.history))) if self.history else 0

    def check(self) -> None:
        """Raise Stopped where the run was asked to stop."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the run to stop; it does so within a batch, or where it next reports."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop and has not ended yet."""
        return self._stop.is_set() and self.status == RUNNING

    def end(self, status: str, error: str = "") -> None:
        """Note how the run ended."""
        self._ended = time.monotonic()
        if status == DONE:
            self.share, self._doing = 1.0, (phrase("done"), {})
        self.error, self.status = error, status
        self._over.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the run has ended, at most so long; whether it has."""
        return self._over.wait(seconds)

    @property
    def seconds(self) -> float:
        """How long the run has taken, the time before it was stopped included."""
        return self.earlier + (self._ended or time.monotonic()) - self.started

    @property
    def left(self) -> float | None:
        """Seconds until the last epoch ends, if all take as long as those so far.

        None before the first epoch of this run has ended, and once the run has.
        """
        marks, now = self._marks, time.monotonic()
        if not marks or self.status != RUNNING:
            return None
        # The time before the first epoch went into reading and imports, which come once.
        took = (marks[-1] - marks[0]) / (len(marks) - 1) if marks[1:] else marks[0] - self.started
        return max(0.0, took * (self.options.epochs - self.done) - (now - marks[-1]))

    @property
    def can_go_on(self) -> bool:
        """Whether the run was stopped where it can be taken up again."""
        return self.status == STOPPED and (self.checkpoint is not None or not self.history)

    def onward(self) -> "Run":
        """A run that goes on where this stopped one was."""
        again = Run(self.recipe, self.task, self.options, self.tell)
        again.history, again.checkpoint = self.history, self.checkpoint
        again.earlier, again.number = self.seconds, self.number
        again.share = self.share
        return again


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
    garbage.freeze_keras()
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
                raise Diverged(say("The loss is no longer a number; try a lower learning rate."))
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


class Busy(Exception):
    """Another run is under way."""


class Desk:
    """Where a server trains: one run at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self.current: Run | None = None
        self.ended: list[Run] = []
        # Python stops such a thread anywhere when it ends, TensorFlow's in the midst of its work.
        atexit.register(self.close)

    def start(self, run: Run, data: Path) -> None:
        """Begin a run. Raises Busy while another one is under way."""
        with self._lock:
            if self.current:
                raise Busy(
                    say(
                        "{model} is being trained on this server; one run goes at a time. Try "
                        "again once it has ended.",
                        model=say(self.current.recipe.label),
                    )
                )
            if not run.number:
                self._count += 1
                run.number = self._count
            thread = threading.Thread(
                target=carry(self._work), args=(run, data), name=f"run-{run.number}", daemon=True
            )
            # The new thread waits for the lock before it ends; where none starts, nothing changed.
            thread.start()
            self.current = run
            self.ended = [other for other in self.ended if other.number != run.number]

    def runs(self) -> list[Run]:
        """Every run that is remembered, latest first, the one under way before all."""
        with self._lock:
            return [*([self.current] if self.current else []), *self.ended]

    def close(self, seconds: float = GRACE) -> None:
        """Stop the run under way, and wait for it, at most so long."""
        run = self.current
        if run:
            run.stop()
            run.wait(seconds)

    def _work(self, run: Run, data: Path) -> None:
        status, error = FAILED, ""
        try:
            trained = run.recipe.train(data, run.task, run)
            run.card = keep(
                replace(trained, history=trained.history or run.history), run.recipe, run.seconds
            )
            status, error = DONE, ""
        except Stopped:
            status, error = STOPPED, ""
        except BaseException as problem:
            # Whatever a recipe raises, an exit too, ends its run and nothing else.
            log.exception("run %d (%s) failed", run.number, run.recipe.name)
            error = reason(problem)
        finally:
            self._end(run, status, error)

    def _end(self, run: Run, status: str, error: str) -> None:
        with self._lock:
            # A checkpoint can be hundreds of megabytes: only the run stopped last keeps its own.
            for other in self.ended if status == STOPPED else [run]:
                other.checkpoint = None
            self.current = None
            self.ended = [run, *self.ended][:KEPT]
            run.end(status, error)


def reason(problem: BaseException) -> str:
    """Why a run failed, in one line; of an error that is not Paperlens' own also its kind."""
    kind = type(problem)
    words = " ".join(str(problem).split())
    if len(words) > LONGEST_REASON:
        words = f"{words[: LONGEST_REASON - 1]}…"
    if kind.__module__.startswith("core.") and words:
        return words
    return f"{kind.__name__}: {words}" if words else f"{kind.__name__}."


def live_name(recipe: Recipe) -> str:
    """What a model trained on this server is called, beside the shipped one of its recipe."""
    return f"{recipe.name}-live"


def live_label(recipe: Recipe) -> str:
    """What its card calls such a model, in English as all cards."""
    return f"{recipe.label}, trained here"


def keep(trained: Trained, recipe: Recipe, seconds: float) -> store.Card:
    """Save a model trained on this server where it can be tried and takes nothing's place."""
    name = live_name(recipe)
    trained.model.name = name
    named = replace(recipe, name=name, label=live_label(recipe))
    folder = settings.live_folder() / trained.model.task / name
    return store.save(trained, named, folder, seconds)
