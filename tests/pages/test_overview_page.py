"""The landing page, and that its links open what they promise."""

import ast
import os
import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.cards import EMBEDDING, _read_card, find, installed
from core.files import locks
from core.files.upload_store import UploadStore
from core.settings import ROOT
from pages.classify.examples import CITATIONS, EXAMPLES
from pages.components import models, visitor_files
from pages.overview.tour import OPTIONS, TERMS, link, tour, uses
from tests.visit import go_to, visit


@pytest.fixture(autouse=True)
def nothing_of_this_machine(fresh: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The shipped models, no corpora and no trainings of this machine."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PAPERLENS_MODELS", str(ROOT / "models"))


def opened(**address: str) -> AppTest:
    return visit("", address)


def links(app: AppTest) -> list[tuple[str, dict[str, list[str]]]]:
    return [
        (link.proto.page, parse_qs(link.proto.query_string, strict_parsing=False))
        for link in app.get("page_link")
    ]


def follow(app: AppTest, page: str, query: dict[str, Any]) -> AppTest:
    """Open a page with an address, in the session that there is."""
    app.query_params.clear()
    app.query_params.update(query)
    go_to(app, page)
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.warning, *app.error, *app.success)
    return " ".join(element.value for element in elements).replace("\\", "")


def test_the_first_visit_removes_what_a_killed_server_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f"{locks.PREFIX}1"
    left.mkdir()
    os.utime(left, (1, 1))
    monkeypatch.setattr(visitor_files, "STORE", UploadStore())
    assert not opened().exception
    for _ in range(600):
        for thread in threading.enumerate():
            if thread.name == "sweep" and left.exists():
                thread.join(0.05)
    assert not left.exists()


def test_sessions_share_what_they_keep_of_the_models() -> None:
    """Streamlit keeps a session for two minutes after its end, with all that its pages listed."""
    pages = ("overview", "models", "training", "classify")
    first = [follow(opened(), page, {}) for page in pages]
    made = _read_card.cache_info().misses
    later = [follow(opened(), page, {}) for page in pages for _ in range(2)]
    assert _read_card.cache_info().misses == made
    assert len([*first, *later]) == 12  # none has ended


def test_every_model_and_one_trained_here_beside_each_may_be_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(models, "load_and_warm_up", lambda task, name: None)
    cards = [card for card in installed()[0] if card.task != EMBEDDING]
    keys = [(card.task, card.name + end, "") for card in cards for end in ("", "-live")]
    first = [models.model_future(*key) for key in keys]
    assert [models.model_future(*key) for key in keys] == first


# The page.


def test_figures_are_the_cards_own() -> None:
    app = opened()
    assert not app.exception
    course, default = (find("archive", name).metrics["course"] for name in ("nb-tfidf", None))
    notebook, intent = (
        find("intent", name).metrics["sentence"] for name in ("swivel-dense", "intent")
    )
    last = find("archive", "bigru-conv").history[-1]
    assert [metric.value for metric in app.metric] == [
        *(f"{figures['micro_f1']:.3f}" for figures in (course, default)),
        *(f"{figures['accuracy']:.3f}" for figures in (notebook, intent)),
        *(f"{last[name]:.4f}" for name in ("val_binary_accuracy", "val_loss")),
    ]
    # What they are measured on.
    same = course["n"] == default["n"]
    text = "Both on the same {}" if same else "Not on the same papers: {}"
    assert text.format(f"{min(course['n'], default['n']):,}") in said(app)


def test_every_link_is_on_the_page() -> None:
    shown = [
        *(link for use in uses() for link in use.links),
        link("models", ""),
        *(link for step in tour(installed()[0]) for link in step.links),
    ]
    wanted = [
        (
            "statistics" if link.page == "corpus" else link.page,
            {k: v if isinstance(v, list) else [v] for k, v in link.query.items()},
        )
        for link in shown
    ]
    app = opened()
    assert links(app) == wanted
    for number in range(1, 6):
        assert f"**{number}. " in said(app)


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
    assert "python -m core train linear" in app.error[0].value
    assert not app.metric
    assert said(app).count("These models are not installed.") == 3
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


def test_links_to_classify_of_earlier_still_open_it() -> None:
    app = opened(example="Astronomy", task="Archive", own="true", threshold="95")
    assert not app.exception
    assert app.text_input(key="title").value.startswith("Spectroscopic confirmation")
    assert app.slider(key="threshold").value == 95
    assert app.segmented_control(key="task").value == "Archive"
    app = opened(utm_source="mail")
    assert app.title[0].value == "Paperlens"


