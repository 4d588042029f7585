"""How often words, and pairs of them near each other, occur in the text of an embedding."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.embeddings.module_table import ModuleError

if TYPE_CHECKING:
    import scipy.sparse as sp

PAIRS = "assets/pairs.npz"
"""Optional in a module's folder: the counts of its words, by row of its tokens."""

LEAST = 10
"""Pairs that occur less often are left out of the file."""


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Counts of the v words of a vocabulary, and of pairs of different ones.

    window: how many words apart two may stand; least: the least count that is held; pairs: of any
    two words of the text in one window; frequencies: int32 (v,); counted: bool (v,), false for
    words whose pairs are not, such as “the”; starts, others, times: for each word its partners in
    later rows, ascending, and how often they meet, as in a CSR matrix; int32 (v + 1,), (n,), (n,).
    """

    window: int
    least: int
    pairs: int
    frequencies: np.ndarray
    counted: np.ndarray
    starts: np.ndarray
    others: np.ndarray
    times: np.ndarray

    def meetings(self, a: int, b: int) -> int:
        """How often the words of two rows stand near each other; 0 for less than the least."""
        low, high = sorted((a, b))
        start, end = self.starts[low : low + 2]
        place = start + np.searchsorted(self.others[start:end], high)
        return int(self.times[place]) if place < end and self.others[place] == high else 0

    def by_chance(self, a: int, b: int) -> float:
        """How often two different words would, if all words stood in random places."""
        shares = self.frequencies[[a, b]] / self.frequencies.sum(dtype=np.int64)
        return float(2 * self.pairs * shares[0] * shares[1])


def of_cells(
    cells: "sp.csr_matrix",
    frequencies: np.ndarray,
    counted: np.ndarray,
    pairs: int,
    window: int,
    least: int = LEAST,
) -> PairCounts:
    """The counts of a matrix of pairs (v, v), of which the upper triangle is read."""
    import scipy.sparse as sp

    upper = sp.triu(cells, 1).tocsr()
    upper.data[upper.data < least] = 0
    upper.eliminate_zeros()
    upper.sort_indices()
    arrays = (frequencies, upper.indptr, upper.indices, upper.data)
    held, starts, others, times = (array.astype(np.int32) for array in arrays)
    return PairCounts(window, least, pairs, held, counted, starts, others, times)


def write_pairs(counts: PairCounts, folder: Path) -> None:
    """Write the counts into a module's folder."""
    np.savez_compressed(
        folder / PAIRS,
        numbers=np.array([counts.window, counts.least, counts.pairs], np.int64),
        frequencies=_planes(counts.frequencies),
        counted=np.packbits(counts.counted),
        sizes=_planes(np.diff(counts.starts)),
        # Mostly small numbers, and so a small file.
        gaps=_planes(np.diff(counts.others, prepend=0)),
        times=_planes(counts.times - counts.least),
    )


def read_pairs(folder: Path, tokens: int) -> PairCounts | None:
    """What `write_pairs` wrote; None without it. tokens: how many the module has.

    Raises ModuleError for a file that is damaged or of another vocabulary.
    """
    path = folder / PAIRS
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            window, least, pairs = map(int, stored["numbers"])
            names = ("frequencies", "sizes", "gaps", "times")
            frequencies, sizes, gaps, times = (_joined(stored[name]) for name in names)
            counted = np.unpackbits(stored["counted"], count=tokens).astype(bool)
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int32)])
        if len(frequencies) != tokens or len(sizes) != tokens or starts[-1] != len(times):
            raise ValueError("it is of another vocabulary")
        others = np.cumsum(gaps, dtype=np.int32)
    except Exception as error:  # a damaged file raises many kinds of errors
        raise ModuleError(
            "The file {path} cannot be read: {error}.", path=path, error=error
        ) from None
    return PairCounts(window, least, pairs, frequencies, counted, starts, others, times + least)


def _planes(numbers: np.ndarray) -> np.ndarray:
    """The bytes of numbers, the lowest of all first, which compress better; uint8 (4, n)."""
    return np.ascontiguousarray(numbers.astype("<i4").view(np.uint8).reshape(-1, 4).T)


def _joined(planes: np.ndarray) -> np.ndarray:
    """The numbers of `_planes`, int32 (n,)."""
    return np.ascontiguousarray(planes.T).view("<i4").ravel().astype(np.int32, copy=False)
