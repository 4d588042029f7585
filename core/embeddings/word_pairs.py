"""Evaluates embeddings on word-similarity sets."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from core.embeddings.parts import Estimate, embed
from core.embeddings.similarity import shortened
from core.embeddings.vectors import TermError, WordVectors, unit_rows
from core.messages import Message
from core.text.tokens import tokenise

MIN_PAIRS = 3


@dataclass(frozen=True)
class WordSimilarity:
    """How well cosines agree with people's ranking of pairs of terms.

    rho: Spearman's, None where undefined; pairs: those whose words are known, of `total`.
    """

    rho: float | None
    pairs: int
    total: int


def word_similarity(
    table: WordVectors,
    pairs: Sequence[tuple[str, str, float]],
    estimates: Mapping[str, Estimate] = MappingProxyType({}),
) -> WordSimilarity:
    """Spearman's rank correlation of cosines and people's scores, over pairs of known words.

    estimates: of unknown words, whose pairs then count too. Undefined for fewer than three pairs,
    or where all cosines or all scores are equal.
    """
    covered = [pair for pair in pairs if all(_covers(table, term, estimates) for term in pair[:2])]
    first, second = (
        unit_rows(embed(table, [pair[side] for pair in covered], estimates).astype(np.float64))
        for side in (0, 1)
    )
    # Rounded, so that equal cosines are ties.
    cosines = np.round((first * second).sum(axis=1), 9)
    scores = np.array([score for _, _, score in covered], np.float64)
    rho = None
    if len(covered) >= MIN_PAIRS and np.ptp(cosines) > 0 and np.ptp(scores) > 0:
        from scipy.stats import spearmanr

        rho = float(spearmanr(cosines, scores).statistic)
    return WordSimilarity(rho, len(covered), len(pairs))


def _covers(table: WordVectors, term: str, estimates: Mapping[str, Estimate]) -> bool:
    words = [word for word in tokenise(term) if word]
    return bool(words) and all(table.knows(word) or word in estimates for word in words)


def read_word_pairs(path: str | Path) -> list[tuple[str, str, float]]:
    """The pairs of a word-similarity set: two terms and people's score, one pair per line.

    The fields are separated by tabs or by blanks; only with tabs may terms contain blanks. Blank
    lines, lines that begin with "#" and a header (a first line whose third field is not a number)
    are skipped. Bytes that are not UTF-8 become replacement characters.

    Raises TermError for a file that is missing or empty, and for an invalid line.
    """
    path = Path(path)
    try:
        # "utf-8-sig": otherwise a byte order mark becomes part of the first word.
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise TermError("There is no file {path}.", path=path) from None
    except IsADirectoryError:
        raise TermError("{path} is a folder, not a file.", path=path) from None
    except OSError as error:
        raise TermError(
            "{file} cannot be read: {reason}.", file=path.name, reason=error.strerror
        ) from None
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if lines and _is_header(_fields(lines[0][1])):
        del lines[0]
    if not lines:
        raise TermError("{file} is empty: it holds no pairs of terms.", file=path.name)
    return [
        _pair(line, Message("{file}, line {number}", file=path.name, number=number))
        for number, line in lines
    ]


def _fields(line: str) -> list[str]:
    return [field.strip() for field in line.split("\t")] if "\t" in line else line.split()


def _is_header(fields: Sequence[str]) -> bool:
    return len(fields) >= 3 and _number(fields[2]) is None


def _number(field: str) -> float | None:
    try:
        return float(field)
    except ValueError:
        return None


def _pair(line: str, place: str) -> tuple[str, str, float]:
    fields = _fields(line)
    if len(fields) != 3 or not all(fields):
        raise TermError(
            "{place}: a pair is two terms and a score, between tabs or blanks.", place=place
        )
    score = _number(fields[2])
    if score is None or not math.isfinite(score):
        raise TermError(
            "{place}: the score {score} is not a number.",
            place=place,
            score=shortened(fields[2]),
        )
    return fields[0], fields[1], score
