"""Neural networks on sequences of words, trained and run with Keras."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.cards import Card
from core.classifiers.base import Classifier, read_words, write_words
from core.evaluation import decisions, metrics
from core.messages import N_
from core.text import documents, tfidf
from core.training import word2vec
from core.training.keras_loop import SeededLayers, fit
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

if TYPE_CHECKING:
    from core.training.papers import Papers, Rows

NEEDS: tuple[str, ...] = ()
WEIGHTS = "weights.npz"
PAD, UNKNOWN = 0, 1
TITLE_END = "|"
"""Separates title and abstract; no word of a paper is a bar."""

STEPS = 31
"""Values of word vectors are stored as integers from -31 to 31: six bits."""

AT_ONCE = 256
COURSE_SHARE = 0.2
"""The share of the course network's papers that is used for validation."""

MIN_VALIDATION = 1_000
"""Validation papers, or a quarter of the training papers if that is more."""

_building = threading.Lock()
"""Keras names layers from a count that threads share."""
# The characters that Keras' Tokenizer filters out.
_FILTERED = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


@dataclass(frozen=True)
class Design:
    """The properties in which networks differ.

    layers: from word vectors (n, length, dimension) to features (n, f), before the dense layer to
    the labels; words: rows of the vectors, including padding (and unknown words); length: words
    of a text; course: whether words, padding, papers and threshold are the course's; word2vec:
    whether the vectors are initialised by word2vec.
    """

    layers: Callable[[Any, SeededLayers], Any]
    words: int = 20_000
    length: int = 200
    dimension: int = 100
    course: bool = False
    word2vec: bool = False


def bigru_conv(vectors: Any, seeded: SeededLayers) -> Any:
    """The course's layers."""
    from keras import layers

    dropped = seeded(layers.SpatialDropout1D, 0.2)(vectors)
    hidden = _bidirectional(seeded, layers.GRU, 128, dropout=0.1, recurrent_dropout=0.1)(dropped)
    return _pool(seeded(layers.Conv1D, 64, 3)(hidden))


def bigru_conv_large(vectors: Any, seeded: SeededLayers) -> Any:
    """The course's layers with twice the filters, and little dropout as there are many papers."""
    from keras import layers

    dropped = seeded(layers.SpatialDropout1D, 0.1)(vectors)
    hidden = _bidirectional(seeded, layers.GRU, 128)(dropped)
    return _pool(seeded(layers.Conv1D, 128, 3)(hidden))


def textcnn(vectors: Any, seeded: SeededLayers) -> Any:
    """Filters over one to four words (Kim 2014, arXiv:1408.5882), and the mean of the vectors."""
    from keras import layers

    dropped = seeded(layers.SpatialDropout1D, 0.2)(vectors)
    hidden = [
        layers.GlobalMaxPooling1D()(seeded(layers.Conv1D, 128, width, activation="relu")(dropped))
        for width in (1, 2, 3, 4)
    ]
    return seeded(layers.Dropout, 0.3)(
        layers.Concatenate()([layers.GlobalAveragePooling1D()(dropped), *hidden])
    )


def textrnn(vectors: Any, seeded: SeededLayers) -> Any:
    """A recurrent layer from the first word to the last; its last state is the output."""
    from keras import layers

    dropped = seeded(layers.SpatialDropout1D, 0.2)(vectors)
    return seeded(layers.Dropout, 0.3)(seeded(layers.GRU, 128)(dropped))


def bilstm(vectors: Any, seeded: SeededLayers) -> Any:
    """Long short-term memory in both directions, then mean and maximum of its states."""
    from keras import layers

    dropped = seeded(layers.SpatialDropout1D, 0.2)(vectors)
    hidden = _bidirectional(seeded, layers.LSTM, 96)(dropped)
    return seeded(layers.Dropout, 0.2)(_pool(hidden))


def _bidirectional(seeded: SeededLayers, kind: Any, units: int, **options: Any) -> Any:
    """A recurrent layer in both directions, joined at each word."""
    from keras import layers

    forward = seeded(kind, units, return_sequences=True, **options)
    backward = seeded(kind, units, return_sequences=True, go_backwards=True, **options)
    return layers.Bidirectional(forward, backward_layer=backward)


def _pool(hidden: Any) -> Any:
    """Mean and maximum over all words, joined."""
    from keras import layers

    parts = [layers.GlobalAveragePooling1D()(hidden), layers.GlobalMaxPooling1D()(hidden)]
    return layers.Concatenate()(parts)


