"""Model cards: metadata of each trained model, and the checksums of its files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core import settings
from core.files.checksum import sha256
from core.files.json_shape import (
    dict_of,
    is_count,
    is_number,
    is_text,
    list_of,
    optional,
    record_of,
)
from core.messages import Message, PaperlensError
from core.tasks import TASKS

CARD = "card.json"
CURVES = "curves.json"
EMBEDDING = "embedding"
"""The folder of text modules, which belong to no task."""


class ModelError(PaperlensError):
    """A model cannot be used; the message says which, why and what to do."""


class CardError(ModelError):
    """A model card is missing, damaged or invalid for this version."""


class UnknownModelError(ModelError):
    """A task has no model of that name; fields: task, name, there."""


class MissingFileError(ModelError):
    """A file listed on a card is missing; fields: model, file."""


class ChangedFileError(ModelError):
    """A file's checksum differs from its card; fields: model, file."""


@dataclass(frozen=True)
class Card:
    """Metadata of a model: its recipe, its data, its metrics.

    needs: libraries beyond requirements.txt, by import name; metrics: by slice, with the headline
    figures of the task, for an embedding by word-similarity set; history: one record per epoch;
    seconds: duration of the training, from reading the data to measuring on the test slices, None
    if unknown. `read_card` validates all fields.
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
    history: Sequence[dict[str, float]] = ()
    seconds: float | None = None
    folder: Path = Path()

    @property
    def size(self) -> int:
        """The total size of the model's files in bytes."""
        return sum((self.folder / file).stat().st_size for file in self.files)


Version = tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[float, ...]]
"""Identifies a training of a model: the SHA-256 of its files but its curves, which may be measured
again, its labels and thresholds."""


def version(card: Card) -> Version:
    """The version of a card's model."""
    files = tuple((file, value) for file, value in card.files.items() if file != CURVES)
    return files, card.labels, card.thresholds


def _is_module(value: Any) -> bool:
    # For a dotted name `find_spec` would import the parent packages.
    return is_text(value) and value.isidentifier()


_FIELDS = {
    **dict.fromkeys(("task", "name", "label", "summary", "family"), is_text),
    "labels": list_of(is_text),
    "thresholds": list_of(is_number),
    "data": record_of(),
    "parameters": record_of(),
    "versions": dict_of(is_text),
    "metrics": dict_of(record_of()),
    "files": dict_of(is_text),
    "needs": list_of(_is_module),
    # A validation loss may be NaN.
    "history": list_of(dict_of(lambda value: type(value) in (int, float))),
    "seconds": optional(is_number),
}
_OPTIONAL: dict[str, Any] = {"needs": [], "history": [], "seconds": None}

_LABEL_FIGURES = record_of(precision=is_number, recall=is_number, f1=is_number, support=is_number)
_WORD_SETS = dict_of(record_of(rho=optional(is_number), pairs=is_count, total=is_count))


def _is_slice(figures: dict[str, Any], task: str, labels: int) -> bool:
    """Whether the metrics of a slice are valid for the task and the number of labels."""
    if task == EMBEDDING:
        return _WORD_SETS(figures)
    confusion = optional(list_of(list_of(is_count, labels), labels))
    return (
        is_count(figures.get("n"))
        and all(is_number(figures.get(name)) for name in TASKS[task].headlines)
        and dict_of(_LABEL_FIGURES)(figures.get("per_label", {}))
        and confusion(figures.get("confusion"))
    )


def _invalid_field(record: dict[str, Any]) -> str | None:
    """The first field of a card that is missing, unknown or invalid."""
    for name in {**record, **_FIELDS}:
        if name not in _FIELDS or name not in record or not _FIELDS[name](record[name]):
            return name
    if record["task"] not in (*TASKS, EMBEDDING):
        return "task"
    if len(record["thresholds"]) != len(record["labels"]):
        return "thresholds"
    if record["task"] == EMBEDDING and not is_text(record["data"].get("corpus")):
        return "data"
    for figures in record["metrics"].values():
        if not _is_slice(figures, record["task"], len(record["labels"])):
            return "metrics"
    return None


def read_card(folder: Path) -> Card:
    """The card in a model's folder; the same object until its file changes.

    Raises CardError for a card that is missing, damaged or invalid.
    """
    path = folder / CARD
    try:
        written = path.stat()
        return _read_card(folder, (written.st_ino, written.st_mtime_ns, written.st_size))
    except FileNotFoundError:
        raise CardError("There is no model card at {path}.", path=path) from None
    except (OSError, ValueError, RecursionError) as error:
        raise CardError(
            "The model card {path} cannot be read: {error}.", path=path, error=error
        ) from None


