"""The CORD-19 notebook's classifier: a dense layer on the embedding of a citation sentence."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.cards import Card
from core.classifiers.base import (
    Classifier,
    Explanation,
    TokenAttribution,
    explanation_against,
    runner_up,
)
from core.corpora import scicite
from core.embeddings import hub_module
from core.embeddings.vectors import WordVectors
from core.evaluation.decisions import softmax
from core.files import checksum
from core.messages import N_, PaperlensError
from core.text.documents import split_citation
from core.text.tokens import PUNCTUATION
from core.training import citations
from core.training.keras_loop import SeededLayers, fit
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

if TYPE_CHECKING:
    import keras


NEEDS: tuple[str, ...] = ()
HEAD, VECTORS, TOKENS = "head.npz", "vectors.npz", "tokens.txt"
STEPS_AT_ONCE = 16  # Keras returns to Python less often, and so holds the GIL for less time
EVALUATED_AT_ONCE = 512


@dataclass
class SwivelDense(Classifier):
    """Logits are an embedding times a kernel, (d, 3), plus a bias, (3,).

    The embedding is the sum of the word vectors divided by the square root of their number, so a
    label's logit is a sum over words, and explanations are exact. trained_table: whether the word
    vectors were trained too.
    """

    name: str
    table: WordVectors
    kernel: np.ndarray
    bias: np.ndarray
    trained_table: bool = False
    task: str = "intent"
    labels: tuple[str, ...] = scicite.LABELS
    multilabel: bool = False
    can_explain: bool = True

    @property
    def thresholds(self) -> np.ndarray:
        """One label a text."""
        return np.ones(len(self.labels), np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """The dense layer's output; float32 (n, 3)."""
        return self.table.embed([split_citation(t)[0] for t in texts]) @ self.kernel + self.bias

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities; float32 (n, 3)."""
        return softmax(self.logits(texts)).astype(np.float32)

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a sentence have a vector, and how many it has."""
        words = [word for word, _, _ in _words(split_citation(text)[0])]
        return sum(self.table.knows(word) for word in words), len(words)

    def explain(self, text: str, label: str) -> Explanation:
        """The contribution of each word to the log-odds of a label against its runner-up."""
        sentence, _ = split_citation(text)
        index = self.labels.index(label)
        other = runner_up(self.logits([text])[0], index)
        direction = self.kernel[:, index] - self.kernel[:, other]
        # Doubled blanks give empty words, which count in the square root as in the module.
        direction = direction / np.sqrt(max(1, sentence.count(" ") + 1))
        shift = len(text) - len(sentence)
        tokens = tuple(
            TokenAttribution(
                start + shift, end + shift, float(self.table.embed([word])[0] @ direction)
            )
            for word, start, end in _words(sentence)
            if self.table.knows(word)
        )
        bias = float(self.bias[index] - self.bias[other])
        return explanation_against(text, label, self.labels[other], bias, tokens)

    def save(self, folder: Path) -> None:
        """Write the dense layer, and the word vectors where they were trained too."""
        np.savez(folder / HEAD, kernel=self.kernel, bias=self.bias)
        if self.trained_table:
            np.savez(folder / VECTORS, vectors=self.table.vectors)
            (folder / TOKENS).write_text("\n".join(self.table.tokens), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, card: Card) -> "SwivelDense":
        """Read what `save` wrote; untrained word vectors come from the module of the training.

        Raises PaperlensError where that module is not installed, ModuleError where it is damaged.
        """
        with np.load(folder / HEAD, allow_pickle=False) as head:
            kernel, bias = head["kernel"], head["bias"]
        trained_table = VECTORS in card.files
        if trained_table:
            tokens = (folder / TOKENS).read_text(encoding="utf-8").split("\n")
            with np.load(folder / VECTORS, allow_pickle=False) as file:
                table = WordVectors(tuple(tokens), file["vectors"])
        else:
            table = _table_of(card.parameters["module"])
        return cls(card.name, table, kernel, bias, trained_table)


def _words(sentence: str) -> list[tuple[str, int, int]]:
    """The words of the embedding, each with its start and end in the sentence."""
    words, start = [], 0
    for piece in sentence.split(" "):
        word = piece.translate(PUNCTUATION)
        if word:
            words.append((word, start, start + len(piece)))
        start += len(piece) + 1
    return words


def _fingerprint(source: str) -> str:
    """A module's fingerprint: the SHA-256 of the file with its vectors."""
    folder = Path(source)
    file = folder / "variables" / "variables.data-00000-of-00001"
    return checksum.sha256(file) if file.is_file() else source


def _folder(source: str) -> str:
    return str(hub_module.cached(source)) if "://" in source else source


