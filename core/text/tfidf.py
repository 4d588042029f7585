"""A weighted bag of words: how a text becomes a sparse row of TF-IDF weights, and back.

One vocabulary serves training, classification and explanation. Its columns are, in this order,
the words, the words counted once more when they stand in the title, and the pairs of neighbouring
words. With no title words, no pairs and the course's tokens it is scikit-learn's `TfidfVectorizer`
(a test holds the two equal); with them it is about four times as fast as that class on pairs,
because a pair is looked up as one integer.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from core.text import documents as cleaning

BATCH = 4_000
"""Texts turned into rows at a time, so that memory stays bounded on any number of them."""

MANY_WORDS = 20_000

COURSE_TOKEN = re.compile(r"(?u)\b\w\w+\b")
WORD = re.compile(r"[a-z0-9]+")

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

# Schr\"odinger, Schr{\"o}dinger, Poincar\'{e}, Erd\H{o}s, na\"{\i}ve: one letter under an accent.
_PLAIN_ACCENT = r"\\[`'^\"~=.]\s?\{?\\?([A-Za-z])\}?"
_NAMED_ACCENT = r"\\[uvHtcdbkr]\{\\?([A-Za-z])\}"
_LATEX_ACCENT = re.compile(
    rf"\{{{_PLAIN_ACCENT}\}}|{_PLAIN_ACCENT}|\{{{_NAMED_ACCENT}\}}|{_NAMED_ACCENT}"
)


# Bytes to bytes: letters in lower case, digits, and blanks for everything else.
_KEPT = string.ascii_lowercase + string.digits
_TO_WORDS = bytes(ord(c) if (c := chr(i).lower()) in _KEPT and i < 128 else 32 for i in range(256))


@dataclass(frozen=True)
class Token:
    """A word of a text and where it stands: `text[start:end]`."""

    word: str
    start: int
    end: int
    in_title: bool


def _accent_letter(match: re.Match[str]) -> str:
    return next(letter for letter in match.groups() if letter)


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _folded(stretch: re.Match[str]) -> str:
    return _without_marks(stretch[0])


def _paper_words(text: str) -> bytes:
    """The words of a text, separated by blanks."""
    if "\\" in text:
        text = _LATEX_ACCENT.sub(_accent_letter, text)
    if not text.isascii():
        text = _NOT_ASCII.sub(_folded, text)
    return text.encode("ascii", "replace").translate(_TO_WORDS)


def paper_tokens(text: str) -> list[str]:
    """The words of a text: accents (LaTeX's too) folded, lower case, letters a-z and digits."""
    return _paper_words(text).decode("ascii").split()


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Each character of the folded text with the stretch of the text it came from."""
    position = 0
    for accent in _LATEX_ACCENT.finditer(text):
        yield from _letters(text, position, accent.start())
        yield _accent_letter(accent).lower(), accent.start(), accent.end()
        position = accent.end()
    yield from _letters(text, position, len(text))


def _letters(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    for i in range(start, end):
        for c in text[i] if text[i].isascii() else _without_marks(text[i]):
            yield c.lower() if c.isascii() else " ", i, i + 1


def paper_spans(text: str, in_title: bool = False, offset: int = 0) -> list[Token]:
    """The words of `paper_tokens` with their places in the text."""
    pieces = list(_pieces(text))
    folded = "".join(piece[0] for piece in pieces)
    return [
        Token(
            match[0],
            pieces[match.start()][1] + offset,
            pieces[match.end() - 1][2] + offset,
            in_title,
        )
        for match in WORD.finditer(folded)
    ]


def course_spans(text: str) -> list[Token]:
    """The course's words of a `paper_text` with their places in it.

    The title's last word and the abstract's first run into one, which stands across the line end.
    """
    title, abstract = cleaning.split_paper(text)
    start = len(text) - len(abstract)
    places = [*range(len(title)), *range(start, len(text))]
    # A few capitals become two characters.
    places = [i for i in places for _ in text[i].lower()]
    return [
        Token(m[0], places[m.start()], places[m.end() - 1] + 1, places[m.start()] < len(title))
        for m in COURSE_TOKEN.finditer(cleaning.course_from_paper(text))
    ]


@dataclass(frozen=True)
class TfidfVectorizer:
    """A vocabulary with its weights.

    words: the single words, most frequent first; shape (W,).
    title_words: indices into `words` of those that also count as title words; int32 (T,).
    pairs: indices into `words` of each pair's two words; int32 (P, 2).
    idf: inverse document frequencies of all W + T + P columns; float32.
    tokens: "paper" (folded words of any length) or "course" (scikit-learn's default pattern on
        title and abstract run together, as the course has it).
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
        """For each word the column it has as a title word, or -1."""
        column = np.full(len(self.words), -1, np.int32)
        column[self.title_words] = len(self.words) + np.arange(len(self.title_words))
        return column

    @cached_property
    def _pair_index(self) -> pd.Index:
        return pd.Index(self._pair_keys(self.pairs[:, 0], self.pairs[:, 1]))

    def _pair_keys(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return first.astype(np.int64) * len(self.words) + second

    def name(self, column: int) -> str:
        """What a column stands for: a word, "word in the title", or a pair of words."""
        count = len(self.words)
        if column < count:
            return self.words[column]
        if column < count + len(self.title_words):
            return f"{self.words[self.title_words[column - count]]} (in the title)"
        first, second = self.pairs[column - count - len(self.title_words)]
        return f"{self.words[first]} {self.words[second]}"

    def _fields(self, text: str) -> tuple[bytes, bytes]:
        """The words of the title and of the abstract, by blanks; the course knows no title."""
        if self.tokens == "course":
            found = COURSE_TOKEN.findall(cleaning.course_from_paper(text))
            return b"", " ".join(found).encode()
        title, abstract = cleaning.split_paper(text)
        return _paper_words(title), _paper_words(abstract)

    def _ids(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Word ids (-1: unknown) of all texts in a row, and each one's field: 2i title, 2i + 1."""
        fields = pa.array(chain.from_iterable(map(self._fields, texts)), pa.binary())
        split = pc.ascii_split_whitespace(fields.cast(pa.large_string()))
        lengths = pc.list_value_length(split).to_numpy()
        places = np.repeat(np.arange(len(fields)), lengths)
        found = split.flatten()
        # A text that begins or ends with a blank has empty words there; they are no words at all.
        words = pc.binary_length(found).to_numpy() > 0
        return self._lookup(found)[words], places[words]

    def _lookup(self, words: pa.Array) -> np.ndarray:
        """The id of each word, -1 for an unknown one.

        Arrow is four times as fast as a dict, but builds its table anew at each call, which costs
        a few words more than it saves.
        """
        if len(words) < MANY_WORDS:
            return np.array([self._index.get(word, -1) for word in words.to_pylist()], np.int64)
        found = pc.index_in(words, self._vocabulary)
        return found.fill_null(-1).to_numpy().astype(np.int64)

    def _columns(self, ids: np.ndarray, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of every known word, title word and pair, one entry each time."""
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
        """Where two known words stand side by side in one field: the first's place, their key."""
        both = (ids[:-1] >= 0) & (ids[1:] >= 0) & (fields[:-1] == fields[1:])
        left = np.flatnonzero(both)
        return left, self._pair_keys(ids[left], ids[left + 1])

    def _pair_columns(self, ids: np.ndarray, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The places of the first words of the vocabulary's pairs, and the pairs' columns."""
        left, keys = self._neighbours(ids, fields)
        found = self._pair_index.get_indexer(keys)
        known = found >= 0
        return left[known], found[known] + len(self.words) + len(self.title_words)

    def counts(self, texts: Sequence[str]) -> sp.csr_matrix:
        """How often each column occurs in each text; float32 (n, size)."""
        rows, columns = self._columns(*self._ids(texts))
        ones = np.ones(len(rows), np.float32)
        return sp.csr_matrix((ones, (rows, columns)), shape=(len(texts), self.size))

    def tfidf(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        """TF-IDF weights of counts, each row of length one; float32."""
        weights = counts.astype(np.float32)
        if self.sublinear:
            weights.data = 1 + np.log(weights.data)
        weights.data *= self.idf[weights.indices]
        lengths = np.sqrt(weights.multiply(weights).sum(axis=1)).A1
        lengths[lengths == 0] = 1
        weights.data /= np.repeat(lengths, np.diff(weights.indptr)).astype(np.float32)
        return weights

    def batches(self, texts: Sequence[str]) -> Iterator[sp.csr_matrix]:
        """TF-IDF rows of the texts, `BATCH` texts at a time."""
        for start in range(0, len(texts), BATCH):
            yield self.tfidf(self.counts(texts[start : start + BATCH]))

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """TF-IDF rows of all texts; float32 (n, size). For training; `batches` to classify."""
        if not len(texts):
            return sp.csr_matrix((0, self.size), dtype=np.float32)
        return sp.vstack(list(self.batches(texts)), format="csr")

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a text the vocabulary knows, and how many it has."""
        ids, _ = self._ids([text])
        return int((ids >= 0).sum()), len(ids)

    def spans(self, text: str) -> list[Token]:
        """The words of a text with their places in it, title first."""
        if self.tokens == "course":
            return course_spans(text)
        title, abstract = cleaning.split_paper(text)
        start = len(text) - len(abstract)
        return paper_spans(title, True) + paper_spans(abstract, False, start)

    def attribute_to_tokens(
        self, text: str, contributions: np.ndarray
    ) -> list[tuple[Token, float]]:
        """Share each column's contribution among the words of the text that made it.

        contributions: (size,); a column that occurs twice gives each occurrence half, a pair gives
        each of its words half. The shares add up to the sum over the text's columns.
        """
        tokens = self.spans(text)
        ids = np.array([self._index.get(t.word, -1) for t in tokens], np.int64)
        fields = np.array([0 if t.in_title else 1 for t in tokens], np.int64)
        shares = np.zeros(len(tokens))
        for columns, places in self._occurrences(ids, fields):
            times = Counter(columns.tolist())
            for column, place in zip(columns.tolist(), places, strict=True):
                shares[list(place)] += contributions[column] / times[column] / len(place)
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
    """Smoothed inverse document frequency, ln((1 + n) / (1 + df)) + 1, as scikit-learn has it."""
    return (np.log((1 + texts) / (1 + frequency)) + 1).astype(np.float32)


def learn_course(texts: Sequence[str], size: int) -> TfidfVectorizer:
    """The course's vocabulary: the `size` words that occur most often, as `TfidfVectorizer` cuts.

    texts: `core.text.documents.paper_text` of each paper.
    """
    from sklearn.feature_extraction import text

    learner = text.TfidfVectorizer(max_features=size, preprocessor=cleaning.course_from_paper)
    learner.fit(texts)
    words = tuple(learner.get_feature_names_out())
    return TfidfVectorizer(words, learner.idf_.astype(np.float32), tokens="course", sublinear=False)


def learn(
    texts: Sequence[str], min_words: int = 4, min_titles: int = 5, min_pairs: int = 12
) -> TfidfVectorizer:
    """A vocabulary of words, title words and pairs that stand in at least so many texts."""
    frequency: Counter[str] = Counter()
    for text in texts:
        frequency.update(set(paper_tokens(text)))
    # Ties go by the alphabet: a set's own order changes from one process to the next.
    often = sorted((-n, word) for word, n in frequency.items() if n >= min_words)
    words = tuple(word for _, word in often)
    bare = TfidfVectorizer(words, np.ones(len(words), np.float32))
    in_title, pairs, times = _title_and_pair_frequency(bare, texts)
    title_words = np.flatnonzero(in_title >= min_titles).astype(np.int32)
    pairs, times = pairs[times >= min_pairs], times[times >= min_pairs]
    order = np.argsort(-times, kind="stable")
    pairs, times = pairs[order], times[order]
    counts = np.concatenate([np.array([frequency[w] for w in words]), in_title[title_words], times])
    ends = np.column_stack([pairs // len(words), pairs % len(words)]).astype(np.int32)
    return TfidfVectorizer(words, idf(counts, len(texts)), title_words, ends)


def _title_and_pair_frequency(
    bare: TfidfVectorizer, texts: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In how many titles each word stands; the pairs' keys; in how many texts each pair stands."""
    in_title = np.zeros(len(bare.words), np.int64)
    keys, times = np.empty(0, np.int64), np.empty(0, np.int64)
    pending: list[np.ndarray] = []
    for start in range(0, len(texts), BATCH):
        ids, fields = bare._ids(texts[start : start + BATCH])
        title = (ids >= 0) & (fields % 2 == 0)
        once = np.unique(np.column_stack([fields[title], ids[title]]), axis=0)
        in_title += np.bincount(once[:, 1], minlength=len(bare.words))
        left, pair = bare._neighbours(ids, fields)
        where = fields[left] // 2
        order = np.lexsort((pair, where))
        where, pair = where[order], pair[order]
        first = np.ones(len(pair), bool)
        first[1:] = (where[1:] != where[:-1]) | (pair[1:] != pair[:-1])
        pending.append(pair[first])
        if len(pending) == 25 or start + BATCH >= len(texts):
            keys, times = _merge(keys, times, np.concatenate(pending))
            pending = []
    return in_title, keys, times


def _merge(keys: np.ndarray, times: np.ndarray, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add one to the count of each key in `more`, where a key may stand several times."""
    unique, counts = np.unique(more, return_counts=True)
    both, place = np.unique(np.concatenate([keys, unique]), return_inverse=True)
    return both, np.bincount(place, np.concatenate([times, counts])).astype(np.int64)
