"""Spellings near an unknown word, beside edit distances by the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.embeddings.spelling import LONGEST, Spellings, nearest_spellings, spellings
from core.embeddings.vectors import WordVectors


def searched(*words: str) -> Spellings:
    return spellings(WordVectors(words, np.ones((len(words), 2), np.float32)))


def edits(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that are not edited again."""
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            cost = table[i - 1, j - 1] + (x != y)
            table[i, j] = min(cost, table[i - 1, j] + 1, table[i, j - 1] + 1)
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return int(table[-1, -1])


LETTERS = st.text("abcé", min_size=1, max_size=9)


@given(LETTERS, st.lists(LETTERS, min_size=1, max_size=12, unique=True))
def test_words_are_found_exactly_within_their_edits(word: str, known: list[str]) -> None:
    most = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
    found = nearest_spellings(searched(*known), word, top=12)
    assert set(found) == {other for other in known if edits(word, other) <= most}
    distances = [edits(word, other) for other in found]
    assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("pnuemonia", ("pneumonia", "Pneumonias")),
        ("hydroxychloroquin", ("hydroxychloroquine",)),
        ("HYDROXY-CHLOROQUINE", ("hydroxychloroquine",)),
        ("italy", ("Italy",)),
        ("cat", ()),
        ("", ()),
        ("!?", ()),
        ("x" * (LONGEST + 1), ()),
    ],
)
def test_misspelt_words_are_recognised(word: str, found: tuple[str, ...]) -> None:
    known = searched("pneumonia", "Italy", "Pneumonias", "hydroxychloroquine", "car", "x" * 60, "")
    assert nearest_spellings(known, word) == found


def test_the_same_first_letter_comes_before_the_more_frequent() -> None:
    known = searched("bough", "couch", "coughs", "cough")
    assert nearest_spellings(known, "cougk") == ("cough",)
    assert nearest_spellings(known, "xough", top=1) == ("bough",)
    assert nearest_spellings(searched("bouch", "couch"), "couck") == ("couch",)
    assert nearest_spellings(searched("gouch", "coich"), "couch") == ("coich", "gouch")


def test_spellings_of_one_word_are_suggested_once() -> None:
    assert nearest_spellings(searched("Fever", "fever", "FEVER"), "fewer") == ("Fever",)