DESIGNS = {
    "bigru-conv": Design(bigru_conv, 500, 150, course=True),
    "bigru-conv-large": Design(bigru_conv_large, length=150, word2vec=True),
    "textcnn": Design(textcnn, word2vec=True),
    "textrnn": Design(textrnn, 10_000, 150, word2vec=True),
    "bilstm": Design(bilstm, 10_000, 150, word2vec=True),
}


def build_model(design: Design, labels: int, seed: int = 0) -> Any:
    """The Keras model: rows of word numbers, int32 (n, length), to log-odds (n, labels)."""
    import keras

    seeded = SeededLayers(seed)
    rows = keras.Input((design.length,), dtype="int32")
    vectors = seeded(keras.layers.Embedding, design.words, design.dimension)(rows)
    features = design.layers(vectors, seeded)
    return keras.Model(rows, seeded(keras.layers.Dense, labels)(features))


# From texts to rows of numbers.


def course_words(paper: str) -> list[str]:
    """The words of a `paper_text` as Keras' Tokenizer splits the course's text."""
    return documents.course_from_paper(paper).translate(_FILTERED).split()


def paper_words(paper: str) -> list[str]:
    """The words of a `paper_text`, with a bar between title and abstract."""
    title, abstract = documents.split_paper(paper)
    return [*tfidf.paper_tokens(title), TITLE_END, *tfidf.paper_tokens(abstract)]


def split(design: Design, paper: str) -> list[str]:
    """A paper's words, by the tokeniser of the design."""
    return course_words(paper) if design.course else paper_words(paper)


def learn_words(design: Design, texts: Iterable[str]) -> tuple[str, ...]:
    """The vocabulary, the most frequent words first.

    The course's numbers begin at 1 and unknown words have none; otherwise they begin at 2.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split(design, text))
    size = design.words - (1 if design.course else 2)
    by_frequency = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(word for word, _ in by_frequency[:size])


def number(design: Design, vocabulary: Sequence[str]) -> dict[str, int]:
    """The number of each word."""
    return {word: row for row, word in enumerate(vocabulary, 1 if design.course else 2)}


def encode(design: Design, numbers: dict[str, int], texts: Sequence[str]) -> np.ndarray:
    """Rows of word numbers, int32 (n, length), zeros in front of a short text.

    A long text is cut: the course keeps the last words, as `pad_sequences` does, the other networks
    the first, which include the title.
    """
    rows = np.zeros((len(texts), design.length), np.int32)
    for row, text in zip(rows, texts, strict=True):
        words = split(design, text)
        if design.course:
            sequence = [numbers[word] for word in words if word in numbers][-design.length :]
        else:
            sequence = [numbers.get(word, UNKNOWN) for word in words[: design.length]]
        if sequence:
            row[-len(sequence) :] = sequence
    return rows


# Weights as they are stored.


def pack(weights: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Weights as they are stored: word vectors (v, d) in six bits, the other layers as float16."""
    vectors, *rest = weights
    scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True) / STEPS, 1e-8).astype(np.float16)
    steps = np.where(scale > 0, vectors / np.where(scale > 0, scale, 1), 0)
    stored = {
        "vectors": np.clip(np.rint(steps), -STEPS, STEPS).astype(np.int8),
        "scale": scale,
    }
    return stored | {f"layer_{i:02}": array.astype(np.float16) for i, array in enumerate(rest)}


