"""Conversions of corpora in background jobs, one per path, and uploaded corpora."""

import threading
from pathlib import Path

from core.files.upload_store import StoredFile
from core.jobs import DONE, RUNNING, Job
from core.statistics.conversion import convert


class Conversions:
    """The conversions of this process, at most one per path; thread-safe.

    A job's result is the `Cached` corpus.
    """

    def __init__(self) -> None:
        self._jobs: dict[Path, Job] = {}
        self._lock = threading.Lock()

    def begin(self, path: Path, max_bytes: int | None = None, home: Path | None = None) -> Job:
        """The path's conversion if it is running, failed or stopped, otherwise a new one."""
        with self._lock:
            job = self._jobs.get(path)
            if job is None or job.status == DONE:
                job = self._jobs[path] = Job()
                job.start(lambda: convert(path, job, max_bytes, home))
            return job

    def get(self, path: Path) -> Job | None:
        """The conversion of a path, unless it was forgotten."""
        return self._jobs.get(path)

    def forget(self, path: Path) -> None:
        """Forget the conversion of a path if it has ended, so that another can begin."""
        with self._lock:
            job = self._jobs.get(path)
            if job and job.status != RUNNING:
                del self._jobs[path]


conversions = Conversions()


class UploadedCorpus(StoredFile):
    """A visitor's corpus; its converted corpus is in the same folder."""

    @property
    def job(self) -> Job | None:
        """Its conversion."""
        return conversions.get(self.path)

    def delete(self) -> None:
        """Stop its conversion, remove the folder and forget the conversion."""
        super().delete()
        conversions.forget(self.path)
