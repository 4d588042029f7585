"""Temporary folders: whose they are, and an end for those of uploads that nobody keeps."""

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

PREFIX = "paperlens-upload-"
LOCK = "lock"
"""A file in a temporary folder, locked by the process that keeps it while it lives."""
YOUNG = 60.0
"""Seconds within which an upload's folder may not have its lock yet."""


def claim(folder: Path) -> BinaryIO:
    """Keep a folder for as long as the file that is given stays open.

    The system drops the lock of a process that dies, however it dies.
    """
    lock = (folder / LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def sweep() -> None:
    """Remove the folders of uploads that servers which were killed have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > YOUNG and not kept(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def size(folder: Path) -> int:
    """Bytes of all files within a folder; those that vanish meanwhile count nothing."""
    total = 0
    for home, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(home) / name).stat().st_size
    return total


def kept(folder: Path, young: float = 0.0) -> bool:
    """Whether a living process, this one or another, keeps a folder.

    young: seconds within which one without a lock is taken for just made.
    """
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        # Just made, or killed in that very moment.
        return folder.exists() and time.time() - folder.stat().st_mtime < young
    except BlockingIOError:
        return True
    return False
