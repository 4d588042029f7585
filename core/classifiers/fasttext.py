"""fastText (Joulin et al. 2016, arXiv:1607.01759) on words, title words and pairs of words."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.classifiers.base import (
    Classifier,
    Explanation,
    explain_columns,
    read_words,
    write_words,
)
from core.evaluation import decisions, metrics
from core.messages import N_
from core.text import tfidf
from core.text.tfidf import TfidfVectorizer
from core.training.recipe import Diverged, Options, Recipe, TrainingResult
from core.training.runs import TrainingRun

NEEDS: tuple[str, ...] = ()
WEIGHTS = "weights.npz"

DIMENSION = 64
MIN_PAPERS = {"min_words": 20, "min_titles": 50, "min_pairs": 120}
"""The minimum number of training papers for a word, a title word or a pair to have a vector."""

THREADS = 11
"""Each thread of the library initialises a tenth of the vectors; with fewer than eleven threads the
rest stays uninitialised memory."""

STEPS = 31
"""Weights are stored as integers from -31 to 31: six bits, which compress well."""

LABEL = "__label__"
LINE_END = "</s>"
"""fastText counts the end of a line as a word."""

EVALUATED = 10_000
"""The number of training papers on which an epoch's training loss is measured."""


class FastText(Classifier):
    """Log-odds = (weights of the columns that occur + ending) / (their number + 1) + bias.

    The mean of word vectors times the vector of a label is the mean of their products, so there is
    one weight per column and label; inference does not need the library, and explanations are
    exact.

    weights: (columns of `vectorizer`, k); ending: weights of the end of a text, (k,); bias: (k,).
    """

    can_explain = True

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        vectorizer: TfidfVectorizer,
        weights: np.ndarray,
        ending: np.ndarray,
        bias: np.ndarray,
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, "archive", tuple(labels)
        self.vectorizer, self.weights = vectorizer, weights
        self.ending, self.bias = ending, bias
        self.thresholds = np.asarray(thresholds, np.float32)

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds; float32 (n, k)."""
        return self._margins_and_known(texts)[0]

    def _margins_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds, float32 (n, k), and which texts have a known word, bool (n,)."""
        out = np.empty((len(texts), len(self.labels)), np.float32)
        known = np.empty(len(texts), bool)
        for start in range(0, len(texts), tfidf.BATCH):
            rows = presence(self.vectorizer, texts[start : start + tfidf.BATCH])
            number = np.diff(rows.indptr)[:, None] + 1
            out[start : start + len(number)] = (rows @ self.weights + self.ending) / number
            known[start : start + len(number)] = number[:, 0] > 1
        return out + self.bias, known

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, k)."""
        return self.scores_and_known(texts)[0]

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,)."""
        margins, known = self._margins_and_known(texts)
        return decisions.sigmoid(margins), known

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.vectorizer.count_known_words(text)

    def explain(self, text: str, label: str) -> Explanation:
        """The exact contribution of each word, title word and pair to a label's log-odds.

        Raises ValueError for a label that is not the model's.
        """
        j = self.labels.index(label)
        row = presence(self.vectorizer, [text])
        number = row.nnz + 1
        parts = np.zeros(self.vectorizer.size)
        parts[row.indices] = self.weights[row.indices, j] / number
        bias = float(self.bias[j] + self.ending[j] / number)
        return explain_columns(self.vectorizer, text, label, bias, parts)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text, the numbers as .npz, the weights in 6 bits each."""
        write_words(folder, self.vectorizer.words)
        steps, scale = pack(self.weights)
        np.savez_compressed(
            folder / WEIGHTS,
            steps=steps,
            scale=scale,
            ending=self.ending,
            bias=self.bias,
            title_words=self.vectorizer.title_words,
            pairs=self.vectorizer.pairs,
        )

    @classmethod
    def load(cls, folder: Path, card: Card) -> "FastText":
        """Read what `save` wrote; thresholds and labels come from the card."""
        words = read_words(folder)
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            weights = unpack(file["steps"], file["scale"])
            vectorizer = TfidfVectorizer(
                words, np.ones(len(weights), np.float32), file["title_words"], file["pairs"]
            )
            ending, bias = file["ending"], file["bias"]
        return cls(
            card.name, card.labels, vectorizer, weights, ending, bias, np.array(card.thresholds)
        )


def presence(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> sp.csr_matrix:
    """1 where a column occurs in a text, otherwise 0; float32 (n, size)."""
    rows = vectorizer.counts(texts).tocsr()
    rows.data[:] = 1
    return rows


def pack(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantise weights (m, k) to int8 steps, and the step size of each row, float16 (m, 1)."""
    scale = (np.abs(weights).max(axis=1, keepdims=True) / STEPS).astype(np.float16)
    step = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.clip(np.rint(weights / step), -STEPS, STEPS).astype(np.int8), scale


