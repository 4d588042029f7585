"""Trainings in the background, one at a time."""

import atexit
import logging
import threading
from dataclasses import replace
from pathlib import Path

from core import cards, settings
from core.classifiers import store
from core.i18n import carry, say
from core.messages import PaperlensError, Stopped
from core.training.recipe import Recipe, TrainingResult
from core.training.runs import DONE, FAILED, STOPPED, Run

KEPT = 20
"""So many ended runs are remembered by a server."""


LONGEST_REASON = 300
"""Characters of what is told of a failure; TensorFlow's errors fill pages."""


GRACE = 5.0
"""Seconds that a server which shuts down waits for its run to stop."""


log = logging.getLogger(__name__)


class Busy(PaperlensError):
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


def keep(trained: TrainingResult, recipe: Recipe, seconds: float) -> cards.Card:
    """Save a model trained on this server where it can be tried and takes nothing's place."""
    name = live_name(recipe)
    trained.model.name = name
    named = replace(recipe, name=name, label=live_label(recipe))
    folder = settings.live_folder() / trained.model.task / name
    return store.save(trained, named, folder, seconds)
