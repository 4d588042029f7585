"""Background jobs with progress, cancellation and a result."""

import logging
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from core.messages import Message, PaperlensError, Stopped

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"
MAX_REASON = 300
"""The maximum length shown of a library's error; TensorFlow's can fill pages."""

log = logging.getLogger(__name__)


class Job:
    """Running or finished work, which reports to it as a `core.messages.Progress`.

    Any thread may read it and ask it to stop. Only the working thread writes, and replaces values
    instead of changing them, so readers need no lock.

    status: RUNNING, DONE, STOPPED or FAILED; share: done, 0 to 1; progress: the current step;
    result: the return value of the work; error: why it failed; waiting: whether another job holds
    the lock; started, ended: `time.monotonic`, in seconds; on_progress: called with share and
    progress in the working thread.
    """

    def __init__(self, on_progress: Callable[[float, Message], None] | None = None) -> None:
        self.on_progress = on_progress
        self.status = RUNNING
        self.share = 0.0
        self.progress = Message("starting")
        self.result: Any = None
        self.error: Message | None = None
        self.waiting = False
        self.started = time.monotonic()
        self.ended: float | None = None
        self._stop, self._over = threading.Event(), threading.Event()

    def start(self, work: Callable[[], Any], lock: "threading.Lock | None" = None) -> None:
        """Do the work in a thread, as `run` does. Raises RuntimeError if none can be started."""
        self.waiting = lock is not None
        threading.Thread(target=self.run, args=(work, lock), daemon=True, name="job").start()

    def run(self, work: Callable[[], Any], lock: "threading.Lock | None" = None) -> None:
        """Do the work while holding the lock, and record how it ended."""
        status = FAILED
        try:
            with self._turn(lock) if lock else nullcontext():
                self.result = work()
            status = DONE
        except Stopped:
            status = STOPPED
        except PaperlensError as problem:
            self.error = problem.args[0]
        except BaseException as problem:
            # Any exception, including SystemExit, ends only this job.
            log.exception("a job failed")
            self.error = failure(problem)
        if status == DONE:
            self.share = 1.0
        self.ended = time.monotonic()
        self.status = status
        self._over.set()

    @contextmanager
    def _turn(self, lock: threading.Lock) -> Iterator[None]:
        while not lock.acquire(timeout=0.1):
            self.check()
        try:
            self.waiting, self.started = False, time.monotonic()
            yield
        finally:
            lock.release()

    def __call__(self, share: float, template: str, /, **fields: Any) -> None:
        """Set the share done and the current step. Raises Stopped if the job was asked to stop."""
        self.check()
        self.share, self.progress = share, Message(template, **fields)
        if self.on_progress:
            self.on_progress(self.share, self.progress)

    def check(self) -> None:
        """Raise Stopped if the job was asked to stop."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the job to stop at its next report or check, without waiting for it."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether the job was asked to stop and has not ended yet."""
        return self._stop.is_set() and self.status == RUNNING

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the job has ended, at most `seconds`; returns whether it has."""
        return self._over.wait(seconds)

    @property
    def seconds(self) -> float:
        """The duration of the work so far, without waiting for the lock."""
        return (self.ended or time.monotonic()) - self.started


def failure(problem: BaseException) -> Message:
    """The message for an error that is not a PaperlensError."""
    if isinstance(problem, MemoryError):
        return Message("The server is out of memory.")
    return Message(
        "Something went wrong ({kind}: {problem}).",
        kind=type(problem).__name__,
        problem=textwrap.shorten(str(problem) or repr(problem), MAX_REASON, placeholder=" …"),
    )