def unpack(stored: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What `pack` stored, as float32 in the order of the layers."""
    vectors = stored["vectors"].astype(np.float32) * stored["scale"].astype(np.float32)
    layers = sorted(name for name in stored if name.startswith("layer_"))
    return [vectors, *(stored[name].astype(np.float32) for name in layers)]


class Network(Classifier):
    """A trained network: its design by name, its words, and its weights in the order of Keras."""

    can_explain = False

    def __init__(
        self,
        name: str,
        design: str,
        labels: Sequence[str],
        vocabulary: Sequence[str],
        weights: Sequence[np.ndarray],
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, "archive", tuple(labels)
        self.design, self.kind = DESIGNS[design], design
        self.vocabulary, self.weights = tuple(vocabulary), list(weights)
        self.numbers = number(self.design, self.vocabulary)
        self.thresholds = np.asarray(thresholds, np.float32)

    @cached_property
    def _compiled(self) -> Callable[[np.ndarray], Any]:
        """The network as a graph, which takes a tenth of `predict`'s time for one paper."""
        import tensorflow as tf

        with _building:
            model = build_model(self.design, len(self.labels))
        model.set_weights(self.weights)
        # Nothing depends on the values of tensors, and Python 3.11 cannot parse code in two threads
        # at once (gh-106905), as autograph would.
        return tf.function(
            lambda rows: model(rows, training=False),
            input_signature=[tf.TensorSpec((None, self.design.length), tf.int32)],
            autograph=False,
        )

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """Log-odds of encoded texts; float32 (n, k)."""
        out = np.empty((len(rows), len(self.labels)), np.float32)
        for start in range(0, len(rows), AT_ONCE):
            out[start : start + AT_ONCE] = self._compiled(rows[start : start + AT_ONCE]).numpy()
        return out

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities; float32 (n, k)."""
        parts = [decisions.sigmoid(self.logits(rows)) for rows in self._batches(texts)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)), np.float32)

    def _batches(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        for start in range(0, len(texts), tfidf.BATCH):
            yield encode(self.design, self.numbers, texts[start : start + tfidf.BATCH])

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text have a vector, and how many the text has."""
        words = [word for word in split(self.design, text) if word != TITLE_END]
        return sum(word in self.numbers for word in words), len(words)

    def save(self, folder: Path) -> None:
        """Write the words as text and the weights as .npz."""
        write_words(folder, self.vocabulary)
        np.savez_compressed(folder / WEIGHTS, **pack(self.weights))

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Network":
        """Read what `save` wrote. TensorFlow is imported with the first answer, not here.

        Raises KeyError for a card with an unknown design.
        """
        words = read_words(folder)
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            weights = unpack({name: file[name] for name in file.files})
        design, thresholds = card.parameters["network"], np.array(card.thresholds)
        return cls(card.name, design, card.labels, words, weights, thresholds)


# Training.


def divide(
    design: Design, papers: "Papers", chosen: "Rows", options: Options
) -> tuple[np.ndarray, np.ndarray]:
    """The training papers, in random order, and the validation papers.

    The course's network is trained only on papers of the course's mix, with the last fifth of them
    for validation.
    """
    random = np.random.default_rng(options.seed)
    rows = chosen.train[papers.course[chosen.train] | (not design.course)]
    drawn = random.permutation(rows)[: options.sample or len(rows)]
    if design.course:
        first = len(drawn) - round(COURSE_SHARE * len(drawn))
        return drawn[:first], drawn[first:]
    size = max(MIN_VALIDATION, len(drawn) // 4)
    return drawn, random.permutation(chosen.validation)[:size]


def initial_vectors(
    design: Design, vocabulary: Sequence[str], learned: dict[str, np.ndarray]
) -> np.ndarray:
    """Initial vectors, float32 (words, dimension): word2vec's, scaled to a mean length of 1."""
    vectors = np.random.default_rng(0).normal(0, 0.05, (design.words, design.dimension))
    vectors[PAD] = 0
    length = np.mean([np.linalg.norm(vector) for vector in learned.values()])
    for row, word in enumerate(vocabulary, 2):
        if word in learned:
            vectors[row] = learned[word] / length
    return vectors.astype(np.float32)


def train(name: str, data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """Train a network of the design of that name.

    Raises CorpusError for papers that cannot be read.
    """
    import keras

    from core.training import papers as corpus

    design, options = DESIGNS[name], run.options
    run(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    chosen = corpus.choose_rows(papers, task)
    rows, validation = divide(design, papers, chosen, options)
    texts = [papers.texts[i] for i in rows]
    run(0.0, N_("numbering the words"))
    vocabulary = learn_words(design, texts)
    numbers = number(design, vocabulary)
    model = build_model(design, len(labels), options.seed)
    if design.word2vec:
        run(0.0, N_("learning word vectors with word2vec"))
        words = map(paper_words, texts)
        learned = word2vec.vectors(words, vocabulary, design.dimension, run.check)
        model.layers[1].set_weights([initial_vectors(design, vocabulary, learned)])
    model.compile(
        keras.optimizers.Adam(learning_rate_schedule(design, options, len(rows))),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="binary_accuracy", threshold=0.0)],
    )
    run(0.0, N_("learning"))
    fit(
        run,
        model,
        encode(design, numbers, texts),
        truth[rows].astype(np.float32),
        validation_data=(
            encode(design, numbers, [papers.texts[i] for i in validation]),
            truth[validation].astype(np.float32),
        ),
        validation_batch_size=AT_ONCE,
    )
    run(1.0, N_("calibrating, and measuring on the test papers"))
    network = calibrate(name, model.get_weights(), vocabulary, labels, papers, truth, chosen)
    metrics, curves = corpus.measure(network, papers, chosen.test)
    return TrainingResult(
        network,
        papers.facts | {"trained on": len(rows), "validation": len(validation)},
        asdict(options)
        | {
            "network": name,
            "words": design.words,
            "length": design.length,
            "dimension": design.dimension,
            "weights": model.count_params(),
        },
        metrics,
        run.history,
        curves=curves,
    )


def calibrate(
    name: str,
    weights: Sequence[np.ndarray],
    vocabulary: Sequence[str],
    labels: Sequence[str],
    papers: "Papers",
    truth: np.ndarray,
    chosen: "Rows",
) -> Network:
    """The calibrated network, with the weights as stored.

    The course's network has a threshold of 0.5. The others get Platt's slopes and offsets, folded
    into the last layer, and thresholds, both fitted to the validation slices with equal weight.
    """
    raw = Network(name, name, labels, vocabulary, unpack(pack(weights)), np.full(len(labels), 0.5))
    if DESIGNS[name].course:
        return raw
    rows, paper_weights = chosen.calibration, chosen.weights
    margins = raw.logits(encode(raw.design, raw.numbers, [papers.texts[i] for i in rows]))
    slopes, offsets = metrics.fit_platt(truth[rows], margins, paper_weights)
    scores = decisions.sigmoid(margins * slopes + offsets)
    thresholds = metrics.tune_thresholds(truth[rows], scores, paper_weights)
    *rest, kernel, bias = raw.weights
    folded = unpack(pack([*rest, kernel * slopes, bias * slopes + offsets]))
    return Network(name, name, labels, vocabulary, folded, thresholds)


def learning_rate_schedule(design: Design, options: Options, papers: int) -> Any:
    """The course's constant learning rate, or a cosine decay to a fiftieth."""
    import keras

    if design.course:
        return options.learning_rate
    steps = options.epochs * -(-papers // options.batch_size)
    return keras.optimizers.schedules.CosineDecay(options.learning_rate, steps, alpha=0.02)


def _recipe(name: str, label: str, summary: str, options: Options) -> Recipe:
    """The recipe of a design."""
    supported = ("epochs", "batch_size", "learning_rate", "sample", "patience", "seed")
    needs = ("gensim",) if DESIGNS[name].word2vec else ()
    training = partial(train, name)
    return Recipe(name, label, summary, ("archive",), training, options, supported, needs)


RECIPES = (
    _recipe(
        "bigru-conv",
        "BiGRU-CNN (the course's)",
        "The course's own network: it reads the last 150 words of a paper in both directions, but "
        "knows only the 499 most frequent ones, so most of what a paper is about escapes it. To be "
        "compared with the course's figures, not to be relied on.",
        Options(epochs=5, batch_size=128, sample=100_000),
    ),
    _recipe(
        "bigru-conv-large",
        "BiGRU-CNN, large",
        "The course's layers with 20,000 words that start from word2vec vectors, read from the "
        "title on, and every paper there is to learn from. Of all models its probabilities come "
        "nearest to what they say; choose it where those count more than speed.",
        Options(epochs=2, batch_size=256, learning_rate=2e-3),
    ),
    _recipe(
        "textcnn",
        "TextCNN",
        "Filters over one to four neighbouring words slide over a paper, and the strongest answer "
        "of each counts, wherever it stands. Learns and answers faster than a recurrent network of "
        "its size, a little less well: the first to try when word order matters.",
        Options(epochs=3, batch_size=256, learning_rate=1.5e-3),
    ),
    _recipe(
        "textrnn",
        "TextRNN",
        "Reads a paper word by word from the title on, and answers from what it remembers at the "
        "end. The simplest of the recurrent networks, and the most forgetful.",
        Options(epochs=3, batch_size=256, learning_rate=2e-3, sample=60_000),
    ),
    _recipe(
        "bilstm",
        "BiLSTM",
        "Reads a paper forwards and backwards and pools what it remembers at every word, so that "
        "the beginning is not forgotten. Better than TextRNN, twice as slow.",
        Options(epochs=3, batch_size=128, learning_rate=2e-3, sample=40_000),
    ),
)
