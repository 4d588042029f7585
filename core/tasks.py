"""The classification tasks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A classification task.

    default: the name of the default model; headlines: the metrics shown in lists of models.
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
