"""The page that shows trainings, run by Streamlit's own test harness on an invented SciCite."""

import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.classifiers import registry, store
from core.jobs import DONE, STOPPED
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun
from tests.visit import go_to, plain, visit

WAIT = 60
NOTEBOOK = "CORD-19 notebook, published"
COURSE = "The course's network, published"
LABELS = ("background", "method", "result")


class Steps:
    """A train function that does an epoch whenever the test says so."""

    def __init__(self, trained: Callable[[str], TrainingResult]) -> None:
        self.trained, self.run, self.data = trained, None, None
        self.more, self.done = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, data: Path, task: str, run: TrainingRun) -> TrainingResult:
        """What a recipe's train function does."""
        self.run, self.data = run, data
        while len(run.history) < run.options.epochs:
            self.done.release()
            assert self.more.acquire(timeout=WAIT)
            number = len(run.history) + 1
            run.epoch({"epoch": number, "loss": 1 / number, "val_accuracy": 0.5}, number)
        made = self.trained("archive")
        figures = {"accuracy": 0.8, "macro_f1": 0.75, "micro_f1": 0.8, "macro_f1_live": 0.75}
        figures = {"sentence": figures | {"ece_top": 0.1, "n": 3}}
        return replace(made, metrics=figures, history=run.history)

    def wait(self) -> None:
        """Until the run stands before its next epoch."""
        assert self.done.acquire(timeout=WAIT)

    def step(self) -> None:
        """One epoch more."""
        self.more.release()
        self.wait()

    def finish(self) -> TrainingRun:
        """All epochs that are left."""
        self.more.release(1000)
        assert self.run.wait(WAIT)
        return self.run


@pytest.fixture
def steps(trained: Callable[[str], TrainingResult]) -> Steps:
    return Steps(trained)


@pytest.fixture(autouse=True)
def server(
    fresh: None,
    tiny_models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: Steps,
) -> Iterator[None]:
    """A server with the small models, an invented SciCite and one recipe; left at rest."""
    data = tmp_path / "data" / "scicite"
    data.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        rows = [
            {"unique_id": f"{split}{i}", "string": f"Invented sentence {i}.", "label": label}
            for i, label in enumerate(LABELS)
        ]
        (data / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    recipe = Recipe(
        "tiny", "Tiny *net*", "Invented.", ("intent",), steps, Options(epochs=3),
        ("epochs", "learning_rate", "sample", "trainable"),
    )  # fmt: skip
    monkeypatch.setattr(registry, "recipes", lambda: {"tiny": recipe})
    yield
    if steps.run:
        steps.run.stop()
        steps.finish()


def opened(**address: str | list[str]) -> AppTest:
    app = visit("training", address)
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def started(app: AppTest, steps: Steps) -> AppTest:
    press(app, "Start training")
    steps.wait()
    app.run()
    assert not app.exception
    return app


def curves(app: AppTest) -> list[dict[str, Any]]:
    """The drawn lines, not the key's."""
    data = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    return [trace for trace in data if trace.get("x") != [None]]


def said(app: AppTest) -> str:
    notes = (app.warning, app.info, app.error, app.success, app.caption)
    return " ".join(note.value for kind in notes for note in kind).replace("\\", "")


# What there is to see.


def test_the_first_visit_shows_the_published_curve() -> None:
    app = opened()
    assert app.title[0].value == "Training curves"
    assert app.multiselect(key="runs").value == [NOTEBOOK]
    drawn = curves(app)
    assert len(drawn) == 4
    assert len(drawn[0]["x"]) == 35 or "bdata" in drawn[0]["x"]
    assert not app.warning
    assert [b.label for b in app.get("download_button")] == [
        "Download as CSV",
        "Picture as PNG",
    ]


def test_the_address_opens_the_same_picture() -> None:
    app = opened(runs=[COURSE, "nonsense"], smoothing="0.5", log="true")
    assert app.multiselect(key="runs").value == [COURSE]
    assert app.slider(key="smoothing").value == 0.5
    assert app.toggle(key="log").value
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert spec["layout"]["yaxis2"]["type"] == "log"


def test_runs_of_different_tasks_are_never_in_one_picture() -> None:
    app = opened(runs=[COURSE, NOTEBOOK])
    assert app.multiselect(key="runs").value == [COURSE]
    assert NOTEBOOK not in app.multiselect(key="runs").options
    task = next(group for group in app.get("button_group") if group.key == "curves-task")
    assert task.value == "Archive"
    assert "cannot be compared" in task.help
    task.set_value("Intent").run()
    assert app.multiselect(key="runs").value == [NOTEBOOK]
    assert COURSE not in app.multiselect(key="runs").options
    # Both panels and the end of each line.
    layout = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]
    assert [one["text"] for one in layout["annotations"]] == ["0.785", "0.546"]


