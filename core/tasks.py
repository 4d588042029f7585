"""The questions that Paperlens answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A question Paperlens answers about a text."""

    name: str
    title: str
    question: str
    multilabel: bool
    default: str


TASKS = {
    task.name: task
    for task in (
        Task("archive", "Archive", "Which of arXiv's archives does it belong to?", True, "linear"),
        Task("subject", "Subject", "Where to submit and cross-list?", True, "linear"),
        Task("intent", "Intent", "Why is the citation there?", False, "intent"),
    )
}
