"""Reads word vectors as text, a word and its numbers a line, as of word2vec, fastText and GloVe."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.embeddings.module_table import ModuleError
from core.embeddings.vectors import WordVectors
from core.text.tokens import PUNCTUATION

SUFFIXES = (".txt", ".vec")
MAX_NUMBERS = 40_000_000
"""The maximum number of values, 160 MB as float32."""

MAX_DIMENSION, MAX_LINE = 4_096, 1 << 17


class VectorFileError(ModuleError):
    """A file does not hold word vectors as text; fields: file and, where one is to blame, line."""


def read_file(path: Path) -> WordVectors:
    """The vectors of a file. Raises VectorFileError."""
    try:
        with path.open("rb") as file:
            return read(str(path), iter(lambda: file.readline(MAX_LINE + 1), b""))
    except OSError as error:
        raise VectorFileError(
            "{file} cannot be read: {reason}.", file=path, reason=error.strerror
        ) from None


def read(name: str, lines: Iterable[bytes]) -> WordVectors:
    """The vectors of lines in UTF-8; the first may tell how many words and numbers follow.

    Punctuation of words is deleted, as it is of terms, and kept as the printed form; of words that
    become the same the first counts. name: of the file, for errors. Raises VectorFileError.
    """
    printed: dict[str, str] = {}
    rows: list[np.ndarray] = []
    dimension = 0
    for number, line in enumerate(lines, 1):
        word, numbers = _parsed(name, number, line)
        if number == 1 and len(numbers) == 1 and word.isdecimal():
            continue
        if not len(numbers):
            continue
        dimension = dimension or len(numbers)
        if len(numbers) != dimension or dimension > MAX_DIMENSION:
            raise VectorFileError(
                "{file}, line {line}, has {n} numbers after its word, not {dimension}.",
                file=name,
                line=number,
                n=len(numbers),
                dimension=min(dimension, MAX_DIMENSION),
            )
        token = word.translate(PUNCTUATION)
        if token and token not in printed:
            printed[token] = word
            rows.append(numbers)
        if len(rows) * dimension > MAX_NUMBERS:
            raise VectorFileError(
                "{file} holds more than {most:,} numbers; keep its most frequent words.",
                file=name,
                most=MAX_NUMBERS,
            )
    if not rows:
        raise VectorFileError(
            "{file} holds no word vectors: a line is a word and its numbers, with blanks between.",
            file=name,
        )
    changed = {token: word for token, word in printed.items() if token != word}
    return WordVectors(tuple(printed), np.array(rows, np.float32), changed)


def _parsed(name: str, number: int, line: bytes) -> tuple[str, np.ndarray]:
    """The word and the numbers of a line."""
    try:
        if len(line) > MAX_LINE:
            raise ValueError
        word, *values = line.decode("utf-8-sig").split() or [""]
        numbers = np.array(values, np.float32)
        if not np.isfinite(numbers).all():
            raise ValueError
    except ValueError:
        raise VectorFileError(
            "{file}, line {line}, is not a word and its numbers, with blanks between.",
            file=name,
            line=number,
        ) from None
    return word, numbers
