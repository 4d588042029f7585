"""Word-similarity sets: what is read of them, and how well vectors rank their pairs."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embeddings.vectors import TermError, WordVectors
from core.embeddings.word_pairs import WordSimilarity, read_word_pairs, word_similarity


@pytest.fixture
def fan() -> WordVectors:
    angles = {"a": 0, "b": 10, "c": 30, "d": 60, "e": 100, "f": 150}
    rows = [[math.cos(math.radians(x)), math.sin(math.radians(x))] for x in angles.values()]
    return WordVectors(tuple(angles), np.array(rows, np.float32))


def test_rho_by_hand(fan: WordVectors) -> None:
    pairs = [("a", "b", 9.0), ("a", "c", 5.0), ("a", "d", 7.0), ("a", "e", 1.0), ("a", "f", 0.5)]
    # Two neighbours in rank are swapped: 1 - 6 · 2 / (5 · 24).
    assert word_similarity(fan, pairs) == WordSimilarity(pytest.approx(0.9), 5, 5)


def test_pairs_with_an_unknown_word_do_not_count(fan: WordVectors) -> None:
    pairs = [("a", "b", 9.0), ("a", "c d", 5.0), ("e", "a", 1.0)]
    more = [("a", "A", 9.0), ("a x", "b", 0.0), ("?", "a", 0.0), ("", "", 3.0)]
    assert word_similarity(fan, pairs + more) == WordSimilarity(pytest.approx(1), 3, 7)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("a", "b", 1.0), ("a", "c", 0.5)],
        [("a", "b", 1.0), ("a", "c", 0.5), ("a", "x", 0.1)],
        [("a", "b", 2.0), ("a", "c", 2.0), ("a", "d", 2.0)],
        [("a", "a", 1.0), ("b", "b", 2.0), ("c c c", "c", 3.0)],
    ],
)
def test_rho_is_none_where_it_is_not_defined(
    fan: WordVectors, pairs: list[tuple[str, str, float]]
) -> None:
    found = word_similarity(fan, pairs)
    assert found.rho is None
    assert found.total == len(pairs)


def test_ties_share_their_rank(fan: WordVectors) -> None:
    pairs = [("a", "b", 3.0), ("b", "a", 3.0), ("a", "d", 2.0), ("a", "e", 1.0)]
    assert word_similarity(fan, pairs).rho == pytest.approx(1)


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "pairs.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("hen\tegg\t7.5\n", [("hen", "egg", 7.5)]),
        ("hen egg 7.5", [("hen", "egg", 7.5)]),
        (
            "hen   egg 7\nhay rack\tcart\t-1e2\r\n",
            [("hen", "egg", 7.0), ("hay rack", "cart", -100.0)],
        ),
        ("\ufeff# a remark\n\n  \nhen\tegg\t1\n#hen egg x\n", [("hen", "egg", 1.0)]),
        ("term1\tterm2\tscore\nhen\tegg\t1\n", [("hen", "egg", 1.0)]),
        ("# r\nterm 1\tterm 2\tscore (0-10)\nhen\tegg\t1\n", [("hen", "egg", 1.0)]),
        ("first second mean score\nhen egg 1", [("hen", "egg", 1.0)]),
        (" hen \t egg \t 1 \n", [("hen", "egg", 1.0)]),
        (b"h\xe9n\tegg\t1\n", [("h\ufffdn", "egg", 1.0)]),
        ("hen\u2028x\tegg\t1\n", [("hen\u2028x", "egg", 1.0)]),
    ],
)
def test_sets_are_read(
    tmp_path: Path, text: str | bytes, pairs: list[tuple[str, str, float]]
) -> None:
    path = written(tmp_path, text)
    assert read_word_pairs(path) == read_word_pairs(str(path)) == pairs


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hen\tegg\t1\nhen\tegg\n", 2),
        ("hen egg", 1),
        ("hen egg 1\n\n# r\nhen egg pie 1\n", 4),
        ("hen\t\t1\n", 1),
        ("\thay\tegg\t1\n hen \t egg\t1\t2", 2),
        ("hen egg 1\nhen egg 9,5", 2),
        ("hen egg 1\nhen egg " + "x" * 99, 2),
        ("hen egg nan", 1),
        ("hen egg 1\nhen egg -inf", 2),
        ("hen egg 1e999", 1),
        ("one two three\nfour five six\n", 2),
        (b"PK\x03\x04\x00\xff\xfe\n\x00", 1),
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, text: str | bytes, line: int) -> None:
    with pytest.raises(TermError) as caught:
        read_word_pairs(written(tmp_path, text))
    assert caught.value.fields["place"].fields == {"file": "pairs.txt", "number": line}
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("text", ["", " \n\n# only a remark\n", "term1 term2 score\n"])
def test_sets_without_pairs_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TermError) as caught:
        read_word_pairs(written(tmp_path, text))
    assert caught.value.fields == {"file": "pairs.txt"}


@pytest.mark.parametrize("name", ["gone.txt", ".", "x" * 5_000])
def test_a_set_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TermError):
        read_word_pairs(tmp_path / name)


@given(st.binary())
def test_any_bytes_are_pairs_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = written(tmp_path_factory.mktemp("set"), data)
    try:
        pairs = read_word_pairs(path)
    except TermError:
        return
    assert pairs
    assert all(first and second and math.isfinite(score) for first, second, score in pairs)
