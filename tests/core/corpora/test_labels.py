"""Labels encode what the categories say."""

import numpy as np

from core.corpora import labels
from core.taxonomy import COURSE_ARCHIVES, archives_of

PAPERS = ["astro-ph", "math.AT", "solv-int adap-org hep-th nlin.AO nlin.SI", "math-ph math.MP"]


def decoded(encoded: np.ndarray, classes: tuple[str, ...]) -> list[set[str]]:
    return [{classes[i] for i in np.flatnonzero(row)} for row in encoded]


def test_archives() -> None:
    encoded, classes = labels.encode_archives(PAPERS)
    assert encoded.dtype == np.uint8
    assert classes == (
        "adap-org", "astro-ph", "hep-th", "math", "math-ph", "nlin", "solv-int"
    )  # fmt: skip
    assert decoded(encoded, classes) == [set(archives_of(paper)) for paper in PAPERS]


def test_archives_in_the_courses_columns() -> None:
    encoded, classes = labels.encode_archives(PAPERS, COURSE_ARCHIVES)
    assert classes == COURSE_ARCHIVES
    assert encoded.shape == (4, 34)
    assert np.flatnonzero(encoded[0]).tolist() == [3]
    assert np.flatnonzero(encoded[1]).tolist() == [19]


def test_labels_that_are_no_class_are_ignored_without_warning() -> None:
    encoded, classes = labels.encode_archives(["bayes-an", "math.AT cs.LG"], ("math", "econ"))
    assert classes == ("math", "econ")
    assert encoded.tolist() == [[0, 0], [1, 0]]


def test_no_papers() -> None:
    assert labels.encode_archives([], COURSE_ARCHIVES)[0].shape == (0, 34)
    assert labels.encode_archives([])[1] == ()
    assert labels.encode_subjects([])[0].shape == (0, 0)


def test_subjects_need_enough_papers_and_are_live() -> None:
    corpus = ["cs.LG hep-th", "cs.LG chao-dyn", "hep-th chao-dyn astro-ph", "astro-ph math.AT"]
    encoded, classes = labels.encode_subjects(corpus, min_papers=2)
    assert classes == ("cs.LG", "hep-th")
    assert encoded.tolist() == [[1, 1], [1, 0], [0, 1], [0, 0]]


def test_a_category_named_twice_is_one_paper() -> None:
    assert labels.encode_subjects(["cs.LG cs.LG"], min_papers=2)[1] == ()


def test_subjects_of_given_classes_need_no_papers() -> None:
    encoded, classes = labels.encode_subjects(["math.AT cs.LG"], ("math.AT", "econ.EM"))
    assert classes == ("math.AT", "econ.EM")
    assert encoded.tolist() == [[1, 0]]
