"""arXiv corpora in the data folder, and visitors' paths within it."""

from contextlib import suppress
from pathlib import Path

from core import settings
from core.files.errors import NoDataFiles
from core.files.formats import data_files
from core.statistics.label_counts import StatisticsError


def corpora() -> list[Path]:
    """The corpus files in the data folder and in its folder `arxiv`."""
    home = settings.data_folder()
    files: list[Path] = []
    for folder in (home, home / "arxiv"):
        with suppress(OSError, NoDataFiles):
            files += data_files(folder, documents=False) if folder.is_dir() else []
    return files


def resolve_in_data_folder(text: str) -> Path:
    """A typed path, if it is a file or folder within the data folder.

    Raises StatisticsError for any other path, including links out of the folder, with the same
    message whether or not the path exists.
    """
    home = settings.data_folder().resolve()
    try:
        path = (home / text.strip()).resolve()
        if ".." not in Path(text).parts and path.is_relative_to(home) and path.exists():
            return path
    except (OSError, ValueError, RuntimeError):
        pass
    raise StatisticsError("There is no such file or folder in the data folder.")
