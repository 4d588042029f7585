"""BERT vectors: the transformer against plain NumPy, what a vector may depend on, and the head."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

from core import cards, settings
from core.classifiers import minilm, store
from core.classifiers.minilm import MiniLM, Vectors
from core.files.checksum import sha256
from core.messages import Stopped
from core.settings import ROOT
from core.training.recipe import Options, TrainingResult
from core.training.runs import TrainingRun

for library in minilm.NEEDS:
    pytest.importorskip(library)

RECIPE = minilm.RECIPES[0]

KNOTS = "Knots in loops\nWe tie a knot in a loop and count its crossings."
TORUS = "Crossings of torus knots\nEvery knot of few crossings lies on a torus."
DUST = "Dust in galaxies\nWe observe dust in spiral galaxies and their stars."
TEXTS = [KNOTS, "Words", DUST, "", TORUS + " More of them are counted." * 60, TORUS]


def numpy_bert(weights: dict[str, np.ndarray], numbers: list[int]) -> list[np.ndarray]:
    """The states of BERT's last two layers (Devlin et al. 2018), in 64 bits and plain NumPy."""

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        scaled = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T.astype(float) + weights[f"{name}.bias"]

    def heads(x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), 12, 32).transpose(1, 0, 2)

    embeddings = "embeddings.{}_embeddings.weight".format
    x = weights[embeddings("word")][numbers].astype(float)
    x += weights[embeddings("position")][: len(numbers)] + weights[embeddings("token_type")][0]
    layers = [norm(x, "embeddings.LayerNorm")]
    for i in range(6):
        x, own = layers[-1], f"encoder.layer.{i}"
        query, key, value = (
            heads(dense(x, f"{own}.attention.self.{name}")) for name in ("query", "key", "value")
        )
        power = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
        seen = (power / power.sum(2, keepdims=True) @ value).transpose(1, 0, 2).reshape(x.shape)
        x = x + dense(seen, f"{own}.attention.output.dense")
        x = norm(x, f"{own}.attention.output.LayerNorm")
        wide = dense(x, f"{own}.intermediate.dense")
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        x = norm(x + dense(wide, f"{own}.output.dense"), f"{own}.output.LayerNorm")
        layers.append(x)
    return layers[-2:]


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


# The transformer.


