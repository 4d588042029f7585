"""Training runs: progress, the history of each epoch, stopping and going on, one run at a time."""

import threading
import time
from collections.abc import Callable
from typing import Any

from core import cards
from core.i18n import _
from core.messages import N_, Stopped
from core.training.recipe import Options, Recipe

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"


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
        self._doing: tuple[str, dict[str, Any]] | None = (N_("starting"), {})
        self.history: list[dict[str, float]] = []
        self.checkpoint: Any = None
        self.card: cards.Card | None = None
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
            return _(text).format(**values)
        return _("epoch {done} of {epochs}, {figures}").format(
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
            self.share, self._doing = 1.0, (N_("done"), {})
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
        again = TrainingRun(self.recipe, self.task, self.options, self.tell)
        again.history, again.checkpoint = self.history, self.checkpoint
        again.earlier, again.number = self.seconds, self.number
        again.share = self.share
        return again