def unpack(steps: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The weights of `pack`, as float32."""
    return steps.astype(np.float32) * scale.astype(np.float32)


# Training.


def write_lines(
    file: Path,
    vectorizer: TfidfVectorizer,
    texts: Sequence[str],
    truth: np.ndarray,
    check: Callable[[], None],
) -> None:
    """Write papers in fastText's format: one per line, labels and columns by number."""
    names = np.arange(vectorizer.size).astype(str).astype(object)
    with file.open("w", encoding="ascii") as lines:
        for start in range(0, len(texts), tfidf.BATCH):
            check()
            rows = presence(vectorizer, texts[start : start + tfidf.BATCH])
            for i, (begin, end) in enumerate(pairwise(rows.indptr)):
                label_names = [f"{LABEL}{j}" for j in np.flatnonzero(truth[start + i])]
                lines.write(" ".join([*label_names, *names[rows.indices[begin:end]]]) + "\n")


def learn(file: Path, options: Options, epochs: int, size: int, labels: int) -> np.ndarray:
    """Train fastText on a file; weights of all columns and the line end, (size + 1, k).

    Raises Diverged.
    """
    import fasttext

    try:
        model = fasttext.train_supervised(
            input=str(file),
            dim=DIMENSION,
            lr=options.learning_rate,
            epoch=epochs,
            loss="ova",
            thread=THREADS,
            seed=options.seed,
            verbose=0,
        )
    except RuntimeError as problem:
        raise Diverged("{problem} Try a lower learning rate.", problem=problem) from None
    product = model.get_input_matrix() @ model.get_output_matrix().T
    rows = np.array([size if w == LINE_END else int(w) for w in model.get_words()])
    columns = np.array([int(label.removeprefix(LABEL)) for label in model.get_labels()])
    weights = np.zeros((size + 1, labels), np.float32)
    weights[np.ix_(rows, columns)] = product[: len(rows)]
    return weights


def train(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """Train fastText, and calibrate it on the validation papers.

    The library does not show a training as it goes, so the history has one record, of its end.
    Raises CorpusError for papers that cannot be read, Diverged.
    """
    from core.training import papers as corpus

    options = run.options
    run(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    chosen = corpus.choose_rows(papers, task)
    random = np.random.default_rng(options.seed)
    rows = random.permutation(chosen.train)[: options.sample]
    texts = [papers.texts[i] for i in rows]
    validation, paper_weights = chosen.calibration, chosen.weights
    validation_texts = [papers.texts[i] for i in validation]
    run(0.0, N_("learning the vocabulary"))
    vectorizer = tfidf.learn(texts, **MIN_PAPERS)
    halves = np.full(len(labels), 0.5)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "papers"
        run(0.0, N_("writing the papers down for fastText"))
        write_lines(file, vectorizer, texts, truth[rows], run.check)
        run(0.1, N_("learning"))
        weights = learn(file, options, options.epochs, vectorizer.size, len(labels))
    zeros = np.zeros(len(labels), np.float32)
    raw = FastText("fasttext", labels, vectorizer, weights[:-1], weights[-1], zeros, halves)
    margins = raw.margins(validation_texts)
    evaluated = rows[:EVALUATED]
    scores = raw.predict_scores(texts[: len(evaluated)])
    validation_scores = decisions.sigmoid(margins)
    run.epoch(
        {
            "epoch": options.epochs,
            "loss": metrics.log_loss(truth[evaluated], scores),
            "binary_accuracy": float(((scores >= 0.5) == truth[evaluated]).mean()),
            "val_loss": metrics.log_loss(truth[validation], validation_scores),
            "val_binary_accuracy": float(((validation_scores >= 0.5) == truth[validation]).mean()),
        }
    )
    run(1.0, N_("calibrating, and measuring on the test papers"))
    slopes, offsets = metrics.fit_platt(truth[validation], margins, paper_weights)
    thresholds = metrics.tune_thresholds(
        truth[validation], decisions.sigmoid(margins * slopes + offsets), paper_weights
    )
    ending = weights[-1] * slopes
    rounded = unpack(*pack(weights[:-1] * slopes))
    model = FastText("fasttext", labels, vectorizer, rounded, ending, offsets, thresholds)
    figures, curves = corpus.measure(model, papers, chosen.test)
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(rows), "validation": len(validation)},
        asdict(options)
        | {
            "dimension": DIMENSION,
            "columns": vectorizer.size,
            "words": len(vectorizer.words),
            "title words": len(vectorizer.title_words),
            "pairs": len(vectorizer.pairs),
        },
        figures,
        run.history,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "fasttext",
        "fastText",
        "Facebook's method: each word, title word and frequent pair of words has a vector, a paper "
        "is the mean of them, and each archive has a score of its own. Learns from all papers in "
        "minutes and answers in half a millisecond, with exact reasons: the one to choose when "
        "you train on your own corpus and time is short.",
        ("archive",),
        train,
        Options(epochs=5, learning_rate=0.3),
        ("epochs", "learning_rate", "sample", "seed"),
        ("fasttext",),
    ),
)
