"""FastText folded into a table of weights: the library's own answers in few bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.classifiers import store
from core.classifiers.fasttext import RECIPES, STEPS, FastText, learn, pack, unpack, write_lines
from core.text.tfidf import TfidfVectorizer
from core.training.recipe import Options, TrainingResult
from core.training.runs import TrainingRun

RECIPE = RECIPES[0]
SHORT = Options(epochs=2, learning_rate=0.3)


@pytest.fixture
def made(corpus: Path) -> TrainingResult:
    """A training on the invented papers, to its end."""
    pytest.importorskip("fasttext")
    return RECIPE.train(corpus, "archive", TrainingRun(RECIPE, "archive", SHORT))


@pytest.fixture
def model(vectorizer: TfidfVectorizer) -> FastText:
    """Weights that nobody trained."""
    vectorizer = replace(vectorizer, sublinear=False)
    rng = np.random.default_rng(4)
    weights = unpack(*pack(rng.normal(size=(vectorizer.size, 3)).astype(np.float32)))
    ending, bias = rng.normal(size=(2, 3)).astype(np.float32)
    return FastText(
        "x", ("cs", "hep-th", "math"), vectorizer, weights, ending, bias, np.full(3, 0.4)
    )


def test_it_answers_as_the_library_does(
    vectorizer: TfidfVectorizer, texts: list[str], tmp_path: Path
) -> None:
    fasttext = pytest.importorskip("fasttext")
    truth = np.arange(len(texts))[:, None] % 3 == np.arange(3)
    file = tmp_path / "papers"
    write_lines(file, vectorizer, texts, truth, lambda: None)
    lines = file.read_text().splitlines()
    assert len(lines) == len(texts)
    assert lines[4].startswith("__label__1 ")
    assert len(lines[4].split()) == 1 + vectorizer.counts([texts[4]]).nnz
    seen = {}
    train = fasttext.train_supervised

    def keep(**options: object) -> object:
        seen["model"] = train(**options)
        return seen["model"]

    fasttext.train_supervised = keep
    try:
        weights = learn(file, SHORT, 5, vectorizer.size, 3)
    finally:
        fasttext.train_supervised = train
    none = np.zeros(3, np.float32)
    ours = FastText("x", ("0", "1", "2"), vectorizer, weights[:-1], weights[-1], none, none)
    for text, line in zip(texts, lines, strict=True):
        words = " ".join(word for word in line.split() if not word.startswith("__label__"))
        marks, theirs = seen["model"].predict(words, k=-1)
        order = [int(mark.removeprefix("__label__")) for mark in marks]
        # The library looks a sigmoid up in a table of 512 steps.
        assert ours.predict_scores([text])[0, order] == pytest.approx(theirs, abs=0.01)


def test_it_learns_and_comes_back_from_disk(made: TrainingResult, tmp_path: Path) -> None:
    # The library shows no epochs: one training, one record of its end.
    assert [record["epoch"] for record in made.history] == [2]
    assert made.metrics["course"]["micro_f1"] > 0.8
    card = store.save(made, RECIPE, tmp_path / "fasttext")
    again = store.load(card)
    papers = ["Knots in loops\nA knot on a torus and its homology", "", "qqq"]
    scores = again.predict_scores(papers)
    assert scores == pytest.approx(made.model.predict_scores(papers), abs=1e-5)
    assert again.labels[scores[0].argmax()] == "math"
    assert scores.dtype == np.float32
    assert again.predict_scores([]).shape == (0, 34)
    assert "fasttext" not in card.needs


def test_a_column_counts_once_a_paper(model: FastText) -> None:
    once = model.margins(["Knots\nA knot in a loop"])
    vectorizer: TfidfVectorizer = model.vectorizer
    row = vectorizer.counts(["Knots\nA knot in a loop"])
    own = np.unique(row.indices)
    wanted = (model.weights[own].sum(axis=0) + model.ending) / (len(own) + 1) + model.bias
    assert once[0] == pytest.approx(wanted, abs=1e-5)


@given(arrays(np.float32, (5, 4), elements=st.floats(-50, 50, width=32)))
def test_packing_is_off_by_half_a_step_at_most(weights: np.ndarray) -> None:
    found = unpack(*pack(weights))
    step = np.abs(weights).max(axis=1, keepdims=True) / STEPS
    assert (np.abs(found - weights) <= 0.6 * step + 1e-5).all()
