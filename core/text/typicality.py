"""How much a text is like those that a vocabulary was learnt from."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from core.text.tfidf import TfidfVectorizer

RARE = 7.0
"""The inverse document frequency from which a word is rare: one text in 400."""
FEATURES = 11
"""Five features, their products with the last, and the square of the second."""


def features(vectorizer: TfidfVectorizer, counts: sp.csr_matrix, lengths: np.ndarray) -> np.ndarray:
    """What tells a text of the kind learnt from others; float64 (n, FEATURES).

    The share of its words and of its adjacent pairs that are in the vocabulary, the mean inverse
    document frequency of known words and the share of rare ones, the log of its length; and
    products, since a title's words are rarer than an abstract's. Pairs tell most: a recipe's words
    are all in some abstract, but not next to each other.
    counts, lengths: from `counts_and_lengths`.
    """
    words = len(vectorizer.words)
    first_pair = words + len(vectorizer.title_words)
    row = np.repeat(np.arange(len(lengths)), np.diff(counts.indptr))
    idf = vectorizer.idf[counts.indices].astype(np.float64)
    is_word, is_pair = counts.indices < words, counts.indices >= first_pair

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(row, counts.data * values, len(lengths))

    known = total(is_word)
    pairs = total(is_pair) / np.maximum(lengths - 1, 1)
    log_length = np.log(np.maximum(lengths, 1))
    rows = np.column_stack(
        [
            known / np.maximum(lengths, 1),
            pairs,
            total(is_word * idf) / np.maximum(known, 1),
            total(is_word & (idf > RARE)) / np.maximum(known, 1),
            log_length,
        ]
    )
    return np.column_stack([rows, rows * log_length[:, None], pairs**2])


def learn(typical: np.ndarray, others: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A logistic regression's weights of the features, then its bias; float64 (features + 1,).

    typical, others: features of texts of either kind; weights: of the typical ones; both kinds
    weigh the same in all.
    """
    from sklearn.linear_model import LogisticRegression

    rows = np.vstack([typical, others])
    is_typical = np.arange(len(rows)) < len(typical)
    sample = np.concatenate([weights / weights.sum(), np.full(len(others), 1 / len(others))]) * len(
        rows
    )
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression().fit((rows - mean) / deviation, is_typical, sample_weight=sample)
    slopes = model.coef_[0] / deviation
    return np.append(slopes, model.intercept_[0] - slopes @ mean)


def margins(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How typical texts are, by their features, in log-odds; float64 (n,)."""
    return rows @ weights[:-1] + weights[-1]


def read_texts(lines: Sequence[str]) -> list[str]:
    """Texts of JSON lines with a field `text`, each as the abstract of a paper without a title."""
    import json

    return ["\n" + json.loads(line)["text"] for line in lines if line.strip()]
