"""MiniLM: the encoder against PyTorch's vectors, what a vector may depend on, and the head."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import cards, settings
from core.classifiers import minilm, store
from core.classifiers.minilm import MiniLM
from core.messages import Stopped
from core.training.recipe import Options, TrainingResult
from core.training.runs import TrainingRun

for library in minilm.NEEDS:
    pytest.importorskip(library)

RECIPE = minilm.RECIPES[0]
REFERENCE = json.loads((settings.ROOT / "tests" / "files" / "minilm.json").read_text("utf-8"))
"""Texts and their vectors, by PyTorch in 32 bits; `models/minilm/export.py` writes the file."""

DUST = REFERENCE[1]["text"]
TEXTS = [*(record["text"] for record in REFERENCE), "", "Every knot lies on a torus. " * 60]


# The encoder.


@pytest.mark.parametrize("record", REFERENCE, ids=["knots", "dust", "one word", "long"])
def test_eight_bits_are_near_the_exact_vector(record: dict[str, Any]) -> None:
    vector, exact = minilm.encoder().vector(record["text"]), np.array(record["vector"])
    cosine = vector @ exact / np.linalg.norm(vector) / np.linalg.norm(exact)
    assert cosine >= 0.98
    assert np.linalg.norm(vector) == pytest.approx(np.linalg.norm(exact), rel=0.05)


def test_tokens_are_word_pieces_without_case_and_accents() -> None:
    encoder = minilm.encoder()
    pieces = map(encoder.tokenizer.id_to_token, encoder.tokens("Knots in LOOPS\nA café."))
    assert [*pieces] == ["[CLS]", "knots", "in", "loops", "a", "cafe", ".", "[SEP]"]


def test_a_vector_depends_on_its_text_alone() -> None:
    encoder = minilm.encoder()
    alone = np.array([encoder.vector(text) for text in TEXTS])
    assert np.isfinite(alone).all()
    assert (encoder.embed(TEXTS) == alone).all()
    assert (encoder.embed(TEXTS[::-1]) == alone[::-1]).all()
    with ThreadPoolExecutor(4) as pool:
        assert all((vectors == alone).all() for vectors in pool.map(encoder.embed, [TEXTS] * 8))


def test_only_the_first_word_pieces_are_read() -> None:
    encoder = minilm.encoder()
    first = "knot " * (minilm.MAX_TOKENS - 2)
    assert len(encoder.tokens(first)) == len(encoder.tokens(first + "galaxy")) == minilm.MAX_TOKENS
    assert (encoder.vector(first) == encoder.vector(first + "galaxy " * 50)).all()
    assert (encoder.vector(first) != encoder.vector(first[5:] + "galaxy")).any()


def test_no_texts_have_no_vectors() -> None:
    assert minilm.encoder().embed([]).shape == (0, minilm.VECTOR)


def test_nothing_slow_is_imported_before_the_first_answer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import core.classifiers.minilm, sys; print(*sys.modules)"],
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {name.partition(".")[0] for name in done.stdout.split()}
    assert not modules & {*minilm.NEEDS, "keras", "tensorflow", "sklearn"}


# The model.


def small() -> MiniLM:
    """A head that nobody trained, of two labels."""
    random = np.random.default_rng(0)
    kernel = random.normal(0, 0.1, (minilm.VECTOR, 2)).astype(np.float32)
    bias, thresholds = np.array([[0.25, -1], [0.5, 0.25]], np.float32)
    return MiniLM("minilm", ("math", "cs"), kernel, bias, thresholds, minilm.encoder().embed)


def save(folder: Path, checksums: dict[str, str]) -> cards.Card:
    trained = TrainingResult(small(), {}, {"transformer": checksums}, {})
    return store.save(trained, RECIPE, folder / "archive" / "minilm")


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cards.Card:
    """The card of the small model, in a models folder of its own."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    return save(tmp_path, minilm.encoder_checksums())


def test_a_saved_model_answers_as_before(card: cards.Card) -> None:
    model = store.load(card)
    assert card.needs == minilm.NEEDS
    assert set(card.files) == {"head.npz"}
    scores = model.predict_scores(TEXTS)
    assert scores.dtype == np.float32
    assert (scores == small().predict_scores(TEXTS)).all()
    log_odds = minilm.encoder().vector(DUST) @ small().kernel + small().bias
    np.testing.assert_allclose(scores[1], 1 / (1 + np.exp(-log_odds)), rtol=1e-5)
    assert model.predict_scores([]).shape == (0, 2)
    assert model.thresholds.tolist() == [0.5, 0.25]


def test_a_head_of_another_encoder_is_refused(card: cards.Card, tmp_path: Path) -> None:
    other = save(tmp_path, minilm.encoder_checksums() | {minilm.GRAPH: "0" * 64})
    with pytest.raises(cards.ModelError) as caught:
        store.load(other)
    assert caught.value.fields["model"] == "archive/minilm"


def test_the_shipped_head_belongs_to_the_shipped_encoder() -> None:
    shipped = cards.read_card(settings.ROOT / "models" / "archive" / "minilm")
    assert shipped.parameters["transformer"] == minilm.encoder_checksums()


@pytest.mark.parametrize("absent", minilm.NEEDS)
def test_without_a_library_the_model_is_left_out(
    absent: str, card: cards.Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> Any:
        return None if name == absent else find_spec(name)

    assert [card.name for card in cards.installed(("archive",))[0]] == ["minilm"]
    monkeypatch.setattr(cards, "find_spec", found)
    assert cards.installed(("archive",)) == ([], [])
    monkeypatch.setattr(minilm, "find_spec", found)
    with pytest.raises(cards.ModelError) as caught:
        store.load(card)
    assert absent in str(caught.value)


def test_known_counts_words_not_pieces_or_marks() -> None:
    assert small().count_known_words("Knots in loops\nA knot, on a torus.") == (8, 8)
    assert small().count_known_words("Hypercohomologies") == (1, 1)
    assert small().count_known_words("A ꙮ knot") == (2, 3)
    assert small().count_known_words("") == (0, 0)
    assert small().count_known_words("knot " * 500) == (500, 500)


# Training.


def test_a_stopped_training_goes_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path))

    def stop_at_384(share: float, message: str) -> None:
        assert 0 <= share <= 1
        if message.startswith("reading: 384"):
            run.stop()

    run = TrainingRun(RECIPE, "archive", Options(epochs=3, batch_size=64, sample=400), stop_at_384)
    with pytest.raises(Stopped):
        RECIPE.train(corpus, "archive", run)
    computed = minilm.Encoder.vector
    texts: list[str] = []

    def vector(encoder: minilm.Encoder, text: str) -> np.ndarray:
        texts.append(text)
        return computed(encoder, text)

    monkeypatch.setattr(minilm.Encoder, "vector", vector)
    trained = RECIPE.train(corpus, "archive", run.resume())
    assert len(texts) <= 400 + trained.data["validation"] + trained.metrics["course"]["n"] - 384
    assert [record["epoch"] for record in trained.history] == [1, 2, 3]
    losses = [record["val_loss"] for record in trained.history]
    assert losses[2] < losses[0]
    assert {"loss", "binary_accuracy", "val_binary_accuracy"} <= trained.history[0].keys()
    assert trained.data["trained on"] == 400
    assert trained.parameters["sample"] == 400
    assert json.dumps(trained.parameters)
    # The trained model also answers texts that the training never saw.
    assert trained.model.predict_scores(["A text of its own"]).shape == (1, 34)
