"""Files for TensorFlow's Embedding Projector: vectors and metadata as tab-separated values."""

from collections.abc import Sequence

import numpy as np

from core.files.export import escape_formula


def vectors_tsv(vectors: np.ndarray) -> bytes:
    """Vectors (n, d), a line each, without a header."""
    lines = ("\t".join(f"{value:.6g}" for value in row) for row in vectors.tolist())
    return "".join(f"{line}\n" for line in lines).encode()


def metadata_tsv(terms: Sequence[str], groups: Sequence[str]) -> bytes:
    """The terms and their groups in the order of the vectors, under a header.

    Terms and groups hold no tabs or line ends.
    """
    rows = [("term", "group"), *zip(terms, groups, strict=True)]
    return "".join(f"{escape_formula(a)}\t{escape_formula(b)}\n" for a, b in rows).encode()
