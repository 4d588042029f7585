"""Finds model families, by their files, and their recipes."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

from core.messages import PaperlensError
from core.training.recipe import Recipe

CONTRACT = ("base", "parts", "registry", "store", "training_queue")
"""The files of this folder that are not families."""


class UnknownFamilyError(PaperlensError, LookupError):
    """There is no model family of that name; fields: name."""


def family(name: str) -> Any:
    """The module of a model family, a file of this folder.

    Raises UnknownFamilyError for an unknown name, ImportError where a library is missing.
    """
    if name not in families():
        raise UnknownFamilyError("no model family is called {name!r}", name=name)
    return importlib.import_module(f"core.classifiers.{name}")


def families() -> list[str]:
    """The names of all model families."""
    folder = str(Path(__file__).parent)
    return [m.name for m in pkgutil.iter_modules([folder]) if m.name not in CONTRACT]


def recipes() -> dict[str, Recipe]:
    """Every recipe by name."""
    return {r.name: r for name in families() for r in family(name).RECIPES}
