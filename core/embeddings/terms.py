"""Terms over a table of word vectors: similarity, neighbours, analogies, clusters and maps.

A term is one or more words. It becomes a vector as in TF-Hub's exporter of text modules, so that
the figures here are those of the module itself.
"""

import math
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core import text as cleaning
from core.language import phrase, say

MOST_TERMS = 200
LONGEST_TERM = 200
"""Terms taken from one pasted text, and characters kept of each."""

FEWEST_FOR_TSNE = 4
FEWEST_FOR_ODD_ONE = 3
FEWEST_PAIRS = 3

MEASURES = ("inner", "cosine")
MAPS = ("PCA", "t-SNE")

SEED = 20_200_403

# Planes 0 and 1 hold all of Unicode's punctuation (a test holds that so); looking at all of its
# seventeen planes would cost a tenth of a second at the start.
PUNCTUATION: dict[int, None] = dict.fromkeys(
    i for i in range(min(0x20000, sys.maxunicode + 1)) if unicodedata.category(chr(i))[0] == "P"
)
"""Deletes every punctuation character (general category P) by `str.translate`."""

# Chinese commas too, the enumerating one (、) among them: no term of this literature holds any.
_SEPARATOR = re.compile("[\n\t,;，；、\u2028\u2029]")
# What no reader sees and `core.text.visible` leaves: soft hyphen, zero-width space, direction and
# byte order marks and the like. Joiners stay, for they change the look of what they join.
_UNSEEN = re.compile("[\xad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufeff]")
_JOINERS = "\u200c\u200d"
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“”", "‘": "’", "‚": "‘’", "«": "»"}


class TermError(ValueError):
    """Terms or a word-similarity set cannot be used; the message says why, in one sentence."""


def tokenise(text: str) -> list[str]:
    """The words of a term: punctuation deleted anywhere, split at every single blank.

    Tabs and line ends do not split; doubled blanks and an empty text give empty words.
    """
    return text.translate(PUNCTUATION).split(" ")


# Arrays have no one truth value, so a table equals itself alone.
@dataclass(frozen=True, eq=False)
class Table:
    """Words and their vectors.

    tokens: the distinct words, most frequent first; length v.
    vectors: one row a word; float32 (v, d).

    Raises ValueError where the two do not fit together.
    """

    tokens: tuple[str, ...]
    vectors: np.ndarray

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.tokens) != len(self.vectors):
            raise ValueError(f"{len(self.tokens)} tokens, but vectors {self.vectors.shape}")

    @property
    def dimension(self) -> int:
        """The length d of a vector."""
        return self.vectors.shape[1]

    @cached_property
    def _row(self) -> dict[str, int]:
        # Doubled blanks make empty words, which never have a vector.
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
        """The vectors at length one, zero vectors as they are; float32 (v, d)."""
        return _normed(self.vectors).astype(np.float32, copy=False)

    def knows(self, word: str) -> bool:
        """Whether a word, exactly as written, has a vector."""
        return word in self._row

    def rows(self, term: str) -> list[int]:
        """The rows of the words of a term that have a vector, in order, repeated words too."""
        return [self._row[word] for word in tokenise(term) if word in self._row]

    def embed(self, terms: Sequence[str]) -> np.ndarray:
        """The vectors of terms; float32 (n, d).

        The sum of the word vectors over the square root of the number of words (the combiner
        sqrtn), where unknown and empty words count as zero vectors.
        """
        import scipy.sparse as sp

        words = [tokenise(term) for term in terms]
        lengths = np.array([len(own) for own in words], np.int64)
        rows = np.fromiter(
            (self._row.get(word, -1) for own in words for word in own), np.int64, lengths.sum()
        )
        known = rows >= 0
        places = np.repeat(np.arange(len(words)), lengths)[known]
        used, columns = np.unique(rows[known], return_inverse=True)
        counts = sp.csr_array(
            (np.ones(len(columns)), (places, columns)), shape=(len(words), len(used))
        )
        # Summed in double precision: a term may have ten thousand words.
        sums = counts @ self.vectors[used].astype(np.float64)
        return (sums / np.sqrt(lengths)[:, None]).astype(np.float32)

    def unknown_words(self, term: str) -> tuple[str, ...]:
        """The distinct words of a term that have no vector, without punctuation, in order."""
        words = (word for word in tokenise(term) if word and word not in self._row)
        return tuple(dict.fromkeys(words))

    def spelling(self, word: str) -> str | None:
        """The most frequent known token that an unknown word differs from in case alone.

        None where there is no such token, and for a known word. Punctuation does not count.
        """
        word = word.translate(PUNCTUATION)
        row = None if self.knows(word) else self._row_in_any_case.get(word.casefold())
        return None if row is None else self.tokens[row]


