"""The page that compares models, run by Streamlit's own test harness."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.cards import Card, find, installed
from core.classifiers import store
from core.evaluation.curves import curves, read_curves
from core.evaluation.metrics import evaluate_single
from core.files import checksum
from core.taxonomy import PRIMARIES
from pages.models import leaderboard
from pages.models.board import newly_picked
from tests.visit import plain, visit

ROOT = Path(__file__).resolve().parents[2]
ATTACK = "<img src=x onerror=alert(1)> **bold** [a](http://b) :red[c] $x^2$ `d`"
VIEWS = ("About", "By category", "Precision and recall", "Threshold", "Calibration")
INTENTS = ("method", "background", "result")


@pytest.fixture(autouse=True)
def nothing_kept(fresh: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No other test's models in memory, no data and no trainings of this machine."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models of the checkout."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(ROOT / "models"))
    return ROOT / "models"


@pytest.fixture
def models(built_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small models to change."""
    folder = tmp_path / "models"
    shutil.copytree(built_models, folder)
    monkeypatch.setenv("PAPERLENS_MODELS", str(folder))
    return folder


def change(folder: Path, **fields: Any) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def sums(folder: Path) -> dict[str, str]:
    return {path.name: checksum.sha256(path) for path in folder.iterdir() if path.stem != "card"}


def opened(**address: str | list[str]) -> AppTest:
    return visit("models", {key.replace("_", "-"): value for key, value in address.items()})


