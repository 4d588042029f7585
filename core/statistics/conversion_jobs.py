"""Conversions in the background, each path once, and the uploads among them."""

import threading
from pathlib import Path

from core.files.upload_store import StoredFile
from core.jobs import DONE, RUNNING, Job
from core.statistics.conversion import convert


class Conversions:
    """The conversions of this process, at most one of each path; for all its threads.

    A job's result is the `Cached` corpus.
    """

    def __init__(self) -> None:
        self._jobs: dict[Path, Job] = {}
        self._lock = threading.Lock()

    def begin(self, path: Path, max_bytes: int | None = None, home: Path | None = None) -> Job:
        """The conversion of a path that is under way, failed or was stopped, else a new one."""
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
        """Forget the conversion of a path once it has ended, so that another can begin."""
        with self._lock:
            job = self._jobs.get(path)
            if job and job.status != RUNNING:
                del self._jobs[path]


conversions = Conversions()


class UploadedCorpus(StoredFile):
    """A corpus that a visitor uploaded; what it is converted to lies in its folder."""

    @property
    def job(self) -> Job | None:
        """Its conversion."""
        return conversions.get(self.path)

    def delete(self) -> None:
        """Stop its conversion, remove the folder and forget how the conversion went."""
        super().delete()
        conversions.forget(self.path)
