"""Runs a server's trainings in the background, one at a time."""

import atexit
import threading
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from core import settings
from core.cards import Card
from core.classifiers import store
from core.jobs import RUNNING
from core.messages import Message, PaperlensError
from core.training.recipe import Recipe
from core.training.runs import TrainingRun

MAX_RUNS = 20
"""The maximum number of runs remembered."""
GRACE = 5.0
"""Seconds to wait for the run to stop at shutdown."""


class Busy(PaperlensError):
    """Another training is under way."""


class TrainingQueue:
    """Trains one run at a time, in a thread; its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._runs: list[TrainingRun] = []
        # At exit Python would kill a daemon thread while TensorFlow is working.
        atexit.register(self.close)

    def start(self, run: TrainingRun, data: Path) -> None:
        """Begin a run. Raises Busy while another one is under way."""
        with self._lock:
            if current := self.current:
                raise Busy(
                    "{model} is being trained on this server; one run goes at a time. Try again "
                    "once it has ended.",
                    model=Message(current.recipe.label),
                )
            run.number = run.number or next(self._numbers)
            run.start(partial(_train, run, data))
            for other in self._runs:
                other.checkpoint = None  # it can be hundreds of megabytes
            others = (other for other in self._runs if other.number != run.number)
            self._runs = [run, *others][:MAX_RUNS]

    @property
    def current(self) -> TrainingRun | None:
        """The run under way."""
        return next((run for run in self._runs if run.status == RUNNING), None)

    def runs(self) -> list[TrainingRun]:
        """The remembered runs, latest first."""
        return self._runs

    def close(self, seconds: float = GRACE) -> None:
        """Stop the current run, and wait for it, at most `seconds`."""
        if run := self.current:
            run.stop()
            run.wait(seconds)


def _train(run: TrainingRun, data: Path) -> Card:
    """Train, and save the model among those trained here."""
    recipe = run.recipe
    try:
        trained = recipe.train(data, run.task, run)
        trained.model.name = name = live_name(recipe)
        return store.save(
            replace(trained, history=trained.history or run.history),
            replace(recipe, name=name, label=live_label(recipe)),
            settings.live_folder() / trained.model.task / name,
            run.seconds,
        )
    finally:
        if not run.stopping:
            run.checkpoint = None


def live_name(recipe: Recipe) -> str:
    """The name of a model trained on this server, distinct from its recipe's shipped one."""
    return f"{recipe.name}-live"


def live_label(recipe: Recipe) -> str:
    """The label of such a model on its card, in English."""
    return f"{recipe.label}, trained here"
