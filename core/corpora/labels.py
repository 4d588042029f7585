"""Multi-label encoding of blank-separated categories."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.taxonomy import SUBJECTS, archives_of, primary_of, split_categories

MIN_PAPERS = 50
"""The minimum number of papers for a subject to become a label."""


def encode_archives(
    categories: Sequence[str], classes: Sequence[str] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The archives of each paper: uint8 (n, k), and the k archives.

    classes: the archives in order, others are ignored; None for all that occur, sorted.
    """
    return _encode([archives_of(paper) for paper in categories], classes)


def encode_subjects(
    categories: Sequence[str],
    classes: Sequence[str] | None = None,
    min_papers: int = MIN_PAPERS,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The full categories of each paper: uint8 (n, k), and the k categories.

    classes: the categories in order, others are ignored; None for the categories open to
    submissions today (`math.AT`, `hep-th`, not the bare `astro-ph` of old papers) with at least
    `min_papers` papers, sorted.
    """
    papers = [split_categories(paper) for paper in categories]
    if classes is None:
        counts = Counter(code for paper in papers for code in set(paper))
        classes = sorted(code for code, n in counts.items() if n >= min_papers and code in SUBJECTS)
    return _encode(papers, classes)


def encode_primary(categories: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """The index of each paper's primary category; int (n,), -1 where it is not in `classes`."""
    index = {code: i for i, code in enumerate(classes)}
    return np.array([index.get(primary_of(paper), -1) for paper in categories], int)


def truth(categories: Sequence[str], task: str, classes: Sequence[str]) -> np.ndarray:
    """The true labels of each paper: bool (n, k), for the task `primary` their indices, int (n,).

    Labels that are not in `classes` are ignored; a primary one that is not has the index -1.
    """
    if task == "primary":
        return encode_primary(categories, classes)
    encode = encode_archives if task == "archive" else encode_subjects
    return encode(categories, classes)[0].astype(bool)


def knows(categories: str, task: str, classes: frozenset[str]) -> bool:
    """Whether any true label of a paper is among a task's classes, of `primary` the first."""
    if task == "primary":
        return primary_of(categories) in classes
    codes = archives_of(categories) if task == "archive" else split_categories(categories)
    return not classes.isdisjoint(codes)


def _encode(
    papers: list[tuple[str, ...]], classes: Sequence[str] | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    from sklearn.preprocessing import MultiLabelBinarizer

    if classes is not None:
        # MultiLabelBinarizer warns of labels that are not among the classes.
        known = frozenset(classes)
        papers = [tuple(code for code in paper if code in known) for paper in papers]
    # Sparse in between: dense, it would take eight bytes per cell.
    binarizer = MultiLabelBinarizer(classes=classes, sparse_output=True)
    encoded = binarizer.fit_transform(papers)
    return encoded.astype(np.uint8).toarray(), tuple(map(str, binarizer.classes_))
