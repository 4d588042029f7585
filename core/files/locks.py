"""Locks on temporary folders, and the removal of abandoned ones."""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

PREFIX = "paperlens-upload-"
LOCK = "lock"
"""A file in a temporary folder, locked by the process that uses the folder."""
MAX_UNLOCKED_AGE = 60.0
"""Seconds for which a new upload folder may be without its lock."""


def lock_folder(folder: Path) -> BaseFileLock:
    """Lock a folder until the lock is released; any thread may do so.

    The system drops the lock of a process that dies, however it dies.
    """
    lock = FileLock(folder / LOCK, thread_local=False)
    lock.acquire()
    return lock


def is_locked(folder: Path, max_age: float = 0.0) -> bool:
    """Whether a running process, this one or another, holds a folder's lock.

    max_age: seconds for which a folder without a lock file counts as locked, since it may be new.
    """
    if not (folder / LOCK).exists():
        # New, or its process was killed before it made the lock file.
        return folder.exists() and time.time() - folder.stat().st_mtime < max_age
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True


def remove_stale_uploads() -> None:
    """Remove upload folders left behind by killed servers."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            age = time.time() - folder.stat().st_mtime
            if age > MAX_UNLOCKED_AGE and not is_locked(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def folder_size(folder: Path) -> int:
    """Bytes of all files within a folder; files removed meanwhile count as 0."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(parent) / name).stat().st_size
    return total
