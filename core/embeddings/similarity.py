"""Terms over a table of word vectors: similarity, neighbours, analogies, clusters and maps.

A term is one or more words. It becomes a vector as in TF-Hub's exporter of text modules, so that
the figures here are those of the module itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.embeddings.vectors import Table, TermError, unit_rows
from core.i18n import phrase
from core.text import documents as cleaning

MOST_TERMS = 200
LONGEST_TERM = 200
"""Terms taken from one pasted text, and characters kept of each."""

FEWEST_FOR_ODD_ONE = 3

MEASURES = ("inner", "cosine")


# Chinese commas too, the enumerating one (、) among them: no term of this literature holds any.
_SEPARATOR = re.compile("[\n\t,;，；、\u2028\u2029]")
# What no reader sees and `text.documents.visible` leaves: soft hyphen, zero-width space, direction
# and byte order marks and the like. Joiners stay, for they change the look of what they join.
_UNSEEN = re.compile("[\xad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufeff]")
_JOINERS = "\u200c\u200d"
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“”", "‘": "’", "‚": "‘’", "«": "»"}


def similarity(vectors: np.ndarray, measure: str) -> np.ndarray:
    """The similarity of each term to each; (n, d) to (n, n), in the precision of the vectors.

    "inner" is the correlation of the CORD-19 notebook, the inner products over the greatest of
    them: only the longest vector has 1 with itself. "cosine" is 1 on the diagonal but for zero
    vectors, which have 0 with every term. Without any but zero vectors both are all 0.

    Raises ValueError for any other measure.
    """
    if measure not in MEASURES:
        raise ValueError(f"no measure is called {measure!r}")
    if measure == "inner":
        found = np.inner(vectors, vectors)
        greatest = found.max(initial=0)
        return found / greatest if greatest > 0 else np.zeros_like(found)
    unit = unit_rows(vectors)
    found = np.clip(np.inner(unit, unit), -1, 1)
    np.fill_diagonal(found, unit.any(axis=1))
    return found


@dataclass(frozen=True)
class Neighbour:
    """A word near a term: its cosine and its rank among the other words, 1 the nearest."""

    word: str
    similarity: float
    rank: int


def neighbours(table: Table, term: str, top: int = 10) -> tuple[Neighbour, ...]:
    """The `top` words nearest to a term by cosine, nearest first; not the term's own words.

    Of equally near words the more frequent comes first.

    Raises TermError where no word of the term is known or its vector is zero.
    """
    return _nearest(table, _direction(table, term), table.rows(term), top)


def analogy(table: Table, a: str, b: str, c: str, top: int = 10) -> tuple[Neighbour, ...]:
    """The words that are to c as b is to a, best first; not the words of a, b and c.

    The words nearest by cosine to b - a + c, each of these at length one (3CosAdd; Mikolov, Yih
    and Zweig 2013).

    Raises TermError where one of the three has no known word, or where they cancel out.
    """
    start, end, other = (_direction(table, term) for term in (a, b, c))
    target = end - start + other
    length = np.linalg.norm(target)
    # Far above the rounding of float32, far below the length of any sum that points somewhere.
    if length < 1e-6:
        raise TermError(
            "{b} - {a} + {c} cancel out, so nothing is near.",
            a=shortened(a),
            b=shortened(b),
            c=shortened(c),
        )
    return _nearest(table, target / length, [r for t in (a, b, c) for r in table.rows(t)], top)


def shortened(term: str) -> str:
    """A term in quotes, cut after sixty characters."""
    return repr(term if len(term) <= 60 else term[:59] + "…")


def _direction(table: Table, term: str) -> np.ndarray:
    """The vector of a term at length one; float64 (d,)."""
    if not table.rows(term):
        raise TermError("No word of {term} has a vector.", term=shortened(term))
    vector = unit_rows(table.embed([term]).astype(np.float64))[0]
    if not vector.any():
        raise TermError(
            "The vector of {term} is zero, so nothing is near to it.", term=shortened(term)
        )
    return vector


def _nearest(
    table: Table, target: np.ndarray, own: Iterable[int], top: int
) -> tuple[Neighbour, ...]:
    """The `top` words nearest to a target (d,) of length one, without the rows `own`."""
    cosines = table.unit @ target.astype(np.float32)
    own = list(set(own))
    cosines[own] = -np.inf
    top = min(top, len(cosines) - len(own))
    if top < 1:
        return ()
    # All that tie with the last are sorted too, so that ties fall by frequency and not by chance.
    least = np.partition(cosines, -top)[-top]
    rows = np.flatnonzero(cosines >= least)
    rows = rows[np.argsort(-cosines[rows], kind="stable")][:top]
    found = np.clip(cosines[rows], -1, 1).tolist()
    return tuple(
        Neighbour(table.tokens[row], cosine, rank)
        for rank, (row, cosine) in enumerate(zip(rows, found, strict=True), 1)
    )


def odd_one_out(vectors: np.ndarray) -> np.ndarray:
    """The mean cosine of each term to the others; (n, d) to (n,).

    The odd one out has the least (`np.nanargmin`). Terms with zero vectors, the unknown ones, get
    NaN and count for no other: what has no vector is not the odd one.

    Raises TermError with fewer than three known terms.
    """
    known = np.flatnonzero(vectors.any(axis=1))
    if len(known) < FEWEST_FOR_ODD_ONE:
        few = (
            phrase("The odd one out takes at least {least} known terms; there is {n}.")
            if len(known) == 1
            else phrase("The odd one out takes at least {least} known terms; there are {n}.")
        )
        raise TermError(few, least=FEWEST_FOR_ODD_ONE, n=len(known))
    cosines = similarity(vectors[known].astype(np.float64), "cosine")
    means = np.full(len(vectors), np.nan)
    means[known] = (cosines.sum(axis=1) - 1) / (len(known) - 1)
    return means


def ranks(similarities: np.ndarray) -> np.ndarray:
    """For each term (row) the rank of each other by similarity, 1 the nearest; int (n, n).

    The diagonal is 0; of equally similar terms the first has the lower rank.
    """
    distances = -similarities.astype(np.float64)
    # Before all others, so that it takes rank 0.
    np.fill_diagonal(distances, -np.inf)
    order = np.argsort(distances, axis=1, kind="stable")
    found = np.empty(order.shape, np.int64)
    np.put_along_axis(found, order, np.arange(len(order))[None, :], axis=1)
    return found


@dataclass(frozen=True)
class ParsedTerms:
    """Terms out of a pasted text.

    terms: distinct, in order. duplicates: those that stood there more than once. dropped: how
    many distinct terms were too many.
    """

    terms: tuple[str, ...]
    duplicates: tuple[str, ...]
    dropped: int


def parse_terms(text: str, limit: int = MOST_TERMS) -> ParsedTerms:
    """Split a pasted text at line ends, commas, semicolons and tabs into at most `limit` terms.

    Commas and semicolons may be Chinese.

    White space and quotes around a term go, white space within it becomes one blank, and what no
    reader sees is taken out; terms are cut to 200 characters. Case counts.
    """
    # First, lest an unseen character keep a letter and its accent apart.
    text = cleaning.visible(_UNSEEN.sub("", text))
    seen: dict[str, int] = {}
    for piece in _SEPARATOR.split(text):
        # Once more after the cut, which may bare a blank or a quote.
        term = _bare(_bare(piece)[:LONGEST_TERM])
        if term:
            seen[term] = seen.get(term, 0) + 1
    terms = tuple(seen)
    kept = max(limit, 0)
    return ParsedTerms(
        terms=terms[:kept],
        duplicates=tuple(term for term, times in seen.items() if times > 1),
        dropped=len(terms[kept:]),
    )


def _bare(term: str) -> str:
    """A term without the white space and the pairs of quotes around it, single blanks within."""
    while True:
        term = " ".join(term.split())
        inner = term.strip(_JOINERS)
        if len(inner) > 1 and inner[-1] in _QUOTES.get(inner[0], ""):
            inner = inner[1:-1]
        if inner == term:
            return term
        term = inner
