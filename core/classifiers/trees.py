"""Boosted trees on the course's TF-IDF, with XGBoost (requirements-xgboost.txt)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cards import Card
from core.classifiers.base import Classifier, read_words, write_words
from core.messages import N_, Progress
from core.text import tfidf
from core.text.tfidf import TfidfVectorizer
from core.training import papers as corpus
from core.training.recipe import Recipe, TrainingResult

NUMBERS = "numbers.npz"
TREES = "trees.ubj"
COURSE_WORDS = 4_000
# Smaller than XGBoost's defaults: 34 labels need 34 trees per round, which are shipped.
PARAMETERS = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 5,
    "eta": 0.3,
    "max_bin": 32,
    "min_child_weight": 2,
    "nthread": 2,
    "seed": 0,
}
ROUNDS = 40

NEEDS = ("xgboost",)


class Trees(Classifier):
    """One booster with `ROUNDS` trees per label on the course's 4,000 words."""

    can_explain = False

    def __init__(
        self,
        name: str,
        task: str,
        labels: Sequence[str],
        vectorizer: TfidfVectorizer,
        booster: Any,
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, task, tuple(labels)
        self.vectorizer, self.booster = vectorizer, booster
        self.thresholds = np.asarray(thresholds, np.float32)

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities; float32 (n, k)."""
        return self.scores_and_known(texts)[0]

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,)."""
        rows = self.vectorizer.transform(texts)
        scores = self.booster.inplace_predict(rows)
        return scores.reshape(len(texts), len(self.labels)), np.diff(rows.indptr) > 0

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.vectorizer.count_known_words(text)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text, the numbers as .npz, the trees as XGBoost's binary JSON."""
        write_words(folder, self.vectorizer.words)
        np.savez_compressed(folder / NUMBERS, idf=self.vectorizer.idf)
        self.booster.save_model(folder / TREES)

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Trees":
        """Read what `save` wrote."""
        import xgboost

        words = read_words(folder)
        with np.load(folder / NUMBERS, allow_pickle=False) as file:
            vectorizer = TfidfVectorizer(words, file["idf"], tokens="course", sublinear=False)
        booster = xgboost.Booster(PARAMETERS)
        booster.load_model(folder / TREES)
        return cls(
            card.name, card.task, card.labels, vectorizer, booster, np.array(card.thresholds)
        )


def train(data: Path, task: str, progress: Progress) -> TrainingResult:
    """Boosted trees on the course's split; uncalibrated, with thresholds of 0.5."""
    import xgboost

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    rows = corpus.choose_rows(papers, task, course=True, calibrated=False)
    progress(0.05, N_("TF-IDF of {n:,} words"), n=COURSE_WORDS)
    vectorizer = tfidf.learn_course(
        [papers.texts[i] for i in np.flatnonzero(papers.course)], COURSE_WORDS
    )
    matrix = xgboost.QuantileDMatrix(
        vectorizer.transform([papers.texts[i] for i in rows.train]),
        truth[rows.train],
        max_bin=PARAMETERS["max_bin"],
        nthread=PARAMETERS["nthread"],
    )

    class ReportRounds(xgboost.callback.TrainingCallback):
        """Reports XGBoost's rounds as progress."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            progress(
                0.1 + 0.85 * (epoch + 1) / ROUNDS,
                N_("round {number} of {rounds}"),
                number=epoch + 1,
                rounds=ROUNDS,
            )
            return False

    booster = xgboost.train(PARAMETERS, matrix, ROUNDS, callbacks=[ReportRounds()])
    model = Trees("xgboost-tfidf", task, labels, vectorizer, booster, np.full(len(labels), 0.5))
    metrics, curves = corpus.measure(model, papers, rows.test)
    return TrainingResult(
        model,
        papers.facts | {"trained on": len(rows.train), "split": corpus.COURSE_SPLIT},
        PARAMETERS | {"rounds": ROUNDS, "words": len(vectorizer.words)},
        metrics,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "xgboost-tfidf",
        "XGBoost",
        "The course's 4,000 words with boosted decision trees. Slow to train, needs XGBoost, and "
        "on words rarely better than a linear model.",
        ("archive",),
        train,
        needs=NEEDS,
    ),
)
