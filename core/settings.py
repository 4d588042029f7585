"""Settings from environment variables."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

VARIABLES = {
    "PAPERLENS_DATA": "Folder with corpora of your own (default: data/ in the checkout).",
    "PAPERLENS_MODELS": "Folder with the trained models (default: models/ in the checkout).",
    "PAPERLENS_RUNS": "Folder for trainings under way and converted corpora (default: runs/ in the "
    "checkout).",
    "PAPERLENS_CORD19_MODULE": "Path or handle of word vectors for the terms.",
    "PAPERLENS_METRICS": "Set to 1, the server answers `/_stcore/metrics` (default: not).",
    "PAPERLENS_API": "Set to 1, the server answers the REST API under `/api/v1` (default: not).",
    "PAPERLENS_API_TOKEN": "A token that requests to the API must bring (default: none).",
    "PAPERLENS_ONLINE": "Set to 0, nobody can look up papers at arXiv or fetch its newest ones "
    "(default: a button does).",
    "PAPERLENS_ARXIV_API": "Address of arXiv's API (default: https://export.arxiv.org/api/query).",
}


def _folder(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser() if value else ROOT / default


def data_folder() -> Path:
    """The folder with corpora; it need not exist."""
    return _folder("PAPERLENS_DATA", "data")


def models_folder() -> Path:
    """The folder with trained models and their cards."""
    return _folder("PAPERLENS_MODELS", "models")


def live_folder() -> Path:
    """The folder with models trained on the dashboard."""
    return runs_folder() / "live"


def runs_folder() -> Path:
    """The folder for intermediate results of trainings, live models and converted corpora."""
    return _folder("PAPERLENS_RUNS", "runs")


def statistics_folder() -> Path:
    """The folder with converted corpora, a cache; it may be deleted at any time."""
    return runs_folder() / "statistics"


def cord19_module() -> str:
    """Path or handle of the user's text embedding module; empty where none is set."""
    return os.environ.get("PAPERLENS_CORD19_MODULE", "").strip()


def metrics() -> bool:
    """Whether the server publishes its metrics, such as the number of sessions."""
    return os.environ.get("PAPERLENS_METRICS", "").strip() == "1"


def api() -> bool:
    """Whether the server answers the REST API."""
    return os.environ.get("PAPERLENS_API", "").strip() == "1"


def api_token() -> str:
    """The token that requests to the API must bring; empty for none."""
    return os.environ.get("PAPERLENS_API_TOKEN", "").strip()


def online() -> bool:
    """Whether arXiv may be asked, each time because somebody wants it."""
    return os.environ.get("PAPERLENS_ONLINE", "").strip() != "0"


def arxiv_api() -> str:
    """The address of arXiv's API."""
    value = os.environ.get("PAPERLENS_ARXIV_API", "").strip()
    return value or "https://export.arxiv.org/api/query"


def hub_cache() -> Path:
    """The folder with downloaded TensorFlow Hub modules; it need not exist."""
    return data_folder() / "tfhub"
