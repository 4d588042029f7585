"""Runs: what they tell, that they stop, go on and end, and that a server has one at a time."""

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import cards, i18n, jobs, settings
from core.classifiers import store
from core.jobs import Busy, Desk
from core.messages import Stopped
from core.training import keras_loop
from core.training.recipe import Diverged, Options, Recipe, TrainingResult
from core.training.runs import DONE, FAILED, RUNNING, STOPPED, Run

WAIT = 60
"""Seconds after which a test gives up."""

Work = Callable[[Path, str, Run], TrainingResult]


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is trained goes to a folder of the test."""
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk that is left tidy."""
    own = Desk()
    yield own
    own.close(WAIT)


def recipe_of(work: Work, name: str = "tiny") -> Recipe:
    return Recipe(name, name.title(), "Invented.", ("archive",), work, Options(epochs=3))


def network() -> Any:
    """Two layers with dropout between them, compiled."""
    import keras

    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, "relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    # Adam would do, but takes half as long again until its first step.
    model.compile(
        keras.optimizers.SGD(0.01, momentum=0.9), "binary_crossentropy", metrics=["accuracy"]
    )
    return model


def arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(96, 4)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.float32)


@pytest.fixture
def quick(trained: Callable[[str], TrainingResult]) -> Work:
    """A train function that has its model already."""
    return lambda data, task, run: trained(task)


@pytest.fixture
def real(trained: Callable[[str], TrainingResult]) -> Work:
    """A train function that fits a real network and reports every epoch."""

    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        run(0.0, "reading")
        x, y = arrays()
        keras_loop.fit(run, network(), x[:64], y[:64], validation_data=(x[64:], y[64:]))
        return replace(trained(task), history=run.history)

    return work


def at_rest(desk: Desk, run: TrainingRun) -> Run:
    assert run.wait(WAIT)
    assert desk.current is None
    return run


def begun(desk: Desk, work: Work, options: Options | None = None) -> Run:
    run = TrainingRun(recipe_of(work), "archive", options)
    desk.start(run, Path())
    return run


class Held:
    """A train function that waits for the test, between two reports."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, data: Path, task: str, run: TrainingRun) -> TrainingResult:
        """What a recipe's train function does."""
        run.epoch({"epoch": 1, "loss": 1.0}, "checkpoint")
        self.entered.set()
        assert self.go.wait(WAIT)
        run(0.5, "further")
        raise AssertionError("the run was to be stopped")


# Progress.


def test_a_run_tells_its_progress() -> None:
    told: list[tuple[float, str]] = []
    run = TrainingRun(
        recipe_of(Held()), "archive", tell=lambda share, words: told.append((share, words))
    )
    assert run.left is None
    run(0.0, "reading")
    run.epoch({"epoch": 1, "loss": 0.5})
    run.epoch({"epoch": 2, "loss": 0.25})
    assert told == [
        (0.0, "reading"),
        (1 / 3, "epoch 1 of 3, loss 0.500"),
        (2 / 3, "epoch 2 of 3, loss 0.250"),
    ]
    assert run.left is not None
    assert 0 <= run.left <= 3 * run.seconds
    run.end(DONE)
    assert (run.share, run.words, run.left) == (1.0, "done", None)
    before = run.seconds
    assert run.seconds == before


def report_nothing(run: TrainingRun) -> None:
    """What a run says that has just begun."""


def report_labels(run: TrainingRun) -> None:
    run(0.5, "fitted {done} of {labels} labels", done=3, labels=34)


def report_epoch(run: TrainingRun) -> None:
    run.epoch({"epoch": 1, "loss": 0.5})


def report_end(run: TrainingRun) -> None:
    run.end(DONE)


@pytest.mark.parametrize(
    ("report", "english", "chinese"),
    [
        (report_nothing, "starting", "正在启动"),
        (report_labels, "fitted 3 of 34 labels", "已拟合 3 / 34 个标签"),
        (report_epoch, "epoch 1 of 3, loss 0.500", "第 1 轮，共 3 轮，loss 0.500"),
        (report_end, "done", "已完成"),
    ],
    ids=["start", "progress", "epoch", "end"],
)
@pytest.mark.parametrize("begun_in", ["en", "zh"])
def test_progress_is_in_the_language_of_who_asks(
    begun_in: str, report: Callable[[Run], None], english: str, chinese: str
) -> None:
    i18n.use(begun_in)
    run = TrainingRun(recipe_of(Held()), "archive")
    report(run)
    i18n.use("zh")
    assert run.words == chinese
    i18n.use("en")
    assert run.words == english


