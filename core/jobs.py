"""Work in the background: how far it is, that it can be asked to stop, how it ended."""

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
"""Characters of a library's error that are shown; TensorFlow's fill pages."""

log = logging.getLogger(__name__)


class Job:
    """Work under way or ended. It is a `core.messages.Progress`, to which the work reports.

    Any thread may read it and ask it to stop. Only the thread that works writes; it replaces
    values and never changes them, so readers need no lock.

    status: RUNNING, DONE, STOPPED or FAILED; share: done, 0 to 1; progress: what is being done;
    result: what the work returned; error: why it failed; waiting: for another job to release the
    lock; started, ended: by `time.monotonic`, in seconds; on_progress: called with share and
    progress by the thread that works.
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
        """Do the work in a thread, as `run` does. Raises RuntimeError where none can be started."""
        self.waiting = lock is not None
        threading.Thread(target=self.run, args=(work, lock), daemon=True, name="job").start()

    def run(self, work: Callable[[], Any], lock: "threading.Lock | None" = None) -> None:
        """Do the work, in turn with other jobs of the same lock, and note how it ended."""
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
            # Whatever the work raises, an exit too, ends this job and nothing else.
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
        """Note the share done and what is being done. Raises Stopped if the job was asked to."""
        self.check()
        self.share, self.progress = share, Message(template, **fields)
        if self.on_progress:
            self.on_progress(self.share, self.progress)

    def check(self) -> None:
        """Raise Stopped if the job was asked to stop."""
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the job to stop, which it does at its next report or check; returns at once."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether the job was asked to stop and has not ended yet."""
        return self._stop.is_set() and self.status == RUNNING

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the job has ended, for so many seconds at most; whether it has."""
        return self._over.wait(seconds)

    @property
    def seconds(self) -> float:
        """How long the work has taken, without waiting for the lock."""
        return (self.ended or time.monotonic()) - self.started


def failure(problem: BaseException) -> Message:
    """What people are told of an error that is not Paperlens' own, in a line."""
    if isinstance(problem, MemoryError):
        return Message("The server is out of memory.")
    return Message(
        "Something went wrong ({kind}: {problem}).",
        kind=type(problem).__name__,
        problem=textwrap.shorten(str(problem) or repr(problem), MAX_REASON, placeholder=" …"),
    )
