"""Boosted trees on the course's TF-IDF, with XGBoost: the course's fourth classifier.

XGBoost is an optional extra (requirements-xgboost.txt); without it the model is left off the lists.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cards import Card
from core.classifiers.base import Classifier
from core.messages import N_, Progress
from core.text import tfidf
from core.text.tfidf import Vectoriser
from core.training import papers as corpus
from core.training.recipe import Recipe, Trained

VOCABULARY = "words.txt"
NUMBERS = "numbers.npz"
TREES = "trees.ubj"
COURSE_WORDS = 4_000
# Half the depth and rounds of XGBoost's habit: 34 labels make 34 trees a round, and they ship.
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
    """One booster of `ROUNDS` trees a label on the course's 4,000 words."""

    can_explain = False

    def __init__(
        self,
        name: str,
        task: str,
        labels: Sequence[str],
        bag: Vectoriser,
        booster: Any,
        thresholds: np.ndarray,
    ) -> None:
        self.name, self.task, self.labels = name, task, tuple(labels)
        self.words, self.booster = bag, booster
        self.thresholds = np.asarray(thresholds, np.float32)

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities; float32 (n, k)."""
        return self.scores_and_known(texts)[0]

    def scores_and_known(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities, float32 (n, k), and which texts have a known word, bool (n,)."""
        import xgboost

        out = np.empty((len(texts), len(self.labels)), np.float32)
        known = np.empty(len(texts), bool)
        start = 0
        for rows in self.words.batches(texts):
            scores = self.booster.predict(xgboost.DMatrix(rows))
            out[start : start + rows.shape[0]] = scores.reshape(rows.shape[0], -1)
            known[start : start + rows.shape[0]] = np.diff(rows.indptr) > 0
            start += rows.shape[0]
        return out, known

    def known(self, text: str) -> tuple[int, int]:
        """How many words of a text the model knows, and how many the text has."""
        return self.words.known(text)

    def save(self, folder: Path) -> None:
        """Write the vocabulary as text, the numbers as .npz, the trees as XGBoost's binary JSON."""
        (folder / VOCABULARY).write_text("\n".join(self.words.words) + "\n", encoding="utf-8")
        np.savez_compressed(folder / NUMBERS, idf=self.words.idf)
        self.booster.save_model(folder / TREES)

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Trees":
        """Read what `save` wrote."""
        import xgboost

        known = tuple((folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1])
        with np.load(folder / NUMBERS, allow_pickle=False) as file:
            bag = Vectoriser(known, file["idf"], tokens="course", sublinear=False)
        booster = xgboost.Booster(PARAMETERS)
        booster.load_model(folder / TREES)
        return cls(card.name, card.task, card.labels, bag, booster, np.array(card.thresholds))


def train(data: Path, task: str, progress: Progress) -> Trained:
    """Boosted trees on the course's split; the fit's own probabilities at one half."""
    import xgboost

    progress(0.0, N_("reading papers"))
    papers = corpus.read_papers(data)
    truth, labels = corpus.encode(papers, task)
    split, slices = corpus.course_split(papers)
    progress(0.05, N_("TF-IDF of {n:,} words"), n=COURSE_WORDS)
    bag = tfidf.learn_course([papers.texts[i] for i in np.flatnonzero(papers.course)], COURSE_WORDS)
    rows = xgboost.QuantileDMatrix(
        bag.transform([papers.texts[i] for i in split]),
        truth[split],
        max_bin=PARAMETERS["max_bin"],
        nthread=PARAMETERS["nthread"],
    )

    class Report(xgboost.callback.TrainingCallback):
        """Hands XGBoost's rounds to our progress."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            progress(
                0.1 + 0.85 * (epoch + 1) / ROUNDS,
                N_("round {number} of {rounds}"),
                number=epoch + 1,
                rounds=ROUNDS,
            )
            return False

    booster = xgboost.train(PARAMETERS, rows, ROUNDS, callbacks=[Report()])
    model = Trees("xgboost-tfidf", task, labels, bag, booster, np.full(len(labels), 0.5))
    metrics, curves = corpus.measure(model, papers, slices)
    return Trained(
        model,
        papers.facts | {"trained on": len(split), "split": corpus.COURSE_SPLIT},
        PARAMETERS | {"rounds": ROUNDS, "words": len(bag.words)},
        metrics,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "xgboost-tfidf",
        "Boosted trees (XGBoost)",
        "The course's 4,000 words with boosted decision trees. Slow to train, needs XGBoost, and "
        "on words rarely better than a linear model.",
        ("archive",),
        train,
        needs=NEEDS,
    ),
)