@pytest.mark.parametrize(
    "address",
    [{"runs": ""}, {"runs": "<b>"}, {"smoothing": "7"}, {"log": "maybe", "smoothing": "x"}],
    ids=str,
)
def test_odd_addresses_do_no_harm(address: dict[str, str]) -> None:
    assert opened(**address).title


def test_no_run_picked() -> None:
    app = opened()
    app.multiselect(key="runs").set_value([]).run()
    assert not app.exception
    assert "Pick a run" in said(app)
    assert not app.get("plotly_chart")


def test_without_scicite_and_models_the_page_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("PAPERLENS_DATA", "PAPERLENS_MODELS"):
        monkeypatch.setenv(folder, str(tmp_path / "none"))
    app = opened()
    assert "`python -m core download scicite`" in said(app)
    assert "Start training" not in buttons(app)
    assert len(curves(app)) == 4


def test_the_form_asks_what_the_recipe_heeds() -> None:
    app = opened()
    assert [n.label for n in app.number_input] == ["Epochs", "Training texts"]
    assert [s.label for s in app.select_slider] == ["Learning rate"]
    assert [t.label for t in app.toggle] == ["Log scale for the loss", "Train the word vectors too"]
    assert app.number_input(key="tiny-epochs").value == 3
    assert app.number_input(key="tiny-sample").value is None


# In Chinese.


def test_a_chinese_address_opens_the_same_picture() -> None:
    app = opened(lang="zh", runs=["CORD-19 笔记本（已发表）", "nonsense"])
    assert app.multiselect(key="runs").value == [NOTEBOOK]
    assert curves(app)[0]["name"] == "CORD-19 笔记本（已发表）"
    assert "第 %{x} 轮，验证" in curves(app)[0]["hovertemplate"]
    glance = app.dataframe[0].value
    assert list(glance) == ["训练", "轮数", "最佳", "测试数据上", "说明"]
    assert glance["最佳"][0] == "验证准确率 0.7893（第 32 轮）"
    next(g for g in app.get("button_group") if g.key == "language").set_value("en").run()
    assert not app.exception
    assert app.multiselect(key="runs").value == [NOTEBOOK]
    assert curves(app)[0]["name"] == NOTEBOOK


def test_a_run_speaks_as_its_visitor(steps: Steps) -> None:
    app = press(opened(lang="zh"), "开始训练")
    steps.wait()
    steps.step()
    app.run()
    assert app.multiselect(key="runs").value == ["Tiny *net*, run 1", NOTEBOOK]
    assert "Tiny *net*，第 1 次训练" in app.multiselect(key="runs").options
    assert "第 1 轮，共 3 轮" in app.get("progress")[0].proto.text
    assert "停止" in buttons(app)
    assert steps.finish().result.label == "Tiny *net*, trained here"
    app.run()
    assert "Tiny *net*，第 1 次训练 已完成" in said(app)


# A run.