def test_a_history_that_was_read_does_not_change() -> None:
    run = TrainingRun(recipe_of(Held()), "archive")
    run.epoch({"epoch": 1})
    seen = run.history
    run.epoch({"epoch": 2})
    assert len(seen) == 1


def test_a_run_asked_to_stop_stops_where_it_reports() -> None:
    run = TrainingRun(recipe_of(Held()), "archive")
    run.stop()
    assert run.stopping
    with pytest.raises(Stopped):
        run(0.1, "reading")
    with pytest.raises(Stopped):
        run.epoch({"epoch": 1}, "kept")
    # What the epoch gave is not lost.
    assert (len(run.history), run.checkpoint) == (1, "kept")


# A real network.


def test_a_run_stopped_and_gone_on_is_as_if_it_had_not_been(desk: Desk, real: Work) -> None:
    whole = at_rest(desk, begun(desk, real))
    assert (whole.status, whole.error) == (DONE, "")
    assert [record["epoch"] for record in whole.history] == [1, 2, 3]
    assert set(whole.history[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert whole.card is not None
    assert whole.card.history == whole.history
    assert whole.checkpoint is None
    assert desk.runs() == [whole]
    part = TrainingRun(recipe_of(real), "archive")

    def tell(share: float, words: str) -> None:
        if len(part.history) == 2:
            part.stop()

    part.tell = tell
    desk.start(part, Path())
    at_rest(desk, part)
    assert (part.status, part.can_go_on) == (STOPPED, True)
    # Within a batch: no further epoch was done.
    assert part.history == whole.history[:2]
    again = part.onward()
    again.tell = lambda share, words: None
    desk.start(again, Path())
    at_rest(desk, again)
    assert again.status == DONE
    assert again.history == whole.history
    assert again.number == part.number
    assert again.seconds > part.seconds
    assert desk.runs() == [again, whole]


def test_a_run_stopped_before_its_first_epoch_begins_anew(desk: Desk, real: Work) -> None:
    run = TrainingRun(recipe_of(real), "archive")
    run.stop()
    desk.start(run, Path())
    at_rest(desk, run)
    assert (run.status, run.history, run.can_go_on) == (STOPPED, [], True)
    again = run.onward()
    desk.start(again, Path())
    assert len(at_rest(desk, again).history) == 3


def test_a_run_stops_within_a_batch(desk: Desk, trained: Callable[[str], TrainingResult]) -> None:
    batches: list[int] = []

    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        import keras

        class Count(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                batches.append(batch)
                if len(batches) == 3:
                    run.stop()

        x, y = arrays()
        model = network()
        callbacks = [Count(), keras_loop.callback(run, model)]
        model.fit(x, y, batch_size=4, epochs=9, callbacks=callbacks, verbose=0)
        return trained(task)

    run = at_rest(desk, begun(desk, work))
    assert (run.status, len(batches)) == (STOPPED, 3)


def test_a_run_stopped_after_its_last_epoch_trains_no_more() -> None:
    x, y = arrays()
    run = TrainingRun(recipe_of(Held()), "archive", Options(epochs=2))
    keras_loop.fit(run, network(), x, y)
    run.end(STOPPED)
    again, model = run.onward(), network()
    keras_loop.fit(again, model, x, y)
    assert again.history == run.history
    np.testing.assert_array_equal(model.get_weights()[0], run.checkpoint.state[0])


def test_the_optimizer_goes_on_too() -> None:
    x, y = arrays()
    run = TrainingRun(recipe_of(Held()), "archive", Options(epochs=2))
    first = network()
    keras_loop.fit(run, first, x, y)
    second = network()
    keras_loop.fit(run, second, x, y)
    assert int(second.optimizer.iterations) == int(first.optimizer.iterations) > 0
    for ours, theirs in zip(second.optimizer.variables, first.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    np.testing.assert_array_equal(second.predict(x, verbose=0), first.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("losses", "patience", "improving"),
    [
        ([3, 2, 1], 1, True),
        ([3, 2, 2], 1, False),
        ([3, 2, 2], 2, True),
        ([1, 2, 3], 2, False),
        ([1, 2, 3], None, True),
        ([], 1, True),
        ([float("nan")], 1, True),
        ([1, float("nan"), 2], 2, False),
    ],
)
def test_patience(losses: list[float], patience: int | None, improving: bool) -> None:
    run = TrainingRun(recipe_of(Held()), "archive", Options(epochs=9, patience=patience))
    run.history = [{"val_loss": loss} for loss in losses]
    assert keras_loop._improving(run) == improving


def opposed(patience: int | None, epochs: int = 9) -> tuple[Run, Any, tuple[Any, ...]]:
    """A run, a network and data whose validation labels are the opposite of what it learns."""
    x, y = arrays()
    run = TrainingRun(recipe_of(Held()), "archive", Options(epochs, patience=patience))
    return run, network(), (x[:64], y[:64], (x[64:], 1 - y[64:]))


def loss_of(model: Any, held: tuple[np.ndarray, np.ndarray]) -> float:
    return float(model.evaluate(*held, verbose=0)[0])


def test_a_run_with_patience_takes_its_best_epoch() -> None:
    run, model, (x, y, held) = opposed(patience=2)
    keras_loop.fit(run, model, x, y, validation_data=held)
    losses = [record["val_loss"] for record in run.history]
    assert len(losses) < run.options.epochs, "patience is to run out"
    assert losses[-1] > min(losses), "the last epoch is to be worse than the best"
    assert loss_of(model, held) == pytest.approx(min(losses), abs=1e-6)


def test_a_run_without_patience_takes_its_last_epoch() -> None:
    run, model, (x, y, held) = opposed(patience=None, epochs=3)
    keras_loop.fit(run, model, x, y, validation_data=held)
    losses = [record["val_loss"] for record in run.history]
    assert losses[-1] > min(losses)
    assert loss_of(model, held) == pytest.approx(losses[-1], abs=1e-6)


def test_the_best_epoch_outlives_a_stop() -> None:
    straight, first, (x, y, held) = opposed(patience=2)
    keras_loop.fit(straight, first, x, y, validation_data=held)
    assert len(straight.history) == 3
    run, model, _ = opposed(patience=2)
    run.tell = lambda share, words: run.stop() if len(run.history) == 3 else None
    with pytest.raises(Stopped):
        keras_loop.fit(run, model, x, y, validation_data=held)
        run.check()
    run.end(STOPPED)
    again, model = run.onward(), network()
    again.tell = lambda share, words: None
    keras_loop.fit(again, model, x, y, validation_data=held)
    assert again.history == straight.history
    for ours, theirs in zip(model.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# Ends.


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (cards.ModelError("The module\nis gone."), "The module is gone."),
        (KeyError("label"), "KeyError: 'label'"),
        (ValueError(), "ValueError."),
        (MemoryError(), "MemoryError."),
        (Diverged("No number."), "No number."),
    ],
    ids=lambda p: type(p).__name__,
)
def test_a_failed_run_says_why(desk: Desk, problem: Exception, said: str) -> None:
    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        raise problem

    run = at_rest(desk, begun(desk, work))
    assert (run.status, run.error) == (FAILED, said)
    assert not run.can_go_on
    assert at_rest(desk, begun(desk, work)).number == 2


def test_a_long_reason_is_cut() -> None:
    said = jobs.reason(RuntimeError("node " * 5_000))
    assert len(said) < jobs.LONGEST_REASON + 20
    assert said.endswith("…")


def test_even_an_exit_ends_the_run_alone(desk: Desk) -> None:
    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        raise SystemExit(3)

    run = at_rest(desk, begun(desk, work))
    assert (run.status, run.error) == (FAILED, "SystemExit: 3")


def test_a_loss_that_is_no_number_ends_the_run(desk: Desk, real: Work) -> None:
    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        x, y = arrays()
        y[0] = np.nan
        keras_loop.fit(run, network(), x, y)
        raise AssertionError

    run = at_rest(desk, begun(desk, work))
    assert run.status == FAILED
    assert "lower learning rate" in run.error


# The desk.


def test_one_run_at_a_time(desk: Desk) -> None:
    held = Held()
    run = begun(desk, held)
    assert held.entered.wait(WAIT)
    assert desk.current is run
    assert (run.status, desk.runs()) == (RUNNING, [run])
    with pytest.raises(Busy, match="Tiny is being trained on this server; one run goes at a time"):
        begun(desk, held)
    assert desk.runs() == [run]
    run.stop()
    held.go.set()
    assert at_rest(desk, run).status == STOPPED


def test_of_many_who_start_at_once_one_does(desk: Desk) -> None:
    held = Held()
    together, refused = threading.Barrier(8), []

    def try_it() -> None:
        together.wait(WAIT)
        try:
            begun(desk, held)
        except Busy as problem:
            refused.append(problem)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(refused) == 7
    run = desk.current
    assert run is not None
    run.stop()
    held.go.set()
    at_rest(desk, run)


def test_only_the_run_stopped_last_can_go_on(desk: Desk) -> None:
    runs = []
    for _ in range(2):
        held = Held()
        held.go.set()
        run = TrainingRun(recipe_of(held), "archive")
        run.tell = lambda share, words, run=run: run.stop()
        desk.start(run, Path())
        runs.append(at_rest(desk, run))
    assert [run.can_go_on for run in runs] == [False, True]


def test_ended_runs_are_forgotten_in_time(desk: Desk) -> None:
    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        raise ValueError

    for _ in range(jobs.KEPT + 3):
        at_rest(desk, begun(desk, work))
    numbers = [run.number for run in desk.runs()]
    assert numbers == list(range(jobs.KEPT + 3, 3, -1))


def test_no_thread_leaves_the_desk_free(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            begun(desk, Held())
    assert desk.runs() == []


def test_a_server_that_shuts_down_stops_its_run() -> None:
    program = """
import sys, threading
from pathlib import Path
from core.jobs import Desk
from core.training.recipe import Options, Recipe
from core.training.runs import TrainingRun
entered = threading.Event()
def work(data, task, run):
    try:
        while True:
            run(0.5, "on and on")
            entered.set()
    finally:
        sys.stderr.write("tidied up")
Desk().start(TrainingRun(Recipe("r", "R", "", ("archive",), work, Options()), "archive"), Path())
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
    assert done.stderr == "tidied up"


# What is kept.


def test_a_trained_model_is_kept_beside_the_shipped_one(
    desk: Desk, quick: Work, tiny_models: Path
) -> None:
    recipe = replace(recipe_of(quick), name="linear", label="Linear")
    before = (tiny_models / "archive" / "linear" / "card.json").read_bytes()
    for _ in range(2):
        run = TrainingRun(recipe, "archive")
        desk.start(run, Path())
        at_rest(desk, run)
        assert run.status == DONE, run.error
    folder = settings.live_folder() / "archive"
    # The second took the first's place, and left nothing else.
    assert [path.name for path in folder.iterdir()] == ["linear-live"]
    card = cards.find("archive", "linear-live")
    assert card == run.card
    assert card.label == "Linear, trained here"
    assert card in cards.installed(("archive",))[0]
    assert cards.find("archive").name == "linear"
    assert (tiny_models / "archive" / "linear" / "card.json").read_bytes() == before
    assert store.load(card).predict_scores(["Knots in loops"]).shape == (1, len(card.labels))


def test_a_model_that_cannot_be_kept_is_a_failure(
    desk: Desk, quick: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "file"))
    run = at_rest(desk, begun(desk, quick))
    assert run.status == FAILED
    assert "Error: " in run.error


def test_importing_the_desk_imports_nothing_slow() -> None:
    modules = "core.jobs, core.training.keras_loop, core.plots.learning_curves"
    program = f"import json, sys, {modules}, pages.content.published\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}print(json.dumps(list(sys.modules)))"],
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"tensorflow", "keras", "plotly", "matplotlib"} & set(json.loads(done.stdout))


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Keras' own cycles go with the tests that made them."""
    yield
    gc.collect()
