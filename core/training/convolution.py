"""A convolutional network over words (Kim 2014, arXiv:1408.5882): trained by Keras, run by NumPy.

Filters of several widths slide over the word vectors of a sentence; the largest answer of each
counts. Beside them a dense layer looks at features of the text as a whole. Running it takes no
TensorFlow: a sentence is a few small matrix products.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.training.keras_loop import SeededLayers, seed_order

WIDTHS = (1, 2, 3, 4, 5)
FILTERS = 100
BESIDE = 24
LONGEST = 90
"""Words that are read."""

LEAST = 3
"""Training sentences that a word needs to have a vector of its own."""

EPOCHS = 2
BATCH = 32
RATE = 1e-3
SMOOTHING = 0.05
AT_ONCE = 128
PAD, UNKNOWN = 0, 1


@dataclass(frozen=True)
class Network:
    """A trained network.

    words: row of each word in `vectors`, float (v, d), whose row 0 is zero and row 1 any unknown
    word; filters: a width each, (width, d, f), and biases (f,); beside: (s, b) and (b,); out:
    (widths x f + b, k) and (k,).
    """

    words: dict[str, int]
    vectors: np.ndarray
    filters: tuple[tuple[np.ndarray, np.ndarray], ...]
    beside: tuple[np.ndarray, np.ndarray]
    out: tuple[np.ndarray, np.ndarray]

    def logits(self, sentences: Sequence[Sequence[str]], beside: np.ndarray) -> np.ndarray:
        """float32 (n, k); beside: features of each text as a whole, (n, s)."""
        rows = encode(self.words, sentences)
        lengths = np.array([min(len(words), LONGEST) for words in sentences], int)
        found = np.empty((len(rows), len(self.out[1])), np.float32)
        # Sentences of like length go together, so that little time is spent on padding.
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(rows), AT_ONCE):
            at = order[start : start + AT_ONCE]
            width = int(lengths[at].max()) + max(WIDTHS)
            found[at] = self._logits(rows[at, :width], beside[at])
        return found

    def save(self, file: Path) -> None:
        """Write the numbers as .npz, the word vectors as float16; the words are the caller's."""
        numbers = {"vectors": self.vectors.astype(np.float16)}
        for place, (kernel, bias) in enumerate(self.filters):
            numbers |= {f"filter_{place}": kernel.astype(np.float16), f"bias_{place}": bias}
        for name, (kernel, bias) in (("beside", self.beside), ("out", self.out)):
            numbers |= {name: kernel.astype(np.float16), f"{name}_bias": bias}
        np.savez(file, **numbers)

    @classmethod
    def load(cls, file: Path, words: dict[str, int]) -> "Network":
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as kept:
            numbers = {name: kept[name].astype(np.float32) for name in kept.files}
        filters = tuple((numbers[f"filter_{i}"], numbers[f"bias_{i}"]) for i in range(len(WIDTHS)))
        return cls(
            words,
            numbers["vectors"],
            filters,
            (numbers["beside"], numbers["beside_bias"]),
            (numbers["out"], numbers["out_bias"]),
        )

    def _logits(self, rows: np.ndarray, beside: np.ndarray) -> np.ndarray:
        given = self.vectors[rows]
        parts = []
        for kernel, bias in self.filters:
            before = (len(kernel) - 1) // 2
            padded = np.pad(given, ((0, 0), (before, len(kernel) - 1 - before), (0, 0)))
            length = given.shape[1]
            heard = sum(padded[:, j : j + length] @ weights for j, weights in enumerate(kernel))
            parts.append(np.maximum(heard.max(axis=1) + bias, 0))
        parts.append(np.maximum(beside @ self.beside[0] + self.beside[1], 0))
        return np.hstack(parts) @ self.out[0] + self.out[1]

    def shares(
        self, sentence: Sequence[str], beside: np.ndarray, direction: np.ndarray
    ) -> tuple[np.ndarray, float, float]:
        """What makes up `logits @ direction` of one text: of each word, of `beside`, and the bias.

        Exact, for a network is linear once it is known which windows and units answered.
        beside: (s,); direction: (k,). Returns float (words,), and two numbers.
        """
        read = min(len(sentence), LONGEST)
        rows = encode(self.words, [sentence])[0, : read + max(WIDTHS)]
        given = self.vectors[rows].astype(np.float64)
        worth = self.out[0] @ direction
        of_words, bias, done = np.zeros(len(given)), float(self.out[1] @ direction), 0
        for kernel, offset in self.filters:
            weight = worth[done : done + kernel.shape[2]]
            done += kernel.shape[2]
            bias += _spread(given, kernel.astype(np.float64), offset, weight, of_words)
        unit, start = self.beside
        heard = beside @ unit
        weight = np.where(heard + start > 0, worth[done:], 0.0)
        whole = np.zeros(len(sentence))
        whole[:read] = of_words[:read]
        # What stands for "no word" is zero, so nothing is lost beyond the last word.
        return whole, float(heard @ weight), bias + float(start @ weight)