def test_a_run_from_start_to_end(steps: Steps, tmp_path: Path) -> None:
    app = opened()
    app.number_input(key="tiny-epochs").set_value(2)
    app.number_input(key="tiny-sample").set_value(60)
    started(app, steps)
    assert steps.run.options == Options(epochs=2, sample=60)
    assert steps.data == tmp_path / "data"
    label = "Tiny *net*, run 1"
    assert app.multiselect(key="runs").value == [label, NOTEBOOK]
    assert "Stop" in buttons(app)
    assert "Start training" not in buttons(app)
    before = len(curves(app))
    steps.step()
    app.run()
    assert len(curves(app)) == before + 2
    assert "epoch 1 of 2" in app.get("progress")[0].proto.text
    assert steps.finish().status == DONE
    app.run()
    assert not app.exception
    assert "Tiny *net*, run 1 is done" in said(app)
    # Validation accuracy and the loss, the figures that the run has told.
    drawn = [line["y"] for line in plain(curves(app))]
    assert [0.5, 0.5] in drawn
    assert [1, 0.5] in drawn
    assert [m.value for m in app.metric] == ["0.800", "0.750"]
    assert "Try it on a text" in [link.proto.label for link in app.get("page_link")]
    assert "Start training" in buttons(app)
    # The model it became is the same training: it is not offered twice.
    assert not [o for o in app.multiselect(key="runs").options if "trained here" in o]


def test_a_model_that_ships_stays_beside_an_equal_run(
    steps: Steps, trained: Callable[[str], TrainingResult], tiny_models: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    models = shutil.copytree(tiny_models, tmp_path / "models")
    monkeypatch.setenv("PAPERLENS_MODELS", str(models))
    equal = [{"epoch": n, "loss": 1 / n, "val_accuracy": 0.5} for n in (1, 2, 3)]
    shipped = replace(trained("archive"), history=equal)
    recipe = replace(registry.recipes()["tiny"], label="Shipped")
    store.save(shipped, recipe, models / "archive" / shipped.model.name)
    started(opened(), steps)
    assert opened(runs="Shipped").multiselect(key="runs").value == ["Shipped"]
    assert steps.finish().history == equal
    assert opened(runs="Shipped").multiselect(key="runs").value == ["Shipped"]


def test_a_stopped_run_goes_on(steps: Steps) -> None:
    app = started(opened(), steps)
    steps.step()
    press(app, "Stop")
    assert steps.run.stopping or steps.run.status == STOPPED
    steps.more.release()
    assert steps.run.wait(WAIT)
    app.run()
    assert "was stopped after 2 of 3 epochs" in said(app)
    press(app, "Go on")
    steps.wait()
    assert [record["epoch"] for record in steps.run.history] == [1, 2]
    assert steps.finish().status == DONE
    app.run()
    assert [record["epoch"] for record in steps.run.history] == [1, 2, 3]
    assert app.multiselect(key="runs").value == ["Tiny *net*, run 1", NOTEBOOK]


def test_others_watch_and_wait(steps: Steps) -> None:
    waiting = opened()
    app = started(opened(), steps)
    press(waiting, "Start training")
    assert "one run goes at a time" in said(waiting)
    assert "Show its curves" in buttons(waiting)
    press(waiting, "Show its curves")
    assert waiting.multiselect(key="runs").value == ["Tiny *net*, run 1", NOTEBOOK]
    assert "one run goes" not in said(waiting)
    other = opened()
    assert other.multiselect(key="runs").value[0] == "Tiny *net*, run 1"
    go_to(app, "terms")
    go_to(app, "training")
    assert "Stop" in buttons(app)
    assert app.multiselect(key="runs").value[0] == "Tiny *net*, run 1"


def test_a_failed_run_says_why(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(task: str) -> TrainingResult:
        raise ValueError("<b>no</b> *data*")

    steps.trained = fail
    app = started(opened(), steps)
    steps.finish()
    app.run()
    assert not app.exception
    assert "failed: Something went wrong (ValueError: <b>no</b> *data*)" in said(app)
    assert "<b>" not in app.error[0].value
    assert "Start training" in buttons(app)


def test_what_is_kept_is_seen_after_a_restart(steps: Steps, trained: Any) -> None:
    started(opened(), steps)
    steps.finish()
    st.cache_resource.clear()
    # The page lists it, with its own name, as any installed model.
    kept = "Tiny *net*, trained here"
    assert kept not in opened().multiselect(key="runs").value
    assert opened(runs=kept).multiselect(key="runs").value == [kept]


def test_the_page_itself_imports_no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    # None makes every import of it fail.
    for name in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, name, None)
    opened()
