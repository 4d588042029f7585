"""The model families there are, found by their files, and their recipes."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

from core.i18n import _
from core.training.recipe import Recipe

CONTRACT = ("base", "registry", "store", "training_queue")
"""The files of this folder that are no family."""


def family(name: str) -> Any:
    """The module of a model family, a file of this folder.

    Raises LookupError for a name that is no family, ImportError where its library is missing.
    """
    if name not in families():
        raise LookupError(_("no model family is called {name!r}").format(name=name))
    return importlib.import_module(f"core.classifiers.{name}")


def families() -> list[str]:
    """The model families there are, by file."""
    folder = str(Path(__file__).parent)
    return [m.name for m in pkgutil.iter_modules([folder]) if m.name not in CONTRACT]


def recipes() -> dict[str, Recipe]:
    """Every recipe by name."""
    return {r.name: r for name in families() for r in family(name).RECIPES}