# What the links open.


BOUND = {"pick", "pick_models", "slider", "toggle", "selectbox", "multiselect", "text_input"}
"""Calls that bind the key that they are given to the address; so does a form of a text."""


def options(page: str) -> set[str]:
    """The names under which a page's widgets stand in the address, as its code has them."""
    found = set()
    for path in (ROOT / "pages" / page).glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
            if name.removeprefix("inputs.") in BOUND | {"TextForm"}:
                keys = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
                found |= {k.value for k in (*call.args, *keys) if isinstance(k, ast.Constant)}
    return found - {"paper", "cited"}  # texts, which stay in the session


# Parsed here and not in the test, while no model loads in another thread: Python 3.11 cannot parse
# in two threads at once (gh-106905).
OPTIONS_OF_PAGES = {name: options(name) for name in ("classify", "terms", "corpus", "training")}


def test_every_option_that_the_links_may_meet_is_forgotten() -> None:
    pages = OPTIONS_OF_PAGES
    assert {"kind", "example", "citation", "intent-model"} <= pages["classify"]
    assert {"show", "level", "years"} <= pages["corpus"]
    named = {key for keys in pages.values() for key in keys if isinstance(key, str)}
    assert named <= set(OPTIONS)


def test_the_links_open_what_they_promise() -> None:
    """All of them in one session, after other states of the same pages."""
    course = find("archive", "bigru-conv").label
    app = follow(opened(), "classify", {})
    app.text_input(key="title").set_value("Ramsey numbers of sparse graphs")
    app.text_area(key="abstract").set_value("We bound the Ramsey numbers of sparse graphs.")
    app.button[0].click().run()
    app = follow(app, "terms", {"terms": "Pets: cat, dog", "order": "Clustered"})
    assert app.session_state.selection.terms == ("cat", "dog")
    app = follow(app, "training", {"runs": course, "log": "true"})
    app = follow(app, "statistics", {"show": "Treemap", "level": "Subjects", "year": "2024"})
    app = follow(app, "classify", {"kind": "Citation", "citation": "A debate"})
    app = follow(app, "overview", {})
    checks = (
        paper("Linguistics", "cs.CL ·"),
        heatmap("By group"),
        statistics("Over time"),
        training,
        board,
        paper("Interdisciplinary", "q-bio."),
        citation,
        heatmap("Clustered"),
        statistics("Co-occurrence"),
        training,
    )
    for (page, query), check in zip(links(app), checks, strict=True):
        check(follow(app, page, query))
        follow(app, "overview", {})


def paper(name: str, fitting: str) -> Any:
    example = next(one for one in EXAMPLES if one.name == name)

    def check(app: AppTest) -> None:
        assert app.text_input(key="title").value == example.title
        assert app.text_area(key="abstract").value == example.abstract
        headings = [re.sub(r"\\(.)", r"\1", heading.value) for heading in app.subheader]
        assert fitting in headings[0]
        assert "Why" in headings

    return check


def citation(app: AppTest) -> None:
    example = next(one for one in CITATIONS if one.name == "Method")
    assert app.text_area(key="sentence").value == example.sentence
    assert app.text_input(key="section").value == example.section
    assert app.subheader[0].value.startswith("Method · ")


def heatmap(order: str) -> Any:
    def check(app: AppTest) -> None:
        assert app.segmented_control(key="view").value == "Heatmap"
        assert app.segmented_control(key="order").value == order
        assert app.session_state.selection == TERMS
        assert app.get("plotly_chart")

    return check


def statistics(view: str) -> Any:
    def check(app: AppTest) -> None:
        assert app.segmented_control(key="show").value == view
        assert app.selectbox(key="corpus").value == "All of arXiv"
        assert app.segmented_control(key="level").value == "Archives"
        assert app.selectbox(key="year").value == "All years"
        assert app.get("plotly_chart")

    return check


def training(app: AppTest) -> None:
    labels = app.multiselect(key="runs").value
    ours = find("intent", "swivel-dense").label
    assert labels == [ours, "The CORD-19 notebook, published"]
    assert not app.toggle(key="log").value
    assert app.get("plotly_chart")


def board(app: AppTest) -> None:
    assert app.title[0].value == "Compare models"
