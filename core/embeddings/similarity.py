"""Similarity, neighbours, analogies and the odd one out of terms; parsing of terms."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.embeddings.vectors import TermError, WordVectors, unit_rows
from core.messages import N_
from core.text import documents as cleaning

MAX_TERMS = 200
MAX_TERM_LENGTH = 200
"""The maximum number of terms in a pasted text, and of characters in each."""

MIN_TERMS_FOR_ODD_ONE = 3

MEASURES = ("inner", "cosine")

# Including Chinese commas and the enumeration comma (、), which no term of this literature has.
_SEPARATOR = re.compile("[\n\t,;，；、\u2028\u2029]")
# Invisible characters that `text.documents.visible` leaves: soft hyphen, zero-width space,
# direction and byte order marks. Joiners stay, since they change how characters look.
_INVISIBLE = re.compile("[\xad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufeff]")
_JOINERS = "\u200c\u200d"
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“”", "‘": "’", "‚": "‘’", "«": "»"}


def similarity(vectors: np.ndarray, measure: str) -> np.ndarray:
    """The similarities of all pairs of terms; (n, d) to (n, n), in the precision of the vectors.

    "inner" is the correlation of the CORD-19 notebook, the inner products divided by the largest
    of them: only the longest vector has 1 with itself. "cosine" is 1 on the diagonal; a zero vector
    has 0 with every term. If all vectors are zero, both are 0.

    Raises ValueError for any other measure.
    """
    if measure not in MEASURES:
        raise ValueError(f"no measure is called {measure!r}")
    if measure == "inner":
        products = np.inner(vectors, vectors)
        largest = products.max(initial=0)
        return products / largest if largest > 0 else np.zeros_like(products)
    unit = unit_rows(vectors)
    cosines = np.clip(np.inner(unit, unit), -1, 1)
    np.fill_diagonal(cosines, unit.any(axis=1))
    return cosines


@dataclass(frozen=True)
class Neighbour:
    """A word near a term: its cosine and its rank among the other words, 1 the nearest."""

    word: str
    similarity: float
    rank: int


def neighbours(
    table: WordVectors, term: str, top: int = 10, merged: bool = False
) -> tuple[Neighbour, ...]:
    """The `top` words nearest to a term by cosine, nearest first, without the words of the term.

    merged: whether of words that differ only in case the nearest stands for all.
    Ties are broken by frequency. Raises TermError where no word of the term is known or its vector
    is zero.
    """
    return _nearest(table, _direction(table, term), table.rows(term), top, merged)


def analogy(
    table: WordVectors, a: str, b: str, c: str, top: int = 10, merged: bool = False
) -> tuple[Neighbour, ...]:
    """The words that are to c as b is to a, best first, without the words of a, b and c.

    They are nearest by cosine to b - a + c of unit vectors (3CosAdd; Mikolov, Yih and Zweig 2013).
    merged: as in `neighbours`. Raises TermError where one of the three has no known word, or where
    they cancel out.
    """
    start, end, other = (_direction(table, term) for term in (a, b, c))
    target = end - start + other
    length = np.linalg.norm(target)
    # Far above the rounding errors of float32, far below any other length.
    if length < 1e-6:
        raise TermError(
            "{b} - {a} + {c} cancel out, so nothing is near.",
            a=shortened(a),
            b=shortened(b),
            c=shortened(c),
        )
    given = [row for term in (a, b, c) for row in table.rows(term)]
    return _nearest(table, target / length, given, top, merged)


def shortened(term: str) -> str:
    """A term in quotes, cut after sixty characters."""
    return repr(term if len(term) <= 60 else term[:59] + "…")


def _direction(table: WordVectors, term: str) -> np.ndarray:
    """The unit vector of a term; float64 (d,)."""
    if not table.rows(term):
        raise TermError("No word of {term} has a vector.", term=shortened(term))
    vector = unit_rows(table.embed([term]).astype(np.float64))[0]
    if not vector.any():
        raise TermError(
            "The vector of {term} is zero, so nothing is near to it.", term=shortened(term)
        )
    return vector


def _nearest(
    table: WordVectors, target: np.ndarray, excluded: Iterable[int], top: int, merged: bool
) -> tuple[Neighbour, ...]:
    """The `top` words nearest to a unit vector (d,), without the excluded rows."""
    cosines = table.unit @ target.astype(np.float32)
    excluded = list(set(excluded))
    if merged:
        spellings = table.spelling_rows
        excluded = np.flatnonzero(np.isin(spellings, spellings[excluded]))
    cosines[excluded] = -np.inf
    top = min(top, len(cosines) - len(excluded))
    if top < 1:
        return ()
    if merged:
        rows = np.argsort(-cosines, kind="stable")[: len(cosines) - len(excluded)]
        _, firsts = np.unique(spellings[rows], return_index=True)
        rows = rows[np.sort(firsts)[:top]]
    else:
        # All ties with the last one are included before sorting, to break them by frequency.
        threshold = np.partition(cosines, -top)[-top]
        rows = np.flatnonzero(cosines >= threshold)
        rows = rows[np.argsort(-cosines[rows], kind="stable")][:top]
    return tuple(
        Neighbour(table.tokens[row], float(np.clip(cosines[row], -1, 1)), rank)
        for rank, row in enumerate(rows, 1)
    )


def odd_one_out(vectors: np.ndarray) -> np.ndarray:
    """The mean cosine of each term to the others; (n, d) to (n,).

    The odd one out has the minimum (`np.nanargmin`). Unknown terms, which have zero vectors, get
    NaN and are left out of the other means.

    Raises TermError with fewer than three known terms.
    """
    known = np.flatnonzero(vectors.any(axis=1))
    if len(known) < MIN_TERMS_FOR_ODD_ONE:
        template = (
            N_("The odd one out takes at least {least} known terms; there is {n}.")
            if len(known) == 1
            else N_("The odd one out takes at least {least} known terms; there are {n}.")
        )
        raise TermError(template, least=MIN_TERMS_FOR_ODD_ONE, n=len(known))
    cosines = similarity(vectors[known].astype(np.float64), "cosine")
    means = np.full(len(vectors), np.nan)
    means[known] = (cosines.sum(axis=1) - 1) / (len(known) - 1)
    return means


def ranks(similarities: np.ndarray) -> np.ndarray:
    """For each term (row) the ranks of the others by similarity, 1 the nearest; int (n, n).

    The diagonal is 0; ties are broken by position.
    """
    from scipy.stats import rankdata

    distances = -similarities.astype(np.float64)
    # The term itself comes first, so that it has rank 0.
    np.fill_diagonal(distances, -np.inf)
    return rankdata(distances, "ordinal", axis=1).astype(np.int64) - 1


@dataclass(frozen=True)
class ParsedTerms:
    """Terms parsed from a pasted text.

    terms: distinct, in order; duplicates: those that occurred more than once; dropped: the number
    of distinct terms beyond the limit.
    """

    terms: tuple[str, ...]
    duplicates: tuple[str, ...]
    dropped: int


def parse_terms(text: str, limit: int = MAX_TERMS) -> ParsedTerms:
    """Split a pasted text at line ends, commas, semicolons and tabs into at most `limit` terms.

    Commas and semicolons may be Chinese. White space and quotes around a term are removed, white
    space within it becomes one blank, and invisible characters are removed; terms are cut to 200
    characters. Case is significant.
    """
    # First, since an invisible character may be between a letter and its accent.
    text = cleaning.visible(_INVISIBLE.sub("", text))
    counts: dict[str, int] = {}
    for piece in _SEPARATOR.split(text):
        # Again after the cut, which may leave a blank or a quote at the end.
        term = _bare(_bare(piece)[:MAX_TERM_LENGTH])
        if term:
            counts[term] = counts.get(term, 0) + 1
    terms = tuple(counts)
    limit = max(limit, 0)
    return ParsedTerms(
        terms=terms[:limit],
        duplicates=tuple(term for term, n in counts.items() if n > 1),
        dropped=len(terms[limit:]),
    )


def _bare(term: str) -> str:
    """A term without surrounding white space and quotes, with single blanks inside."""
    while True:
        term = " ".join(term.split())
        inner = term.strip(_JOINERS)
        if len(inner) > 1 and inner[-1] in _QUOTES.get(inner[0], ""):
            inner = inner[1:-1]
        if inner == term:
            return term
        term = inner
