"""Multi-label encoding: blank-separated categories to a row of zeros and ones."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.taxonomy import SUBJECTS, archives_of, split_categories

MIN_PAPERS = 50
"""Papers a subject needs to become a label."""


def encode_archives(
    categories: Sequence[str], classes: Sequence[str] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Mark the archives each paper is in: uint8 (n, k), and the k archives.

    classes: the archives and their order, others being ignored; all that occur, sorted, if None.
    """
    return _encode([archives_of(paper) for paper in categories], classes)


def encode_subjects(
    categories: Sequence[str],
    classes: Sequence[str] | None = None,
    min_papers: int = MIN_PAPERS,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Mark the full categories each paper is in: uint8 (n, k), and the k categories.

    classes: the categories and their order, others being ignored. If None: the categories that can
    be submitted to today (`math.AT`, `hep-th`, not the bare `astro-ph` of old papers) of at least
    `min_papers` papers, sorted.
    """
    papers = [split_categories(paper) for paper in categories]
    if classes is None:
        times = Counter(code for paper in papers for code in set(paper))
        classes = sorted(code for code, n in times.items() if n >= min_papers and code in SUBJECTS)
    return _encode(papers, classes)


def truth(categories: Sequence[str], task: str, classes: Sequence[str]) -> np.ndarray:
    """Which of a model's labels each paper truly has: bool (n, k). Other labels are left out."""
    encode = encode_archives if task == "archive" else encode_subjects
    return encode(categories, classes)[0].astype(bool)


def _encode(
    papers: list[tuple[str, ...]], classes: Sequence[str] | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    from sklearn.preprocessing import MultiLabelBinarizer

    if classes is not None:
        # MultiLabelBinarizer warns of labels that are not among the classes.
        known = frozenset(classes)
        papers = [tuple(code for code in paper if code in known) for paper in papers]
    # Sparse on the way: dense, it would be eight bytes a cell.
    binarizer = MultiLabelBinarizer(classes=classes, sparse_output=True)
    encoded = binarizer.fit_transform(papers)
    return encoded.astype(np.uint8).toarray(), tuple(map(str, binarizer.classes_))