def said(app: AppTest) -> str:
    """All text on the page, Markdown's backslashes taken off."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error)
    return " ".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def board(app: AppTest) -> Any:
    return app.dataframe[0].value


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


# The shipped models.


def test_the_first_visit_shows_the_archive_models(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(card: Card) -> None:
        raise AssertionError(f"{card.name} was loaded")

    monkeypatch.setattr(store, "load", never)
    app = opened()
    assert not app.exception
    assert not app.warning
    table = board(app).set_index("Model")
    card = find("archive")
    assert table["Micro-F1"][card.label] == card.metrics["course"]["micro_f1"]
    assert table["Macro-F1, live archives"][card.label] == card.metrics["course"]["macro_f1_live"]
    assert "ms a text" not in table
    assert len(table.columns) == 5
    assert "the mix of fields that the course’s data has" in said(app)
    assert dict(app.query_params) == {}
    # What others published stands in the same column.
    assert table["Micro-F1"]["Naive Bayes, the course"] == 0.72
    assert list(table["Notes"]["Naive Bayes, the course"]) == ["published 2023"]
    assert list(table["Notes"]["Blend (default)"]) == ["most accurate", "explains itself"]
    app.toggle(key="every").set_value(True).run()
    assert board(app).set_index("Model")["Binary accuracy"]["Network, the course"] == 0.9773


@pytest.mark.parametrize("task", ["Archive", "Subject"])
@pytest.mark.parametrize("view", [*VIEWS, "Errors"])
def test_every_view_of_the_default_model(shipped: Path, task: str, view: str) -> None:
    app = opened(compare=task, **{f"{task.lower()}_show": view})
    assert not app.exception
    assert not app.warning
    charts = len(app.get("plotly_chart"))
    two = "reliability_top" in read_curves(find(task.lower()))["course"]
    of_view = {"About": 0, "By category": 0, "Threshold": 2, "Calibration": 1 + two}
    assert charts == of_view.get(view, 1)


def test_another_slice_has_its_own_figures_the_best_model_first(shipped: Path) -> None:
    app = opened()
    app.segmented_control(key="archive-on").set_value("Recent papers").run()
    card = find("archive")
    found = board(app)["Micro-F1"]
    assert found[list(board(app)["Model"]).index(card.label)] == card.metrics["recent"]["micro_f1"]
    cards = [card for card in installed()[0] if card.task == "archive"]
    figures = [card.metrics["recent"]["micro_f1"] for card in cards if "recent" in card.metrics]
    assert found.dropna().tolist() == sorted([*figures, 0.72], reverse=True)
    # Models without figures on these papers stand below.
    assert found.isna().tolist() == sorted(found.isna())
    assert "2025 and 2026" in said(app)


def test_the_address_opens_the_same(shipped: Path) -> None:
    app = opened(
        compare="Archive",
        archive_on="Recent papers",
        archive_model="Support vector machine",
        archive_show="Threshold",
        archive_label="Computer Science (cs)",
        cut="0.3",
    )
    assert not app.exception
    assert app.multiselect(key="archive-model").value == ["Support vector machine"]
    assert app.selectbox(key="archive-label").value == "Computer Science (cs)"
    assert app.slider(key="cut").value == 0.3
    curve = read_curves(find("archive", "svm-tfidf"))["recent"]
    place = curve["thresholds"].index(0.3)
    assert app.metric[0].value == f"{curve['micro']['precision'][place]:.3f}"


def test_a_foolish_address_opens_the_default(shipped: Path) -> None:
    app = opened(compare="x", archive_on="y", archive_model="z", archive_show="w", cut="-9")
    assert not app.exception
    assert app.multiselect(key="archive-model").value == [find("archive").label]


def test_the_report_is_the_cards_and_downloads(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[Callable[[], bytes]] = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *a, **k: files.append(data))
    app = opened(archive_show="By category")
    table = app.dataframe[-1].value
    own = find("archive").metrics["course"]["per_label"]
    assert list(table["Code"]) == list(own)
    for column in ("Precision", "Recall", "F1", "Support"):
        assert list(table[column]) == [figures[column.lower()] for figures in own.values()]
    assert list(table["Threshold"]) == pytest.approx(find("archive").thresholds)
    row = table[table["Code"] == "solv-int"].iloc[0]
    assert (row["Name"], row["Status"]) == ("Exactly Solvable and Integrable Systems", "retired")
    head, *lines = csv.reader(io.StringIO(files[0]().decode("utf-8-sig")))
    assert head[:3] == ["Code", "Name", "Status"]
    assert len(lines) == 34


def test_figures_are_the_models_curves(shipped: Path) -> None:
    card = find("archive")
    curve = read_curves(card)["course"]

    def drawn(view: str, place: int = 0) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        spec = json.loads(opened(archive_show=view).get("plotly_chart")[place].proto.spec)
        return plain(spec["data"]), spec["layout"]

    (micro, *lines), _ = drawn("Precision and recall")
    assert micro["x"] == [recall for recall in curve["micro"]["recall"] if recall]
    by_label = curve["per_label"]
    commonest = sorted(by_label, key=lambda code: -by_label[code]["support"])[:4]
    for code, line, ring in zip(commonest, lines[::2], lines[1::2], strict=True):
        counts = by_label[code]
        hits, predicted = np.array(counts["hits"]), np.array(counts["predicted"])
        some = predicted > 0
        assert line["x"] == pytest.approx(hits[some] / counts["support"])
        assert line["y"] == pytest.approx(hits[some] / predicted[some])
        own = card.thresholds[card.labels.index(code)]
        near = np.abs(np.array(line["customdata"]) - own).argmin()
        assert (ring["x"], ring["y"]) == ([line["x"][near]], [line["y"][near]])
    single, layout = drawn("Threshold", 1)
    counts = by_label[commonest[0]]
    assert single[1]["y"] == pytest.approx(np.array(counts["hits"]) / counts["support"])
    own = card.thresholds[card.labels.index(commonest[0])]
    assert [shape["x0"] for shape in layout["shapes"]] == pytest.approx([0.5, own])
    (_, _, bars), _ = drawn("Calibration")
    counts = curve.get("reliability_top", curve["reliability"])["count"]
    assert bars["y"] == [count for count in counts if count]
    (matrix,), layout = drawn("Errors")
    errors = {(missed, instead): count for missed, instead, count in curve["errors"]}
    names = layout["xaxis"]["ticktext"]
    assert names == layout["yaxis"]["ticktext"]
    assert matrix["z"] == [[errors.get((row, column)) for column in names] for row in names]


def test_the_embedding_stands_beside_skip_gram(shipped: Path) -> None:
    app = opened(compare="Embedding", embedding_show="Word sets")
    assert not app.exception
    table = board(app)
    assert "skip-gram" in table["Model"][1]
    assert table["UMNSRS-sim"][0] > table["UMNSRS-sim"][1]
    assert len(app.dataframe[-1].value) == 8


# Small models.


def test_latencies_are_measured_on_demand(models: Path) -> None:
    app = press(opened(), "Measure speed here")
    assert not app.exception
    assert board(app)["ms a text"][0] > 0
    app.segmented_control(key="archive-show").set_value("By category").run()
    assert board(app)["ms a text"][0] > 0


def test_an_embedding_is_timed_too(built_embedding: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_embedding))
    app = press(opened(), "Measure speed here")
    assert not app.exception
    assert board(app)["small-set"][0] == 0.25
    assert board(app)["ms a text"][0] > 0


def test_a_model_that_cannot_be_loaded_is_a_warning(models: Path) -> None:
    (models / "archive" / "linear" / "words.txt").write_text("other\n")
    app = press(opened(), "Measure speed here")
    assert not app.exception
    assert "checksum differs" in said(app)


@pytest.mark.parametrize("view", [*VIEWS[2:], "Errors"])
def test_a_model_without_curves_says_so(models: Path, view: str) -> None:
    app = opened(archive_show=view)
    assert not app.exception
    assert "No curves for these test texts" in said(app)


def test_damaged_curves_are_a_sentence(models: Path) -> None:
    folder = models / "archive" / "linear"
    (folder / "curves.json").write_text("{}")
    files = json.loads((folder / "card.json").read_text())["files"]
    change(folder, files=files | {"curves.json": "0" * 64})
    app = opened(archive_show="Calibration")
    assert not app.exception
    assert "checksum of curves.json differs" in said(app)


@pytest.mark.parametrize("view", [*VIEWS, "Errors"])
def test_a_model_without_figures_does_not_break_a_view(models: Path, view: str) -> None:
    change(models / "archive" / "linear", metrics={})
    app = opened(archive_show=view)
    assert not app.exception
    assert "Linear (small)" in list(board(app)["Model"])


def test_odd_metrics_are_named(models: Path) -> None:
    change(models / "archive" / "linear", metrics={"course": {"micro_f1": "high"}})
    app = opened()
    assert not app.exception
    assert "archive/linear/card.json" in said(app)


def test_a_model_trained_here_appears(models: Path, tmp_path: Path) -> None:
    live = tmp_path / "runs" / "live" / "archive"
    live.mkdir(parents=True)
    shutil.copytree(models / "archive" / "linear", live / "linear")
    shutil.copytree(models / "archive" / "linear", live / "mine")
    change(live / "mine", name="mine")
    app = opened()
    names = [name for name in board(app)["Model"] if "Linear" in name]
    assert len(set(names)) == 3
    assert sum("trained here" in name for name in names) == 2
    app = press(app, "Measure speed here")
    assert not app.exception
    assert board(app)["ms a text"].notna().sum() == 3


def test_no_model_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "none"))
    app = opened()
    assert not app.exception
    assert "No model is installed" in said(app)


# An intent model that nobody trained.


@dataclass
class Guess:
    """Stands in for an intent model: one in every three."""

    labels: tuple[str, ...] = INTENTS

    def predict_scores(self, texts: list[str]) -> np.ndarray:
        """Scores (n, 3)."""
        return np.eye(3, dtype=np.float32)[np.arange(len(texts)) % 3]


@pytest.fixture
def intent(models: Path) -> Path:
    """A card of the task intent, with figures and curves."""
    folder = models / "intent" / "intent"
    shutil.copytree(models / "archive" / "linear", folder)
    rng = np.random.default_rng(2)
    scores, truth = rng.dirichlet(np.ones(3), 90), rng.integers(0, 3, 90)
    parts = ("sentence", "section")
    drawn = {part: curves(INTENTS, truth, scores) for part in parts}
    (folder / "curves.json").write_text(json.dumps(drawn))
    change(
        folder,
        task="intent",
        name="intent",
        label="Invented intent",
        labels=INTENTS,
        thresholds=[1, 1, 1],
        metrics={part: evaluate_single(INTENTS, truth, scores) for part in parts},
        files=sums(folder),
    )
    return folder


@pytest.mark.parametrize("view", [*VIEWS, "Errors", "Sentences"])
def test_every_view_of_an_intent_model(intent: Path, view: str) -> None:
    app = opened(compare="Intent", intent_on="With its section", intent_show=view)
    assert not app.exception
    assert not app.warning
    table = board(app).set_index("Model")
    assert {"Accuracy", "Macro-F1"} <= set(table)
    assert table["Macro-F1"]["SciBERT"] == 0.863
    assert table["Macro-F1"]["CiteFusion"].tolist() == [0.896, 0.885]
    assert table["Section given"]["CiteFusion"].tolist() == ["yes", "no"]
    assert table["Section given"]["Invented intent"] == "yes"
    assert table["Source"]["SciBERT"] == "https://arxiv.org/abs/1903.10676"
    if view == "Errors":
        chart = json.loads(app.get("plotly_chart")[0].proto.spec)
        assert chart["layout"]["yaxis"]["title"]["text"] == "true label"
    if view == "Sentences":
        assert "To get it" in said(app)
        assert app.code[0].value == "python -m core download scicite"


def test_sentences_stand_beside_their_labels(
    intent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "scicite"
    folder.mkdir(parents=True)
    rows = [
        {"unique_id": f"u{i}", "string": f"Invented {i} {ATTACK}", "label": INTENTS[i % 2]}
        for i in range(25)
    ]
    for name in ("train", "dev", "test"):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setattr(store, "load", lambda card: Guess())
    app = opened(compare="Intent", intent_show="Sentences")
    assert not app.exception
    table = app.table[0].value
    assert len(table) == 20
    assert "<img" not in table["Sentence"].iloc[0].replace("\\<", "")
    assert list(table["True label"][:3]) == ["method", "background", "method"]
    right, wrong = ":material/check:", ":material/close:"
    assert list(table["Prediction"][:3]) == [
        f"{mark} {intent} 100%" for mark, intent in zip((right, right, wrong), INTENTS, strict=True)
    ]
    assert "first 20 sentences" in said(app)


# A model of primary categories that nobody trained.


@pytest.fixture
def primary(models: Path) -> Path:
    """A card of the task primary with so many categories that none has a confusion matrix."""
    folder = models / "primary" / "softmax"
    shutil.copytree(models / "archive" / "linear", folder)
    rng = np.random.default_rng(2)
    scores, truth = rng.dirichlet(np.ones(len(PRIMARIES)), 90), rng.integers(0, 60, 90)
    (folder / "curves.json").write_text(json.dumps({"recent": curves(PRIMARIES, truth, scores)}))
    figures = evaluate_single(PRIMARIES, truth, scores)
    assert figures["confusion"] is None
    change(
        folder,
        task="primary",
        name="softmax",
        label="Invented softmax",
        labels=PRIMARIES,
        thresholds=[1] * len(PRIMARIES),
        metrics={"recent": figures | {"set_coverage": 0.905, "set_size": 4.25, "unknown": 3}},
        files=sums(folder),
    )
    return folder


@pytest.mark.parametrize("view", [*VIEWS, "Errors"])
def test_every_view_of_a_model_of_primary_categories(primary: Path, view: str) -> None:
    app = opened(compare="Primary", primary_show=view)
    assert not app.exception
    assert not app.warning
    assert [name for name in board(app) if name not in ("Model", "Notes")] == [
        "Accuracy",
        "Among the three best",
        "Calibration error",
        "Size (MB)",
    ]
    app.toggle(key="every").set_value(True).run()
    assert board(app)["Categories in a set"][0] == 4.25
    if view == "About":
        assert "hold the true category for 90.5%" in said(app)
        assert "4.2 categories on average. 3 held-back papers have none" in said(app)
    if view == "Errors":
        assert "Row: the category missed" in said(app)
        pairs = read_curves(find("primary"))["recent"]["errors"]
        assert app.dataframe[-1].value["Papers"].tolist() == [count for *_, count in pairs]


def test_a_card_without_sets_shows_none(primary: Path) -> None:
    figures = json.loads((primary / "card.json").read_text())["metrics"]["recent"]
    del figures["set_coverage"], figures["set_size"]
    change(primary, metrics={"recent": figures})
    app = opened(compare="Primary", primary_show="About", every="true")
    assert not app.exception
    assert "Categories in a set" not in board(app)
    assert "sets hold" not in said(app)


def test_curves_without_confusions_are_not_taken_for_no_errors(primary: Path) -> None:
    older = json.loads((primary / "curves.json").read_text())
    older["recent"]["errors"] = []
    (primary / "curves.json").write_text(json.dumps(older))
    change(primary, files=sums(primary))
    app = opened(compare="Primary", primary_show="Errors")
    assert not app.exception
    assert "hold no confusions" in said(app)


# What the figures are of.


def test_the_calibration_of_what_is_shown_leads(models: Path) -> None:
    folder = models / "archive" / "linear"
    card = find("archive")
    rng = np.random.default_rng(3)
    truth = rng.random((50, len(card.labels))) < 0.2
    drawn = curves(card.labels, truth, rng.random(truth.shape), np.array(card.thresholds))
    store.update_figures(card, card.metrics, {"course": drawn})
    app = opened(archive_show="Calibration")
    assert not app.exception
    first, second = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    for spec, name in ((first, "reliability_top"), (second, "reliability")):
        bars = plain(spec["data"])[2]
        assert bars["y"] == [count for count in drawn[name]["count"] if count]
    figures = json.loads((folder / "card.json").read_text())["metrics"]["course"]
    told = said(app)
    assert told.index(f"{figures['ece_top']:.4f}") < told.index(f"{figures['ece']:.4f}")
    assert "Calibration error" in board(app)
    assert "Calibration error, all labels" not in board(app)


def test_it_is_told_whether_all_models_saw_the_same_texts(models: Path) -> None:
    folder = models / "archive" / "another"
    shutil.copytree(models / "archive" / "linear", folder)
    change(folder, name="another", label="Another")
    assert "All models are measured on the same 30 texts." in said(opened())
    metrics = json.loads((folder / "card.json").read_text())["metrics"]
    change(folder, metrics={"course": metrics["course"] | {"n": 31}})
    assert "Not all models were measured on the same texts" in said(opened())


# In Chinese.


def test_the_page_speaks_chinese_and_files_english(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[Callable[[], bytes]] = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *a, **k: files.append(data))
    app = opened(lang="zh", archive_show="按分类")
    assert not app.exception
    assert app.segmented_control(key="archive-show").value == "By category"
    assert {"模型", "微平均 F1", "备注", "大小 (MB)"} <= set(board(app).columns)
    assert "领域构成与课程数据一致" in said(app)
    table = app.dataframe[-1].value
    row = table[table["代码"] == "solv-int"].iloc[0]
    assert (row["名称"], row["状态"]) == ("精确可解与可积系统", "已停用")
    head, *lines = csv.reader(io.StringIO(files[0]().decode("utf-8-sig")))
    assert head[:3] == ["Code", "Name", "Status"]
    assert ["Exactly Solvable and Integrable Systems", "retired"] in [line[1:3] for line in lines]


def test_labels_in_the_address_are_chinese_and_their_state_is_not(shipped: Path) -> None:
    app = opened(lang="zh", archive_show="阈值", archive_label="计算机科学 (cs)")
    assert not app.exception
    assert app.selectbox(key="archive-label").value == "Computer Science (cs)"


# Up to three models over each other.


MODELS = {"archive_model": ["Blend (default)", "TextCNN"]}
"""Two models in the address."""


def drawn(app: AppTest) -> list[dict[str, Any]]:
    return plain(json.loads(app.get("plotly_chart")[0].proto.spec)["data"])


@pytest.mark.parametrize("view", [*VIEWS, "Errors", "Training curves"])
def test_two_models_in_every_view(shipped: Path, view: str) -> None:
    app = opened(**MODELS, archive_show=view)
    assert not app.exception
    assert not app.warning
    if view == "By category":
        table = app.dataframe[-1].value.set_index("Code")
        for name, label in (("blend", "Blend (default)"), ("textcnn", "TextCNN")):
            own = find("archive", name).metrics["course"]["per_label"]
            assert table[label]["cs"] == own["cs"]["f1"]
    elif view in ("Precision and recall", "Threshold"):
        assert [line["name"] for line in drawn(app)] == ["Blend (default)", "TextCNN"]
    elif view == "Training curves":
        # The blend has none.
        assert {line["name"] for line in drawn(app) if line.get("x") != [None]} == {"TextCNN"}
        assert "without curves: Blend (default)" in said(app)


def test_a_label_of_two_models(shipped: Path) -> None:
    label = "Statistics (stat)"
    app = opened(**MODELS, archive_show="Precision and recall", of_label=label)
    counts = read_curves(find("archive", "textcnn"))["course"]["per_label"]["stat"]
    hits, predicted = np.array(counts["hits"]), np.array(counts["predicted"])
    expected = (hits / predicted)[predicted > 0]
    assert drawn(app)[1]["y"] == pytest.approx(expected)


def test_two_intent_models_have_their_confusions_beside_each_other(shipped: Path) -> None:
    cards = [find("intent", name) for name in ("intent", "swivel-dense")]
    app = opened(
        compare="Intent", intent_show="Errors", intent_model=[card.label for card in cards]
    )
    assert not app.exception
    for bars, card in zip(drawn(app), cards, strict=True):
        matrix = card.metrics["sentence"]["confusion"]
        wrong = sum(map(sum, matrix)) - sum(matrix[i][i] for i in range(3))
        assert sum(bars["x"]) == wrong


def test_a_click_opens_a_model_and_ticks_lay_three_over_each_other() -> None:
    titles = ["Blend", None, "Linear", "TextCNN", "BiLSTM"]
    assert newly_picked({"rows": [0], "cells": [(2, "Micro-F1")]}, titles, ["Blend"]) == ["Linear"]
    assert newly_picked({"rows": [0, 2]}, titles, ["Linear"]) == ["Linear", "Blend"]
    # The first one ticked gives way to a fourth.
    before = ["Linear", "Blend", "TextCNN"]
    assert newly_picked({"rows": [0, 2, 3, 4]}, titles, before) == ["Blend", "TextCNN", "BiLSTM"]
    # What others published has no details.
    assert newly_picked({"cells": [(1, "Model")]}, titles, ["Blend"]) == []


def test_tags_are_of_what_was_measured(models: Path) -> None:
    folder = models / "archive" / "another"
    shutil.copytree(models / "archive" / "linear", folder)
    metrics = json.loads((folder / "card.json").read_text())["metrics"]
    change(folder, name="another", label="Another")
    for model, figure in ((folder, 0.75), (models / "archive" / "linear", 0.5)):
        change(model, metrics={"course": metrics["course"] | {"micro_f1": figure}})

    def tags(times: dict[str, float | None]) -> dict[str, list[str]]:
        by_title = leaderboard.titles([c for c in installed()[0] if c.task == "archive"])
        return leaderboard.tags(by_title, "archive", "course", times)

    explains = ["explains itself"]
    assert tags({}) == {"Another": ["most accurate", *explains], "Linear (small)": explains}
    times = {"Another": 2.0, "Linear (small)": 1.0}
    assert tags(times)["Linear (small)"] == ["fastest", *explains]
    # One alone is not the fastest, and on other texts nobody is the most accurate.
    change(folder, metrics={"course": metrics["course"] | {"n": 31}})
    assert tags({"Another": 2.0}) == {"Another": explains, "Linear (small)": explains}


def test_bars_start_where_they_differ() -> None:
    assert leaderboard.bar_range([0.816, 0.695]) == (0.6, 0.9)
    assert leaderboard.bar_range([0.0, 1.0]) == (0, 1)
    assert leaderboard.bar_range([]) == (0.4, 1)


def test_speeds_are_drawn_and_everybody_sees_them(models: Path) -> None:
    folder = models / "archive" / "another"
    shutil.copytree(models / "archive" / "linear", folder)
    change(folder, name="another", label="Another")
    app = opened()
    assert not app.get("plotly_chart")
    press(app, "Measure speed here")
    assert "Fastest here" in app.toast[0].value
    for visit_of in (app, opened()):
        points, table = drawn(visit_of)[0], board(visit_of).set_index("Model")
        assert sorted(points["customdata"]) == ["Another", "Linear (small)"]
        assert points["x"] == [table["ms a text"][name] for name in points["customdata"]]
