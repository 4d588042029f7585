"""The download of arXiv's newest papers in a background job, one at a time."""

import threading
from collections.abc import Sequence

from core import settings
from core.corpora import arxiv_newest
from core.jobs import RUNNING, Job
from core.statistics.conversion import convert


class NewestPapers:
    """The download of this process, the last one or the one under way; thread-safe.

    job: None before the first; its result is the `Cached` corpus.
    """

    def __init__(self) -> None:
        self.job: Job | None = None
        self._lock = threading.Lock()

    def begin(self, archives: Sequence[str] = (), papers: int = arxiv_newest.PAPERS) -> Job:
        """The download under way, otherwise a new one into the data folder."""
        with self._lock:
            if self.job is None or self.job.status != RUNNING:
                self.job = job = Job()
                data = settings.data_folder()
                # Converted at once: the page opens it, and its papers are found by their ids.
                job.start(lambda: convert(arxiv_newest.fetch(data, job, archives, papers)))
            return self.job


newest_papers = NewestPapers()