def _normed(vectors: np.ndarray) -> np.ndarray:
    """Rows (n, d) over their lengths; zero rows stay zero. float32 stays float32."""
    # Squares of small float32 numbers would vanish in their own precision.
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, None]
    out = np.zeros(vectors.shape, np.result_type(vectors, np.float32))
    return np.divide(vectors, lengths, out=out, where=lengths > 0, casting="same_kind")


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
    unit = _normed(vectors)
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
            say(
                "{b} - {a} + {c} cancel out, so nothing is near.",
                a=_short(a),
                b=_short(b),
                c=_short(c),
            )
        )
    return _nearest(table, target / length, [r for t in (a, b, c) for r in table.rows(t)], top)


def _short(term: str) -> str:
    return repr(term if len(term) <= 60 else term[:59] + "…")


def _direction(table: Table, term: str) -> np.ndarray:
    """The vector of a term at length one; float64 (d,)."""
    if not table.rows(term):
        raise TermError(say("No word of {term} has a vector.", term=_short(term)))
    vector = _normed(table.embed([term]).astype(np.float64))[0]
    if not vector.any():
        raise TermError(
            say("The vector of {term} is zero, so nothing is near to it.", term=_short(term))
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
        raise TermError(say(few, least=FEWEST_FOR_ODD_ONE, n=len(known)))
    cosines = similarity(vectors[known].astype(np.float64), "cosine")
    means = np.full(len(vectors), np.nan)
    means[known] = (cosines.sum(axis=1) - 1) / (len(known) - 1)
    return means


@dataclass(frozen=True, eq=False)
class Leaves:
    """A tree over terms: the order of its leaves, int (n,), and SciPy's linkage, (n - 1, 4)."""

    order: np.ndarray
    linkage: np.ndarray


def cluster(similarities: np.ndarray) -> Leaves:
    """Group terms by their similarities (n, n), so that near ones come to stand side by side.

    Average linkage on the distance 1 - s, taken as 0 where s is above 1; of the orders that the
    tree allows the one of least distance between neighbours (Bar-Joseph, Gifford and Jaakkola
    2001). Without two terms the linkage is (0, 4).

    Raises ValueError where a similarity is NaN or minus infinity.
    """
    from scipy.cluster.hierarchy import linkage

    count = len(similarities)
    if count < 2:
        return Leaves(np.arange(count), np.empty((0, 4)))
    both = (similarities.astype(np.float64) + similarities.T) / 2
    distances = np.clip(1 - both, 0, None)
    return _ordered(linkage(distances[np.triu_indices(count, 1)], "average"), distances)


# SciPy's optimal_leaf_ordering finds the length of the best order but often returns another
# (scipy/scipy#11227), on cosine distances up to a fifth longer.
def _ordered(tree: np.ndarray, distances: np.ndarray) -> Leaves:
    """Turn the branches of a tree (n - 1, 4) so that neighbours are nearest; distances (n, n).

    From the leaves up, for every two leaves that may be a branch's first and last, the least
    length of an order between them; back down, the order of the least of all.
    """
    count = len(distances)
    leaves = [np.array([i]) for i in range(count)]
    lengths = [np.zeros((1, 1))] * count
    # For a first and a last leaf the two that meet where the branch's halves do.
    meeting = np.zeros((count, count, 2), np.int64)
    for a, b in tree[:, :2].astype(int):
        left, right = leaves[a], leaves[b]
        reach, of_left = _least_sums(lengths[a], distances[np.ix_(left, right)])
        least, of_right = _least_sums(reach, lengths[b])
        meet = np.stack([left[np.take_along_axis(of_left, of_right, 1)], right[of_right]], axis=2)
        meeting[np.ix_(left, right)] = meet
        meeting[np.ix_(right, left)] = meet.transpose(1, 0, 2)[:, :, ::-1]
        # Two leaves of one half cannot both be ends.
        whole = np.full((len(left) + len(right),) * 2, np.inf)
        whole[: len(left), len(left) :] = least
        whole[len(left) :, : len(left)] = least.T
        leaves.append(np.concatenate([left, right]))
        lengths.append(whole)
    first, last = np.unravel_index(lengths[-1].argmin(), lengths[-1].shape)
    tree, order = tree.copy(), []
    # A stack and no recursion: a tree may be as deep as it has leaves.
    ahead = [(2 * count - 2, leaves[-1][first], leaves[-1][last])]
    while ahead:
        node, first, last = ahead.pop()
        if node < count:
            order.append(node)
            continue
        branch = tree[node - count]
        if first not in leaves[int(branch[0])]:
            branch[:2] = branch[1::-1].copy()
        end, start = meeting[first, last]
        ahead += [(int(branch[1]), start, last), (int(branch[0]), first, end)]
    return Leaves(np.array(order), tree)


def _least_sums(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least a[i, j] + b[j, k] over j, and that j; (p, q) and (q, r) to two of (p, r)."""
    least = np.empty((len(a), b.shape[1]))
    places = np.empty(least.shape, np.int64)
    # So many rows at a time as keep the sums within a few megabytes.
    step = max(1, 2**18 // b.size)
    for i in range(0, len(a), step):
        sums = a[i : i + step, :, None] + b
        places[i : i + step] = sums.argmin(axis=1)
        least[i : i + step] = sums.min(axis=1)
    return least, places


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


def project(
    vectors: np.ndarray, method: str, dimensions: int = 2
) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """A map of terms, (n, d) to (n, dimensions), and with PCA the variance share of each axis.

    Both look at directions alone: PCA takes the vectors at length one, t-SNE (van der Maaten and
    Hinton 2008) their cosine distances. The same vectors give the same map. With PCA, axes along
    which nothing varies, or that so few terms do not have, are zero.

    Raises ValueError for another method or number of dimensions, and TermError where t-SNE has
    fewer than four terms.
    """
    if method not in MAPS:
        raise ValueError(f"no map is called {method!r}")
    if dimensions not in (2, 3):
        raise ValueError(f"a map has 2 or 3 dimensions, not {dimensions}")
    vectors = vectors.astype(np.float64)
    if method == "PCA":
        return _pca(vectors, dimensions)
    return _tsne(vectors, dimensions), None


def _pca(vectors: np.ndarray, dimensions: int) -> tuple[np.ndarray, tuple[float, ...]]:
    points = np.zeros((len(vectors), dimensions))
    shares = np.zeros(dimensions)
    if len(vectors):
        unit = _normed(vectors)
        left, spread, axes = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
        # What is left of equal terms is rounding, and rounding has no shares.
        spread[spread < 1e-6] = 0
        # An axis may point either way; its greatest part shall be positive.
        largest = np.abs(axes).argmax(axis=1)
        signs = np.where(axes[np.arange(len(axes)), largest] < 0, -1, 1)
        kept = min(dimensions, len(spread))
        points[:, :kept] = (left * spread * signs)[:, :kept]
        shares[:kept] = (spread**2)[:kept] / max((spread**2).sum(), 1e-12)
    return points, tuple(shares.tolist())


def _tsne(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    count = len(vectors)
    if count < FEWEST_FOR_TSNE:
        raise TermError(
            say(
                "A t-SNE map takes at least {least} terms; there are {n}.",
                least=FEWEST_FOR_TSNE,
                n=count,
            )
        )
    from sklearn.manifold import TSNE

    start, _ = _pca(vectors, dimensions)
    spread = start[:, 0].std()
    # From PCA as scikit-learn scales it, but with signs that do not hang on its solver.
    init = (start / spread * 1e-4).astype(np.float32) if spread > 0 else "random"
    # The exact method: for a few hundred terms it is the faster one, above all on busy cores, and
    # its sums do not hang on the number of threads.
    model = TSNE(
        dimensions,
        perplexity=min(30, (count - 1) / 3),
        metric="cosine",
        init=init,
        random_state=SEED,
        method="exact",
    )
    return model.fit_transform(vectors).astype(np.float64)


def group_means(similarities: np.ndarray, groups: Sequence[str]) -> tuple[float, float]:
    """The mean similarity of two terms of one group, and of two terms of different groups.

    similarities: (n, n), of which the part above the diagonal counts; groups: one name a term.
    NaN where there are no such two.
    """
    names = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    group = np.array([names[name] for name in groups], np.int64)
    first, second = np.triu_indices(len(group), 1)
    values = similarities[first, second].astype(np.float64)
    same = group[first] == group[second]
    return _mean(values[same]), _mean(values[~same])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


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


@dataclass(frozen=True)
class WordSimilarity:
    """How a table ranks pairs of terms beside people.

    rho: Spearman's, None where it is not defined. pairs: those it covers, out of `total`.
    """

    rho: float | None
    pairs: int
    total: int


def word_similarity(table: Table, pairs: Sequence[tuple[str, str, float]]) -> WordSimilarity:
    """Spearman's rank correlation of cosines and people's scores.

    Over the pairs whose words are all known; not defined below three of them or where either
    side is all the same.
    """
    covered = [pair for pair in pairs if all(_covers(table, term) for term in pair[:2])]
    first, second = (
        _normed(table.embed([pair[side] for pair in covered]).astype(np.float64)) for side in (0, 1)
    )
    # Rounded, lest cosines that are equal fall in an order by chance.
    cosines = np.round((first * second).sum(axis=1), 9)
    scores = np.array([score for _, _, score in covered], np.float64)
    rho = None
    if len(covered) >= FEWEST_PAIRS and np.ptp(cosines) > 0 and np.ptp(scores) > 0:
        from scipy.stats import spearmanr

        rho = float(spearmanr(cosines, scores).statistic)
    return WordSimilarity(rho, len(covered), len(pairs))


def _covers(table: Table, term: str) -> bool:
    return bool(table.rows(term)) and not table.unknown_words(term)


def read_word_pairs(path: str | Path) -> list[tuple[str, str, float]]:
    """The pairs of a word-similarity set: two terms and people's score, one pair a line.

    The three stand between tabs, and then terms may hold blanks, or between blanks. Blank lines
    and lines that begin with "#" do not count, and neither does a first line whose third field
    is no number. Bytes that are not UTF-8 become replacement characters.

    Raises TermError where there is no such file or nothing in it, and for any other line.
    """
    path = Path(path)
    try:
        # "utf-8-sig", for a byte order mark would become part of the first word.
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise TermError(say("There is no file {path}.", path=path)) from None
    except IsADirectoryError:
        raise TermError(say("{path} is a folder, not a file.", path=path)) from None
    except OSError as error:
        raise TermError(
            say("{file} cannot be read: {reason}.", file=path.name, reason=error.strerror)
        ) from None
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if lines and _is_header(_fields(lines[0][1])):
        del lines[0]
    if not lines:
        raise TermError(say("{file} is empty: it holds no pairs of terms.", file=path.name))
    return [
        _pair(line, say("{file}, line {number}", file=path.name, number=number))
        for number, line in lines
    ]


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split("\t")] if "\t" in line else line.split()


def _is_header(fields: Sequence[str]) -> bool:
    return len(fields) >= 3 and _number(fields[2]) is None


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _pair(line: str, place: str) -> tuple[str, str, float]:
    fields = _fields(line)
    if len(fields) != 3 or not all(fields):
        raise TermError(
            say("{place}: a pair is two terms and a score, between tabs or blanks.", place=place)
        )
    score = _number(fields[2])
    if score is None or not math.isfinite(score):
        raise TermError(
            say(
                "{place}: the score {score} is not a number.",
                place=place,
                score=_short(fields[2]),
            )
        )
    return fields[0], fields[1], score
