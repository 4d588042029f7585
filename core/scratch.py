"""The temporary folders of uploads: whose they are, and an end for those that nobody keeps."""

import fcntl
import shutil
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

PREFIX = "paperlens-upload-"
LOCK = ".lock"
"""A file in the folder of an upload, locked by the process that keeps it while it lives."""
YOUNG = 60.0
"""Seconds within which a folder may not have its lock yet."""


def claim(folder: Path) -> BinaryIO:
    """Keep a folder for as long as the file that is given stays open."""
    lock = (folder / LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def sweep() -> None:
    """Remove the folders of uploads that servers which were killed have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > YOUNG and not _kept(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def _kept(folder: Path) -> bool:
    """Whether a living process, this one or another, keeps a folder."""
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
