"""Trainings are reproducible by their seed, and leave the global generators alone."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from core.classifiers import networks, swivel_dense
from core.embeddings.vectors import WordVectors
from core.training import convolution, keras_loop
from core.training.keras_loop import SeededLayers
from core.training.recipe import Options, Recipe
from core.training.runs import TrainingRun

Weights = list[np.ndarray]


def paper_network(name: str, seed: int) -> Weights:
    return networks.build_model(networks.DESIGNS[name], 3, seed).get_weights()


def heads(seed: int) -> Weights:
    table = WordVectors(("knot", "torus"), np.ones((2, 4), np.float32))
    models = (
        swivel_dense.build_head(4, SeededLayers(seed)),
        swivel_dense.build_trainable_model(table, SeededLayers(seed)),
    )
    return [weight for model in models for weight in model.get_weights()]


def sentence_network(seed: int) -> Weights:
    """A convolution after a single step."""
    sentences = [["knots", "and", "tori"], ["words", "of", "sentences"]] * 4
    words = convolution.learn_words(sentences)
    vectors = convolution.initial_vectors(words, lambda word: None, 4, seed)
    features = np.eye(8, dtype=np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "EPOCHS", 1)
        network = convolution.train(words, vectors, sentences, features, np.arange(8) % 2, 2, seed)
    return [network.vectors, *network.filters[0], *network.features, *network.output]


def fitted(seed: int) -> Weights:
    """A network with dropout after two shuffled epochs, of which the second is a fit of its own."""
    import keras

    seeded = SeededLayers(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4,)),
            seeded(layers.Dense, 8, "relu"),
            seeded(layers.Dropout, 0.5),
            seeded(layers.Dense, 1, "sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    recipe = Recipe("tiny", "Tiny", "Invented.", ("archive",), lambda *_: None)
    run = TrainingRun(recipe, "archive", Options(epochs=2, batch_size=8, seed=seed))
    keras_loop.fit(run, model, x, (x[:, 0] > 0).astype(np.float32))
    return model.get_weights()


MAKERS: dict[str, Callable[[int], Weights]] = {
    **{name: partial(paper_network, name) for name in networks.DESIGNS},
    "swivel-dense": heads,
    "intent": sentence_network,
    "fit": fitted,
}


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Keras and TensorFlow, which draw something while they are imported."""
    import keras  # noqa: F401


def global_state() -> tuple[Any, ...]:
    """The states of Python's and NumPy's global generators."""
    kind, numbers, *rest = np.random.get_state()
    return random.getstate(), kind, numbers.tolist(), rest


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_weights_follow_from_the_seed(make: Callable[[int], Weights]) -> None:
    before = global_state()
    first = make(1)
    assert global_state() == before
    random.random()
    np.random.random()
    again, other = make(1), make(2)
    for one, two in zip(first, again, strict=True):
        # Threads add up in any order, which changes the last digits.
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert any((one != two).any() for one, two in zip(first, other, strict=True))


def test_both_directions_of_a_recurrent_layer_have_weights_of_their_own() -> None:
    model = networks.build_model(networks.DESIGNS["bigru-conv"], 3)
    (both,) = (layer for layer in model.layers if hasattr(layer, "backward_layer"))
    forward, backward = both.forward_layer.get_weights(), both.backward_layer.get_weights()
    assert [weight.shape for weight in forward] == [weight.shape for weight in backward]
    assert (forward[0] != backward[0]).mean() > 0.9
