"""Saves and loads models with their cards and checksums; nothing is unpickled."""

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from core import settings
from core.cards import CARD, CURVES, Card, ModelError, card_text, check_files, read_card
from core.classifiers.base import Classifier
from core.classifiers.registry import UnknownFamilyError, family
from core.evaluation.curves import curves_text
from core.files import export
from core.files.checksum import sha256
from core.training.recipe import Recipe, TrainingResult

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "duckdb")
HEAVY_LIBRARIES = ("tensorflow", "keras", "onnxruntime", "tokenizers")
"""Listed on a card only if the training imported them."""


def _classifier(name: str) -> type[Classifier]:
    """The class of a model family, defined in its file."""
    module = family(name)
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Classifier)
        and value.__module__ == module.__name__
    )


def can_explain(card: Card) -> bool:
    """Whether the model says which words decided; False where its family cannot be imported."""
    try:
        return _classifier(card.family).can_explain
    except (UnknownFamilyError, ImportError):
        return False


def load(card: Card) -> Classifier:
    """The model of a card; its files are checked against their checksums first.

    Raises MissingFileError, ChangedFileError, MissingLibraryError or LoadError.
    """
    with as_model_error(card):
        check_files(card)
        return _classifier(card.family).load(card.folder, card)


class MissingLibraryError(ModelError):
    """A model needs a library that is not installed; fields: name, missing."""


class LoadError(ModelError):
    """A model's files match its card but cannot be read; fields: model, reason."""


@contextmanager
def as_model_error(card: Card) -> Iterator[None]:
    """Turn any error in the block into a ModelError that names the model."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as missing:
        raise MissingLibraryError(
            "The model {name} needs a library: {missing}.", name=card.name, missing=missing
        ) from None
    except Exception as error:  # a file with the right checksum may still be invalid
        raise LoadError(
            "The model {model} cannot be loaded: {reason}.",
            model=f"{card.task}/{card.name}",
            reason=error if str(error) else type(error).__name__,
        ) from None


def _versions() -> dict[str, str]:
    libraries = (*LIBRARIES, *(name for name in HEAVY_LIBRARIES if name in sys.modules))
    return {"python": platform.python_version()} | {n: metadata.version(n) for n in libraries}


def save(
    trained: TrainingResult, recipe: Recipe, out: Path | None = None, seconds: float | None = None
) -> Card:
    """Write a trained model and its card to `out`, by default models/<task>/<name>, atomically.

    An older model of that name is replaced once the new one is complete. Raises ExportError where
    the disk is full.
    """
    model = trained.model
    folder = out or settings.models_folder() / model.task / model.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        export.as_disk_full(folder),
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch,
    ):
        new = Path(scratch) / "model"
        new.mkdir()
        model.save(new)
        if trained.curves:
            (new / CURVES).write_text(curves_text(trained.curves), encoding="utf-8")
        record = {
            "task": model.task,
            "name": model.name,
            "label": recipe.label,
            "summary": recipe.summary,
            "family": type(model).__module__.rpartition(".")[2],
            "needs": list(getattr(sys.modules[type(model).__module__], "NEEDS", ())),
            "labels": list(model.labels),
            "thresholds": [round(float(t), 6) for t in model.thresholds],
            "data": trained.data,
            "parameters": trained.parameters,
            "versions": _versions(),
            "metrics": trained.metrics,
            "history": trained.history,
            "seconds": None if seconds is None else round(seconds, 1),
            "files": {
                file.relative_to(new).as_posix(): sha256(file)
                for file in sorted(new.rglob("*"))
                if file.is_file()
            },
        }
        (new / CARD).write_text(card_text(record), encoding="utf-8")
        _replace(folder, new, Path(scratch) / "old")
    if trained.scratch:
        shutil.rmtree(trained.scratch, ignore_errors=True)
    return read_card(folder)


def update_figures(card: Card, metrics: dict[str, Any], curves: dict[str, Any]) -> Card:
    """Replace the metrics and curves of a saved model, atomically; all else stays as it is.

    Raises ExportError where the disk is full.
    """
    with (
        export.as_disk_full(card.folder),
        tempfile.TemporaryDirectory(dir=card.folder.parent, prefix=".new-") as scratch,
    ):
        new = Path(scratch) / "model"
        shutil.copytree(card.folder, new)
        (new / CURVES).write_text(curves_text(curves), encoding="utf-8")
        record = json.loads((new / CARD).read_text(encoding="utf-8"))
        record["metrics"] = metrics
        files = record["files"] | {CURVES: sha256(new / CURVES)}
        record["files"] = dict(sorted(files.items()))
        (new / CARD).write_text(card_text(record), encoding="utf-8")
        _replace(card.folder, new, Path(scratch) / "old")
    return read_card(card.folder)


def _replace(folder: Path, new: Path, old: Path) -> None:
    """Replace a folder, if it exists, by a new one; the replaced one is moved to `old`.

    Between the two renames there is no folder; if the second fails, the first is undone.
    """
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if old.exists():
            old.rename(folder)
        raise
