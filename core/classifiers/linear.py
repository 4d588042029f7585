"""Models whose log-odds are a weighted sum of the words of a text: exact reasons come for free.

Naive Bayes, logistic regression and a linear support vector machine differ only in how the
weights are found. Four recipes: the course's own (`nb-tfidf`), its two linear alternatives
(`logreg-tfidf`, `svm-tfidf`), and `linear`, the default.
"""

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.classifiers.base import Classifier, Credit, Explanation, Reason
from core.evaluation import decisions, metrics
from core.messages import N_, Progress
from core.text import tfidf
from core.text.tfidf import Vectoriser
from core.training.recipe import Recipe, Trained

if TYPE_CHECKING:
    from core.training.papers import Papers

VOCABULARY = "words.txt"
WEIGHTS = "weights.npz"
DENSE_BYTES = 100_000_000


NEEDS: tuple[str, ...] = ()
"""Libraries beyond requirements.txt, by import name."""


class Linear(Classifier):
    """Log-odds = bias + TF-IDF row x weights.

    weights: (columns of `words`, k), sparse; bias: (k,); thresholds: probabilities (k,).
    """

    can_explain = True

    def __init__(
        self,
        name: str,
        task: str,
        labels: Sequence[str],
        words: Vectoriser,
        weights: sp.csr_matrix,
        bias: np.ndarray,
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, task, tuple(labels)
        self.words, self.weights = words, weights.astype(np.float32)
        self.bias = np.asarray(bias, np.float32)
        self.thresholds = np.asarray(thresholds, np.float32)

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """Log-odds; float32 (n, k)."""
        return self._margins_and_known(texts)[0]

    def _margins_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds, float32 (n, k), and which texts have a known word, bool (n,)."""
        out = np.empty((len(texts), len(self.labels)), np.float32)
        known = np.empty(len(texts), bool)
        start = 0
        for rows in self.words.batches(texts):
            product = rows @ self._factor
            dense = product.toarray() if sp.issparse(product) else product
            out[start : start + rows.shape[0]] = dense + self.bias
            known[start : start + rows.shape[0]] = np.diff(rows.indptr) > 0
            start += rows.shape[0]
        return out, known

    @cached_property
    def _factor(self) -> sp.csr_matrix | np.ndarray:
        """The weights, as a dense matrix where it is small: four times as fast."""
        cells = self.weights.shape[0] * self.weights.shape[1]
        return self.weights.toarray() if 4 * cells <= DENSE_BYTES else self.weights

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
        row = self.words.tfidf(self.words.counts([text]))
        parts = np.zeros(self.words.size)
        column = self.weights[row.indices, j].toarray().ravel()
        parts[row.indices] = row.data * column
        order = row.indices[np.argsort(-np.abs(parts[row.indices]), kind="stable")]
        reasons = tuple(Reason(self.words.name(i), float(parts[i])) for i in order if parts[i])
        marks = tuple(
            Credit(token.start, token.end, weight)
            for token, weight in self.words.attribute(text, parts)
            if weight
        )
        bias = float(self.bias[j])
        return Explanation(label, bias + float(parts.sum()), bias, reasons, marks)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text and the numbers as .npz."""
        text = "\n".join(self.words.words)
        (folder / VOCABULARY).write_text(text + "\n", encoding="utf-8")
        small = np.min_scalar_type(len(self.labels))
        np.savez_compressed(
            folder / WEIGHTS,
            data=self.weights.data.astype(np.float16),
            indices=self.weights.indices.astype(small),
            lengths=np.diff(self.weights.indptr).astype(small),
            bias=self.bias,
            idf=self.words.idf.astype(np.float16),
            title_words=self.words.title_words,
            pairs=self.words.pairs,
            sublinear=np.array(self.words.sublinear),
            tokens=np.array(self.words.tokens),
        )

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Linear":
        """Read what `save` wrote; thresholds and labels come from the card."""
        known = tuple((folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1])
        with (folder / WEIGHTS).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            bag = Vectoriser(
                known,
                file["idf"].astype(np.float32),
                file["title_words"],
                file["pairs"],
                str(file["tokens"]),
                bool(file["sublinear"]),
            )
            lengths = file["lengths"].astype(np.int32)
            weights = sp.csr_matrix(
                (
                    file["data"].astype(np.float32),
                    file["indices"].astype(np.int32),
                    np.concatenate([[0], np.cumsum(lengths, dtype=np.int32)]),
                ),
                shape=(bag.size, len(card.labels)),
            )
            bias = file["bias"]
        return cls(card.name, card.task, card.labels, bag, weights, bias, card.thresholds)


Fit = Callable[[sp.csr_matrix, np.ndarray, np.ndarray], tuple[np.ndarray, float]]
"""Rows (n, d), truth (n,) and paper weights (n,) to weights (d,) and a bias."""


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


# The log-odds of a label no training paper has: its probability is 0 on any screen. A label all
# have gets the opposite.
NEVER = -20.0


def fit_labels(
    fit: Fit, rows: sp.csr_matrix, truth: np.ndarray, weights: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """One binary fit a label, two at a time; weights (d, k) and biases (k,), both float32.

    liblinear draws from one random generator for both, so two trainings of a support vector
    machine differ in the third decimal of a weight.
    """
    columns = np.zeros((rows.shape[1], truth.shape[1]), np.float32)
    bias = np.full(truth.shape[1], NEVER, np.float32)

    def one(j: int) -> int:
        if truth[:, j].all():
            bias[j] = -NEVER
        elif truth[:, j].any():
            columns[:, j], bias[j] = fit(rows, truth[:, j], weights)
        return j

    # liblinear says so when it stops at max_iter; validation decides what that is worth.
    with warnings.catch_warnings(), ThreadPoolExecutor(2) as pool:
        warnings.simplefilter("ignore")
        for done, _ in enumerate(pool.map(one, range(truth.shape[1])), 1):
            progress(
                done / truth.shape[1],
                N_("fitted {done} of {labels} labels"),
                done=done,
                labels=truth.shape[1],
            )
    return columns, bias


def prune(weights: np.ndarray, rows: sp.csr_matrix, keep: int) -> sp.csr_matrix:
    """The `keep` weights that move log-odds most over the training rows; the rest become zero."""
    typical = np.sqrt(np.asarray(rows.multiply(rows).mean(axis=0))).ravel()
    effect = np.abs(weights) * typical[:, None]
    if keep < effect.size:
        cut = np.partition(effect.ravel(), effect.size - keep)[effect.size - keep]
        weights = np.where(effect >= cut, weights, 0)
    return sp.csr_matrix(weights.astype(np.float32))


def calibrated(
    name: str,
    task: str,
    labels: Sequence[str],
    bag: Vectoriser,
    weights: sp.csr_matrix,
    bias: np.ndarray,
    papers: "Papers",
    truth: np.ndarray,
) -> Linear:
    """The model with Platt's slopes and offsets folded into its weights, and tuned thresholds.

    Both come from the validation slices, each of which has the same say.
    """
    from core.training import papers as corpus

    rows, votes = corpus.slice_weights(papers, "validation")
    texts = [papers.texts[i] for i in rows]
    raw = Linear(name, task, labels, bag, weights, bias, np.full(len(labels), 0.5))
    slopes, offsets = metrics.fit_platt(truth[rows], raw.margins(texts), votes)
    # A new model: the raw one keeps the product's factor that it has used.
    scaled = (raw.weights @ sp.diags(slopes)).tocsr()
    model = Linear(
        name, task, labels, bag, scaled, raw.bias * slopes + offsets, np.full(len(labels), 0.5)
    )
    model.thresholds = metrics.tune_thresholds(truth[rows], model.predict_scores(texts), votes)
    return model


# Chosen on the validation slices; models/README.md says what each thing gave.
COST = 0.3
KEPT_WEIGHTS = {"archive": 4_000_000, "subject": 7_000_000}
RECENCY = {"1995 to 2019": 0.6, "since 2024": 1.5}


def _paper_weights(years: np.ndarray) -> np.ndarray:
    """How much each paper counts: the files of 1995 to 2019 lack most single-archive physics."""
    weights = np.ones(len(years))
    weights[(years >= 1995) & (years < 2020)] = RECENCY["1995 to 2019"]
    weights[years >= 2024] = RECENCY["since 2024"]
    return weights


def train_linear(data: Path, task: str, progress: Progress) -> Trained:
    """The default: words, title words and pairs, a support vector machine a label, calibrated."""
    from core.training import papers as corpus

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    train = np.flatnonzero(papers.part == "train")
    texts = [papers.texts[i] for i in train]
    progress(0.03, N_("learning the vocabulary"))
    bag = tfidf.learn(texts)
    progress(0.08, N_("weighing words"))
    rows = bag.transform(texts).astype(np.float64)
    columns, bias = fit_labels(
        partial(fit_svm, cost=COST),
        rows,
        truth[train],
        _paper_weights(papers.years[train]),
        lambda share, text, **values: progress(0.12 + 0.8 * share, text, **values),
    )
    progress(0.93, N_("pruning and calibrating"))
    weights = prune(columns, rows, KEPT_WEIGHTS[task])
    model = calibrated("linear", task, labels, bag, weights, bias, papers, truth)
    progress(0.97, N_("measuring on the test papers"))
    metrics, curves = corpus.measure(model, papers, papers.slice("test"))
    return Trained(
        model,
        papers.facts | {"trained on": len(train)},
        {
            "columns": bag.size,
            "words": len(bag.words),
            "title words": len(bag.title_words),
            "pairs": len(bag.pairs),
            "weights kept": int(weights.nnz),
            "cost": COST,
            "paper weights": RECENCY,
        },
        metrics,
        curves=curves,
    )


COURSE_WORDS = 4_000


def _train_course(
    name: str, fit: Fit, calibrate: bool, data: Path, task: str, progress: Progress
) -> Trained:
    """The course's recipe with any binary fit: TF-IDF of 4,000 words, its own 80/20 split.

    calibrate: leave the validation papers out of the fit and learn probabilities and thresholds
    from them; otherwise the fit's own probabilities at a threshold of one half, as in the course.
    """
    from core.training import papers as corpus

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    train, slices = corpus.course_split(papers)
    if calibrate:
        train = train[papers.part[train] != "validation"]
    progress(0.1, N_("TF-IDF of {n:,} words"), n=COURSE_WORDS)
    # The course learns the vocabulary from all its papers, before it splits them.
    bag = tfidf.learn_course([papers.texts[i] for i in np.flatnonzero(papers.course)], COURSE_WORDS)
    rows = bag.transform([papers.texts[i] for i in train])
    columns, bias = fit_labels(
        fit,
        rows,
        truth[train],
        np.ones(len(train)),
        lambda share, text, **values: progress(0.3 + 0.6 * share, text, **values),
    )
    weights = sp.csr_matrix(columns)
    progress(0.92, N_("measuring on the test papers"))
    if calibrate:
        model = calibrated(name, task, labels, bag, weights, bias, papers, truth)
    else:
        model = Linear(name, task, labels, bag, weights, bias, np.full(len(labels), 0.5))
    metrics, curves = corpus.measure(model, papers, slices)
    return Trained(
        model,
        papers.facts | {"trained on": len(train), "split": corpus.COURSE_SPLIT},
        {"words": len(bag.words)},
        metrics,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "linear",
        "Linear (default)",
        "Weighs every word, title word and pair of words; a support vector machine for each "
        "label, calibrated to probabilities. The most accurate of the fast models, and its "
        "reasons are exact.",
        ("archive", "subject"),
        train_linear,
    ),
    Recipe(
        "nb-tfidf",
        "Naive Bayes (the course's)",
        "The course's own model: 4,000 words and naive Bayes. Learns in seconds; misses rare "
        "archives and its probabilities are too sure of themselves.",
        ("archive",),
        partial(_train_course, "nb-tfidf", fit_bayes, False),
    ),
    Recipe(
        "logreg-tfidf",
        "Logistic regression",
        "The course's 4,000 words with logistic regression: better than naive Bayes at the same "
        "size, and its probabilities mean what they say.",
        ("archive",),
        partial(_train_course, "logreg-tfidf", partial(fit_logistic, cost=1.0), False),
    ),
    Recipe(
        "svm-tfidf",
        "Support vector machine",
        "The course's 4,000 words with a linear support vector machine, calibrated afterwards.",
        ("archive",),
        partial(_train_course, "svm-tfidf", partial(fit_svm, cost=0.3), True),
    ),
)
