"""A training: its epochs, and that it can be stopped and resumed."""

import time
from collections.abc import Callable
from typing import Any

from core.jobs import RUNNING, STOPPED, Job
from core.messages import N_, Message
from core.training.recipe import Options, Recipe


class TrainingRun(Job):
    """The training of a recipe, which reports to it.

    history: a record an epoch; checkpoint: the recipe's own, what it needs to go on after the last
    of them; number: which of its server's runs it is, from 1, kept when it is resumed; result: on a
    server the card of the saved model.
    """

    def __init__(
        self,
        recipe: Recipe,
        task: str,
        options: Options | None = None,
        on_progress: Callable[[float, Message], None] | None = None,
    ) -> None:
        super().__init__(on_progress)
        self.recipe, self.task = recipe, task
        self.options = options or recipe.options or Options()
        self.history: list[dict[str, float]] = []
        self.checkpoint: Any = None
        self.number = 0
        self._marks = (self.started,)

    def epoch(self, record: dict[str, float], checkpoint: Any = None) -> None:
        """Note an epoch's figures and what is needed to resume after it. Raises Stopped."""
        self._marks = (*self._marks, time.monotonic())
        self.checkpoint = checkpoint
        self.history = [*self.history, record]
        self(
            self.done / self.options.epochs,
            N_("epoch {done} of {epochs}, {figures}"),
            done=self.done,
            epochs=self.options.epochs,
            figures=", ".join(f"{k} {v:.3f}" for k, v in record.items() if k != "epoch"),
        )

    @property
    def done(self) -> int:
        """The number of the last epoch that has ended; a recipe may report every other one."""
        return int(self.history[-1].get("epoch", len(self.history))) if self.history else 0

    @property
    def left(self) -> float | None:
        """Seconds until the last epoch ends, if all take as long as those so far.

        None before the first epoch of this run has ended, and once the run has.
        """
        start, *ends = self._marks
        if not ends or self.status != RUNNING:
            return None
        # The time before the first epoch went into reading and imports, which come once.
        took = (ends[-1] - ends[0]) / (len(ends) - 1) if ends[1:] else ends[0] - start
        return max(0.0, took * (self.options.epochs - self.done) - (time.monotonic() - ends[-1]))

    @property
    def can_resume(self) -> bool:
        """Whether the run was stopped where it can be taken up again."""
        return self.status == STOPPED and (self.checkpoint is not None or not self.history)

    def resume(self) -> "TrainingRun":
        """A run that goes on where this stopped one was; `seconds` includes this one's."""
        again = TrainingRun(self.recipe, self.task, self.options)
        again.history, again.checkpoint = self.history, self.checkpoint
        again.number, again.share = self.number, self.share
        again.started -= self.seconds
        return again