# Cached, so that sessions share cards: one with the metrics of 155 labels takes 100 kB.
@lru_cache(maxsize=64)
def _read_card(folder: Path, written: tuple[int, int, int]) -> Card:
    """Read and check a card; `written` identifies the version of its file."""
    record = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    record = _OPTIONAL | record
    invalid_field = _invalid_field(record)
    if invalid_field is not None:
        raise CardError(
            "The model card {path} cannot be read: its field “{field}” is not as this version "
            "writes it.",
            path=folder / CARD,
            field=invalid_field,
        )
    tuples = {name: tuple(record[name]) for name in ("labels", "thresholds", "needs")}
    return Card(**record | tuples | {"folder": folder})


def installed(tasks: Sequence[str] = (*TASKS, EMBEDDING)) -> tuple[list[Card], list[Message]]:
    """The cards of the tasks' models, default first, and errors of other models.

    Models with a missing optional library are skipped.
    """
    cards, problems = [], []
    for path in _cards(tasks):
        try:
            card = read_card(path.parent)
            _check_place(card)
            _check_present(card)
        except ModelError as error:
            problems.append(error.args[0])
            continue
        if usable(card):
            cards.append(card)
    cards.sort(key=lambda card: (tasks.index(card.task), *_order(card.task, card.name)))
    return cards, problems


def _order(task: str, name: str) -> tuple[int, str]:
    """The order of a task's models: its defaults in their order, then all others by name."""
    defaults = TASKS[task].defaults if task in TASKS else ()
    return defaults.index(name) if name in defaults else len(defaults), name


def _check_place(card: Card) -> None:
    """Raise CardError if a card's task and name differ from its folder."""
    if (card.task, card.name) != card.folder.parts[-2:]:
        raise CardError(
            "The folder {folder} holds the card of another model, {model}; restore it from "
            "the checkout or train again.",
            folder="/".join(card.folder.parts[-2:]),
            model=f"{card.task}/{card.name}",
        )


def _check_present(card: Card) -> None:
    """Raise MissingFileError if a file of a model is missing or outside its folder."""
    for file in card.files:
        path = card.folder / file
        inside = path.resolve().is_relative_to(card.folder.resolve())
        if not inside or not path.is_file():
            raise MissingFileError(
                "The model {model} lacks its file {file}.",
                model=f"{card.task}/{card.name}",
                file=file,
            )


def _cards(tasks: Sequence[str]) -> list[Path]:
    """The paths of the tasks' cards: shipped models first, then those trained here."""
    folders = (settings.models_folder(), settings.live_folder())
    return [
        path
        for folder in folders
        for task in tasks
        for path in sorted(folder.glob(f"{task}/*/{CARD}"))
    ]


def usable(card: Card) -> bool:
    """Whether the libraries that the model's family needs are installed."""
    return all(map(find_spec, card.needs))


def find(task: str, name: str | None = None) -> Card:
    """The card of a task's model, by default the task's default model.

    Raises UnknownModelError where there is none, CardError.
    """
    folders = {path.parent.name: path.parent for path in reversed(_cards((task,)))}
    if not name:
        name = next((n for n in TASKS[task].defaults if n in folders), TASKS[task].defaults[0])
    if name not in folders:
        raise UnknownModelError(
            "No model for {task} is called “{name}”; installed: {there}.",
            task=task,
            name=name,
            there=", ".join(sorted(folders)) or Message("none; is the models folder complete?"),
        )
    return read_card(folders[name])


def check_files(card: Card) -> None:
    """Compare a model's files with the checksums on its card.

    Raises MissingFileError for a file that is missing or outside the model's folder,
    ChangedFileError for a different checksum.
    """
    _check_present(card)
    for file, expected in card.files.items():
        if sha256(card.folder / file) != expected:
            raise ChangedFileError(
                "The file {file} of the model {model} is not the one its card describes (the "
                "checksum differs); restore it from the checkout or train again.",
                file=file,
                model=f"{card.task}/{card.name}",
            )


def card_text(record: dict[str, Any]) -> str:
    """A card as indented JSON."""
    return json.dumps(record, indent=1, ensure_ascii=False, default=json_default) + "\n"


def json_default(value: Any) -> Any:
    """JSON for NumPy's numbers and arrays."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place on a card")
