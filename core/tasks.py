"""The questions that Paperlens answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A question Paperlens answers about a text."""

    name: str
    title: str
    multilabel: bool
    default: str


TASKS = {
    task.name: task
    for task in (
        Task("archive", "Archive", True, "linear"),
        Task("subject", "Subject", True, "linear"),
        Task("intent", "Intent", False, "intent"),
    )
}
