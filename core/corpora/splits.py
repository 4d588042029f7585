"""Splits papers by a hash of the abstract, so that copies of a paper are in the same part."""

import hashlib
import re
from collections.abc import Iterable

import numpy as np

VALIDATION = 0.05
TEST = 0.05
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def position(abstract: str) -> float:
    """A number from 0 to 1 for an abstract, by the hash of its letters and digits."""
    letters = _NOT_LETTERS.sub("", abstract.lower()).encode()
    digest = hashlib.blake2b(letters, digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def parts(abstracts: Iterable[str]) -> np.ndarray:
    """The part of each abstract, "validation", "test" or "train"; an array of str."""
    positions = np.array([position(abstract) for abstract in abstracts])
    return np.where(
        positions < VALIDATION,
        "validation",
        np.where(positions < VALIDATION + TEST, "test", "train"),
    )