def _table_of(fingerprint: str) -> WordVectors:
    """The vectors of the installed module with that fingerprint.

    Raises PaperlensError where there is none, ModuleError where it is damaged.
    """
    for module in hub_module.available():
        if _fingerprint(_folder(module.source)) == fingerprint:
            return hub_module.table_of(hub_module.load(module.source, module.key))
    raise PaperlensError("the text module it was trained on is not installed")


def build_head(dimension: int, seeded: SeededLayers) -> "keras.Model":
    """The notebook's model on embedded sentences: (d + 1) x 3 parameters.

    The notebook has `hub.KerasLayer(module)` and `Dense(3)` without an activation, Adam, sparse
    cross-entropy from logits, batches of 32, shuffled, 35 epochs.
    """
    import keras

    dense = seeded(keras.layers.Dense, len(scicite.LABELS))
    return keras.Sequential([keras.Input((dimension,)), dense])


def build_trainable_model(table: WordVectors, seeded: SeededLayers) -> "keras.Model":
    """The model with its word vectors, to train both. Input: rows of words, padded with -1."""
    import keras
    from keras import ops

    class Combine(keras.layers.Layer):
        """The module's combiner: the sum of word vectors over the square root of their number."""

        def build(self, shape: Any) -> None:
            # All unknown words share the last row, as in the module.
            rows = len(table.tokens) + 1
            self.vectors = self.add_weight((rows, table.dimension), "zeros", name="vectors")

        def call(self, rows: Any) -> Any:
            mask = ops.cast(rows >= 0, "float32")
            vectors = ops.take(self.vectors, ops.maximum(rows, 0), axis=0) * mask[..., None]
            return ops.sum(vectors, axis=1) / ops.sqrt(ops.sum(mask, axis=1, keepdims=True))

    layer = Combine()
    dense = seeded(keras.layers.Dense, len(scicite.LABELS))
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layer, dense])
    layer.set_weights([np.vstack([table.vectors, np.zeros((1, table.dimension), np.float32)])])
    return model


def rows_of_words(table: WordVectors, sentences: Sequence[str]) -> np.ndarray:
    """The table rows of each sentence, (n, longest): the last for unknown words, padded with -1."""
    rows = {token: i for i, token in enumerate(table.tokens)}
    split = [
        [rows.get(piece.translate(PUNCTUATION), len(rows)) for piece in sentence.split(" ")]
        for sentence in sentences
    ]
    padded = np.full((len(split), max(map(len, split))), -1, np.int32)
    for row, words in zip(padded, split, strict=True):
        row[: len(words)] = words
    return padded


def train(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """The notebook's recipe on TensorFlow Datasets' splits of SciCite.

    Raises CorpusError without SciCite, ModuleError without a module.
    """
    import keras

    options = run.options
    run(0.0, N_("reading SciCite"))
    splits = citations.read(data)
    if options.sample:
        count = min(options.sample, len(splits["train"]))
        splits["train"] = splits["train"].sample(count, random_state=options.seed)
    run(0.0, N_("embedding the sentences"))
    module, table = hub_module.with_table()
    inputs = {
        split: rows_of_words(table, part["string"])
        if options.trainable
        else table.embed(list(part["string"]))
        for split, part in splits.items()
    }
    truth = {split: citations.truth(part) for split, part in splits.items()}
    seeded = SeededLayers(options.seed)
    model = (
        build_trainable_model(table, seeded)
        if options.trainable
        else build_head(table.dimension, seeded)
    )
    model.compile(
        keras.optimizers.Adam(options.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=1 if options.trainable else STEPS_AT_ONCE,
    )
    fit(
        run,
        model,
        inputs["train"],
        truth["train"],
        validation_data=(inputs["validation"], truth["validation"]),
        validation_batch_size=EVALUATED_AT_ONCE,
    )
    kernel, bias = model.layers[-1].get_weights()
    if options.trainable:
        # The row of unknown words was trained too, but a table has zero for them.
        table = WordVectors(table.tokens, model.layers[0].get_weights()[0][:-1])
    trained = SwivelDense("swivel-dense", table, kernel, bias, options.trainable)
    metrics, curves = citations.measure(trained, splits["test"], ("sentence",))
    return TrainingResult(
        trained,
        citations.facts(data)
        | {"trained on": len(splits["train"]), "validation": len(splits["validation"])},
        asdict(options)
        | {
            "module": _fingerprint(_folder(module.source)),
            "module label": module.label,
            "weights": model.count_params(),
        },
        metrics,
        run.history,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "swivel-dense",
        "Swivel, dense (notebook)",
        "The CORD-19 notebook's own model: the word vectors of a sentence are summed, and one "
        "dense layer of 387 numbers tells the three intents apart. Learns in seconds, sees no "
        "word order.",
        ("intent",),
        train,
        Options(epochs=35),
        ("epochs", "batch_size", "learning_rate", "trainable", "sample", "seed"),
    ),
)
