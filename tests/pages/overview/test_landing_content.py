"""Figures beside published ones, and what is installed, on cards written by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import cards as model_cards
from core.cards import Card
from core.classifiers import store
from pages.about import installed
from pages.models import comparisons


def card(task: str, name: str, **fields: Any) -> Card:
    """A card written by hand."""
    plain = {"family": "", "labels": (), "thresholds": (), "data": {}, "parameters": {}}
    rest = {"versions": {}, "metrics": {}, "files": {}, "folder": Path("nowhere")}
    return Card(task, name, f"The {name}", "", **{**plain, **rest, **fields})


CARDS = (
    card("archive", "linear", metrics={"course": {"n": 1200, "micro_f1": 0.8149}}),
    card("archive", "nb-tfidf", metrics={"course": {"n": 3400, "micro_f1": 0.7}}),
    card(
        "archive",
        "bigru-conv",
        history=[
            {"epoch": 1, "val_binary_accuracy": 0.5, "val_loss": 0.7},
            {"epoch": 2, "val_binary_accuracy": 0.9773, "val_loss": 0.07004},
        ],
        data={"validation": 5000},
    ),
    card(
        "intent",
        "intent",
        metrics={"sentence": {"n": 40, "accuracy": 0.85}, "section": {"accuracy": 0.9}},
    ),
    card("intent", "swivel-dense", metrics={"sentence": {"n": 40, "accuracy": 0.7898}}),
)


# The figures.


def told(cards: Any) -> list[list[tuple[str, str, float, str]]]:
    return [
        [(f.label, f.value, f.difference, f.published) for f in one.figures]
        for one in comparisons.comparisons(cards)
    ]


def test_figures_stand_beside_the_published_ones() -> None:
    assert told(CARDS) == [
        [
            ("The course’s model", "0.700", -0.02, "0.72"),
            ("Our default", "0.815", 0.09, "0.72"),
        ],
        [
            ("The notebook’s model", "0.790", 0, "0.790"),
            ("Our default", "0.850", 0.06, "0.790"),
        ],
        [
            ("Binary accuracy", "0.9773", 0, "0.9773"),
            ("Loss", "0.0700", 0.0071, "0.0629"),
        ],
    ]
    lower = [f.label for one in comparisons.comparisons(CARDS) for f in one.figures if f.lower]
    assert lower == ["Loss"]


def test_the_default_is_the_one_that_is_used() -> None:
    blend = replace(CARDS[0], name="blend", metrics={"course": {"n": 1200, "micro_f1": 0.83}})
    assert told([*CARDS, blend])[0][1] == ("Our default", "0.830", 0.11, "0.72")


def test_it_is_told_whether_the_papers_are_the_same() -> None:
    assert "Not on the same papers: 1,200, 3,400 of them" in comparisons.comparisons(CARDS)[0].note
    same = replace(CARDS[1], metrics={"course": {"n": 1200, "micro_f1": 0.7}})
    assert "Both on the same 1,200 papers." in comparisons.comparisons([CARDS[0], same])[0].note


def test_models_that_are_not_there_or_tell_nothing_leave_no_figure() -> None:
    assert told([]) == [[], [], []]
    odd: list[dict[str, Any]] = [
        {"metrics": [1], "history": ["x"]},
        {"metrics": {"course": {"micro_f1": "0.9", "n": None}, "sentence": 3}, "history": []},
        {"metrics": None, "history": None, "data": None},
        {"metrics": {"course": {"micro_f1": float("nan")}}, "history": [{"val_loss": True}]},
    ]
    for fields in odd:
        assert told([replace(one, **fields) for one in CARDS]) == [[], [], []]


def test_a_model_trained_here_is_not_taken_for_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path))
    here = replace(CARDS[1], folder=tmp_path / "live" / "archive" / "nb-tfidf")
    assert told([here])[0] == []


# What is installed.


def test_models_are_counted_by_task(tiny_models: Path) -> None:
    rows = {row["Task"]: row for row in installed.model_rows(model_cards.installed()[0])}
    assert list(rows) == ["Archive", "Subject", "Primary", "Intent", "Embedding"]
    assert rows["Archive"]["Models"] == 1
    assert rows["Archive"]["Default"] == "Linear (small)"
    size = sum(f.stat().st_size for f in (tiny_models / "archive" / "linear").iterdir())
    card_size = (tiny_models / "archive" / "linear" / "card.json").stat().st_size
    assert rows["Archive"]["MB"] == round((size - card_size) / 1e6, 1)
    assert rows["Intent"] == {
        "Task": "Intent",
        "Default": "not installed",
        "Models": 0,
        "MB": 0,
    }


def test_the_embedding_in_use_is_named_without_its_path(
    built_embedding: Path, embedding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = model_cards.installed()[0]
    assert installed.embedding(cards) == "Swivel (small)"
    assert installed.embedding([]) == ""
    monkeypatch.setenv("PAPERLENS_CORD19_MODULE", str(built_embedding / "mine"))
    assert installed.embedding([]) == "mine"
    assert installed.model_rows(cards)[-1]["Default"] == "mine"


def test_corpora_of_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path))
    assert installed.corpora() == []
    for name in ("scicite/train.jsonl", "scicite/dev.jsonl", "scicite/test.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 100)
    (tmp_path / "arxiv").mkdir()
    (tmp_path / "arxiv" / "papers.jsonl").write_bytes(b"x" * 2_000)
    (tmp_path / "cord19").mkdir()
    assert installed.corpora() == [("arxiv/papers.jsonl", 0.002), ("SciCite", 0.0003)]
    (tmp_path / "cord19" / "metadata.csv").write_bytes(b"x" * 50)
    assert installed.corpora()[-1] == ("CORD-19", 0.00005)


def test_a_changed_file_is_found_and_named(
    trained: Any, recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    saved = store.save(trained("archive"), recipe)
    assert installed.damaged_files([saved]) == []
    (saved.folder / "words.txt").write_text("other\n")
    (wrong,) = installed.damaged_files([saved])
    assert "words.txt of the model archive/linear is not the one" in wrong
    (saved.folder / "card.json").write_text("{")
    (problem,) = model_cards.installed()[1]
    assert str(tmp_path) in problem
    assert installed.hide_paths(problem).startswith(
        "The model card archive/linear/card.json cannot"
    )
    assert str(tmp_path) not in installed.hide_paths(problem)
    assert installed.hide_paths(f"Nothing at {tmp_path}.") == "Nothing at the models folder."
