"""A network on the pages: loaded in the background, answering beside other models."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import cards
from core.classifiers import networks, store
from core.training.recipe import Options
from core.training.runs import TrainingRun
from pages.components.models import fingerprint, model_future
from tests.visit import visit

RECIPE = next(recipe for recipe in networks.RECIPES if recipe.name == "bigru-conv")


@pytest.fixture(scope="module")
def network(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small network that has learnt next to nothing."""
    folder = tmp_path_factory.mktemp("network") / "bigru-conv"
    with pytest.MonkeyPatch.context() as patch:
        small = replace(networks.DESIGNS["bigru-conv"], length=12)
        patch.setitem(networks.DESIGNS, "bigru-conv", small)
        run = TrainingRun(RECIPE, "archive", Options(epochs=2, batch_size=50, sample=200))
        return store.save(RECIPE.train(corpus, "archive", run), RECIPE, folder, 3.0).folder


@pytest.fixture
def models(
    fresh: None,
    network: Path,
    built_models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A models folder with the small linear models and the small network."""
    folder = tmp_path / "models"
    shutil.copytree(built_models, folder)
    shutil.copytree(network, folder / "archive" / "bigru-conv")
    monkeypatch.setenv("PAPERLENS_MODELS", str(folder))
    small = replace(networks.DESIGNS["bigru-conv"], length=12)
    monkeypatch.setitem(networks.DESIGNS, "bigru-conv", small)
    return folder


def opened(page: str, **address: str | list[str]) -> AppTest:
    app = visit(page, address)
    assert not app.exception
    return app


def classified(app: AppTest, title: str) -> AppTest:
    app.text_area(key="box").set_value(title)
    next(b for b in app.button if b.label == "Classify").click().run()
    assert not app.exception
    return app


def test_a_network_answers_alone(models: Path) -> None:
    app = classified(opened("classify", model="bigru-conv"), "Torus knots in loops")
    assert len(app.get("plotly_chart")) == 1
    assert any(" ms by " in one.value for one in app.caption)
    assert any("cannot explain its answers" in one.value for one in app.caption)


def test_a_network_stands_beside_the_default(models: Path) -> None:
    app = classified(opened("classify", model=["linear", "bigru-conv"]), "Torus knots in loops")
    assert "Side by side" in [head.value for head in app.subheader]
    dots = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"]
    assert any("BiGRU-CNN" in trace["name"] for trace in dots)


def test_choosing_a_model_begins_to_load_it(models: Path) -> None:
    opened("classify", model="bigru-conv")
    card = cards.find("archive", "bigru-conv")
    coming = model_future("archive", "bigru-conv", fingerprint(card))
    assert coming.result(timeout=60).name == "bigru-conv"


def test_a_damaged_network_is_a_sentence_and_is_tried_again(models: Path) -> None:
    weights = models / "archive" / "bigru-conv" / "weights.npz"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + b"x")
    app = classified(opened("classify", model="bigru-conv"), "Torus knots in loops")
    assert any("the checksum differs" in one.value for one in app.warning)
    weights.write_bytes(content)
    next(b for b in app.button if b.label == "Classify").click().run()
    assert not any("checksum" in one.value for one in app.warning)
    assert len(app.get("plotly_chart")) == 1


def test_the_leaderboard_tells_its_cost(models: Path) -> None:
    app = opened("models", every="true")
    board = app.dataframe[0].value
    row = board.set_index("Model").loc[RECIPE.label]
    assert row["Training time (s)"] == 3.0
    figures = cards.find("archive", RECIPE.name).metrics["course"]
    assert row["Binary accuracy"] == pytest.approx(figures["binary_accuracy"], abs=1e-3)
    linear = board.set_index("Model").drop(RECIPE.label)
    assert linear["Training time (s)"].isna().all()


def test_its_curves_are_there_to_see(models: Path) -> None:
    app = opened("training", runs=RECIPE.label)
    glance = app.dataframe[0].value
    assert glance["epochs"].tolist() == [2]
