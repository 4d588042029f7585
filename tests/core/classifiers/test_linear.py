"""Linear models: probabilities beside scikit-learn's, attributions, and what is saved."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from core.classifiers import store
from core.classifiers.linear import (
    NEVER,
    Fit,
    Linear,
    fit_bayes,
    fit_labels,
    fit_logistic,
    fit_svm,
    prune,
)
from core.corpora import labels
from core.text.tfidf import TfidfVectorizer, learn_course
from core.training.recipe import Recipe, TrainingResult


def quiet(share: float, text: str, **values: int) -> None:
    """Take progress and say nothing."""


def course_model(
    fit: Fit, texts: list[str], categories: list[str]
) -> tuple[Linear, sp.csr_matrix, np.ndarray]:
    """A model of the course's kind on the invented papers, with its rows and truth."""
    vectorizer = learn_course(texts, 80)
    rows = vectorizer.transform(texts)
    truth, names = labels.encode_archives(categories)
    columns, bias = fit_labels(fit, rows, truth, np.ones(len(texts)), quiet)
    halves = np.full(len(names), 0.5)
    return (
        Linear("x", "archive", names, vectorizer, sp.csr_matrix(columns), bias, halves),
        rows,
        truth,
    )


def test_bayes_equals_scikit_learns(texts: list[str], categories: list[str]) -> None:
    model, rows, truth = course_model(fit_bayes, texts, categories)
    theirs = MultiOutputClassifier(MultinomialNB()).fit(rows, truth).predict_proba(rows)
    wanted = np.stack([pair[:, 1] for pair in theirs], axis=1)
    assert model.predict_scores(texts) == pytest.approx(wanted, abs=1e-5)
    assert wanted.max() > 0.5 > wanted.min()


def test_logistic_equals_scikit_learns(texts: list[str], categories: list[str]) -> None:
    model, rows, truth = course_model(partial(fit_logistic, cost=5.0), texts, categories)
    single = LogisticRegression(C=5.0, solver="liblinear", random_state=0)
    theirs = MultiOutputClassifier(single).fit(rows, truth).predict_proba(rows)
    wanted = np.stack([pair[:, 1] for pair in theirs], axis=1)
    assert model.predict_scores(texts) == pytest.approx(wanted, abs=1e-5)


def test_svm_margins_equal_scikit_learns(texts: list[str], categories: list[str]) -> None:
    model, rows, truth = course_model(partial(fit_svm, cost=0.3), texts, categories)
    for j in range(truth.shape[1]):
        single = LinearSVC(C=0.3, dual=True, tol=0.1, max_iter=100, random_state=0)
        wanted = single.fit(rows, truth[:, j]).decision_function(rows)
        # liblinear's random numbers are shared by the threads, and it stops at tol=0.1.
        assert model.margins(texts)[:, j] == pytest.approx(wanted, abs=0.05)


def test_a_label_nobody_has_is_never_likely(texts: list[str], categories: list[str]) -> None:
    truth, _ = labels.encode_archives(categories, ("math", "econ"))
    rows = learn_course(texts, 20).transform(texts)
    columns, bias = fit_labels(fit_bayes, rows, truth, np.ones(len(texts)), quiet)
    assert bias[1] == NEVER
    assert not columns[:, 1].any()
    assert bias[0] != NEVER


def test_paper_weights_count_as_copies(texts: list[str], categories: list[str]) -> None:
    truth, _ = labels.encode_archives(categories)
    vectorizer = learn_course(texts, 40)
    weights = np.where(np.arange(len(texts)) % 3 == 0, 2.0, 1.0)
    twice = [text for text, w in zip(texts, weights, strict=True) for _ in range(int(w))]
    repeated = np.repeat(truth, weights.astype(int), axis=0)
    weighed = fit_labels(fit_bayes, vectorizer.transform(texts), truth, weights, quiet)
    copied = fit_labels(
        fit_bayes, vectorizer.transform(twice), repeated, np.ones(len(twice)), quiet
    )
    assert weighed[0] == pytest.approx(copied[0], abs=1e-5)
    assert weighed[1] == pytest.approx(copied[1], abs=1e-5)


