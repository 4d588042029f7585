"""Networks that read words in order: what they see, what they are made of, what they learn."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.classifiers import store
from core.classifiers.networks import (
    DESIGNS,
    RECIPES,
    STEPS,
    Network,
    build_model,
    encode,
    learn_words,
    number,
    pack,
    paper_words,
    unpack,
)
from core.messages import Stopped
from core.training.recipe import Options, TrainingResult
from core.training.runs import TrainingRun

BY_NAME = {recipe.name: recipe for recipe in RECIPES}
# Few papers: larger steps than on hundreds of thousands.
SHORT = {
    "bigru-conv": Options(epochs=2, batch_size=32, learning_rate=1e-2),
    "textcnn": Options(epochs=3, batch_size=32, learning_rate=5e-3),
}


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Shorter texts and fewer words, so that a training takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        for name, design in DESIGNS.items():
            few = replace(design, words=min(design.words, 500), length=16 if design.course else 26)
            patch.setitem(DESIGNS, name, few)
        yield


def train(name: str, corpus: Path, **options: object) -> tuple[TrainingResult, TrainingRun]:
    """A training to its end."""
    if BY_NAME[name].needs:
        pytest.importorskip("gensim")
    run = TrainingRun(BY_NAME[name], "archive", replace(SHORT[name], **options))
    return BY_NAME[name].train(corpus, "archive", run), run


# What a network sees.


def test_the_course_network_sees_what_keras_shows_it(texts: list[str]) -> None:
    from tf_keras.preprocessing import sequence, text

    from core.text.documents import course_from_paper

    design = replace(DESIGNS["bigru-conv"], words=40, length=8)
    papers = [*texts, "One-two, THREE\nfour: don't (five) naïve_case\tsix", "", "\n"]
    course = [course_from_paper(paper) for paper in papers]
    tokens = text.Tokenizer(num_words=40)
    tokens.fit_on_texts(course)
    vocabulary = learn_words(design, papers)
    numbers = number(design, vocabulary)
    assert len(vocabulary) == 39
    counts = tokens.word_counts
    # Words of like frequency are in any order, so the frequencies are compared.
    ranked = sorted(counts, key=lambda word: tokens.word_index[word])[:39]
    assert [counts[word] for word in vocabulary] == [counts[word] for word in ranked]
    tokens.word_index = numbers
    wanted = sequence.pad_sequences(tokens.texts_to_sequences(course), maxlen=8)
    assert encode(design, numbers, papers).tolist() == wanted.tolist()


def test_a_long_paper_keeps_its_title() -> None:
    design = replace(DESIGNS["textcnn"], words=10, length=4)
    numbers = number(design, ("knots", "loop"))
    found = encode(design, numbers, ["Knots tie\nA loop has knots, says everybody", "Loop\n"])
    # knots, tie (unknown), the bar (unknown here), a (unknown); then padding in front.
    assert found.tolist() == [[2, 1, 1, 1], [0, 0, 3, 1]]


def test_title_and_abstract_are_told_apart() -> None:
    assert paper_words("Knots & loops\nA Schr\\\"odinger knot") == [
        "knots", "loops", "|", "a", "schrodinger", "knot",
    ]  # fmt: skip


@given(st.lists(st.text(max_size=60), max_size=5))
@settings(max_examples=60)
def test_any_text_becomes_rows_of_known_numbers(papers: list[str]) -> None:
    for name in ("bigru-conv", "textcnn"):
        design = DESIGNS[name]
        numbers = number(design, learn_words(design, papers))
        rows = encode(design, numbers, papers)
        assert rows.shape == (len(papers), design.length)
        assert rows.dtype == np.int32
        assert ((rows >= 0) & (rows < design.words)).all()


# What a network is made of.


def test_the_course_network_has_the_courses_layers() -> None:
    design = replace(DESIGNS["bigru-conv"], words=500, length=150)
    model = build_model(design, 34)
    recurrent = 2 * 3 * (100 * 128 + 128 * 128 + 2 * 128)
    assert model.count_params() == 500 * 100 + recurrent + (256 * 3 + 1) * 64 + (128 + 1) * 34
    cell = model.layers[3].forward_layer
    assert (cell.units, cell.dropout, cell.recurrent_dropout) == (128, 0.1, 0.1)
    assert model.layers[2].rate == 0.2
    conv = model.layers[4]
    assert (conv.filters, conv.kernel_size, conv.padding) == (64, (3,), "valid")
    assert type(conv.kernel_initializer).__name__ == "GlorotUniform"


def test_weights_are_stored_to_within_half_a_step() -> None:
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(20, 6)).astype(np.float32)
    vectors[3] = 0
    others = [rng.normal(size=(6, 4)).astype(np.float32), np.zeros(4, np.float32)]
    found = unpack(pack([vectors, *others]))
    step = np.abs(vectors).max(axis=1, keepdims=True) / STEPS
    assert (np.abs(found[0] - vectors) <= 0.56 * step + 1e-9).all()
    assert not found[0][3].any()
    for array, wanted in zip(found[1:], others, strict=True):
        assert array == pytest.approx(wanted, rel=1e-3, abs=1e-6)
    # Stored once more nothing changes: a model is measured as it is stored.
    for once, twice in zip(found, unpack(pack(found)), strict=True):
        assert twice == pytest.approx(once, abs=1e-6)


# What a network learns.


# The others differ in their layers alone, which `test_shipped_models` runs.
@pytest.fixture(scope="module")
def learnt(corpus: Path) -> dict[str, tuple[TrainingResult, TrainingRun]]:
    """TrainingResult networks and their runs, by name."""
    return {name: train(name, corpus) for name in ("bigru-conv", "textcnn")}


@pytest.fixture(scope="module")
def course_network(learnt: dict[str, tuple[TrainingResult, TrainingRun]]) -> TrainingResult:
    """The course's network."""
    return learnt["bigru-conv"][0]


