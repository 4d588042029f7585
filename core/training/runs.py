"""Training runs, which can be stopped and resumed."""

import time
from collections.abc import Callable
from typing import Any

from core.jobs import RUNNING, STOPPED, Job
from core.messages import N_, Message
from core.training.recipe import Options, Recipe


class TrainingRun(Job):
    """A training of a recipe, which reports its epochs to it.

    history: one record per epoch; checkpoint: the recipe's state after the last of them; number:
    the run's number on its server, from 1, unchanged when it is resumed; result: on a server the
    card of the saved model.
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
        """Record an epoch's figures and the checkpoint after it. Raises Stopped."""
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
        """The number of the last epoch reported; a recipe may skip epochs."""
        return int(self.history[-1].get("epoch", len(self.history))) if self.history else 0

    @property
    def left(self) -> float | None:
        """Estimated seconds until the last epoch ends.

        None before the first epoch has ended, and after the end of the run.
        """
        start, *ends = self._marks
        if not ends or self.status != RUNNING:
            return None
        # Time before the first epoch includes reading and imports, which are done once.
        per_epoch = (ends[-1] - ends[0]) / (len(ends) - 1) if ends[1:] else ends[0] - start
        rest = per_epoch * (self.options.epochs - self.done)
        return max(0.0, rest - (time.monotonic() - ends[-1]))

    @property
    def can_resume(self) -> bool:
        """Whether the run was stopped and can be resumed."""
        return self.status == STOPPED and (self.checkpoint is not None or not self.history)

    def resume(self) -> "TrainingRun":
        """A run that continues this stopped one; `seconds` includes this one's."""
        resumed = TrainingRun(self.recipe, self.task, self.options)
        resumed.history, resumed.checkpoint = self.history, self.checkpoint
        resumed.number, resumed.share = self.number, self.share
        resumed.started -= self.seconds
        return resumed
