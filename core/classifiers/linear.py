"""Linear models on TF-IDF: naive Bayes, logistic regression, support vector machines."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

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
from core.evaluation import decisions, metrics
from core.messages import N_, Progress
from core.tasks import TASKS
from core.text import tfidf
from core.text.tfidf import TfidfVectorizer
from core.training.recipe import Options, Recipe, TrainingResult
from core.training.runs import TrainingRun
from core.training.sparse_training import strongest

if TYPE_CHECKING:
    from core.training.papers import Papers, Rows

WEIGHTS = "weights.npz"
MANY_WEIGHTS = 1_000_000
DENSE_BYTES = 100_000_000
"""The maximum size of weights that are multiplied as a dense matrix."""
NEEDS: tuple[str, ...] = ()
"""Libraries beyond requirements.txt, by import name."""


class Linear(Classifier):
    """Logits = bias + TF-IDF row x weights, so that explanations are exact.

    The logits are log-odds of each label by itself, or for one label a text those of a softmax.
    weights: (columns of `vectorizer`, k), sparse; bias: (k,); thresholds: probabilities (k,).
    """

    can_explain = True

    def __init__(
        self,
        name: str,
        task: str,
        labels: Sequence[str],
        vectorizer: TfidfVectorizer,
        weights: sp.csr_matrix,
        bias: np.ndarray,
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, task, tuple(labels)
        self.vectorizer, self.weights = vectorizer, weights.astype(np.float32)
        self.bias = np.asarray(bias, np.float32)
        self.thresholds = np.asarray(thresholds, np.float32)
        self.multilabel = TASKS[task].multilabel

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """Logits; float32 (n, k)."""
        return self._margins_and_known(texts)[0]

    def _margins_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Logits, float32 (n, k), and which texts have a known word, bool (n,)."""
        out = np.empty((len(texts), len(self.labels)), np.float32)
        known = np.empty(len(texts), bool)
        start = 0
        for rows in self.vectorizer.batches(texts):
            product = rows @ self._factor
            dense = product.toarray() if sp.issparse(product) else product
            out[start : start + rows.shape[0]] = dense + self.bias
            known[start : start + rows.shape[0]] = np.diff(rows.indptr) > 0
            start += rows.shape[0]
        return out, known

    @cached_property
    def _factor(self) -> sp.csr_matrix | np.ndarray:
        """The weights, as a dense matrix if that is small, which is four times as fast."""
        cells = self.weights.shape[0] * self.weights.shape[1]
        return self.weights.toarray() if 4 * cells <= DENSE_BYTES else self.weights

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, k)."""
        return self.scores_and_known(texts)[0]

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,)."""
        margins, known = self._margins_and_known(texts)
        link = decisions.sigmoid if self.multilabel else decisions.softmax
        return link(margins), known

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.vectorizer.count_known_words(text)

    def explain(self, text: str, label: str) -> Explanation:
        """The exact contribution of each word, title word and pair to a label's log-odds.

        Raises ValueError for a label that is not the model's.
        """
        j = self.labels.index(label)
        row = self.vectorizer.tfidf(self.vectorizer.counts([text]))
        direction, constant = np.eye(len(self.labels))[j], 0.0
        if not self.multilabel:
            direction, constant = decisions.log_odds_direction(self.margins([text])[0], j)
        bias = float(self.bias @ direction) + constant
        return explain_row(self.vectorizer, text, label, bias, row, self.weights @ direction)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text and the numbers as .npz."""
        write_words(folder, self.vectorizer.words)
        small = np.min_scalar_type(len(self.labels))
        np.savez_compressed(
            folder / WEIGHTS,
            **_compressed(self.weights.data),
            indices=self.weights.indices.astype(small),
            lengths=np.diff(self.weights.indptr).astype(small),
            bias=self.bias,
            idf=self.vectorizer.idf.astype(np.float16),
            title_words=self.vectorizer.title_words,
            pairs=self.vectorizer.pairs,
            sublinear=np.array(self.vectorizer.sublinear),
            tokens=np.array(self.vectorizer.tokens),
        )

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Linear":
        """Read what `save` wrote; thresholds and labels come from the card."""
        with (folder / WEIGHTS).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            vectorizer = TfidfVectorizer(
                read_words(folder),
                file["idf"].astype(np.float32),
                file["title_words"],
                file["pairs"],
                str(file["tokens"]),
                bool(file["sublinear"]),
            )
            lengths = file["lengths"].astype(np.int32)
            weights = sp.csr_matrix(
                (
                    _decompressed(file),
                    file["indices"].astype(np.int32),
                    np.concatenate([[0], np.cumsum(lengths, dtype=np.int32)]),
                ),
                shape=(vectorizer.size, len(card.labels)),
            )
            bias = file["bias"]
        return cls(card.name, card.task, card.labels, vectorizer, weights, bias, card.thresholds)


def _compressed(weights: np.ndarray) -> dict[str, np.ndarray]:
    """Weights as float16, or if they are many as 8-bit codes of 256 levels, apart by 3 to 8 %."""
    if len(weights) < MANY_WEIGHTS:
        return {"data": weights.astype(np.float16)}
    size = np.abs(weights)
    levels = np.geomspace(size.min(), size.max(), 128)
    step = np.log(levels[1] / levels[0])
    codes = np.rint(np.log(size / levels[0]) / step).astype(np.uint8)
    levels = np.concatenate([levels, -levels]).astype(np.float32)
    return {"data": codes + 128 * (weights < 0).astype(np.uint8), "levels": levels}


def _decompressed(file: Mapping[str, np.ndarray]) -> np.ndarray:
    """What `_compressed` wrote, float32."""
    data = file["data"]
    return file["levels"][data] if "levels" in file else data.astype(np.float32)


Fit = Callable[[sp.csr_matrix, np.ndarray, np.ndarray], tuple[np.ndarray, float]]
"""From rows (n, d), truth (n,) and paper weights (n,) to weights (d,) and a bias."""


def fit_svm(
    rows: sp.csr_matrix, truth: np.ndarray, weights: np.ndarray, cost: float
) -> tuple[np.ndarray, float]:
    """A linear support vector machine with squared hinge loss, by dual coordinate descent."""
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=cost, dual=True, tol=0.1, max_iter=100, random_state=0)
    model.fit(rows, truth, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def fit_logistic(
    rows: sp.csr_matrix, truth: np.ndarray, weights: np.ndarray, cost: float
) -> tuple[np.ndarray, float]:
    """Coefficients (columns,) and intercept of a weighted logistic regression for one label."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=cost, solver="liblinear", random_state=0)
    model.fit(rows, truth, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def fit_bayes(
    rows: sp.csr_matrix, truth: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, float]:
    """`MultinomialNB` of the course: its log-odds are linear in the row."""
    from sklearn.naive_bayes import MultinomialNB

    model = MultinomialNB().fit(rows, truth, sample_weight=weights)
    logs, priors = model.feature_log_prob_, model.class_log_prior_
    return logs[1] - logs[0], float(priors[1] - priors[0])


NEVER = -20.0
"""The log-odds of a label without training papers; negated for one that all papers have."""


def fit_labels(
    fit: Fit, rows: sp.csr_matrix, truth: np.ndarray, weights: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """One binary fit per label, in two threads; weights (d, k) and biases (k,), both float32.

    liblinear has one random generator for both threads, so weights of a support vector machine vary
    in the third decimal.
    """
    columns = np.zeros((rows.shape[1], truth.shape[1]), np.float32)
    bias = np.full(truth.shape[1], NEVER, np.float32)

    def fit_label(j: int) -> None:
        if truth[:, j].all():
            bias[j] = -NEVER
        elif truth[:, j].any():
            columns[:, j], bias[j] = fit(rows, truth[:, j], weights)

    # liblinear warns when it stops at max_iter, which is intended.
    with warnings.catch_warnings(), ThreadPoolExecutor(2) as pool:
        warnings.simplefilter("ignore")
        for done, _ in enumerate(pool.map(fit_label, range(truth.shape[1])), 1):
            progress(
                done / truth.shape[1],
                N_("fitted {done} of {labels} labels"),
                done=done,
                labels=truth.shape[1],
            )
    return columns, bias


def prune(weights: np.ndarray, rows: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    """Keep the `keep` weights with the largest effect on training rows; others become zero."""
    kept = np.where(strongest(weights, rows, keep), weights, 0)
    return sp.csr_matrix(kept.astype(np.float32))


def calibrate(
    name: str,
    task: str,
    labels: Sequence[str],
    vectorizer: TfidfVectorizer,
    weights: sp.csr_matrix,
    bias: np.ndarray,
    papers: "Papers",
    truth: np.ndarray,
    chosen: "Rows",
) -> Linear:
    """The model with Platt's slopes and offsets folded into its weights, and tuned thresholds.

    Both are fitted to the validation slices, with equal weight.
    """
    rows, paper_weights = chosen.calibration, chosen.weights
    texts = [papers.texts[i] for i in rows]
    raw = Linear(name, task, labels, vectorizer, weights, bias, np.full(len(labels), 0.5))
    slopes, offsets = metrics.fit_platt(truth[rows], raw.margins(texts), paper_weights)
    # A new model, since the raw one has cached its `_factor`.
    scaled = (raw.weights @ sp.diags(slopes)).tocsr()
    model = Linear(
        name,
        task,
        labels,
        vectorizer,
        scaled,
        raw.bias * slopes + offsets,
        np.full(len(labels), 0.5),
    )
    scores = model.predict_scores(texts)
    model.thresholds = metrics.tune_thresholds(truth[rows], scores, paper_weights)
    return model


# Chosen on the validation slices; see models/README.md for the results.
COST = 0.3
KEPT_WEIGHTS = {"archive": 4_000_000, "subject": 7_000_000, "primary": 4_500_000}


def train_linear(data: Path, task: str, progress: Progress) -> TrainingResult:
    """The default: a calibrated SVM per label on words, title words and pairs."""
    from core.training import papers as corpus

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    chosen = corpus.choose_rows(papers, task)
    train = chosen.train
    texts = [papers.texts[i] for i in train]
    progress(0.03, N_("learning the vocabulary"))
    vectorizer = tfidf.learn(texts)
    progress(0.08, N_("weighing words"))
    rows = vectorizer.transform(texts).astype(np.float64)
    columns, bias = fit_labels(
        partial(fit_svm, cost=COST),
        rows,
        truth[train],
        corpus.paper_weights(papers, train),
        lambda share, text, **values: progress(0.12 + 0.8 * share, text, **values),
    )
    progress(0.93, N_("pruning and calibrating"))
    weights = prune(columns, rows, KEPT_WEIGHTS[task])
    model = calibrate("linear", task, labels, vectorizer, weights, bias, papers, truth, chosen)
    progress(0.97, N_("measuring on the test papers"))
    metrics, curves = corpus.measure(model, papers, chosen.test)
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(train)},
        {
            "columns": vectorizer.size,
            "words": len(vectorizer.words),
            "title words": len(vectorizer.title_words),
            "pairs": len(vectorizer.pairs),
            "weights kept": int(weights.nnz),
            "cost": COST,
            "paper weights": corpus.PAPER_WEIGHTS,
        },
        metrics,
        curves=curves,
    )


def train_softmax(data: Path, task: str, progress: Progress) -> TrainingResult:
    """The primary category: a calibrated softmax regression on words, title words and pairs."""
    from core.training import papers as corpus
    from core.training import softmax, stacking

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    chosen = corpus.choose_rows(papers, task)
    texts = [papers.texts[i] for i in chosen.train]
    progress(0.03, N_("learning the vocabulary"))
    vectorizer = tfidf.learn(texts)
    train = chosen.train[truth[chosen.train] >= 0]
    progress(0.08, N_("weighing words"))
    weights, bias = softmax.fit(
        vectorizer.transform([papers.texts[i] for i in train]),
        truth[train],
        len(labels),
        corpus.paper_weights(papers, train),
        KEPT_WEIGHTS[task],
        lambda share: progress(0.12 + 0.8 * share, N_("fitting all labels")),
    )
    progress(0.93, N_("calibrating"))
    model = Linear("softmax", task, labels, vectorizer, weights, bias, np.ones(len(labels)))
    factor, offsets = stacking.calibrate(model.margins, papers, chosen, truth)
    model.weights, model.bias = model.weights * factor, model.bias * factor + offsets
    progress(0.97, N_("measuring on the test papers"))
    metrics, curves = corpus.measure(model, papers, chosen.test)
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(train)},
        {
            "columns": vectorizer.size,
            "weights kept": int(weights.nnz),
            "epochs": [softmax.FIRST[0], softmax.AGAIN[0]],
            "learning rates": [softmax.FIRST[1], softmax.AGAIN[1]],
            "dropout": softmax.DROPOUT,
            "paper weights": corpus.PAPER_WEIGHTS,
        },
        metrics,
        curves=curves,
    )


