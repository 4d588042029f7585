"""Tables of tokens and their vectors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.messages import PaperlensError
from core.text.tokens import tokenise


class TermError(PaperlensError, ValueError):
    """Terms or a word-similarity set cannot be used; the message says why."""


# Arrays cannot be compared by ==, so tables compare by identity.
@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors.

    tokens: the distinct words, most frequent first; length v.
    vectors: one row per word; float32 (v, d).
    printed_forms: how texts print words that differ from their tokens (SARSCoV2: SARS-CoV-2).

    Raises ValueError if their lengths differ.
    """

    tokens: tuple[str, ...]
    vectors: np.ndarray
    printed_forms: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.tokens) != len(self.vectors):
            raise ValueError(f"{len(self.tokens)} tokens, but vectors {self.vectors.shape}")

    @property
    def dimension(self) -> int:
        """The length d of a vector."""
        return self.vectors.shape[1]

    @cached_property
    def _row(self) -> dict[str, int]:
        # Doubled blanks make empty words, which have no vector.
        return {token: i for i, token in enumerate(self.tokens) if token}

    @cached_property
    def _row_in_any_case(self) -> dict[str, int]:
        """Case-folded token to the row of its most frequent spelling."""
        rows: dict[str, int] = {}
        for token, row in self._row.items():
            rows.setdefault(token.casefold(), row)
        return rows

    @cached_property
    def unit(self) -> np.ndarray:
        """Unit vectors, zero vectors unchanged; float32 (v, d)."""
        return unit_rows(self.vectors).astype(np.float32, copy=False)

    def knows(self, word: str) -> bool:
        """Whether a word, exactly as written, has a vector."""
        return word in self._row

    def rows(self, term: str) -> list[int]:
        """The rows of a term's known words, in order, including repeated words."""
        return [self._row[word] for word in tokenise(term) if word in self._row]

    def embed(self, terms: Sequence[str]) -> np.ndarray:
        """The vectors of terms; float32 (n, d).

        The sum of the word vectors over the square root of the number of words (the combiner
        sqrtn), where unknown and empty words count as zero vectors.
        """
        import scipy.sparse as sp

        words = [tokenise(term) for term in terms]
        lengths = np.array([len(of_term) for of_term in words], np.int64)
        rows = np.array([self._row.get(word, -1) for of_term in words for word in of_term], int)
        known = rows >= 0
        terms_of_words = np.repeat(np.arange(len(words)), lengths)[known]
        used, columns = np.unique(rows[known], return_inverse=True)
        counts = sp.csr_array(
            (np.ones(len(columns)), (terms_of_words, columns)), shape=(len(words), len(used))
        )
        # Summed in double precision: a term may have ten thousand words.
        sums = counts @ self.vectors[used].astype(np.float64)
        return (sums / np.sqrt(lengths)[:, None]).astype(np.float32)

    def unknown_words(self, term: str) -> tuple[str, ...]:
        """The distinct words of a term that have no vector, without punctuation, in order."""
        words = (word for word in tokenise(term) if word and word not in self._row)
        return tuple(dict.fromkeys(words))

    def unknown_words_of(self, terms: Iterable[str]) -> tuple[str, ...]:
        """The distinct words of several terms that have no vector, in order."""
        return tuple(dict.fromkeys(word for term in terms for word in self.unknown_words(term)))

    @cached_property
    def spelling_rows(self) -> np.ndarray:
        """For each row that of its word's most frequent spelling, whatever the case; int (v,)."""
        rows = self._row_in_any_case
        return np.array([rows.get(token.casefold(), i) for i, token in enumerate(self.tokens)], int)

    def canonical(self, term: str) -> str:
        """A term whose words are in their most frequent spelling, without punctuation.

        Unknown words stay as they are.
        """
        rows = [(word, self._row_in_any_case.get(word.casefold())) for word in tokenise(term)]
        return " ".join(word if row is None else self.tokens[row] for word, row in rows)

    def printed(self, token: str) -> str:
        """A token as texts print it."""
        return self.printed_forms.get(token, token)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows (n, d) divided by their lengths; zero rows stay zero, float32 stays float32."""
    # Squares of small float32 numbers would underflow in float32.
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    out = np.zeros(vectors.shape, np.result_type(vectors, np.float32))
    return np.divide(vectors, lengths, out=out, where=lengths > 0, casting="same_kind")
