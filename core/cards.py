"""Model cards: what is known of each trained model, and the checksums of its files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core import settings
from core.files.checksum import sha256
from core.i18n import listed, say
from core.messages import PaperlensError
from core.tasks import TASKS

CARD = "card.json"
CURVES = "curves.json"
EMBEDDING = "embedding"
"""The folder of text modules; they stand beside the tasks and answer none."""


class ModelError(PaperlensError):
    """A model cannot be used; the message says which, why and what to do."""


@dataclass(frozen=True)
class Card:
    """What is known of a model: where it came from, what it was made of, how well it does.

    seconds: how long its training took, from reading the data to measuring on the test slices;
    None where that was not noted.
    """

    task: str
    name: str
    label: str
    summary: str
    family: str
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    data: dict[str, Any]
    parameters: dict[str, Any]
    versions: dict[str, str]
    metrics: dict[str, Any]
    files: dict[str, str]
    needs: tuple[str, ...] = ()
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float | None = None
    folder: Path = Path()

    @property
    def size(self) -> int:
        """Bytes of all the model's files."""
        return sum((self.folder / file).stat().st_size for file in self.files)


Version = tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[float, ...]]
"""What tells one training of a model from another: its files' SHA-256, labels and thresholds."""


def version(card: Card) -> Version:
    """The version of a card's model."""
    return tuple(card.files.items()), card.labels, card.thresholds


def read_card(folder: Path) -> Card:
    """The card in a model's folder; the same object for all who ask, until its file changes.

    Raises ModelError for a card that is missing, broken or of another shape.
    """
    path = folder / CARD
    try:
        written = path.stat()
        return _read_card(folder, (written.st_ino, written.st_mtime_ns, written.st_size))
    except FileNotFoundError:
        raise ModelError(say("There is no model card at {path}.", path=path)) from None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(
            say("The model card {path} cannot be read: {error}.", path=path, error=error)
        ) from None


# Every session keeps the cards that its pages have listed: a card with the figures of 155 labels
# takes a hundred kilobytes.
@lru_cache(maxsize=64)
def _read_card(folder: Path, written: tuple[int, int, int]) -> Card:
    """Read a card; `written`: what tells one state of its file from another."""
    record = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card = Card(
        **record
        | {
            "labels": tuple(record["labels"]),
            "thresholds": tuple(record["thresholds"]),
            "needs": tuple(record.get("needs", ())),
            "files": dict(record["files"]),
            "folder": folder,
        }
    )
    _check_kinds(card)
    return card


def _check_kinds(card: Card) -> None:
    """Raise TypeError for a field of another kind than every page takes it to be.

    Figures and facts are left out: a card of another version may have others, and those who draw
    them look.
    """
    texts = {name: getattr(card, name) for name in ("task", "name", "label", "summary", "family")}
    texts |= {f"{name} of labels": name for name in card.labels}
    texts |= {f"{name} of needs": name for name in card.needs}
    texts |= {f"{name} of files": checksum for name, checksum in card.files.items()}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text")
    if not all(isinstance(value, int | float) for value in card.thresholds):
        raise TypeError("a threshold is no number")
    if not isinstance(card.history, list) or not all(isinstance(e, dict) for e in card.history):
        raise TypeError("history is no list of objects")


def installed(tasks: Sequence[str] = (*TASKS, EMBEDDING)) -> tuple[list[Card], list[str]]:
    """The cards of the tasks' models, default first, and what is wrong with others.

    A model whose library is not installed is left out without a word; a damaged card is named.
    """
    cards, problems = [], []
    for path in _cards(tasks):
        try:
            card = read_card(path.parent)
        except ModelError as problem:
            problems.append(str(problem))
            continue
        if (card.task, card.name) != path.parts[-3:-1]:
            problems.append(
                say(
                    "The folder {folder} holds the card of another model, {model}; restore it from "
                    "the checkout or train again.",
                    folder="/".join(path.parts[-3:-1]),
                    model=f"{card.task}/{card.name}",
                )
            )
            continue
        missing = [file for file in card.files if not (card.folder / file).is_file()]
        if missing:
            problems.append(_lacks(card, missing[0]))
            continue
        if card.task in tasks and usable(card):
            cards.append(card)
    default = {task.name: task.default for task in TASKS.values()}
    cards.sort(key=lambda c: (tasks.index(c.task), c.name != default.get(c.task), c.name))
    return cards, problems


def _lacks(card: Card, file: str) -> str:
    return say(
        "The model {model} lacks its file {file}.", model=f"{card.task}/{card.name}", file=file
    )


def _cards(tasks: Sequence[str]) -> list[Path]:
    """Where the cards of the tasks are: those of models that ship, then of those trained here."""
    folders = (settings.models_folder(), settings.live_folder())
    return [
        path
        for folder in folders
        for task in tasks
        for path in sorted(folder.glob(f"{task}/*/{CARD}"))
    ]


def usable(card: Card) -> bool:
    """Whether the libraries that the model's family needs are installed."""
    # Of a dotted name the packages before its last dot would be imported, whatever they are.
    return all(name.isidentifier() and find_spec(name) for name in card.needs)


def find(task: str, name: str | None = None) -> Card:
    """The card of a task's model, by default the task's default model.

    Raises ModelError where there is none, with the names there are.
    """
    name = name or TASKS[task].default
    folders = {path.parent.name: path.parent for path in reversed(_cards((task,)))}
    if name not in folders:
        there = listed(sorted(folders)) or say("none; is the models folder complete?")
        raise ModelError(
            say(
                "No model for {task} is called “{name}”; installed: {there}.",
                task=task,
                name=name,
                there=there,
            )
        )
    return read_card(folders[name])


def check_files(card: Card) -> None:
    """Compare a model's files with the checksums on its card.

    Raises ModelError for a file that is missing, changed or outside the model's folder.
    """
    for file, expected in card.files.items():
        path = card.folder / file
        inside = path.resolve().is_relative_to(card.folder.resolve())
        if not inside or not path.is_file():
            raise ModelError(_lacks(card, file))
        if sha256(path) != expected:
            raise ModelError(
                say(
                    "The file {file} of the model {model} is not the one its card describes (the "
                    "checksum differs); restore it from the checkout or train again.",
                    file=file,
                    model=f"{card.task}/{card.name}",
                )
            )


def card_text(record: dict[str, Any]) -> str:
    """A card as it is written: JSON, a line a field."""
    return json.dumps(record, indent=1, ensure_ascii=False, default=json_default) + "\n"


def json_default(value: Any) -> Any:
    """JSON for NumPy's numbers and arrays."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place on a card")
