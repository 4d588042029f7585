"""Models measured again: what changes on their cards, and what does not."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import cards as measuring
from core import cards
from core.classifiers import store
from core.cli import main
from core.evaluation.curves import read_curves
from core.training import papers as corpora


@pytest.fixture
def models(corpus: Path, tiny_blend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A blend with its parts and one of the course's models, whose cards have no curves."""
    folder = tmp_path / "models"
    shutil.copytree(tiny_blend, folder)
    monkeypatch.setenv("PAPERLENS_DATA", str(corpus))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PAPERLENS_MODELS", str(folder))
    assert main(["train", "nb-tfidf", "--data", str(corpus)]) == 0
    files = corpora.read_papers(corpus).facts["files"]
    for path in folder.glob("*/*/card.json"):
        record = json.loads(path.read_text())
        record["data"]["files"] = files
        path.write_text(cards.card_text(record))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_figures_and_curves_alone_change(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(models)
    assert measuring.main(["--models", str(models)]) == 0
    assert "primary/blend" in capsys.readouterr().out
    after = contents(models)
    measured = [name for name in after if name.endswith("card.json")]
    assert len(measured) == 7
    for name in before.keys() - set(measured):
        assert name.endswith("curves.json") or after[name] == before[name]
    for name in measured:
        old, new = json.loads(before[name]), json.loads(after[name])
        assert set(new["metrics"]) == {"course", "recent"}
        assert {**new["files"], "curves.json": ""} == {**old["files"], "curves.json": ""}
        for card in (old, new):
            del card["metrics"], card["files"]
        assert new == old
    for task in ("archive", "subject", "primary"):
        # The blend is loaded although its parts have other curves.
        card = cards.find(task)
        assert card.name == "blend"
        assert store.load(card).predict_scores(["Knots in a loop"]).shape == (1, len(card.labels))
        assert set(read_curves(card)) == {"course", "recent"}
    of_task = list(cards.installed(("archive",))[0])
    assert len(of_task) == 3
    assert len({tuple(card.metrics[s]["n"] for s in card.metrics) for card in of_task}) == 1
    assert cards.find("primary").metrics["recent"]["set_coverage"] > 0.5


def test_a_second_time_gives_the_same(models: Path) -> None:
    assert measuring.main(["--models", str(models)]) == 0
    before = contents(models)
    assert measuring.main(["--models", str(models)]) == 0
    assert contents(models) == before


def test_a_model_of_other_papers_is_left_as_it_is(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = models / "archive" / "nb-tfidf" / "card.json"
    record = json.loads(path.read_text())
    record["data"]["files"] = {"papers.jsonl": "0" * 64}
    path.write_text(cards.card_text(record))
    before = path.read_bytes()
    assert measuring.main(["--models", str(models)]) == 1
    assert "archive/nb-tfidf was trained on other papers" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_model_that_fails_does_not_stop_the_others(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measure = corpora.measure

    def fail(model: Any, *rest: Any) -> Any:
        if model.name == "blend":
            raise ValueError("of another form")
        return measure(model, *rest)

    monkeypatch.setattr(corpora, "measure", fail)
    assert measuring.main(["--models", str(models)]) == 1
    told = capsys.readouterr()
    assert "archive/nb-tfidf: course" in told.out
    assert "archive/blend" in told.err
    assert "of another form" in told.err


def test_only_what_is_measured_stays_in_memory(corpus: Path) -> None:
    papers = corpora.read_papers(corpus)
    few, slices = measuring.measured_papers(papers)
    assert len(few.texts) == (papers.part == "test").sum()
    for task, by_name in slices.items():
        for name, rows in corpora.choose_rows(papers, task).test.items():
            assert [few.texts[i] for i in by_name[name]] == [papers.texts[i] for i in rows]
            np.testing.assert_array_equal(few.years[by_name[name]], papers.years[rows])
