"""Conversions in the background, each once, and the uploads among them."""

import threading
from pathlib import Path

from core.corpora import blocks
from core.files.upload_store import StoredFile
from core.i18n import deferred, phrase, say, translated
from core.statistics.conversion import Cached, Stopped, convert


class Job:
    """A conversion in a thread: its share done and words, and how it ended.

    words, error: for visitors of any language, each to be put into theirs by `language.translated`.
    """

    def __init__(self, path: Path, most: int | None = None, home: Path | None = None) -> None:
        self.path, self.most, self.home = path, most, home
        self.share = 0.0
        self.words = phrase("Opening the file")
        self.cached: Cached | None = None
        self.error = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=deferred(self._run), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask it to stop; it does within a block of rows."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the end, but no longer than this."""
        self._thread.join(seconds)

    def _tell(self, share: float, words: str) -> None:
        self.share, self.words = share, words

    def _run(self) -> None:
        try:
            self.cached = convert(self.path, self._tell, self._stop.is_set, self.most, self.home)
        except (blocks.CorpusError, OSError, Stopped) as problem:
            self.error = translated(problem)
        except MemoryError:
            self.error = say("The server is out of memory.")
        except Exception as problem:
            # A thread's exception would be seen by nobody.
            self.error = say(
                "Something went wrong ({kind}: {problem}).",
                kind=type(problem).__name__,
                problem=problem,
            )


class Conversions:
    """The conversions of this process, one at a time of each path; for all its threads."""

    def __init__(self) -> None:
        self._jobs: dict[Path, Job] = {}
        self._lock = threading.Lock()

    def begin(self, path: Path, most: int | None = None, home: Path | None = None) -> Job:
        """The conversion of a path that is under way or has failed, else a new one."""
        with self._lock:
            job = self._jobs.get(path)
            if job is None or job.cached:
                job = self._jobs[path] = Job(path, most, home)
            return job

    def get(self, path: Path) -> Job | None:
        """The conversion of a path, unless it was forgotten."""
        return self._jobs.get(path)

    def forget(self, path: Path) -> None:
        """Forget the conversion of a path once it has ended, so that another can begin."""
        with self._lock:
            job = self._jobs.get(path)
            if job and not job.running:
                del self._jobs[path]


conversions = Conversions()


class UploadedCorpus(StoredFile):
    """A corpus that a visitor uploaded; what it is converted to lies in its folder."""

    def stop(self) -> None:
        """Ask its conversion to stop."""
        if job := conversions.get(self.path):
            job.stop()

    def wait(self) -> None:
        """Wait for the end of its conversion, and forget how that went."""
        if job := conversions.get(self.path):
            job.wait()
            conversions.forget(self.path)
