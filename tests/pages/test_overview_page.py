"""The landing page, and that its links open what they promise."""

import ast
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
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


def test_every_link_is_on_the_page() -> None:
    steps = tour(installed()[0])
    shown = [use.link for use in uses()] + [
        link(step.link.page, **step.link.query, tour=str(number))
        for number, step in enumerate(steps, start=1)
    ]
    wanted = [
        (
            "statistics" if link.page == "corpus" else link.page,
            {k: v if isinstance(v, list) else [v] for k, v in link.query.items()},
        )
        for link in shown
    ]
    assert links(opened()) == wanted


def test_without_models_the_page_stands_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "none"))
    app = opened()
    assert not app.exception
    assert "python -m core train linear" in app.error[0].value


def test_the_tour_goes_on_and_back_and_ends() -> None:
    steps = tour(installed()[0])
    app = visit("classify", {"example": "Interdisciplinary", "tour": "1"})
    for number, step in enumerate(steps, start=1):
        assert f"step {number} of 5: {step.title}" in said(app)
        ways = links(app)[: 2 if number > 1 else 1]
        assert [query.get("tour") for _, query in ways] == [
            *([[str(number - 1)]] if number > 1 else []),
            [str(number + 1)] if number < 5 else None,
        ]
        if number < 5:
            app = follow(app, *ways[-1])
    assert ways[-1][0] == ""


def test_a_step_is_seen_as_meant_whatever_was_picked_before() -> None:
    app = follow(opened(), "classify", {"kind": "Citation", "citation": "A debate"})
    app = follow(app, "terms", {"order": "Clustered"})
    app = follow(app, "classify", {"example": "Interdisciplinary", "tour": "1"})
    paper("Interdisciplinary", "q-bio.")(app)


@pytest.mark.parametrize("step", ["0", "6", "x", "²", ""])
def test_no_other_step_is_shown(step: str) -> None:
    app = visit("classify", {"tour": step})
    assert not app.exception
    assert "step" not in said(app)


def test_links_to_classify_of_earlier_still_open_it() -> None:
    app = opened(example="Astronomy", task="Archive", own="true", threshold="95")
    assert not app.exception
    assert app.text_input(key="title").value.startswith("Spectroscopic confirmation")
    assert app.slider(key="threshold").value == 95
    assert app.segmented_control(key="task").value == "Archive"
    app = opened(utm_source="mail")
    assert app.title[0].value == "Where does a paper belong?"


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
    paper_text = "Ramsey numbers of sparse graphs\nWe bound the Ramsey numbers of sparse graphs."
    app.text_area(key="box").set_value(paper_text)
    app.button[0].click().run()
    app = follow(app, "terms", {"terms": "Pets: cat, dog", "order": "Clustered"})
    assert app.session_state.selection.terms == ("cat", "dog")
    app = follow(app, "training", {"runs": course, "log": "true"})
    app = follow(app, "statistics", {"show": "Treemap", "level": "Subjects", "year": "2024"})
    app = follow(app, "classify", {"kind": "Citation", "citation": "A debate"})
    app = follow(app, "overview", {})
    checks = (
        paper("Interdisciplinary", "q-bio."),
        heatmap("By group"),
        statistics("Categories"),
        paper("Interdisciplinary", "q-bio."),
        citation,
        heatmap("Clustered"),
        statistics("Co-occurrence"),
        training,
    )
    for (page, query), check in zip(links(app), checks, strict=True):
        check(follow(app, page, query))
        follow(app, "overview", {})


def test_a_visit_keeps_the_models_and_thresholds_that_were_chosen() -> None:
    app = follow(opened(), "classify", {"own": "true", "threshold": "95"})
    app = follow(app, "overview", {})
    app = follow(app, "classify", {"example": "Astronomy"})
    assert any("one threshold of 95%" in one.value for one in app.caption)


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
    assert labels == [ours, "CORD-19 notebook, published"]
    assert not app.toggle(key="log").value
    assert app.get("plotly_chart")
