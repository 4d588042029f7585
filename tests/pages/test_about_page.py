"""About: what is installed, checked against its cards."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.settings import ROOT
from tests.visit import visit


@pytest.fixture(autouse=True)
def nothing_of_this_machine(fresh: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The shipped models, no corpora and no trainings of this machine."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PAPERLENS_MODELS", str(ROOT / "models"))


def opened() -> AppTest:
    return visit("about")


def said(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.warning, *app.error, *app.success)
    return " ".join(element.value for element in elements).replace("\\", "")


def test_what_is_installed_is_told() -> None:
    app = opened()
    table = app.dataframe[0].value
    assert table["Task"].tolist() == ["Archive", "Subject", "Primary", "Intent", "Embedding"]
    assert table["Models"].min() >= 1
    assert "not installed" not in set(table["Default"])
    assert f"Streamlit {st.__version__}" in said(app)
    assert "**Corpora in the data folder:** none" in said(app)
    assert str(ROOT) not in said(app)


def test_corpora_are_named_within_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data" / "arxiv").mkdir(parents=True)
    (tmp_path / "data" / "arxiv" / "<b>mine.jsonl").write_bytes(b"x" * 2_500_000)
    app = opened()
    assert "arxiv/<b>mine.jsonl (2.5 MB)." in said(app)
    assert str(tmp_path) not in said(app)
    raw = " ".join(markdown.value for markdown in app.markdown)
    assert r"\<b\>mine" in raw


def test_without_models_the_page_stands_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "none"))
    app = opened()
    assert not app.exception
    assert set(app.dataframe[0].value["Default"]) == {"not installed"}


def test_a_damaged_model_is_named_without_its_path(
    built_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    shutil.copytree(built_models, models)
    (models / "subject" / "linear" / "card.json").write_text("{", encoding="utf-8")
    (models / "archive" / "linear" / "words.txt").write_text("changed\n", encoding="utf-8")
    monkeypatch.setenv("PAPERLENS_MODELS", str(models))
    app = opened()
    assert not app.exception
    assert "The model card subject/linear/card.json cannot be read" in said(app)
    assert "words.txt" not in said(app)
    app.button[0].click().run()
    assert "The file words.txt of the model archive/linear is not the one" in said(app)
    assert str(tmp_path) not in said(app)
    assert not app.success


def test_sound_files_are_said_to_be_sound(tiny_models: Path) -> None:
    app = opened()
    app.button[0].click().run()
    assert not app.exception
    assert "Every file is the one its card describes." in said(app)
