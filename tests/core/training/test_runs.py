"""Trainings: what they report, and that they stop and resume as if nothing had happened."""

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.jobs import DONE, STOPPED
from core.messages import Message, Stopped
from core.training import keras_loop
from core.training.recipe import Diverged, Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

Work = Callable[[Path, str, TrainingRun], TrainingResult]


def run_of(options: Options | None = None, work: Work = lambda *_: None) -> TrainingRun:
    """A run of three epochs, if its options say no other number."""
    recipe = Recipe("tiny", "Tiny", "Invented.", ("archive",), work, Options(epochs=3))
    return TrainingRun(recipe, "archive", options)


def finished(run: TrainingRun) -> TrainingRun:
    """A run once its recipe has ended, in this thread."""
    run.run(partial(run.recipe.train, Path(), run.task, run))
    return run


def stop_after(run: TrainingRun, epochs: int) -> TrainingRun:
    """A run that is asked to stop once so many epochs have ended."""
    run.on_progress = lambda share, message: run.stop() if run.done == epochs else None
    return run


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
def real(trained: Callable[[str], TrainingResult]) -> Work:
    """A train function that fits a real network and reports every epoch."""

    def work(data: Path, task: str, run: TrainingRun) -> TrainingResult:
        run(0.0, "reading")
        x, y = arrays()
        keras_loop.fit(run, network(), x[:64], y[:64], validation_data=(x[64:], y[64:]))
        return replace(trained(task), history=run.history)

    return work


# Progress.


def test_a_run_reports_its_epochs() -> None:
    reports: list[tuple[float, Message]] = []
    run = run_of()
    run.on_progress = lambda share, message: reports.append((share, message))
    assert run.left is None
    run(0.0, "reading")
    run.epoch({"epoch": 1, "loss": 0.5})
    run.epoch({"epoch": 2, "loss": 0.25})
    assert reports == [
        (0.0, "reading"),
        (1 / 3, "epoch 1 of 3, loss 0.500"),
        (2 / 3, "epoch 2 of 3, loss 0.250"),
    ]
    assert run.left is not None
    assert 0 <= run.left <= 3 * run.seconds
    run.run(lambda: None)
    assert (run.status, run.left) == (DONE, None)


def test_a_history_that_was_read_does_not_change() -> None:
    run = run_of()
    run.epoch({"epoch": 1})
    seen = run.history
    run.epoch({"epoch": 2})
    assert len(seen) == 1


def test_an_epoch_is_kept_although_the_run_stops_after_it() -> None:
    run = run_of()
    run.stop()
    with pytest.raises(Stopped):
        run.epoch({"epoch": 1}, "kept")
    assert (len(run.history), run.checkpoint) == (1, "kept")


# A real network.


def test_a_run_stopped_and_resumed_is_as_if_it_had_not_been(real: Work) -> None:
    straight = finished(run_of(work=real))
    assert (straight.status, straight.result.history) == (DONE, straight.history)
    assert [record["epoch"] for record in straight.history] == [1, 2, 3]
    assert set(straight.history[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    run = finished(stop_after(run_of(work=real), 2))
    assert (run.status, run.can_resume) == (STOPPED, True)
    # Within a batch: no further epoch was done.
    assert run.history == straight.history[:2]
    again = run.resume()
    assert (again.share, again.number) == (run.share, run.number)
    assert finished(again).status == DONE
    assert again.history == straight.history
    assert again.seconds > run.seconds


def test_a_run_stopped_before_its_first_epoch_begins_anew(real: Work) -> None:
    run = run_of(work=real)
    run.stop()
    finished(run)
    assert (run.status, run.history, run.can_resume) == (STOPPED, [], True)
    assert len(finished(run.resume()).history) == 3


def test_a_run_stops_within_a_batch() -> None:
    batches: list[int] = []

    def work(data: Path, task: str, run: TrainingRun) -> None:
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

    assert finished(run_of(work=work)).status == STOPPED
    assert len(batches) == 3


def test_what_is_thrown_away_during_a_fit_is_collected_after_it() -> None:
    class Node:
        """A cycle of one."""

        def __init__(self) -> None:
            self.own = self

    def fit() -> None:
        x, y = arrays()
        keras_loop.fit(run_of(), network(), x, y)

    fit()
    node = Node()
    there = weakref.ref(node)
    fit()
    del node
    gc.collect()
    assert there() is None


def test_a_run_stopped_after_its_last_epoch_trains_no_more() -> None:
    x, y = arrays()
    run = run_of(Options(epochs=2))
    keras_loop.fit(run, network(), x, y)
    again, model = run.resume(), network()
    keras_loop.fit(again, model, x, y)
    assert again.history == run.history
    np.testing.assert_array_equal(model.get_weights()[0], run.checkpoint.state[0])


def test_the_optimizer_goes_on_too() -> None:
    x, y = arrays()
    run = run_of(Options(epochs=2))
    first = network()
    keras_loop.fit(run, first, x, y)
    second = network()
    keras_loop._restore(run, second)
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
    run = run_of(Options(epochs=9, patience=patience))
    run.history = [{"val_loss": loss} for loss in losses]
    assert keras_loop._improving(run) == improving


def opposed(patience: int | None, epochs: int = 9) -> tuple[TrainingRun, Any, tuple[Any, ...]]:
    """A run, a network and data whose validation labels are the opposite of what it learns."""
    x, y = arrays()
    run = run_of(Options(epochs, patience=patience))
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
    stop_after(run, 3)
    with pytest.raises(Stopped):
        keras_loop.fit(run, model, x, y, validation_data=held)
        run.check()
    again, model = run.resume(), network()
    keras_loop.fit(again, model, x, y, validation_data=held)
    assert again.history == straight.history
    for ours, theirs in zip(model.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    x, y = arrays()
    y[0] = np.nan
    with pytest.raises(Diverged):
        keras_loop.fit(run_of(), network(), x, y)


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Keras' own cycles go with the tests that made them."""
    yield
    gc.collect()
