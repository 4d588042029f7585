"""The questions that Paperlens answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A question Paperlens answers about a text.

    default: the model that answers unless another is asked for; headlines: the figures that a list
    of models shows.
    """

    name: str
    title: str
    multilabel: bool
    default: str
    headlines: tuple[str, ...]


_MULTILABEL = ("micro_f1", "macro_f1_live", "ece")
TASKS = {
    task.name: task
    for task in (
        Task("archive", "Archive", True, "linear", _MULTILABEL),
        Task("subject", "Subject", True, "linear", _MULTILABEL),
        Task("intent", "Intent", False, "intent", ("accuracy", "macro_f1", "ece")),
    )
}
