"""What a cosine means: how often two random words of a vocabulary have as high a one."""

from dataclasses import dataclass

import numpy as np

from core.embeddings.vectors import WordVectors

PAIRS = 200_000
CHUNK = 20_000
SEED = 0


@dataclass(frozen=True, eq=False)
class Chance:
    """Cosines of random pairs of different words, ascending; float32 (n,)."""

    cosines: np.ndarray

    def share_above(self, values: np.ndarray) -> np.ndarray:
        """The shares of random pairs with at least such cosines, in the shape of the values."""
        below = np.searchsorted(self.cosines, values, side="left")
        return 1 - below / max(1, len(self.cosines))

    def cosine_of(self, share: float) -> float:
        """The cosine that this share of the random pairs reach."""
        return float(np.quantile(self.cosines, 1 - share))


def random_pairs(table: WordVectors, pairs: int = PAIRS) -> Chance | None:
    """The cosines of random pairs; the same at each call.

    Words with a zero vector are left out. None where there are not two others.
    """
    rows = np.flatnonzero(table.unit.any(axis=1))
    if len(rows) < 2:
        return None
    rng = np.random.default_rng(SEED)
    first = rng.integers(0, len(rows), pairs)
    # Another word than the first: the shift is never a whole round.
    second = (first + rng.integers(1, len(rows), pairs)) % len(rows)
    cosines = [
        np.einsum("ij,ij->i", table.unit[rows[a]], table.unit[rows[b]])
        for a, b in zip(
            *(np.array_split(side, -(-pairs // CHUNK)) for side in (first, second)), strict=True
        )
    ]
    return Chance(np.sort(np.concatenate(cosines).clip(-1, 1)))
