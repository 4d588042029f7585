"""TF-IDF of words, title words and pairs of words, and their attribution to a text's words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from core.text.documents import split_paper
from core.text.tokens import (
    Token,
    course_spans,
    course_words,
    paper_spans,
    paper_tokens,
    paper_words,
)

COURSE = "course"
BATCH = 4_000
"""Texts transformed at a time, to limit memory."""

MANY_WORDS = 20_000
"""The number of words from which on Arrow looks them up faster than a dict."""


@dataclass(frozen=True)
class TfidfVectorizer:
    """Turns texts into rows of TF-IDF weights.

    Its columns are, in this order, the words, the words counted again when they are in the title,
    and the pairs of adjacent words. With no title words, no pairs and the course's tokens it equals
    scikit-learn's `TfidfVectorizer`; with pairs it is about four times as fast as that class,
    because a pair is looked up as one integer.

    words: the single words, most frequent first; shape (W,).
    title_words: indices into `words` of those that also count as title words; int32 (T,).
    pairs: indices into `words` of each pair's two words; int32 (P, 2).
    idf: inverse document frequencies of all W + T + P columns; float32.
    tokens: "paper" (folded words of any length) or "course" (scikit-learn's default pattern on
        title and abstract run together, as the course has it), perhaps with one of `CLEANINGS`
        after it ("course stems").
    sublinear: 1 + log(count) in place of the count.
    """

    words: tuple[str, ...]
    idf: np.ndarray
    title_words: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    pairs: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int32))
    tokens: str = "paper"
    sublinear: bool = True

    @property
    def size(self) -> int:
        """The number of columns."""
        return len(self.idf)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def _vocabulary(self) -> pa.Array:
        return pa.array(self.words, pa.large_string())

    @cached_property
    def _title_column(self) -> np.ndarray:
        """For each word its column as a title word, or -1."""
        column = np.full(len(self.words), -1, np.int32)
        column[self.title_words] = len(self.words) + np.arange(len(self.title_words))
        return column

    @cached_property
    def _pair_index(self) -> pd.Index:
        return pd.Index(self._pair_keys(self.pairs[:, 0], self.pairs[:, 1]))

    def _pair_keys(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return first.astype(np.int64) * len(self.words) + second

    def name(self, column: int) -> str:
        """The name of a column: a word, "word in the title", or a pair of words."""
        count = len(self.words)
        if column < count:
            return self.words[column]
        if column < count + len(self.title_words):
            return f"{self.words[self.title_words[column - count]]} (in the title)"
        first, second = self.pairs[column - count - len(self.title_words)]
        return f"{self.words[first]} {self.words[second]}"

    @property
    def _cleaning(self) -> str:
        return self.tokens.removeprefix(COURSE).removeprefix(" ") or "none"

    def _fields(self, text: str) -> tuple[bytes, bytes]:
        """The words of the title and of the abstract, by blanks; the course knows no title."""
        if self.tokens.startswith(COURSE):
            return b"", " ".join(course_words(text, self._cleaning)).encode()
        title, abstract = split_paper(text)
        return paper_words(title), paper_words(abstract)

    def _ids(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Word ids (-1: unknown) of all texts, concatenated, and their fields.

        Field 2i is the title and 2i + 1 the abstract of text i.
        """
        fields = pa.array(chain.from_iterable(map(self._fields, texts)), pa.binary())
        split = pc.ascii_split_whitespace(fields.cast(pa.large_string()))
        lengths = pc.list_value_length(split).to_numpy()
        field_of_word = np.repeat(np.arange(len(fields)), lengths)
        words = split.flatten()
        # A text that begins or ends with a blank gives empty words there; they are dropped.
        is_word = pc.binary_length(words).to_numpy() > 0
        return self._lookup(words)[is_word], field_of_word[is_word]

    def _lookup(self, words: pa.Array) -> np.ndarray:
        """The id of each word, -1 for an unknown one.

        Arrow is four times as fast as a dict, but rebuilds its table at each call, which does not
        pay for a few words.
        """
        if len(words) < MANY_WORDS:
            return np.array([self._index.get(word, -1) for word in words.to_pylist()], np.int64)
        ids = pc.index_in(words, self._vocabulary)
        return ids.fill_null(-1).to_numpy().astype(np.int64)

    def _columns(self, ids: np.ndarray, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of each occurrence of a known word, title word or pair."""
        known = ids >= 0
        rows, columns = [fields[known] // 2], [ids[known]]
        if len(self.title_words):
            title = self._title_column[ids[known & (fields % 2 == 0)]]
            rows.append(fields[known & (fields % 2 == 0)][title >= 0] // 2)
            columns.append(title[title >= 0])
        if len(self.pairs):
            left, pairs = self._pair_columns(ids, fields)
            rows.append(fields[left] // 2)
            columns.append(pairs)
        return np.concatenate(rows), np.concatenate(columns)

    def _neighbours(self, ids: np.ndarray, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Adjacent known words of one field: the index of the first, and the pair's key."""
        both = (ids[:-1] >= 0) & (ids[1:] >= 0) & (fields[:-1] == fields[1:])
        left = np.flatnonzero(both)
        return left, self._pair_keys(ids[left], ids[left + 1])

    def _pair_columns(self, ids: np.ndarray, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The indices of the first words of the vocabulary's pairs, and the pairs' columns."""
        left, keys = self._neighbours(ids, fields)
        pairs = self._pair_index.get_indexer(keys)
        known = pairs >= 0
        return left[known], pairs[known] + len(self.words) + len(self.title_words)

    def counts(self, texts: Sequence[str]) -> sp.csr_matrix:
        """How often each column occurs in each text; float32 (n, size)."""
        return self.counts_and_lengths(texts)[0]

    def counts_and_lengths(self, texts: Sequence[str]) -> tuple[sp.csr_matrix, np.ndarray]:
        """The `counts`, and the number of words of each text, known or not; int (n,)."""
        ids, fields = self._ids(texts)
        rows, columns = self._columns(ids, fields)
        ones = np.ones(len(rows), np.float32)
        counts = sp.csr_matrix((ones, (rows, columns)), shape=(len(texts), self.size))
        return counts, np.bincount(fields // 2, minlength=len(texts))

    def tfidf(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        """TF-IDF weights of counts, rows of unit length; float32."""
        weights = counts.astype(np.float32)
        if self.sublinear:
            weights.data = 1 + np.log(weights.data)
        weights.data *= self.idf[weights.indices]
        row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
        lengths = np.sqrt(np.bincount(row, weights.data.astype(np.float64) ** 2))
        lengths[lengths == 0] = 1
        weights.data /= lengths.astype(np.float32)[row]
        return weights

    def batches(self, texts: Sequence[str]) -> Iterator[sp.csr_matrix]:
        """TF-IDF rows of the texts, `BATCH` texts at a time."""
        for start in range(0, len(texts), BATCH):
            yield self.tfidf(self.counts(texts[start : start + BATCH]))

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """TF-IDF rows of all texts; float32 (n, size). For training; use `batches` to classify."""
        if not len(texts):
            return sp.csr_matrix((0, self.size), dtype=np.float32)
        return sp.vstack(list(self.batches(texts)), format="csr")

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the vocabulary knows, and how many it has."""
        ids, _ = self._ids([text])
        return int((ids >= 0).sum()), len(ids)

    def spans(self, text: str) -> list[Token]:
        """The words of a text with their positions in it, title first."""
        if self.tokens.startswith(COURSE):
            return course_spans(text, self._cleaning)
        title, abstract = split_paper(text)
        start = len(text) - len(abstract)
        return paper_spans(title, True) + paper_spans(abstract, False, start)

    def attribute_to_tokens(
        self, text: str, contributions: np.ndarray
    ) -> list[tuple[Token, float]]:
        """Divide each column's contribution among the words of the text that caused it.

        contributions: (size,); a column that occurs twice gives each occurrence half, a pair gives
        each of its words half. The shares add up to the sum over the text's columns.
        """
        tokens = self.spans(text)
        ids = np.array([self._index.get(t.word, -1) for t in tokens], np.int64)
        fields = np.array([0 if t.in_title else 1 for t in tokens], np.int64)
        shares = np.zeros(len(tokens))
        for columns, tokens_of_columns in self._occurrences(ids, fields):
            times = Counter(columns.tolist())
            for column, indices in zip(columns.tolist(), tokens_of_columns, strict=True):
                shares[list(indices)] += contributions[column] / times[column] / len(indices)
        return list(zip(tokens, shares.tolist(), strict=True))

    def _occurrences(
        self, ids: np.ndarray, fields: np.ndarray
    ) -> Iterator[tuple[np.ndarray, list[tuple[int, ...]]]]:
        """The columns of one text by kind (words, title words, pairs), with the tokens of each."""
        known = np.flatnonzero(ids >= 0)
        yield ids[known], [(int(i),) for i in known]
        title = known[fields[known] == 0]
        title = title[self._title_column[ids[title]] >= 0]
        yield self._title_column[ids[title]], [(int(i),) for i in title]
        if len(self.pairs):
            left, columns = self._pair_columns(ids, fields)
            yield columns, [(int(i), int(i) + 1) for i in left]


def idf(frequency: np.ndarray, texts: int) -> np.ndarray:
    """Smoothed inverse document frequency, ln((1 + n) / (1 + df)) + 1, as in scikit-learn."""
    return (np.log((1 + texts) / (1 + frequency)) + 1).astype(np.float32)


def learn_course(texts: Sequence[str], size: int, cleaning: str = "none") -> TfidfVectorizer:
    """The course's vocabulary: the `size` words that occur most often, as in scikit-learn.

    texts: `core.text.documents.paper_text` of each paper; cleaning: one of `CLEANINGS`.
    """
    from sklearn.feature_extraction import text

    analyzer = partial(course_words, cleaning=cleaning)
    fitted = text.TfidfVectorizer(max_features=size, analyzer=analyzer).fit(texts)
    words = tuple(fitted.get_feature_names_out())
    tokens = COURSE if cleaning == "none" else f"{COURSE} {cleaning}"
    return TfidfVectorizer(words, fitted.idf_.astype(np.float32), tokens=tokens, sublinear=False)


def learn(
    texts: Sequence[str], min_words: int = 4, min_titles: int = 5, min_pairs: int = 14
) -> TfidfVectorizer:
    """A vocabulary of the words, title words and pairs that occur in enough texts."""
    frequency: Counter[str] = Counter()
    for text in texts:
        frequency.update(set(paper_tokens(text)))
    # Ties are broken alphabetically: the order of a set differs between processes.
    ranked = sorted((-n, word) for word, n in frequency.items() if n >= min_words)
    words = tuple(word for _, word in ranked)
    unweighted = TfidfVectorizer(words, np.ones(len(words), np.float32))
    in_title, pairs, pair_counts = _title_and_pair_frequency(unweighted, texts)
    title_words = np.flatnonzero(in_title >= min_titles).astype(np.int32)
    pairs, pair_counts = pairs[pair_counts >= min_pairs], pair_counts[pair_counts >= min_pairs]
    order = np.argsort(-pair_counts, kind="stable")
    pairs, pair_counts = pairs[order], pair_counts[order]
    counts = np.concatenate(
        [np.array([frequency[w] for w in words]), in_title[title_words], pair_counts]
    )
    ends = np.column_stack([pairs // len(words), pairs % len(words)]).astype(np.int32)
    return TfidfVectorizer(words, idf(counts, len(texts)), title_words, ends)


def most_frequent(vectorizer: TfidfVectorizer, counts: sp.csr_matrix, size: int) -> TfidfVectorizer:
    """The vectorizer's most frequent columns, and those words that their pairs and titles need.

    counts: of the texts that decide what is frequent, (n, columns).
    """
    frequency = np.bincount(counts.indices, minlength=vectorizer.size)
    chosen = np.sort(np.argsort(-frequency, kind="stable")[:size])
    first_title = len(vectorizer.words)
    first_pair = first_title + len(vectorizer.title_words)
    titles = chosen[(chosen >= first_title) & (chosen < first_pair)] - first_title
    pairs = chosen[chosen >= first_pair] - first_pair
    title_words, ends = vectorizer.title_words[titles], vectorizer.pairs[pairs]
    words = np.unique(np.concatenate([chosen[chosen < first_title], title_words, ends.ravel()]))
    position = np.full(first_title, -1, np.int32)
    position[words] = np.arange(len(words))
    columns = np.concatenate([words, titles + first_title, pairs + first_pair])
    return TfidfVectorizer(
        tuple(vectorizer.words[i] for i in words),
        vectorizer.idf[columns],
        position[title_words],
        position[ends],
        vectorizer.tokens,
        vectorizer.sublinear,
    )


def columns_of(part: TfidfVectorizer, whole: TfidfVectorizer) -> np.ndarray:
    """The column in `whole` of each column of `part`, from `most_frequent`; int (size,)."""
    words = np.array([whole._index[word] for word in part.words], np.int64)
    pairs = words[part.pairs]
    keys = whole._pair_keys(pairs[:, 0], pairs[:, 1])
    first_pair = len(whole.words) + len(whole.title_words)
    return np.concatenate(
        [
            words,
            whole._title_column[words[part.title_words]],
            whole._pair_index.get_indexer(keys) + first_pair,
        ]
    )


def _title_and_pair_frequency(
    vectorizer: TfidfVectorizer, texts: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The number of titles with each word; the pairs' keys; the number of texts with each pair."""
    in_title = np.zeros(len(vectorizer.words), np.int64)
    keys, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    pending: list[np.ndarray] = []
    for start in range(0, len(texts), BATCH):
        ids, fields = vectorizer._ids(texts[start : start + BATCH])
        title = (ids >= 0) & (fields % 2 == 0)
        title_words = np.unique(np.column_stack([fields[title], ids[title]]), axis=0)
        in_title += np.bincount(title_words[:, 1], minlength=len(vectorizer.words))
        left, pair = vectorizer._neighbours(ids, fields)
        text = fields[left] // 2
        order = np.lexsort((pair, text))
        text, pair = text[order], pair[order]
        is_first = np.ones(len(pair), bool)
        is_first[1:] = (text[1:] != text[:-1]) | (pair[1:] != pair[:-1])
        pending.append(pair[is_first])
        if len(pending) == 25 or start + BATCH >= len(texts):
            keys, counts = _merge(keys, counts, np.concatenate(pending))
            pending = []
    return in_title, keys, counts


def _merge(
    keys: np.ndarray, old_counts: np.ndarray, more: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add one to the count of each key in `more`, which may contain a key several times."""
    unique, counts = np.unique(more, return_counts=True)
    merged, indices = np.unique(np.concatenate([keys, unique]), return_inverse=True)
    return merged, np.bincount(indices, np.concatenate([old_counts, counts])).astype(np.int64)
