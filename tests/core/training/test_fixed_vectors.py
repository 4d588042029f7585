"""Stored vectors of texts, and the dense layer that is fitted to them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.messages import Stopped
from core.training import fixed_vectors
from core.training.fixed_vectors import fit_dense, stored_vectors
from core.training.recipe import Options, Recipe
from core.training.runs import TrainingRun

TEXTS = ["knots", "loops", "dust", "galaxies", "stars", "knots"]


def run(options: Options | None = None) -> TrainingRun:
    recipe = Recipe("small", "Small", "Dense.", ("archive",), lambda: None, Options())
    return TrainingRun(recipe, "archive", options or Options())


class Lengths:
    """Gives texts the vectors (length, 1), and knows which texts it was given."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, 2)."""
        self.seen += texts
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)


def test_a_vector_is_computed_once(tmp_path: Path) -> None:
    path, embed = tmp_path / "new" / "vectors.db", Lengths()
    first = stored_vectors(path, TEXTS, embed, run())
    assert embed.seen == TEXTS[:5]
    assert {text: vector.tolist() for text, vector in first.items()} == {
        text: [len(text), 1] for text in TEXTS
    }
    second = stored_vectors(path, [*TEXTS[::-1], "torus"], embed, run())
    assert embed.seen[5:] == ["torus"]
    assert all((second[text] == first[text]).all() for text in TEXTS)


def test_a_stop_keeps_what_was_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed_vectors, "CHUNK", 2)
    path, embed, stopped = tmp_path / "vectors.db", Lengths(), run()

    def stop_after_four(texts: Sequence[str]) -> np.ndarray:
        vectors = embed(texts)
        if len(embed.seen) == 4:
            stopped.stop()
        return vectors

    with pytest.raises(Stopped):
        stored_vectors(path, TEXTS, stop_after_four, stopped)
    assert embed.seen == TEXTS[:4]
    stored_vectors(path, TEXTS, embed, run())
    assert embed.seen == TEXTS[:5]


def test_a_large_file_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, embed = tmp_path / "vectors.db", Lengths()
    stored_vectors(path, TEXTS, embed, run())
    monkeypatch.setattr(fixed_vectors, "MAX_BYTES", 10)
    stored_vectors(path, ["dust"], embed, run())
    assert embed.seen == [*TEXTS[:5], "dust"]


def test_the_dense_layer_learns_what_is_linear_in_unscaled_columns() -> None:
    random = np.random.default_rng(0)
    x = (random.normal(size=(600, 4)) * [1, 100, 0.01, 1] + [0, 50, 3, 0]).astype(np.float32)
    y = np.stack([x[:, 1] > 50, x[:, 2] > 3], axis=1)
    options = Options(epochs=20, batch_size=32, learning_rate=0.05)
    kernel, bias = fit_dense(run(options), x, y, (x[:100], y[:100]))
    assert kernel.shape == (4, 2)
    assert ((x @ kernel + bias > 0) == y).mean() > 0.97