def _spread(
    given: np.ndarray, kernel: np.ndarray, offset: np.ndarray, weight: np.ndarray, out: np.ndarray
) -> float:
    """Add to `out` what each word gives to one width's filters; their biases' part."""
    before, length = (len(kernel) - 1) // 2, len(given)
    padded = np.pad(given, ((before, len(kernel) - 1 - before), (0, 0)))
    steps = [padded[j : j + length] @ weights for j, weights in enumerate(kernel)]
    heard = sum(steps)
    at = heard.argmax(axis=0)
    each = np.arange(len(at))
    active = np.where(heard[at, each] + offset > 0, weight, 0.0)
    for j, step in enumerate(steps):
        place = at + j - before
        inside = (place >= 0) & (place < length)
        np.add.at(out, place[inside], (step[at, each] * active)[inside])
    return float(active @ offset)


def encode(words: dict[str, int], sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """Rows of the vectors, int32 (n, LONGEST + widest filter), padded with 0."""
    rows = np.zeros((len(sentences), LONGEST + max(WIDTHS)), np.int32)
    for place, sentence in enumerate(sentences):
        known = [words.get(word, UNKNOWN) for word in sentence[:LONGEST]]
        rows[place, : len(known)] = known
    return rows


def learn_words(sentences: Sequence[Sequence[str]]) -> dict[str, int]:
    """A row for each word of enough sentences, from 2 on."""
    counts = Counter(word for sentence in sentences for word in set(sentence))
    return number_words(sorted(word for word, n in counts.items() if n >= LEAST))


def number_words(words: Sequence[str]) -> dict[str, int]:
    """The row of each word, from 2 on."""
    return {word: row for row, word in enumerate(words, start=UNKNOWN + 1)}


def first_vectors(
    words: dict[str, int], embed: Callable[[str], np.ndarray | None], dimension: int, seed: int
) -> np.ndarray:
    """Where training starts: a known word's vector, at a mean length of 1, else a small random one.

    embed: a word's vector, None where it has none.
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
    beside: np.ndarray,
    truth: np.ndarray,
    labels: int,
    seed: int,
    check: Callable[[], None] = lambda: None,
) -> Network:
    """Train on sentences of words with features beside them, (n, s), and labels, int (n,).

    `check` is called after every batch and may raise to stop.
    """
    import keras

    seeded = SeededLayers(seed)
    rows = encode(words, sentences)
    given = keras.Input((rows.shape[1],), dtype="int32")
    features = keras.Input((beside.shape[1],))
    table = seeded(keras.layers.Embedding, *vectors.shape)
    mask = keras.ops.cast(keras.ops.expand_dims(given != PAD, -1), "float32")
    seen = seeded(keras.layers.SpatialDropout1D, 0.3)(table(given) * mask)
    filters = [
        seeded(keras.layers.Conv1D, FILTERS, k, activation="relu", padding="same") for k in WIDTHS
    ]
    heard = [keras.layers.GlobalMaxPooling1D()(filter(seen)) for filter in filters]
    heard = seeded(keras.layers.Dropout, 0.5)(keras.layers.Concatenate()(heard))
    side = seeded(keras.layers.Dense, BESIDE, activation="relu")
    out = seeded(keras.layers.Dense, labels)
    model = keras.Model([given, features], out(keras.layers.Concatenate()([heard, side(features)])))
    table.set_weights([vectors])
    model.compile(
        keras.optimizers.Adam(RATE),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING),
    )
    seed_order(seed)
    stopper = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: check())
    model.fit(
        [rows, beside],
        np.eye(labels, dtype=np.float32)[truth],
        batch_size=BATCH,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[stopper],
    )
    learned = table.get_weights()[0]
    learned[PAD] = 0
    return Network(
        words,
        learned,
        tuple(tuple(filter.get_weights()) for filter in filters),
        tuple(side.get_weights()),
        tuple(out.get_weights()),
    )
