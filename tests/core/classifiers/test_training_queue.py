"""A server's trainings: one at a time, remembered, ended with the server, their models saved."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import cards, settings
from core.classifiers import store, training_queue
from core.classifiers.training_queue import Busy, TrainingQueue
from core.jobs import DONE, FAILED, RUNNING, STOPPED
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

WAIT = 60
"""Seconds after which a test gives up."""

Work = Callable[[Path, str, TrainingRun], TrainingResult]


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is trained goes to a folder of the test."""
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def queue() -> Iterator[TrainingQueue]:
    """A queue without a run at the end."""
    own = TrainingQueue()
    yield own
    own.close(WAIT)


def started(queue: TrainingQueue, work: Work, name: str = "tiny") -> TrainingRun:
    recipe = Recipe(name, name.title(), "Invented.", ("archive",), work, Options(epochs=3))
    run = TrainingRun(recipe, "archive")
    queue.start(run, Path())
    return run


def ended(queue: TrainingQueue, run: TrainingRun) -> TrainingRun:
    assert run.wait(WAIT)
    assert queue.current is None
    return run


class Held:
    """A train function that waits for the test after its first epoch, and then stops."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, data: Path, task: str, run: TrainingRun) -> TrainingResult:
        """What a recipe's train function does."""
        run.epoch({"epoch": 1, "loss": 1.0}, "checkpoint")
        self.entered.set()
        assert self.go.wait(WAIT)
        run.stop()
        run(0.5, "further")
        raise AssertionError("the run was to be stopped")


def fail(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """A train function that fails after an epoch."""
    run.epoch({"epoch": 1}, "checkpoint")
    raise ValueError


def test_of_many_who_start_at_once_one_does(queue: TrainingQueue) -> None:
    held, together, refused = Held(), threading.Barrier(8), []

    def try_it() -> None:
        together.wait(WAIT)
        try:
            started(queue, held)
        except Busy as problem:
            refused.append(problem)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert [problem.fields["model"] for problem in refused] == ["Tiny"] * 7
    (run,) = queue.runs()
    assert queue.current is run
    assert run.status == RUNNING
    held.go.set()
    assert ended(queue, run).status == STOPPED


def test_only_the_latest_run_can_be_resumed_and_keeps_its_number(queue: TrainingQueue) -> None:
    held = Held()
    held.go.set()
    first, second = (ended(queue, started(queue, held)) for _ in range(2))
    assert [run.can_resume for run in (first, second)] == [False, True]
    again = second.resume()
    queue.start(again, Path())
    assert ended(queue, again).history[0] == second.history[0]
    assert (second.number, again.number) == (2, 2)
    assert queue.runs() == [again, first]


def test_ended_runs_are_forgotten_in_time(queue: TrainingQueue) -> None:
    count = training_queue.MAX_RUNS + 3
    for _ in range(count):
        run = ended(queue, started(queue, fail))
        assert (run.status, run.can_resume, run.checkpoint) == (FAILED, False, None)
    assert [run.number for run in queue.runs()] == list(range(count, 3, -1))


def test_no_thread_leaves_the_queue_free(
    queue: TrainingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            started(queue, Held())
    assert (queue.current, queue.runs()) == (None, [])


def test_a_server_that_shuts_down_stops_its_run() -> None:
    program = """
import sys, threading
from pathlib import Path
from core.classifiers.training_queue import TrainingQueue
from core.training.recipe import Options, Recipe
from core.training.runs import TrainingRun
entered = threading.Event()
def work(data, task, run):
    try:
        while True:
            run(0.5, "on and on")
            entered.set()
    finally:
        sys.stderr.write("stopped")
recipe = Recipe("r", "R", "", ("archive",), work, Options())
TrainingQueue().start(TrainingRun(recipe, "archive"), Path())
assert entered.wait(60)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=True,
    )
    assert done.stderr == "stopped"


def test_a_trained_model_is_saved_beside_the_shipped_one(
    queue: TrainingQueue, trained: Callable[[str], TrainingResult], tiny_models: Path
) -> None:
    before = (tiny_models / "archive" / "linear" / "card.json").read_bytes()

    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        run.epoch({"epoch": 1, "loss": 0.5}, "checkpoint")
        return trained(task)

    for _ in range(2):
        run = ended(queue, started(queue, work, "linear"))
        assert (run.status, run.error, run.checkpoint) == (DONE, None, None)
    folder = settings.live_folder() / "archive"
    # The second took the first's place, and left nothing else.
    assert [path.name for path in folder.iterdir()] == ["linear-live"]
    card = cards.find("archive", "linear-live")
    assert card == run.result
    assert (card.label, card.history) == ("Linear, trained here", run.history)
    assert card in cards.installed(("archive",))[0]
    assert cards.find("archive").name == "linear"
    assert (tiny_models / "archive" / "linear" / "card.json").read_bytes() == before
    assert store.load(card).predict_scores(["Knots in loops"]).shape == (1, len(card.labels))


def test_a_model_that_cannot_be_saved_is_a_failure(
    queue: TrainingQueue,
    trained: Callable[[str], TrainingResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "file"))
    run = ended(queue, started(queue, lambda data, task, run: trained(task)))
    assert (run.status, run.error.fields["kind"]) == (FAILED, "NotADirectoryError")
