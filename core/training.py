"""Training runs: progress, the history of each epoch, stopping and going on, one run at a time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import settings, store
from core.classifiers.base import Recipe, Trained

if TYPE_CHECKING:
    import keras

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"
KEPT = 20
"""So many ended runs are remembered by a server."""


@dataclass(frozen=True)
class Options:
    """What may be set for a training; a recipe says which of them it heeds.

    sample: train on so many of the training texts, None for all; trainable: train the word vectors
    too; patience: stop after so many epochs without a lower validation loss, None for never.
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


class Run:
    """One training, under way or ended. Other threads may read it, and ask it to stop.

    A run is what a recipe reports to: `run(share, words)` as any progress, `run.epoch(record)`
    after an epoch. `checkpoint` is the recipe's own: what it needs to go on after an epoch.
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
        self.share, self.words = 0.0, "starting"
        self.history: list[dict[str, float]] = []
        self.checkpoint: Any = None
        self.card: store.Card | None = None
        self.started = time.monotonic()
        self.earlier = 0.0
        self._ended: float | None = None
        self._stop = threading.Event()

    def __call__(self, share: float, words: str) -> None:
        """Note how far the run is. Raises Stopped where it was asked to stop."""
        self.check()
        self.share, self.words = share, words
        self.tell(share, words)

    def epoch(self, record: dict[str, float], checkpoint: Any = None) -> None:
        """Note an epoch's figures and what is needed to go on from it. Raises Stopped."""
        self.history = [*self.history, record]
        self.checkpoint = checkpoint
        self(
            len(self.history) / self.options.epochs,
            f"epoch {len(self.history)} of {self.options.epochs}, "
            + ", ".join(f"{k} {v:.3f}" for k, v in record.items() if k != "epoch"),
        )

    def check(self) -> None:
        """Raise Stopped where the run was asked to stop."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the run to stop; it does so within a batch."""
        self._stop.set()

    def end(self, status: str, error: str = "") -> None:
        """Note how the run ended."""
        self._ended = time.monotonic()
        self.status, self.error = status, error

    @property
    def seconds(self) -> float:
        """How long the run has taken, the time before it was stopped included."""
        return self.earlier + (self._ended or time.monotonic()) - self.started

    @property
    def left(self) -> float | None:
        """Seconds until the last epoch ends, if all take as long as those so far."""
        done = len(self.history)
        if not done or self.status != RUNNING:
            return None
        return self.seconds / done * (self.options.epochs - done)

    def onward(self) -> "Run":
        """A run that goes on where this stopped one was."""
        again = Run(self.recipe, self.task, self.options, self.tell)
        again.history, again.checkpoint = self.history, self.checkpoint
        again.earlier = self.seconds
        return again


def callback(run: Run, model: "keras.Model") -> "keras.callbacks.Callback":
    """A Keras callback that reports each epoch to a run, and stops where the run is asked to."""
    import keras

    class Report(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            run.check()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            record = {"epoch": len(run.history) + 1} | {
                k: float(v) for k, v in (logs or {}).items()
            }
            weights = (model.get_weights(), [v.numpy() for v in model.optimizer.variables])
            run.epoch(record, weights)
            if not _improving(run):
                model.stop_training = True

    return Report()


def _improving(run: Run) -> bool:
    """Whether the lowest validation loss lies within the run's patience."""
    patience = run.options.patience
    losses = [record["val_loss"] for record in run.history if "val_loss" in record]
    return patience is None or not losses or len(losses) - losses.index(min(losses)) <= patience


def restore(run: Run, model: "keras.Model") -> None:
    """Give a compiled, built model the weights of the run's checkpoint, if it has one."""
    if run.checkpoint is None:
        return
    weights, optimizer = run.checkpoint
    model.set_weights(weights)
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, optimizer, strict=True):
        variable.assign(value)


class Busy(Exception):
    """Another run is under way."""


class Desk:
    """Where a server trains: one run at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.current: Run | None = None
        self.ended: list[Run] = []

    def start(self, run: Run, data: Path) -> None:
        """Begin a run. Raises Busy while another one is under way."""
        with self._lock:
            if self.current:
                raise Busy(
                    f"{self.current.recipe.label} is being trained on this server; one run goes "
                    "at a time. Try again once it has ended."
                )
            self.current = run
        threading.Thread(target=self._work, args=(run, data), daemon=True).start()

    def _work(self, run: Run, data: Path) -> None:
        try:
            trained = run.recipe.train(data, run.task, run)
            run.card = keep(trained, run.recipe)
            run.end(DONE)
        except Stopped:
            run.end(STOPPED)
        except Exception as problem:
            # Whatever a recipe raises ends its run, never the server.
            run.end(FAILED, " ".join(str(problem).split()) or type(problem).__name__)
        finally:
            with self._lock:
                self.current = None
                self.ended = [run, *self.ended][:KEPT]


def live_name(recipe: Recipe) -> str:
    """What a model trained on this server is called, beside the shipped one of its recipe."""
    return f"{recipe.name}-live"


def keep(trained: Trained, recipe: Recipe) -> store.Card:
    """Save a model trained on this server where it can be tried and takes nothing's place."""
    name = live_name(recipe)
    trained.model.name = name
    named = replace(recipe, name=name, label=f"{recipe.label}, trained here")
    return store.save(trained, named, settings.live_folder() / trained.model.task / name)
