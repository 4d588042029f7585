"""Installed models, corpora and versions, and checks of the models' files."""

import platform
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from core import settings
from core.cards import EMBEDDING, Card, ModelError, check_files
from core.corpora import blocks
from core.embeddings import hub_module
from core.i18n import _, translate
from core.messages import N_
from pages.models import leaderboard

NOT_INSTALLED = N_("not installed")
LIBRARIES = ("Streamlit", "NumPy", "pandas", "DuckDB", "scikit-learn", "TensorFlow")


def model_rows(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """One row per task: the number of models, the default, and their total size in MB.

    The default of embeddings is the one in use, shipped or not.
    """
    rows = []
    for task, title in leaderboard.TITLES.items():
        of_task = [card for card in cards if card.task == task]
        shipped = of_task[0].label if of_task else ""
        default = embedding(cards) if task == EMBEDDING else shipped
        rows.append(
            {
                _("Task"): _(title),
                _("Default"): _(default or NOT_INSTALLED),
                _("Models"): len(of_task),
                "MB": round(sum(card.size for card in of_task) / 1e6, 1),
            }
        )
    return rows


def embedding(cards: Sequence[Card]) -> str:
    """The label of the current embedding, empty if none is installed."""
    source = hub_module.default()
    if source.key == hub_module.SHIPPED and not any(card.task == EMBEDDING for card in cards):
        return ""
    return source.label


def corpora() -> list[tuple[str, float]]:
    """The corpora of the data folder by relative path, with their sizes in MB."""
    # These import DuckDB and Arrow.
    from core.corpora import cord19, scicite
    from core.statistics import data_folder

    home = settings.data_folder()
    files = {path.relative_to(home).as_posix(): [path] for path in data_folder.corpora()}
    if scicite.installed(home):
        files["SciCite"] = [scicite.find(home, split) for split in scicite.SPLITS]
    try:
        files["CORD-19"] = cord19.files(home / cord19.FOLDER)
    except (blocks.CorpusError, OSError):
        files["CORD-19"] = []
    return [(name, sum(map(_size, paths)) / 1e6) for name, paths in files.items() if paths]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def versions() -> dict[str, str]:
    """The versions of Paperlens, Python and the libraries that affect answers."""
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    numbers = {"Paperlens": project["project"]["version"], "Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            numbers[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            numbers[name] = _(NOT_INSTALLED)
    return numbers


def damaged_files(cards: Sequence[Card]) -> list[str]:
    """Errors in the models' files, one sentence each; reads every file."""
    problems = []
    for card in cards:
        try:
            check_files(card)
        except (ModelError, OSError) as problem:
            problems.append(hide_paths(translate(problem)))
    return problems


def hide_paths(text: str) -> str:
    """A message with folders' names in place of their paths on the server."""
    for folder, name in (
        (settings.models_folder(), _("the models folder")),
        (settings.live_folder(), _("the folder of models trained here")),
    ):
        text = text.replace(f"{folder}/", "").replace(str(folder), name)
    return text
