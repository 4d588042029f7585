"""Known words that are spelt nearly like an unknown one."""

from dataclasses import dataclass

import numpy as np

from core.embeddings.vectors import WordVectors
from core.text.tokens import PUNCTUATION

LONGEST = 40
"""Characters of a word that is compared; longer ones are joined phrases, and would take memory."""


@dataclass(frozen=True, eq=False)
class Spellings:
    """Words to search by spelling: their characters, uint32 (n, LONGEST), and lengths (n,)."""

    words: tuple[str, ...]
    characters: np.ndarray
    lengths: np.ndarray


def spellings(table: WordVectors) -> Spellings:
    """The words of a table in any case, each under its most frequent spelling."""
    rows = np.unique(table.spelling_rows)
    words = [table.tokens[row] for row in rows]
    words = tuple(word for word in words if 0 < len(word.casefold()) <= LONGEST)
    folded = [word.casefold() for word in words]
    characters = np.array(folded, f"<U{LONGEST}").view(np.uint32).reshape(len(words), LONGEST)
    return Spellings(words, characters, np.array([len(word) for word in folded], int))


def nearest_spellings(known: Spellings, word: str, top: int = 3) -> tuple[str, ...]:
    """The known words that are at most a few edits from a word, nearest first.

    Edits insert, delete or replace a character, or swap two adjacent ones; case and punctuation do
    not count. Four characters may have one edit, more may have two. Of equally near words those
    with the same first letter come first, then the more frequent.
    """
    word = word.translate(PUNCTUATION).casefold()
    most = 0 if len(word) < 4 else 1 if len(word) < 6 else 2
    if not 0 < len(word) <= LONGEST:
        return ()
    near = np.flatnonzero(abs(known.lengths - len(word)) <= most)
    distances = _distances(word, known.characters[near], known.lengths[near])
    near, distances = near[distances <= most], distances[distances <= most]
    other_start = known.characters[near, 0] != ord(word[0])
    order = np.lexsort((near, other_start, distances))[:top]
    return tuple(known.words[row] for row in near[order])


def _distances(word: str, characters: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The edits, swaps included, from a word of up to 63 characters to each row; int (n,).

    Bit-parallel over the word's characters (Hyyrö 2003), and vectorised over the rows.
    """
    one, last = np.uint64(1), np.uint64(1 << (len(word) - 1))
    places = {c: sum(1 << i for i, other in enumerate(word) if other == c) for c in word}
    more = np.full(len(characters), 2 ** len(word) - 1, np.uint64)
    less, diagonal, before = np.zeros((3, len(characters)), np.uint64)
    distances = np.full(len(characters), len(word))
    for column, codes in enumerate(characters.T[: lengths.max(initial=0)]):
        match = np.zeros(len(characters), np.uint64)
        for character, bits in places.items():
            match[codes == ord(character)] = bits
        swapped = ((~diagonal & match) << one) & before
        diagonal = (((match & more) + more) ^ more) | match | less | swapped
        up, down = less | ~(diagonal | more), diagonal & more
        within = column < lengths
        distances += (within & (up & last > 0)).astype(int) - (within & (down & last > 0))
        up, down = (up << one) | one, down << one
        more, less, before = down | ~(diagonal | up), up & diagonal, match
    return distances
