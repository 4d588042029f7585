"""Stores visitors' uploads in temporary folders while they are in use."""

import io
import logging
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from filelock import BaseFileLock

from core.files import locks
from core.files.formats import endings
from core.jobs import Job
from core.messages import PaperlensError
from core.text.documents import visible

TIME_TO_LIVE = 3600.0
"""Seconds from the last use of an upload to its removal."""
GRACE = 120.0
"""Seconds after its last use for which an upload counts as in use, even without a session.

Streamlit keeps a disconnected session for the same time.
"""
MAX_BYTES = 8 << 30
"""The maximum total size of uploads, including results and converted corpora."""
SWEEP_SECONDS = 30.0
"""Seconds between two sweeps."""

log = logging.getLogger(__name__)


class StorageFullError(PaperlensError, OSError):
    """There is no room for another upload beside those in use."""


class StoredFile:
    """A file in a temporary folder, removed by `delete` or with the object or the process.

    id: cannot be guessed; size: bytes that the file will have once received; job: the work on it,
    stopped before it is deleted.
    """

    job: Job | None = None

    def __init__(self, name: str, size: int = 0) -> None:
        self.id = secrets.token_urlsafe(16)
        self.name = visible(Path(name).name)
        self._size = size
        self.folder = Path(tempfile.mkdtemp(prefix=locks.PREFIX))
        lock = locks.lock_folder(self.folder)
        self._remove = weakref.finalize(self, _remove, self.folder, lock)
        self.path = self.folder / f"upload{endings(self.name)}"

    def receive(self, content: BinaryIO) -> None:
        """Write the file. Raises OSError where it cannot be written, as on a full disk."""
        with self.path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)

    def stored_bytes(self) -> int:
        """Bytes of the file and of everything derived from it."""
        return max(self._size, locks.folder_size(self.folder))

    def delete(self) -> None:
        """Stop its job, wait for it and remove the folder."""
        if self.job:
            self.job.stop()
            self.job.wait()
        self._remove()


def _remove(folder: Path, lock: BaseFileLock) -> None:
    # Some systems cannot remove an open file.
    lock.release()
    # A job that was asked to stop may still be writing when the process ends.
    shutil.rmtree(folder, ignore_errors=True)


T = TypeVar("T", bound=StoredFile)


@dataclass
class _Entry:
    """An upload, when it was last used (by the store's clock), and the sessions that use it."""

    upload: StoredFile
    used: float
    sessions: set[str] = field(default_factory=set)


class UploadStore:
    """All uploads of a server. Its methods are thread-safe and do not wait for jobs.

    Streamlit's event at the end of a session is not used, since a lost connection causes it too.
    is_active: whether the session of an id has a connection; clock: monotonic seconds.
    """

    def __init__(
        self,
        is_active: Callable[[str], bool] = lambda session: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_active, self._clock = is_active, clock
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._sweeper = threading.Thread(target=self._sweep_always, daemon=True, name="sweep")

    def start(self) -> None:
        """Start the sweeping thread, unless it is running."""
        with self._lock:
            if self._sweeper.ident is None:
                self._sweeper.start()

    def add(self, kind: type[T], name: str, content: BinaryIO, session: str = "") -> T:
        """Store a file, as an object of class `kind`, for a session.

        Uploads that no session uses are removed to make room, the least recently used first. Raises
        StorageFullError where that is not enough, OSError where it cannot be written, and what
        `kind.receive` raises; then no file is left behind.
        """
        size = content.seek(0, io.SEEK_END)
        content.seek(0)
        with self._lock:
            idle, excess = self._idle(size)
            if excess > 0:
                raise StorageFullError(
                    "the files in use fill the {size:,} MB that this server has for uploads; "
                    "try again later",
                    size=MAX_BYTES >> 20,
                )
            removed = self._forget(idle)
            upload = kind(name, size)
            self._entries[upload.id] = _Entry(upload, self._clock(), {session})
        self._delete(removed)
        try:
            upload.receive(content)
        except BaseException:
            with self._lock:
                self._entries.pop(upload.id, None)
            upload.delete()
            raise
        return upload

    def get(self, upload_id: str, kind: type[T], session: str = "") -> T | None:
        """The upload of an id, marked as used; None if there is none of that kind."""
        with self._lock:
            entry = self._entries.get(upload_id)
            if entry is None or not isinstance(entry.upload, kind):
                return None
            entry.used = self._clock()
            entry.sessions.add(session)
            return entry.upload

    def remove(self, upload_id: str) -> None:
        """Forget an upload; a thread stops its job and deletes it."""
        with self._lock:
            entry = self._entries.pop(upload_id, None)
        self._delete([entry.upload] if entry else [])

    def sweep(self) -> None:
        """Forget expired uploads, and unused ones beyond MAX_BYTES; threads delete them."""
        locks.remove_stale_uploads()
        with self._lock:
            now = self._clock()
            for entry in self._entries.values():
                if self._has_session(entry):
                    entry.used = now
            expired = [e for e in self._entries.values() if now - e.used >= TIME_TO_LIVE]
            removed = self._forget(expired)
            # Uploads in use may exceed the limit, as results are added.
            removed += self._forget(self._idle(0)[0])
        self._delete(removed)

    def _sweep_always(self) -> None:
        while True:
            try:
                self.sweep()
            except Exception:
                log.exception("uploads could not be swept")
            time.sleep(SWEEP_SECONDS)

    def _has_session(self, entry: _Entry) -> bool:
        return any(map(self._is_active, entry.sessions))

    def _idle(self, size: int) -> tuple[list[_Entry], int]:
        """Uploads to remove to make room for `size` bytes, and how many bytes are still lacking.

        Only uploads that no session uses, the least recently used first.
        """
        now = self._clock()
        excess = size - MAX_BYTES + sum(e.upload.stored_bytes() for e in self._entries.values())
        chosen: list[_Entry] = []
        for entry in sorted(self._entries.values(), key=lambda entry: entry.used):
            if excess <= 0:
                break
            if now - entry.used >= GRACE and not self._has_session(entry):
                chosen.append(entry)
                excess -= entry.upload.stored_bytes()
        return chosen, excess

    def _forget(self, entries: Iterable[_Entry]) -> list[StoredFile]:
        return [self._entries.pop(entry.upload.id).upload for entry in entries]

    def _delete(self, uploads: Iterable[StoredFile]) -> None:
        for upload in uploads:
            threading.Thread(target=upload.delete, daemon=True, name="delete upload").start()
