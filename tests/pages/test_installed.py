"""What is installed, as the page About tells it."""

from pathlib import Path
from typing import Any

import pytest

from core import cards as model_cards
from core.classifiers import store
from pages.about import installed


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
