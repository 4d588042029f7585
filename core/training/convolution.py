"""A convolutional network over words (Kim 2014, arXiv:1408.5882), run without TensorFlow."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.training.keras_loop import SeededLayers, seed_order

WIDTHS = (1, 2, 3, 4, 5)
FILTERS = 100
FEATURE_UNITS = 24
"""Units of the dense layer on the features of a text."""

MAX_WORDS = 90
"""The maximum number of words of a sentence."""

MIN_SENTENCES = 3
"""The minimum number of training sentences with a word for it to have a vector."""

EPOCHS = 2
BATCH = 32
RATE = 1e-3
SMOOTHING = 0.05
AT_ONCE = 128
PAD, UNKNOWN = 0, 1


@dataclass(frozen=True)
class ConvolutionalNetwork:
    """A trained network: max-pooled filters over word vectors, and a layer on other features.

    words: the row of each word in `vectors`, float (v, d), whose row 0 is zero and row 1 stands for
    unknown words; filters: for each width weights (width, d, f) and biases (f,); features: the
    layer on features of the whole text, (s, b) and (b,); output: (widths x f + b, k) and (k,).
    """

    words: dict[str, int]
    vectors: np.ndarray
    filters: tuple[tuple[np.ndarray, np.ndarray], ...]
    features: tuple[np.ndarray, np.ndarray]
    output: tuple[np.ndarray, np.ndarray]

    def logits(self, sentences: Sequence[Sequence[str]], features: np.ndarray) -> np.ndarray:
        """Logits, float32 (n, k); features: of the whole texts, (n, s)."""
        rows = encode(self.words, sentences)
        lengths = np.array([min(len(words), MAX_WORDS) for words in sentences], int)
        logits = np.empty((len(rows), len(self.output[1])), np.float32)
        # Sentences of similar length are batched together, to minimise padding.
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(rows), AT_ONCE):
            batch = order[start : start + AT_ONCE]
            width = int(lengths[batch].max()) + max(WIDTHS)
            logits[batch] = self._logits(rows[batch, :width], features[batch])
        return logits

    def save(self, file: Path) -> None:
        """Write the weights as .npz, the word vectors as float16; the caller saves the words."""
        numbers = {"vectors": self.vectors.astype(np.float16)}
        for i, (kernel, bias) in enumerate(self.filters):
            numbers |= {f"filter_{i}": kernel.astype(np.float16), f"bias_{i}": bias}
        for name, (kernel, bias) in (("beside", self.features), ("out", self.output)):
            numbers |= {name: kernel.astype(np.float16), f"{name}_bias": bias}
        np.savez(file, **numbers)

    @classmethod
    def load(cls, file: Path, words: dict[str, int]) -> "ConvolutionalNetwork":
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            numbers = {name: stored[name].astype(np.float32) for name in stored.files}
        filters = tuple((numbers[f"filter_{i}"], numbers[f"bias_{i}"]) for i in range(len(WIDTHS)))
        return cls(
            words,
            numbers["vectors"],
            filters,
            (numbers["beside"], numbers["beside_bias"]),
            (numbers["out"], numbers["out_bias"]),
        )

    def _logits(self, rows: np.ndarray, features: np.ndarray) -> np.ndarray:
        vectors = self.vectors[rows]
        length = vectors.shape[1]
        hidden = []
        for kernel, bias in self.filters:
            before = (len(kernel) - 1) // 2
            padded = np.pad(vectors, ((0, 0), (before, len(kernel) - 1 - before), (0, 0)))
            windows = sum(padded[:, j : j + length] @ weights for j, weights in enumerate(kernel))
            hidden.append(np.maximum(windows.max(axis=1) + bias, 0))
        hidden.append(np.maximum(features @ self.features[0] + self.features[1], 0))
        return np.hstack(hidden) @ self.output[0] + self.output[1]

    def attribute(
        self, sentence: Sequence[str], features: np.ndarray, direction: np.ndarray
    ) -> tuple[np.ndarray, float, float]:
        """The parts of `logits @ direction` of one text: by word, of the features, and the bias.

        Exact, since the network is linear for given active windows and units.
        features: (s,); direction: (k,). Returns float (words,), and two numbers.
        """
        length = min(len(sentence), MAX_WORDS)
        rows = encode(self.words, [sentence])[0, : length + max(WIDTHS)]
        vectors = self.vectors[rows].astype(np.float64)
        output_weights = self.output[0] @ direction
        by_row, bias, start = np.zeros(len(vectors)), float(self.output[1] @ direction), 0
        for kernel, offset in self.filters:
            weights = output_weights[start : start + kernel.shape[2]]
            start += kernel.shape[2]
            bias += _attribute_filter(vectors, kernel.astype(np.float64), offset, weights, by_row)
        kernel, offset = self.features
        hidden = features @ kernel
        weights = np.where(hidden + offset > 0, output_weights[start:], 0.0)
        by_word = np.zeros(len(sentence))
        # Padding has the vector zero, so it contributes nothing.
        by_word[:length] = by_row[:length]
        return by_word, float(hidden @ weights), bias + float(offset @ weights)


def _attribute_filter(
    vectors: np.ndarray,
    kernel: np.ndarray,
    offset: np.ndarray,
    weights: np.ndarray,
    out: np.ndarray,
) -> float:
    """Add each word's contribution through one width's filters to `out`; returns the biases' part.

    vectors: of the words, (n, d); offset, weights: of the filters, (f,); out: (n,).
    """
    before, length = (len(kernel) - 1) // 2, len(vectors)
    padded = np.pad(vectors, ((before, len(kernel) - 1 - before), (0, 0)))
    steps = [padded[j : j + length] @ step for j, step in enumerate(kernel)]
    windows = sum(steps)
    largest = windows.argmax(axis=0)
    filters = np.arange(len(largest))
    active = np.where(windows[largest, filters] + offset > 0, weights, 0.0)
    for j, step in enumerate(steps):
        index = largest + j - before
        inside = (index >= 0) & (index < length)
        np.add.at(out, index[inside], (step[largest, filters] * active)[inside])
    return float(active @ offset)


def encode(words: dict[str, int], sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """Rows of the vectors, int32 (n, MAX_WORDS + widest filter), padded with 0."""
    rows = np.zeros((len(sentences), MAX_WORDS + max(WIDTHS)), np.int32)
    for row, sentence in zip(rows, sentences, strict=True):
        numbers = [words.get(word, UNKNOWN) for word in sentence[:MAX_WORDS]]
        row[: len(numbers)] = numbers
    return rows


def learn_words(sentences: Sequence[Sequence[str]]) -> dict[str, int]:
    """The row, from 2 on, of each word that occurs in enough sentences."""
    counts = Counter(word for sentence in sentences for word in set(sentence))
    return number_words(sorted(word for word, n in counts.items() if n >= MIN_SENTENCES))


def number_words(words: Sequence[str]) -> dict[str, int]:
    """The row of each word, from 2 on."""
    return {word: row for row, word in enumerate(words, start=UNKNOWN + 1)}


def initial_vectors(
    words: dict[str, int], embed: Callable[[str], np.ndarray | None], dimension: int, seed: int
) -> np.ndarray:
    """Initial vectors: those of `embed`, scaled to a mean length of 1, random ones for other words.

    embed: returns the vector of a word, or None.
    """
    random = np.random.default_rng(seed)
    vectors = random.normal(0, 0.1, (len(words) + 2, dimension)).astype(np.float32)
    vectors[PAD] = 0
    known = {row: vector for word, row in words.items() if (vector := embed(word)) is not None}
    if known:
        length = np.mean([np.linalg.norm(vector) for vector in known.values()])
        for row, vector in known.items():
            vectors[row] = vector / length
    return vectors


def train(
    words: dict[str, int],
    vectors: np.ndarray,
    sentences: Sequence[Sequence[str]],
    features: np.ndarray,
    truth: np.ndarray,
    labels: int,
    seed: int,
    check: Callable[[], None] = lambda: None,
) -> ConvolutionalNetwork:
    """Train on sentences of words, features (n, s), and labels, int (n,).

    `check` is called after every batch and may raise to stop.
    """
    import keras

    seeded = SeededLayers(seed)
    rows = encode(words, sentences)
    row_input = keras.Input((rows.shape[1],), dtype="int32")
    feature_input = keras.Input((features.shape[1],))
    table = seeded(keras.layers.Embedding, *vectors.shape)
    mask = keras.ops.cast(keras.ops.expand_dims(row_input != PAD, -1), "float32")
    dropped = seeded(keras.layers.SpatialDropout1D, 0.3)(table(row_input) * mask)
    filters = [
        seeded(keras.layers.Conv1D, FILTERS, k, activation="relu", padding="same") for k in WIDTHS
    ]
    hidden = [keras.layers.GlobalMaxPooling1D()(filter(dropped)) for filter in filters]
    hidden = seeded(keras.layers.Dropout, 0.5)(keras.layers.Concatenate()(hidden))
    dense = seeded(keras.layers.Dense, FEATURE_UNITS, activation="relu")
    output = seeded(keras.layers.Dense, labels)
    joined = keras.layers.Concatenate()([hidden, dense(feature_input)])
    model = keras.Model([row_input, feature_input], output(joined))
    table.set_weights([vectors])
    model.compile(
        keras.optimizers.Adam(RATE),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING),
    )
    seed_order(seed)
    stopper = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: check())
    model.fit(
        [rows, features],
        np.eye(labels, dtype=np.float32)[truth],
        batch_size=BATCH,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[stopper],
    )
    trained_vectors = table.get_weights()[0]
    trained_vectors[PAD] = 0
    return ConvolutionalNetwork(
        words,
        trained_vectors,
        tuple(tuple(filter.get_weights()) for filter in filters),
        tuple(dense.get_weights()),
        tuple(output.get_weights()),
    )
