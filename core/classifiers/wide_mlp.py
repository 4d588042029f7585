"""A perceptron with one wide hidden layer on TF-IDF rows, for the primary category."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.classifiers.base import (
    Classifier,
    Explanation,
    explain_row,
    read_words,
    write_words,
)
from core.evaluation import decisions
from core.messages import N_, Progress
from core.text import tfidf
from core.text.tfidf import TfidfVectorizer
from core.training.recipe import Recipe, TrainingResult
from core.training.wide_mlp import Perceptron

WEIGHTS, OTHERS = "weights.npz", "other-labels.txt"
COLUMNS = 50_000
"""The most frequent columns of the linear models' vocabulary are those of this one."""
NEEDS: tuple[str, ...] = ()


class WideMlp(Classifier):
    """Log-odds of a category are linear in the row for given active units, so reasons are exact.

    others: the labels of other tasks that the network learnt beside, and has logits of too.
    """

    multilabel = False
    can_explain = True

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        others: Sequence[str],
        vectorizer: TfidfVectorizer,
        network: Perceptron,
    ) -> None:
        self.name, self.task, self.labels = name, "primary", tuple(labels)
        self.others = tuple(others)
        self.vectorizer, self.network = vectorizer, network
        self.thresholds = np.ones(len(self.labels), np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated logits; float32 (n, k)."""
        k = len(self.labels)
        parts = [self.network.logits(rows)[:, :k] for rows in self.vectorizer.batches(texts)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)), np.float32)

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, k)."""
        return decisions.softmax(self.logits(texts))

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.vectorizer.count_known_words(text)

    def explain(self, text: str, label: str) -> Explanation:
        """The exact contribution of each word to a label's log-odds, for the active units.

        Raises ValueError for a label that is not the model's.
        """
        j = self.labels.index(label)
        row = self.vectorizer.tfidf(self.vectorizer.counts([text]))
        logits = self.network.logits(row)[0, : len(self.labels)]
        direction, constant = decisions.log_odds_direction(logits, j)
        padded = np.concatenate([direction, np.zeros(len(self.others))])
        weights, bias = self.network.linearised(row, padded)
        return explain_row(self.vectorizer, text, label, bias + constant, row, weights)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text and the numbers as .npz, the first layer in 8 bits."""
        write_words(folder, self.vectorizer.words)
        (folder / OTHERS).write_text("\n".join(self.others) + "\n", encoding="utf-8")
        first = self.network.first
        scale = np.abs(first).max(axis=0) / 127
        np.savez_compressed(
            folder / WEIGHTS,
            first=np.rint(first / np.where(scale > 0, scale, 1)).astype(np.int8),
            scale=scale.astype(np.float32),
            first_bias=self.network.first_bias.astype(np.float32),
            output=self.network.output.astype(np.float32),
            bias=self.network.bias.astype(np.float32),
            idf=self.vectorizer.idf.astype(np.float16),
            title_words=self.vectorizer.title_words,
            pairs=self.vectorizer.pairs,
        )

    @classmethod
    def load(cls, folder: Path, card: Card) -> "WideMlp":
        """Read what `save` wrote; labels come from the card."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as file:
            vectorizer = TfidfVectorizer(
                read_words(folder),
                file["idf"].astype(np.float32),
                file["title_words"],
                file["pairs"],
            )
            network = Perceptron(
                file["first"] * file["scale"], file["first_bias"], file["output"], file["bias"]
            )
        others = (folder / OTHERS).read_text(encoding="utf-8").split()
        return cls(card.name, card.labels, others, vectorizer, network)


def rescaled(network: Perceptron, factor: float, offsets: np.ndarray) -> Perceptron:
    """The network with the logits of its first classes multiplied, and offsets (k,) added."""
    k, output, bias = len(offsets), network.output.copy(), network.bias.copy()
    output[:, :k] *= factor
    bias[:k] = bias[:k] * factor + offsets
    return Perceptron(network.first, network.first_bias, output, bias)


def train(data: Path, task: str, progress: Progress) -> TrainingResult:
    """Train on the training papers, with their subjects and archives as further labels."""
    from core.training import papers as corpus
    from core.training import stacking, wide_mlp

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    subjects, archives = (corpus.encode(papers, other) for other in ("subject", "archive"))
    others = np.hstack([subjects[0], archives[0]])
    chosen = corpus.choose_rows(papers, task)
    train = chosen.train
    texts = [papers.texts[i] for i in train]
    progress(0.05, N_("learning the vocabulary"))
    whole = tfidf.learn(texts)
    vectorizer = tfidf.most_frequent(whole, whole.counts(texts), COLUMNS)
    progress(0.15, N_("fitting all labels"))
    network = wide_mlp.fit(
        sp.csr_matrix(vectorizer.transform(texts)),
        truth[train],
        len(labels),
        others[train],
        corpus.paper_weights(papers, train),
        lambda share: progress(0.15 + 0.75 * share, N_("fitting all labels")),
    )
    progress(0.93, N_("calibrating"))
    model = WideMlp("wide-mlp", labels, subjects[1] + archives[1], vectorizer, network)
    factor, offsets = stacking.calibrate(model.logits, papers, chosen, truth)
    model.network = rescaled(network, factor, offsets)
    progress(0.97, N_("measuring on the test papers"))
    metrics, curves = corpus.measure(model, papers, chosen.test)
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(train)},
        {
            "columns": vectorizer.size,
            "hidden units": wide_mlp.HIDDEN,
            "epochs": wide_mlp.EPOCHS,
            "dropout": wide_mlp.DROPOUT,
            "learning rates": [wide_mlp.RATE, wide_mlp.OUTPUT_RATE],
            "paper weights": corpus.PAPER_WEIGHTS,
        },
        metrics,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "wide-mlp",
        "Wide perceptron",
        "A hidden layer of 160 units over the 50,000 most frequent words, title words and pairs: "
        "words can weigh differently together. Its reasons are exact for the active units.",
        ("primary",),
        train,
    ),
)
