"""Recipes end to end on invented papers, the parts of a corpus, and limits of what ships."""

import json
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import zstandard

from core import cards, settings
from core.classifiers import store
from core.classifiers.networks import DESIGNS
from core.classifiers.registry import recipes
from core.cli import main
from core.corpora import arxiv, splits
from core.corpora.blocks import CorpusError
from core.prediction import answer
from core.training import papers as corpora
from core.training.runs import TrainingRun

# Whole networks take minutes; test_networks trains smaller ones. A blend needs its parts first.
QUICK = sorted(
    n for n, r in recipes().items() if "archive" in r.tasks and n not in (*DESIGNS, "blend")
)


@pytest.fixture(scope="module")
def few(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first third of the corpus: a text transformer reads it in seconds."""
    path = tmp_path_factory.mktemp("few") / corpus.name
    with corpus.open(encoding="utf-8") as whole:
        path.write_text("".join(islice(whole, 400)), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", QUICK)
def test_a_recipe_learns_from_the_command_line(
    name: str,
    few: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for library in recipes()[name].needs:
        pytest.importorskip(library)
    measured: list[dict[str, np.ndarray]] = []
    measure = corpora.measure
    monkeypatch.setattr(
        corpora,
        "measure",
        lambda m, papers, rows: measured.append(rows) or measure(m, papers, rows),
    )
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    arguments = ["train", name, "--data", str(few), "--task", "archive", "--out", str(tmp_path)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "micro_f1" in printed
    assert "precision" in printed
    card = cards.read_card(tmp_path / "archive" / name)
    assert set(card.metrics) == {"course", "recent"}
    assert card.metrics["recent"]["micro_f1"] >= 0.8
    assert card.data["files"].keys() == {"papers.jsonl"}
    common = corpora.choose_rows(corpora.read_papers(few), "archive").test
    assert {part: list(rows) for part, rows in measured[0].items()} == {
        part: list(rows) for part, rows in common.items()
    }
    scores = store.load(card).predict_scores(["Knots in loops\nA knot on a torus and its homology"])
    assert card.labels[scores[0].argmax()] == "math"


def test_a_blend_learns_from_its_parts(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    for words in ("linear --task archive", "linear --task subject", "softmax", "wide-mlp", "blend"):
        assert main(["train", *words.split(), "--data", str(corpus)]) == 0
    figures = cards.find("primary").metrics["course"]
    assert figures["accuracy"] > 0.8
    assert figures["top3_accuracy"] >= figures["accuracy"]
    answerer = answer.load()
    suggestion = answerer.suggest(answerer.scores(["Knots\nA knot on a torus and its homology"]))
    assert suggestion[0].closest.startswith("math.")
    # A part that is trained again is not the one that the blend was learnt on.
    assert main(["train", "softmax", "--data", str(corpus), "--out", str(tmp_path / "new")]) == 0
    card = json.loads((tmp_path / "primary" / "blend" / cards.CARD).read_text())
    card["data"]["parts"]["primary/softmax"] = {"weights.npz": "another"}
    (tmp_path / "primary" / "blend" / cards.CARD).write_text(json.dumps(card))
    with pytest.raises(cards.ModelError):
        answer.load()


def test_a_courses_recipe_learns_cleaned_words(corpus: Path, tmp_path: Path) -> None:
    words = ("train", "nb-tfidf", "--data", corpus, "--cleaning", "lemmas", "--out", tmp_path)
    assert main(list(map(str, words))) == 0
    card = cards.read_card(tmp_path / "archive" / "nb-tfidf")
    assert card.parameters["cleaning"] == "lemmas"
    model = store.load(card)
    # One lemma, so one column.
    one, other = model.predict_scores(["A\nknots in loops", "A\nknot in loop"])
    assert one == pytest.approx(other)


def test_a_recipe_says_which_tasks_it_answers(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "nb-tfidf", "--data", str(corpus), "--task", "subject"]) == 1
    assert "answers archive, not subject" in capsys.readouterr().err


def test_parts_follow_the_letters_of_the_abstract_alone() -> None:
    abstracts = [f"Invented abstract number {i}." for i in range(4000)]
    parts = splits.parts(abstracts)
    shares = {part: (parts == part).mean() for part in ("train", "validation", "test")}
    assert shares["train"] == pytest.approx(0.90, abs=0.02)
    assert shares["test"] == pytest.approx(0.05, abs=0.015)
    copies = [f"  {a.upper().replace(' ', '  ')}\n" for a in abstracts]
    assert (splits.parts(copies) == parts).all()


class Chosen(Exception):
    """A recipe has chosen its papers."""


PAPER_RECIPES = sorted(
    (recipe.name, task)
    for recipe in recipes().values()
    for task in recipe.tasks
    if task in ("archive", "subject", "primary")
)


@pytest.mark.parametrize(("name", "task"), PAPER_RECIPES)
def test_a_recipe_uses_no_paper_twice(
    name: str, task: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every recipe asks `choose_rows` before it learns, and is measured on papers new to all."""
    recipe, choose = recipes()[name], corpora.choose_rows
    for library in recipe.needs:
        pytest.importorskip(library)
    chosen: list[tuple[corpora.Papers, corpora.Rows]] = []

    def stop(papers: corpora.Papers, *given: object, **named: object) -> corpora.Rows:
        chosen.append((papers, choose(papers, *given, **named)))
        raise Chosen

    monkeypatch.setattr(corpora, "choose_rows", stop)
    with pytest.raises(Chosen):
        recipe.train(corpus, task, TrainingRun(recipe, task))
    papers, rows = chosen[0]
    measured = np.unique(np.concatenate(list(rows.test.values())))
    uses = (rows.train, rows.validation, measured)
    assert len(np.unique(np.concatenate(uses))) == sum(map(len, uses))
    assert set(rows.calibration) <= set(rows.validation)
    assert set(rows.test) == {"course", "recent"}
    # The others of the task are measured on the same.
    for other in ({}, {"course": True}, {"course": True, "calibrated": False}):
        found = choose(papers, task, **other).test
        assert {slice_name: list(found[slice_name]) for slice_name in found} == {
            slice_name: list(rows.test[slice_name]) for slice_name in rows.test
        }


def test_a_copy_of_a_paper_that_the_course_learns_from_is_not_measured(corpus: Path) -> None:
    papers = corpora.read_papers(corpus)
    before = corpora.choose_rows(papers, "archive")
    learnt, _ = corpora.course_split(papers)
    copied = next(i for i in learnt if papers.part[i] == "test")
    row = before.test["recent"][0]
    texts = list(papers.texts)
    texts[row] = "Another title\n" + texts[copied].partition("\n")[2].upper()
    after = corpora.choose_rows(replace(papers, texts=texts), "archive")
    assert set(before.test["recent"]) - set(after.test["recent"]) == {row}


def test_papers_to_learn_from_are_tidied_as_pasted_ones_are(tmp_path: Path) -> None:
    record = {"id": "2501.00001", "categories": "astro-ph.GA"}
    record |= {"title": "On spec-\ntra", "abstract": "An \\emph{odd} one of gal-\naxies."}
    (tmp_path / "papers.jsonl").write_text(json.dumps(record) + "\n")
    assert corpora.read_papers(tmp_path).texts == ["On spectra\nAn odd one of galaxies."]


def test_sets_of_the_primary_are_measured(corpus: Path, tiny_blend: Path) -> None:
    papers = corpora.read_papers(corpus)
    for task, has_sets in (("primary", True), ("archive", False)):
        model = store.load(cards.find(task))
        figures, _ = corpora.measure(model, papers, papers.slice("test"))
        assert ("set_coverage" in figures["recent"]) == has_sets
    model = store.load(cards.find("primary"))
    figures, _ = corpora.measure(model, papers, papers.slice("test"))
    scores = model.predict_scores([papers.texts[i] for i in papers.slice("test")["recent"]])
    sizes = model.prediction_sets(scores, 0.9).sum(axis=1)
    assert figures["recent"]["set_size"] == pytest.approx(sizes.mean(), abs=1e-4)
    assert 0 < figures["recent"]["set_coverage"] <= 1


@pytest.mark.parametrize("task", ["primary", "subject"])
def test_papers_without_a_known_label_are_counted_and_not_measured(
    task: str, corpus: Path, tiny_blend: Path
) -> None:
    papers = corpora.read_papers(corpus)
    rows = {"course": papers.slice("test")["course"], "none": papers.slice("test")["course"][:2]}
    categories = list(papers.categories)
    for row in rows["none"]:
        categories[row] = "chao-dyn"
    model = store.load(cards.find(task))
    figures, curves = corpora.measure(model, replace(papers, categories=categories), rows)
    assert figures.keys() == curves.keys() == {"course"}
    assert figures["course"]["unknown"] == 2
    assert figures["course"]["n"] == curves["course"]["n"] == len(rows["course"]) - 2
    rest = corpora.measure(model, papers, {"course": rows["course"][2:]})[0]
    assert rest["course"] == figures["course"] | {"unknown": 0}


def test_no_paper_stands_in_two_parts(corpus: Path) -> None:
    papers = corpora.read_papers(corpus)
    train = {papers.texts[i] for i in np.flatnonzero(papers.part == "train")}
    for part in ("validation", "test"):
        for rows in papers.slice(part).values():
            assert len(rows)
            assert not train & {papers.texts[i] for i in rows}


def test_the_course_splits_eighty_to_twenty(corpus: Path) -> None:
    papers = corpora.read_papers(corpus)
    train, held_out = corpora.course_split(papers)
    assert (len(train), len(held_out)) == (960, 240)
    assert not set(train.tolist()) & set(held_out.tolist())
    # Of these, what the others hold out too.
    measured = corpora.choose_rows(papers, "archive").test["course"]
    assert measured.tolist() == sorted(held_out[papers.part[held_out] == "test"])


def test_slices_have_equal_weight(corpus: Path) -> None:
    papers = corpora.read_papers(corpus)
    rows, weights = corpora.slice_weights(papers, "validation")
    assert weights.mean() == pytest.approx(1)
    recent = papers.years[rows] >= corpora.RECENT
    # All are of the course's mix here, so a recent paper counts in both slices.
    only_course = weights[~recent]
    assert np.ptp(only_course) == pytest.approx(0)
    assert weights[recent].sum() - only_course[0] * recent.sum() == pytest.approx(
        only_course[0] * len(rows)
    )


def test_shipped_models_keep_to_their_limits() -> None:
    folder = settings.ROOT / "models"
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    assert max(sizes) <= 25e6
    assert sum(sizes) <= 110e6
    assert not [p for p in folder.rglob("*") if p.suffix in {".pkl", ".pickle", ".joblib", ".h5"}]


@pytest.mark.parametrize(
    ("task", "labels", "floors"),
    [
        ("archive", 34, {"micro_f1": 0.82, "macro_f1_live": 0.68}),
        ("subject", 155, {"micro_f1": 0.62, "top5_recall": 0.88}),
    ],
)
def test_the_shipped_default_reaches_its_figures(
    task: str, labels: int, floors: dict[str, float]
) -> None:
    card = cards.read_card(settings.ROOT / "models" / task / "linear")
    assert len(card.labels) == labels
    recent = card.metrics["recent"]
    assert recent["ece"] <= 0.02
    assert all(recent[name] >= floor for name, floor in floors.items())


def test_notes_beside_a_corpus_are_no_corpus(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "arxiv"
    folder.mkdir()
    (folder / "README.md").write_text("Where these papers come from.")
    assert not corpora.installed(tmp_path)
    with pytest.raises(CorpusError):
        corpora.read_papers(tmp_path)
    shutil.copy(corpus, folder)
    assert corpora.installed(tmp_path)
    assert list(corpora.read_papers(tmp_path).facts["files"]) == [corpus.name]
    assert not corpora.installed(tmp_path / "gone")


def test_a_folder_of_shards_gives_no_more_papers_than_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpora, "MAX_PAPERS", 10)
    for shard, count in enumerate((60, 30, 10)):
        papers = ({"id": f"2{shard}01.{i:05}", "abstract": f"{shard} {i}"} for i in range(count))
        rest = {"title": "T", "categories": "cs.LG"}
        lines = (json.dumps(paper | rest) + "\n" for paper in papers)
        (tmp_path / f"{shard}.jsonl").write_text("".join(lines))
    found = corpora.read_papers(tmp_path)
    assert len(found.texts) == len(set(found.texts)) == 10
    assert corpora.read_papers(tmp_path).texts == found.texts
    assert len(found.facts["files"]) == 3
    sample = arxiv.read(tmp_path, sample=60)
    assert (sample.papers["id"].str[1].astype(int) == sample.sources).all()
    drawn = np.bincount(sample.sources, minlength=3)
    assert drawn / drawn.sum() == pytest.approx([0.6, 0.3, 0.1], abs=0.1)


def test_the_course_sample_of_a_folder_is_known_by_its_name(tmp_path: Path) -> None:
    line = {"id": "2401.00001", "title": "T", "abstract": "A", "categories": "cs.LG"}
    (tmp_path / "a.jsonl").write_text((json.dumps(line) + "\n") * 2)
    content = (json.dumps(line) + "\n").encode() * 3
    (tmp_path / corpora.COURSE_FILE).write_bytes(zstandard.compress(content))
    (tmp_path / "b.jsonl").write_text(json.dumps(line) + "\n")
    assert corpora.read_papers(tmp_path).course.tolist() == [False] * 2 + [True] * 3 + [False]
