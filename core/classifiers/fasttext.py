"""fastText (Joulin et al. 2016, arXiv:1607.01759): the mean of word vectors, a score a label.

Facebook's library learns the vectors, with one-vs-all loss; words, title words and pairs of words
each have one. What it learns folds into one number for each column and label, so a stored model is
a table of them, answers without the library, and its reasons are exact.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.classifiers.base import Classifier, Credit, Explanation, Reason
from core.evaluation import decisions, metrics
from core.i18n import phrase
from core.text import tfidf
from core.text.tfidf import Words
from core.training.recipe import Diverged, Options, Recipe, Trained
from core.training.runs import Run

NEEDS: tuple[str, ...] = ()
VOCABULARY, WEIGHTS = "words.txt", "weights.npz"

DIMENSION = 64
LEAST = {"min_words": 20, "min_titles": 50, "min_pairs": 120}
"""In how many training papers a word, a title word, a pair must stand to have a vector."""

THREADS = 11
"""The library gives random values to a tenth of the vectors a thread, and leaves the others as its
memory happens to be; it takes eleven threads to begin soundly, on two cores too."""

STEPS = 31
"""A weight is stored as so many steps at most, either way: six bits, which compress well."""

LABEL = "__label__"
LINE_END = "</s>"
"""fastText counts the end of a line as a word."""

EVALUATED = 10_000
"""Training papers that an epoch's training loss is measured on."""


