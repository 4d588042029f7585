"""Work in the background: what it reports, that it stops, fails alone and takes turns."""

import threading
from typing import Any

import pytest

from core import i18n, jobs
from core.jobs import DONE, FAILED, RUNNING, STOPPED, Job
from core.messages import Message, PaperlensError, Stopped

WAIT = 30
"""Seconds after which a test gives up."""


class Held:
    """Work that reports once, and goes on when the test lets it."""

    def __init__(self) -> None:
        self.job = Job()
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self) -> str:
        """Report before and after the wait."""
        self.job(0.5, "{n:,} papers read", n=1)
        self.entered.set()
        assert self.go.wait(WAIT)
        self.job(0.6, "further")
        return "result"


@pytest.fixture
def held() -> Held:
    """Held work under way."""
    work = Held()
    work.job.start(work)
    assert work.entered.wait(WAIT)
    return work


def ended(job: Job) -> tuple[str, Any]:
    """Status and result of a job at its end."""
    assert job.wait(WAIT)
    return job.status, job.result


def test_a_job_under_way_and_done(held: Held) -> None:
    job = held.job
    assert (job.status, job.share, job.progress) == (RUNNING, 0.5, "1 papers read")
    assert (job.result, job.error, job.ended, job.waiting) == (None, None, None, False)
    assert not job.wait(0)
    held.go.set()
    assert ended(job) == (DONE, "result")
    assert (job.share, job.error) == (1.0, None)
    assert job.seconds == job.ended - job.started > 0


def test_progress_is_a_message_that_a_page_translates() -> None:
    reports: list[tuple[float, Message]] = []
    job = Job(lambda share, message: reports.append((share, message)))
    job(0.25, "{n:,} papers", n=3000)
    assert reports == [(0.25, "3,000 papers")]
    with i18n.use_language("zh"):
        assert i18n.translate(job.progress) == "3,000 篇论文"


def test_a_job_asked_to_stop_stops_where_it_reports(held: Held) -> None:
    held.job.stop()
    assert held.job.stopping
    with pytest.raises(Stopped):
        held.job.check()
    held.go.set()
    assert ended(held.job) == (STOPPED, None)
    assert (held.job.stopping, held.job.share, held.job.error) == (False, 0.5, None)


class InvalidPaper(PaperlensError, ValueError):
    """An error of Paperlens'."""


@pytest.mark.parametrize(
    ("problem", "template"),
    [
        (InvalidPaper("row {row} is empty", row=3), "row {row} is empty"),
        (MemoryError("too much"), "The server is out of memory."),
        (KeyError("label"), "Something went wrong ({kind}: {problem})."),
        (SystemExit(3), "Something went wrong ({kind}: {problem})."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_raised_ends_the_job_alone(problem: BaseException, template: str) -> None:
    def fail() -> None:
        raise problem

    job = Job()
    job.start(fail)
    assert ended(job) == (FAILED, None)
    assert job.error.template == template


def test_a_librarys_error_is_named_and_cut() -> None:
    assert jobs.failure(KeyError("label")).fields == {"kind": "KeyError", "problem": "'label'"}
    assert jobs.failure(ValueError()).fields["problem"] == "ValueError()"
    assert len(jobs.failure(RuntimeError("node " * 5_000)).fields["problem"]) <= jobs.MAX_REASON


def test_jobs_of_one_lock_take_turns_and_can_be_stopped_while_they_wait() -> None:
    lock, first, second, third = threading.Lock(), Held(), Job(), Job()
    first.job.start(first, lock)
    assert first.entered.wait(WAIT)
    second.start(lambda: "second", lock)
    third.start(lambda: "third", lock)
    assert (first.job.waiting, second.waiting, third.waiting) == (False, True, True)
    second.stop()
    assert ended(second) == (STOPPED, None)
    first.go.set()
    assert ended(first.job) == (DONE, "result")
    assert ended(third) == (DONE, "third")