def test_progress_ends_at_one(texts: list[str], categories: list[str]) -> None:
    truth, names = labels.encode_archives(categories)
    rows = learn_course(texts, 20).transform(texts)
    shares: list[float] = []
    fit_labels(fit_bayes, rows, truth, np.ones(len(texts)), lambda s, *_, **__: shares.append(s))
    assert shares == [pytest.approx(i / len(names)) for i in range(1, len(names) + 1)]


def test_the_largest_attribution_is_the_topics(model: Linear) -> None:
    text = "Spiral galaxies\nSpiral galaxies hold dust and dark matter halos of galaxies."
    why = model.explain(text, "astro-ph")
    assert why.log_odds == pytest.approx(model.margins([text])[0, model.labels.index("astro-ph")])
    assert "galaxies" in why.features[0].term
    assert why.features[0].weight > 0
    marks = {text[token.start : token.end] for token in why.tokens if token.weight > 0}
    assert {"Spiral", "galaxies", "dust", "halos"} <= marks
    assert "zzz" not in {r.term for r in model.explain("zzz\nqqq", "math").features}


def test_model_knows_its_own_papers(model: Linear, texts: list[str], categories: list[str]) -> None:
    truth, _ = labels.encode_archives(categories, model.labels)
    scores = model.predict_scores(texts)
    best = scores.argmax(axis=1)
    assert truth[np.arange(len(texts)), best].all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_save_and_load_keep_the_scores(
    model: Linear, texts: list[str], recipe: Recipe, tmp_path: Path
) -> None:
    card = store.save(TrainingResult(model, {}, {}, {}), recipe, tmp_path / "linear")
    again = store.load(card)
    assert isinstance(again, Linear)
    assert again.labels == model.labels
    assert again.thresholds == pytest.approx(model.thresholds, abs=1e-6)
    assert again.vectorizer.words == model.vectorizer.words
    assert again.vectorizer.title_words.tolist() == model.vectorizer.title_words.tolist()
    assert again.vectorizer.pairs.tolist() == model.vectorizer.pairs.tolist()
    # Half precision keeps eleven bits, so log-odds of about ten are good to one in a hundred.
    assert again.margins(texts) == pytest.approx(model.margins(texts), abs=0.02)
    assert again.predict_scores(texts) == pytest.approx(model.predict_scores(texts), abs=0.004)


def test_prune_keeps_exactly_the_largest_effects() -> None:
    generator = np.random.default_rng(3)
    weights = generator.normal(size=(12, 5)).astype(np.float32)
    rows = sp.random(40, 12, density=0.5, random_state=3, format="csr")
    typical = np.sqrt((rows.toarray() ** 2).mean(axis=0))
    effect = np.abs(weights) * typical[:, None]
    for keep in (1, 17, 59, 60, 1000):
        kept = prune(weights, rows, keep)
        largest = np.argsort(-effect.ravel())[:keep]
        wanted = np.zeros(60, np.float32)
        wanted[largest] = weights.ravel()[largest]
        assert kept.toarray().ravel().tolist() == wanted.tolist()
        assert kept.nnz == min(keep, 60)


def test_margins_by_hand() -> None:
    vectorizer = TfidfVectorizer(("a", "b"), np.array([1.0, 2.0], np.float32))
    weights = sp.csr_matrix(np.array([[3.0, 0.0], [0.0, 5.0]]))
    model = Linear("x", "archive", ("m", "n"), vectorizer, weights, np.array([0.5, -1]), np.ones(2))
    # Weights 1 + ln 2 for "a" twice and 2 for "b", then to length one.
    first, second = 1 + np.log(2), 2.0
    length = np.hypot(first, second)
    wanted = [3 * first / length + 0.5, 5 * second / length - 1]
    assert model.margins(["a a b"])[0] == pytest.approx(wanted, rel=1e-6)
