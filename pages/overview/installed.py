"""What is installed: models, corpora, versions, and whether the models' files are intact."""

import platform
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from core import settings
from core.cards import EMBEDDING, Card, ModelError, check_files
from core.corpora import blocks
from core.embeddings import hub_module
from core.i18n import _, translate
from core.messages import N_
from core.tasks import TASKS
from pages.models import leaderboard

NOT_INSTALLED = N_("not installed")


def model_rows(cards: Sequence[Card]) -> list[dict[str, str | int | float]]:
    """Of each task its models: how many, the default, how large they are together in MB.

    The default of embeddings is the one in use, wherever it comes from.
    """
    rows: list[dict[str, str | int | float]] = []
    for task, title in leaderboard.TITLES.items():
        task_cards = [card for card in cards if card.task == task]
        if task == EMBEDDING:
            default = _(embedding(cards) or NOT_INSTALLED)
        else:
            first = TASKS[task].default
            default = _(
                next((card.label for card in task_cards if card.name == first), NOT_INSTALLED)
            )
        rows.append(
            {
                _("Task"): _(title),
                _("Default"): default,
                _("Models"): len(task_cards),
                "MB": round(sum(card.size for card in task_cards) / 1e6, 1),
            }
        )
    return rows


def embedding(cards: Sequence[Card]) -> str:
    """The label of the embedding in use, empty where none is installed."""
    source = hub_module.default()
    if source.key == hub_module.SHIPPED and not any(card.task == EMBEDDING for card in cards):
        return ""
    return source.label


def corpora() -> list[tuple[str, float]]:
    """The corpora of the data folder, by name within it, and their sizes in MB."""
    # DuckDB and Arrow come with these.
    from core.corpora import cord19, scicite
    from core.statistics import data_folder

    home = settings.data_folder()
    files = {path.relative_to(home).as_posix(): [path] for path in data_folder.corpora()}
    if scicite.installed(home):
        files["SciCite"] = [scicite.find(home, split) for split in scicite.SPLITS]
    try:
        literature = cord19.files(home / cord19.FOLDER)
    except (blocks.CorpusError, OSError):
        literature = []
    if literature:
        files["CORD-19"] = literature
    return [(name, sum(map(_size, paths)) / 1e6) for name, paths in files.items()]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _within(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


LIBRARIES = {
    "Streamlit": "streamlit",
    "NumPy": "numpy",
    "pandas": "pandas",
    "DuckDB": "duckdb",
    "scikit-learn": "scikit-learn",
    "TensorFlow": "tensorflow",
}


def versions() -> dict[str, str]:
    """The versions of Paperlens, Python and the libraries that answers depend on."""
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {"Paperlens": project["project"]["version"], "Python": platform.python_version()}
    for name, package in LIBRARIES.items():
        try:
            found[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[name] = _(NOT_INSTALLED)
    return found


def damaged_files(cards: Sequence[Card]) -> list[str]:
    """What is wrong with the models' files, a sentence each; reads every file."""
    problems = []
    for card in cards:
        try:
            check_files(card)
        except (ModelError, OSError) as problem:
            problems.append(hide_paths(translate(problem)))
    return problems


def hide_paths(text: str) -> str:
    """A sentence on models with the folders' names in place of their paths on the server."""
    for folder, name in (
        (settings.models_folder(), _("the models folder")),
        (settings.live_folder(), _("the folder of models trained here")),
    ):
        text = text.replace(f"{folder}/", "").replace(str(folder), name)
    return text