class FastText(Classifier):
    """Log-odds = (weights of the columns that occur + ending) / (their number + 1) + bias.

    weights: (columns of `words`, k); ending: what the end of a text adds, (k,); bias: (k,).
    """

    can_explain = True

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        words: Words,
        weights: np.ndarray,
        ending: np.ndarray,
        bias: np.ndarray,
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, "archive", tuple(labels)
        self.words, self.weights, self.ending, self.bias = words, weights, ending, bias
        self.thresholds = np.asarray(thresholds, np.float32)

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds; float32 (n, k)."""
        return self._margins_and_known(texts)[0]

    def _margins_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds, float32 (n, k), and which texts have a known word, bool (n,)."""
        out = np.empty((len(texts), len(self.labels)), np.float32)
        known = np.empty(len(texts), bool)
        for start in range(0, len(texts), tfidf.BATCH):
            rows = presence(self.words, texts[start : start + tfidf.BATCH])
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

    def known(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.words.known(text)

    def explain(self, text: str, label: str) -> Explanation:
        """The exact contribution of each word, title word and pair to a label's log-odds.

        Raises ValueError for a label that is not the model's.
        """
        j = self.labels.index(label)
        row = presence(self.words, [text])
        number = row.nnz + 1
        parts = np.zeros(self.words.size)
        parts[row.indices] = self.weights[row.indices, j] / number
        order = row.indices[np.argsort(-np.abs(parts[row.indices]), kind="stable")]
        credits = tuple(
            Credit(token.start, token.end, weight)
            for token, weight in self.words.credit(text, parts)
            if weight
        )
        bias = float(self.bias[j] + self.ending[j] / number)
        reasons = tuple(Reason(self.words.name(i), float(parts[i])) for i in order if parts[i])
        return Explanation(label, bias + float(parts.sum()), bias, reasons, credits)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text, the numbers as .npz, the weights in 6 bits each."""
        text = "\n".join(self.words.words)
        (folder / VOCABULARY).write_text(text + "\n", encoding="utf-8")
        steps, scale = pack(self.weights)
        np.savez_compressed(
            folder / WEIGHTS,
            steps=steps,
            scale=scale,
            ending=self.ending,
            bias=self.bias,
            title_words=self.words.title_words,
            pairs=self.words.pairs,
        )

    @classmethod
    def load(cls, folder: Path, card: Card) -> "FastText":
        """Read what `save` wrote; thresholds and labels come from the card."""
        known = tuple((folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1])
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            weights = unpack(file["steps"], file["scale"])
            bag = Words(
                known, np.ones(len(weights), np.float32), file["title_words"], file["pairs"]
            )
            ending, bias = file["ending"], file["bias"]
        return cls(card.name, card.labels, bag, weights, ending, bias, np.array(card.thresholds))


def presence(words: Words, texts: Sequence[str]) -> sp.csr_matrix:
    """Which columns occur in each text, once each however often; float32 (n, size)."""
    rows = words.counts(texts).tocsr()
    rows.data[:] = 1
    return rows


def pack(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (m, k) as int8 steps and the size of a step in each row, float16 (m, 1)."""
    scale = (np.abs(weights).max(axis=1, keepdims=True) / STEPS).astype(np.float16)
    step = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.clip(np.rint(weights / step), -STEPS, STEPS).astype(np.int8), scale


def unpack(steps: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """What `pack` made, as float32."""
    return steps.astype(np.float32) * scale.astype(np.float32)


# Training.


def write_lines(
    file: Path, bag: Words, texts: Sequence[str], truth: np.ndarray, check: Callable[[], None]
) -> None:
    """The papers as fastText reads them: a line each, labels and columns by number."""
    names = np.arange(bag.size).astype(str).astype(object)
    with file.open("w", encoding="ascii") as lines:
        for start in range(0, len(texts), tfidf.BATCH):
            check()
            rows = presence(bag, texts[start : start + tfidf.BATCH])
            for i, (first, last) in enumerate(pairwise(rows.indptr)):
                marks = [f"{LABEL}{j}" for j in np.flatnonzero(truth[start + i])]
                lines.write(" ".join([*marks, *names[rows.indices[first:last]]]) + "\n")


def learn(file: Path, options: Options, epochs: int, size: int, labels: int) -> np.ndarray:
    """Train fastText on a file of lines; weights of all columns and the line end, (size + 1, k).

    The mean of vectors times a label's vector is the mean of the products, so vectors fold into one
    number a column and label. Raises Diverged.
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
    columns = np.array([size if w == LINE_END else int(w) for w in model.get_words()])
    of_label = np.array([int(label.removeprefix(LABEL)) for label in model.get_labels()])
    weights = np.zeros((size + 1, labels), np.float32)
    weights[np.ix_(columns, of_label)] = product[: len(columns)]
    return weights


def doubling(last: int) -> list[int]:
    """1, 2, 4, ... and the last: the trainings of a history take twice the last one's time."""
    return [*(2**i for i in range(last.bit_length()) if 2**i < last), last]


def train(data: Path, task: str, run: Run) -> Trained:
    """FastText on words, title words and pairs.

    fastText's learning rate falls to zero over a training, so that there is nothing to look at on
    the way: each record of the history is a training of its own, from the start, of 1, 2, 4, ...
    epochs. Raises CorpusError for papers that cannot be read, Diverged.
    """
    from core.training import papers as corpus

    options = run.options
    run(0.0, phrase("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    random = np.random.default_rng(options.seed)
    rows = random.permutation(np.flatnonzero(papers.part == "train"))[: options.sample]
    texts = [papers.texts[i] for i in rows]
    validation, votes = corpus.slice_weights(papers, "validation")
    held = [papers.texts[i] for i in validation]
    run(0.0, phrase("learning the vocabulary"))
    bag = tfidf.learn(texts, **LEAST)
    never = np.full(len(labels), 0.5)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "papers"
        run(0.0, phrase("writing the papers down for fastText"))
        write_lines(file, bag, texts, truth[rows], run.check)
        for epochs in doubling(options.epochs):
            learnt = learn(file, options, epochs, bag.size, len(labels))
            zero = np.zeros(len(labels), np.float32)
            raw = FastText("fasttext", labels, bag, learnt[:-1], learnt[-1], zero, never)
            margins = raw.margins(held)
            few = rows[:EVALUATED]
            own = raw.predict_scores(texts[: len(few)])
            seen = decisions.sigmoid(margins)
            run.epoch(
                {
                    "epoch": epochs,
                    "loss": metrics.log_loss(truth[few], own),
                    "binary_accuracy": float(((own >= 0.5) == truth[few]).mean()),
                    "val_loss": metrics.log_loss(truth[validation], seen),
                    "val_binary_accuracy": float(((seen >= 0.5) == truth[validation]).mean()),
                }
            )
    run(1.0, phrase("calibrating, and measuring on the test papers"))
    slopes, offsets = metrics.fit_platt(truth[validation], margins, votes)
    thresholds = metrics.tune_thresholds(
        truth[validation], decisions.sigmoid(margins * slopes + offsets), votes
    )
    weights = unpack(*pack(learnt[:-1] * slopes))
    model = FastText("fasttext", labels, bag, weights, learnt[-1] * slopes, offsets, thresholds)
    figures, curves = corpus.measure(model, papers, papers.slice("test"))
    return Trained(
        model,
        papers.facts | {"trained on": len(rows), "validation": len(validation)},
        asdict(options)
        | {
            "dimension": DIMENSION,
            "columns": bag.size,
            "words": len(bag.words),
            "title words": len(bag.title_words),
            "pairs": len(bag.pairs),
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
