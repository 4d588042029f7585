"""The classification tasks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A classification task.

    defaults: the names of the default model, the first that is installed counts; headlines: the
    metrics shown in lists of models.
    """

    name: str
    title: str
    multilabel: bool
    defaults: tuple[str, ...]
    headlines: tuple[str, ...]


_MULTILABEL = ("micro_f1", "macro_f1_live", "ece_top")
TASKS = {
    task.name: task
    for task in (
        Task("archive", "Archive", True, ("blend", "linear"), _MULTILABEL),
        Task("subject", "Subject", True, ("blend", "linear"), _MULTILABEL),
        Task(
            "primary",
            "Primary",
            False,
            ("blend", "softmax"),
            ("accuracy", "top3_accuracy", "ece_top"),
        ),
        Task("intent", "Intent", False, ("intent",), ("accuracy", "macro_f1", "ece")),
    )
}