def test_the_graph_is_bert(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 32 bits the graph gives the states that the formulas give."""
    from onnx import helper

    def dense(graph: minilm.Graph, given: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        product, total = f"product{len(graph.nodes)}", f"total{len(graph.nodes)}"
        first = helper.make_node("MatMul", [given, graph.constant(kernel)], [product])
        second = helper.make_node("Add", [product, graph.constant(bias)], [total])
        graph.nodes += [first, second]
        return total

    monkeypatch.setattr(minilm.Graph, "dense", dense)
    exact = minilm.Encoder()
    numbers = exact.numbers(DUST)
    wanted = numpy_bert(minilm.read_weights(minilm.weights_file()), numbers)
    for found, layer in zip(exact.states(numbers), wanted, strict=True):
        assert found.shape == layer.shape == (len(numbers), 384)
        np.testing.assert_allclose(found, layer, atol=1e-3)


@pytest.mark.parametrize("text", [KNOTS, DUST, TEXTS[4]], ids=["knots", "dust", "long"])
def test_eight_bits_are_enough(text: str) -> None:
    encoder = minilm.encoder()
    wanted = numpy_bert(minilm.read_weights(minilm.weights_file()), encoder.numbers(text))
    vector = np.concatenate([layer.mean(axis=0) for layer in wanted])
    assert cosine(encoder.vector(text), vector) >= 0.98


def test_numbers_are_those_of_the_vocabulary() -> None:
    pieces = (minilm.package_folder() / "vocab.txt").read_text(encoding="utf-8").split("\n")
    found = [pieces[i] for i in minilm.encoder().numbers("Knots in LOOPS\nA café.")]
    assert found == ["[CLS]", "knots", "in", "loops", "a", "cafe", ".", "[SEP]"]


def test_a_vector_depends_on_its_text_alone() -> None:
    encoder = minilm.encoder()
    alone = [encoder.vector(text) for text in TEXTS]
    assert (encoder.vectors(TEXTS) == alone).all()
    assert (encoder.vectors(TEXTS[::-1]) == alone[::-1]).all()
    assert (encoder.vectors([DUST, TEXTS[4], *TEXTS])[2:] == alone).all()
    assert np.isfinite(alone).all()
    assert len({vector.tobytes() for vector in alone}) == len(TEXTS)


def test_threads_that_ask_at_once_get_one_encoder() -> None:
    together = threading.Barrier(3)
    minilm._one_encoder.cache_clear()

    def ask() -> minilm.Encoder:
        together.wait(60)
        return minilm.encoder()

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask) for _ in range(3)]
        found = {id(one.result()) for one in asked}
    assert minilm._one_encoder.cache_info().misses == 1
    assert len(found) == 1


def test_threads_share_an_encoder() -> None:
    encoder = minilm.encoder()
    alone = [encoder.vector(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(encoder.vectors, [TEXTS] * 8))
    assert all((vectors == alone).all() for vectors in found)


def test_only_the_first_word_pieces_are_read() -> None:
    encoder = minilm.encoder()
    first = "knot " * (minilm.LENGTH - 2)
    assert len(encoder.numbers(first)) == len(encoder.numbers(first + "galaxy")) == minilm.LENGTH
    assert (encoder.vector(first) == encoder.vector(first + "galaxy " * 50)).all()
    assert (encoder.vector(first) != encoder.vector(first[5:] + "galaxy")).any()


def test_no_texts_have_no_vectors() -> None:
    assert minilm.encoder().vectors([]).shape == (0, minilm.VECTOR)


def test_papers_on_one_subject_are_neighbours() -> None:
    knots, torus, dust = minilm.encoder().vectors([KNOTS, TORUS, DUST])
    assert cosine(knots, torus) > cosine(knots, dust) + 0.1


def test_nothing_slow_is_imported_before_the_first_answer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import core.classifiers.minilm, sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {name.partition(".")[0] for name in done.stdout.split()}
    assert "core" in found
    assert not found & {*minilm.NEEDS, "keras", "tensorflow", "sklearn"}


# Vectors that are kept.


def tell_nothing(done: int, of: int) -> None:
    """A progress that nobody looks at."""


def test_vectors_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    path = tmp_path / "new" / "vectors.npz"
    first = Vectors(path)
    first.learn([*TEXTS, KNOTS], lambda done, of: told.append((done, of)))
    assert told == [(0, len(TEXTS))]
    assert (first(TEXTS) == minilm.encoder().vectors(TEXTS)).all()
    assert [file.name for file in path.parent.iterdir()] == ["vectors.npz"]

    monkeypatch.setattr(minilm, "encoder", lambda: pytest.fail("nothing is missing"))
    second = Vectors(path)
    second.learn(TEXTS, tell_nothing)
    assert (second(TEXTS[::-1]) == first(TEXTS[::-1])).all()
    with pytest.raises(KeyError):
        second(["A text that nobody learnt"])


def test_a_stop_keeps_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "AT_ONCE", 2)

    def stop_at_four(done: int, of: int) -> None:
        if done == 4:
            raise Stopped

    path = tmp_path / "vectors.npz"
    with pytest.raises(Stopped):
        Vectors(path).learn(TEXTS, stop_at_four)
    assert len(Vectors(path).found) == 4
    assert (Vectors(path)(TEXTS[:4]) == minilm.encoder().vectors(TEXTS[:4])).all()


def test_too_many_vectors_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vectors.npz"
    Vectors(path).learn(TEXTS, tell_nothing)
    monkeypatch.setattr(minilm, "KEPT", len(TEXTS))
    assert Vectors(path).found == {}


# The model.


def small() -> MiniLM:
    """A head that nobody trained, of two labels."""
    random = np.random.default_rng(0)
    kernel = random.normal(0, 0.1, (minilm.VECTOR, 2)).astype(np.float32)
    bias = np.array([0.25, -1], np.float32)
    return MiniLM("minilm", ("math", "cs"), kernel, bias, np.array([0.5, 0.25]))


def save(folder: Path, checksum: str | None = None) -> cards.Card:
    checksum = checksum or sha256(minilm.weights_file())
    trained = TrainingResult(small(), {}, {"transformer": checksum}, {})
    return store.save(trained, RECIPE, folder / "archive" / "minilm")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A models folder with the small model."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    save(tmp_path)
    yield tmp_path


def test_a_saved_model_answers_as_before(models: Path) -> None:
    card = cards.find("archive", "minilm")
    loaded = store.load(card)
    assert card.needs == minilm.NEEDS
    assert set(card.files) == {"head.npz"}
    assert card.size < 150_000
    scores = loaded.predict_scores(TEXTS)
    assert scores.dtype == np.float32
    assert (scores == small().predict_scores(TEXTS)).all()
    head = small()
    odds = minilm.encoder().vector(DUST) @ head.kernel + head.bias
    np.testing.assert_allclose(scores[2], 1 / (1 + np.exp(-odds)), rtol=1e-5)
    assert loaded.predict_scores([]).shape == (0, 2)
    assert loaded.thresholds.tolist() == [0.5, 0.25]


def test_a_head_of_other_weights_is_refused(models: Path) -> None:
    card = save(models, "0" * 64)
    with pytest.raises(cards.ModelError, match="archive/minilm cannot be loaded: its head was"):
        store.load(card)


@pytest.mark.parametrize("absent", minilm.NEEDS)
def test_without_a_library_the_model_is_left_out(
    absent: str, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> Any:
        return None if name == absent else find_spec(name)

    assert [card.name for card in cards.installed(("archive",))[0]] == ["minilm"]
    monkeypatch.setattr(cards, "find_spec", found)
    assert cards.installed(("archive",)) == ([], [])
    monkeypatch.setattr(minilm, "find_spec", found)
    with pytest.raises(cards.ModelError, match=rf"minilm needs a library: {absent}"):
        store.load(cards.find("archive", "minilm"))


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
    said: list[str] = []

    def tell(share: float, words: str) -> None:
        said.append(words)
        assert 0 <= share <= 1
        if words.startswith("reading: 384"):
            run.stop()

    run = TrainingRun(RECIPE, "archive", Options(epochs=3, batch_size=64, sample=400), tell)
    with pytest.raises(Stopped):
        RECIPE.train(corpus, "archive", run)
    (file,) = (settings.runs_folder() / "vectors").iterdir()
    assert file.name == f"minilm-192-{sha256(minilm.weights_file())[:16]}.npz"
    assert len(Vectors(file).found) == 512

    said.clear()
    again = run.onward()
    trained = RECIPE.train(corpus, "archive", again)
    assert [record["epoch"] for record in trained.history] == [1, 2, 3]
    losses = [record["val_loss"] for record in trained.history]
    assert losses[2] < losses[0]
    assert {"loss", "binary_accuracy", "val_binary_accuracy"} <= trained.history[0].keys()
    left = next(words for words in said if words.startswith("reading: 0 of"))
    whole = 400 + trained.data["validation"] + trained.metrics["course"]["n"]
    assert left == f"reading: 0 of {whole - 512} papers have a vector"
    assert trained.data["trained on"] == 400
    assert trained.parameters["sample"] == 400
    assert json.dumps(trained.parameters)
    # The model that is kept answers texts that the training never saw.
    assert trained.model.predict_scores(["A text of its own"]).shape == (1, 34)