COURSE_WORDS = 4_000


def _train_course(
    name: str, fit: Fit, calibrated: bool, data: Path, task: str, run: TrainingRun
) -> TrainingResult:
    """The course's recipe with any binary fit: TF-IDF of 4,000 words, 80/20 split.

    calibrated: whether validation papers are excluded from the fit and used for calibration and
    thresholds; otherwise uncalibrated probabilities with a threshold of 0.5, as in the course.
    """
    from core.training import papers as corpus

    run(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    chosen = corpus.choose_rows(papers, task, course=True, calibrated=calibrated)
    train = chosen.train
    run(0.1, N_("TF-IDF of {n:,} words"), n=COURSE_WORDS)
    # The course learns the vocabulary from all its papers, before it splits them.
    vectorizer = tfidf.learn_course(
        [papers.texts[i] for i in np.flatnonzero(papers.course)],
        COURSE_WORDS,
        run.options.cleaning,
    )
    rows = vectorizer.transform([papers.texts[i] for i in train])
    columns, bias = fit_labels(
        fit,
        rows,
        truth[train],
        np.ones(len(train)),
        lambda share, text, **values: run(0.3 + 0.6 * share, text, **values),
    )
    weights = sp.csr_matrix(columns)
    run(0.92, N_("measuring on the test papers"))
    if calibrated:
        model = calibrate(name, task, labels, vectorizer, weights, bias, papers, truth, chosen)
    else:
        model = Linear(name, task, labels, vectorizer, weights, bias, np.full(len(labels), 0.5))
    metrics, curves = corpus.measure(model, papers, chosen.test)
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(train), "split": corpus.COURSE_SPLIT},
        {"words": len(vectorizer.words), "cleaning": run.options.cleaning},
        metrics,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "linear",
        "Linear",
        "Weighs every word, title word and pair of words; a support vector machine for each "
        "label, calibrated to probabilities. The fastest of the accurate models, and its "
        "reasons are exact.",
        ("archive", "subject"),
        train_linear,
    ),
    Recipe(
        "softmax",
        "Softmax regression",
        "Weighs every word, title word and pair of words to tell the categories apart: one "
        "category a paper, where it was submitted. Its reasons are exact.",
        ("primary",),
        train_softmax,
    ),
    Recipe(
        "nb-tfidf",
        "Naive Bayes (the course's)",
        "The course's own model: 4,000 words and naive Bayes. Learns in seconds; misses rare "
        "archives and its probabilities are too sure of themselves.",
        ("archive",),
        partial(_train_course, "nb-tfidf", fit_bayes, False),
        Options(),
        ("cleaning",),
    ),
    Recipe(
        "logreg-tfidf",
        "Logistic regression",
        "The course's 4,000 words with logistic regression: better than naive Bayes at the same "
        "size, and its probabilities mean what they say.",
        ("archive",),
        partial(_train_course, "logreg-tfidf", partial(fit_logistic, cost=1.0), False),
        Options(),
        ("cleaning",),
    ),
    Recipe(
        "svm-tfidf",
        "Support vector machine",
        "The course's 4,000 words with a linear support vector machine, calibrated afterwards.",
        ("archive",),
        partial(_train_course, "svm-tfidf", partial(fit_svm, cost=0.3), True),
        Options(),
        ("cleaning",),
    ),
)