@pytest.mark.parametrize("name", ["bigru-conv", "textcnn"])
def test_a_network_learns_and_comes_back_from_disk(
    name: str, learnt: dict[str, tuple[TrainingResult, TrainingRun]], tmp_path: Path
) -> None:
    made, run = learnt[name]
    losses = [record["val_loss"] for record in run.history]
    assert len(losses) == SHORT[name].epochs
    assert losses[-1] < losses[0]
    assert set(made.metrics) == {"course", "recent"}
    assert made.metrics["course"]["micro_f1"] > 0.75
    card = store.save(made, BY_NAME[name], tmp_path / name, 12.34)
    assert card.seconds == 12.3
    assert card.history == run.history
    papers = ["Knots in loops\nWe tie a knot in a loop and count its crossings.", "", "qqq"]
    again = store.load(card)
    scores = again.predict_scores(papers)
    assert scores.dtype == np.float32
    assert scores == pytest.approx(made.model.predict_scores(papers), abs=1e-6)
    assert again.labels[scores[0].argmax()] == "math"
    assert again.predict_scores([]).shape == (0, 34)
    known, words = again.count_known_words(papers[0])
    # The course runs the title's last word into the abstract's first.
    assert 0 < known <= words == (13 if DESIGNS[name].course else 14)


def test_the_compiled_network_answers_as_keras_does(course_network: TrainingResult) -> None:
    model: Network = course_network.model
    plain = build_model(model.design, len(model.labels))
    plain.set_weights(model.weights)
    papers = [f"Paper {i}\nknots and strings in a network of {i} words" for i in range(300)]
    rows = encode(model.design, model.numbers, papers)
    assert model.logits(rows) == pytest.approx(plain.predict(rows, verbose=0), abs=1e-4)


def test_the_course_network_keeps_one_half_and_its_mix(course_network: TrainingResult) -> None:
    assert (course_network.model.thresholds == 0.5).all()
    data = course_network.data
    assert data["validation"] == round((data["trained on"] + data["validation"]) / 5)


def test_a_sample_is_what_is_learnt_from(corpus: Path) -> None:
    made, _ = train("textcnn", corpus, epochs=1, sample=100)
    assert made.data["trained on"] == 100
    assert not (made.model.thresholds == 0.5).all()


def test_a_stopped_training_goes_on_as_if_it_had_not_been(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Word2vec learns in several threads, so that no two of its trainings are the same.
    monkeypatch.setitem(DESIGNS, "textcnn", replace(DESIGNS["textcnn"], word2vec=False))
    _, whole = train("textcnn", corpus, epochs=2, sample=200)
    run = TrainingRun(
        BY_NAME["textcnn"], "archive", replace(SHORT["textcnn"], epochs=2, sample=200)
    )
    run.on_progress = lambda share, message: run.stop() if run.done == 1 else None
    with pytest.raises(Stopped):
        run.recipe.train(corpus, "archive", run)
    again = run.resume()
    again.recipe.train(corpus, "archive", again)
    for one, other in zip(again.checkpoint.state, whole.checkpoint.state, strict=True):
        assert one == pytest.approx(other, abs=2e-2)


def test_a_card_of_an_unknown_network_is_refused(
    course_network: TrainingResult, tmp_path: Path
) -> None:
    parameters = course_network.parameters | {"network": "transformer"}
    bad = replace(course_network, parameters=parameters)
    card = store.save(bad, BY_NAME["bigru-conv"], tmp_path / "x")
    with pytest.raises(store.LoadError):
        store.load(card)
