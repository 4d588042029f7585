"""The network over words: NumPy gives what Keras gives, and attributions add up."""

from pathlib import Path

import numpy as np
import pytest

from core.training import convolution
from core.training.convolution import MAX_WORDS, WIDTHS, ConvolutionalNetwork

LABELS = 3


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    random = np.random.default_rng(1)
    lengths = [0, 1, 2, 5, MAX_WORDS, MAX_WORDS + 40, *random.integers(3, 40, 42)]
    return [[f"w{n}" for n in random.integers(0, 30, length)] for length in lengths]


@pytest.fixture(scope="module")
def features(sentences: list[list[str]]) -> np.ndarray:
    return np.random.default_rng(2).random((len(sentences), 7)).astype(np.float32)


@pytest.fixture(scope="module")
def network(sentences: list[list[str]], features: np.ndarray) -> ConvolutionalNetwork:
    words = convolution.learn_words(sentences)
    vectors = convolution.initial_vectors(words, lambda word: None, 16, 0)
    truth = np.random.default_rng(3).integers(0, LABELS, len(sentences))
    return convolution.train(words, vectors, sentences, features, truth, LABELS, 0)


def by_keras(
    network: ConvolutionalNetwork, sentences: list[list[str]], features: np.ndarray
) -> np.ndarray:
    """The same layers in Keras, on sentences padded far beyond the longest."""
    import keras

    rows = convolution.encode(network.words, sentences)
    vectors = keras.ops.convert_to_tensor(network.vectors[rows])
    hidden = []
    for kernel, bias in network.filters:
        layer = keras.layers.Conv1D(kernel.shape[2], len(kernel), activation="relu", padding="same")
        layer.build(vectors.shape)
        layer.set_weights([kernel, bias])
        hidden.append(keras.ops.max(layer(vectors), axis=1))
    side = keras.ops.relu(keras.ops.matmul(features, network.features[0]) + network.features[1])
    joined = keras.ops.concatenate([*hidden, side], axis=1)
    return np.asarray(keras.ops.matmul(joined, network.output[0]) + network.output[1])


def test_numpy_gives_what_keras_gives(
    network: ConvolutionalNetwork, sentences: list[list[str]], features: np.ndarray
) -> None:
    ours = network.logits(sentences, features)
    assert ours.shape == (len(sentences), LABELS)
    np.testing.assert_allclose(ours, by_keras(network, sentences, features), atol=1e-4)


def test_a_sentence_alone_or_among_others(
    network: ConvolutionalNetwork, sentences: list[list[str]], features: np.ndarray
) -> None:
    together = network.logits(sentences, features)
    alone = [network.logits([s], b[None])[0] for s, b in zip(sentences, features, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert network.logits([], features[:0]).shape == (0, LABELS)


def test_attributions_add_up(
    network: ConvolutionalNetwork, sentences: list[list[str]], features: np.ndarray
) -> None:
    direction = np.array([1.0, -1.0, 0.0])
    logits = network.logits(sentences, features)
    for sentence, one, row in zip(sentences, features, logits, strict=True):
        words, of_features, bias = network.attribute(sentence, one, direction)
        assert len(words) == len(sentence)
        assert words.sum() + of_features + bias == pytest.approx(row @ direction, abs=1e-4)
        assert not words[MAX_WORDS:].any()


def test_padding_stays_zero_and_rare_words_share_a_row(
    network: ConvolutionalNetwork, sentences: list[list[str]]
) -> None:
    assert not network.vectors[convolution.PAD].any()
    counts = {w: sum(w in s for s in sentences) for s in sentences for w in s}
    assert set(network.words) == {w for w, n in counts.items() if n >= convolution.MIN_SENTENCES}
    assert min(network.words.values()) == convolution.UNKNOWN + 1
    rows = convolution.encode(network.words, [["never", "w1"]])[0]
    assert rows[:3].tolist() == [convolution.UNKNOWN, network.words["w1"], convolution.PAD]
    assert len(rows) == MAX_WORDS + max(WIDTHS)


def test_first_vectors_come_from_the_embedding() -> None:
    known = {"a": np.array([3.0, 4.0]), "b": np.array([0.0, 15.0])}
    words = convolution.number_words(["a", "b", "c"])
    vectors = convolution.initial_vectors(words, known.get, 2, 0)
    # Their mean length, ten, becomes one.
    np.testing.assert_allclose(vectors[[2, 3]], [[0.3, 0.4], [0, 1.5]], rtol=1e-6)
    assert not vectors[convolution.PAD].any()
    assert 0 < np.linalg.norm(vectors[4]) < 1


def test_saved_and_read_again(
    network: ConvolutionalNetwork, sentences: list[list[str]], features: np.ndarray, tmp_path: Path
) -> None:
    network.save(tmp_path / "network-1.npz")
    again = ConvolutionalNetwork.load(tmp_path / "network-1.npz", network.words)
    np.testing.assert_allclose(
        again.logits(sentences, features), network.logits(sentences, features), atol=2e-2
    )


class Stop(Exception):
    """Somebody pressed the button."""


def test_training_can_be_stopped(sentences: list[list[str]], features: np.ndarray) -> None:
    words = convolution.learn_words(sentences)
    vectors = convolution.initial_vectors(words, lambda word: None, 4, 0)

    def stop() -> None:
        raise Stop

    truth = np.zeros(len(sentences), int)
    with pytest.raises(Stop):
        convolution.train(words, vectors, sentences, features, truth, LABELS, 0, stop)
