"""Features of a citing sentence: characters, stems, patterns, and its section."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from core.text.cleaning import stem
from core.text.documents import split_citation

# Citation markers: "Smith et al. (2010)" is part of the text, "(Smith, 2010)" and "[3, 4]" are not.
_YEAR = r"(?:19|20)\d\d[a-z]?"
# Bounded and possessive, and a bracket must close; otherwise odd texts take quadratic time.
_NAME = r"[A-Z][\w'’\-]{1,40}+"
_MARKER = re.compile(
    rf"(?P<txt>{_NAME}(?:\ and\ {_NAME}|\ et\ al\.?,?|,?\ {_NAME},?\ and\ {_NAME})?"
    rf"\s*\(\s*{_YEAR}[^()]*\)|{_NAME}(?:\ and\ {_NAME})?\ et\ al\.?)"
    rf"|(?P<par>\((?=[^()]*\))[^()]*?\b{_YEAR}[^()]*\))"
    r"|(?P<num>(?:\[\s*\d+[a-z]?(?:\s*[,;–\-−]\s*\d+[a-z]?)*\s*\]\s*"
    r"|\(\s*\d{1,3}(?:\s*[,;–\-−]\s*\d{1,3})*\s*\)\s*)+)"
)
MARKERS = {"txt": "@txt", "par": "@par", "num": "@num"}
_PIECE = re.compile(r"\S+")
_TOKEN = re.compile(r"@\w+|\w+|[^\w\s]")
_DIGITS = re.compile(r"\d+")
_ENDINGS = ("ing", "ed", "ly", "tion", "ity", "ness", "al", "ic", "ous", "ive", "s", "er")
CHARACTERS = (3, 6)
STEMS = (1, 2)
PATTERNS = (1, 4)
COMMON = 15
"""The minimum number of training sentences for a word to be common, so that patterns contain it."""
MIN_SENTENCES = {"characters": 3, "stems": 2, "patterns": 2, "section": 2}
"""The minimum number of sentences with a feature, by block."""
SECTION_WEIGHT = 0.6
KINDS = (
    ("results and discussion", r"result.*discuss"),
    (
        "methods",
        r"method|material|procedure|experiment|implement|model|approach|data|measure|statistic"
        r"|participants|subjects|design|setup|proposed|algorithm|assay|sampl|protocol|analysis",
    ),
    ("results", r"result|finding|evaluation"),
    ("discussion", r"discuss|conclu|limitation"),
    ("introduction", r"intro|background|related|review|previous|prior|motivation"),
)
"""The kind of a section, by a pattern in its name; the first match counts."""


@dataclass(frozen=True)
class Piece:
    """A blank-separated piece of a sentence as the model sees it, and its position."""

    text: str
    start: int
    end: int


Occurrence = tuple[str, tuple[int, ...]]
"""A feature, and the indices of the pieces it is made of."""


def pieces(sentence: str) -> list[Piece]:
    """The pieces of a sentence, markers one token each, digits folded, lower case."""
    result: list[Piece] = []
    position = 0
    for marker in [*_MARKER.finditer(sentence), None]:
        end = marker.start() if marker else len(sentence)
        for piece in _PIECE.finditer(sentence, position, end):
            result.append(Piece(_DIGITS.sub("0", piece[0]).lower(), piece.start(), piece.end()))
        if marker:
            result.append(Piece(MARKERS[str(marker.lastgroup)], marker.start(), marker.end()))
            position = marker.end()
    return result


def characters(parts: Sequence[Piece]) -> Iterator[Occurrence]:
    """Character n-grams within pieces, with a blank at both ends, as scikit-learn's `char_wb`."""
    low, high = CHARACTERS
    for index, part in enumerate(parts):
        word = f" {part.text} "
        for n in range(low, high + 1):
            for start in range(max(1, len(word) - n + 1)):
                yield word[start : start + n], (index,)
            if len(word) <= n:
                break


def tokens(parts: Sequence[Piece]) -> list[tuple[str, int]]:
    """Words, markers and punctuation marks, each with the index of its piece."""
    return [(token, i) for i, part in enumerate(parts) for token in _TOKEN.findall(part.text)]


def grams(
    words: Sequence[tuple[str, int]], min_length: int, max_length: int
) -> Iterator[Occurrence]:
    """Sequences of `min_length` to `max_length` words, joined by blanks."""
    for n in range(min_length, max_length + 1):
        for start in range(len(words) - n + 1):
            gram = words[start : start + n]
            yield " ".join(word for word, _ in gram), tuple(index for _, index in gram)


def pattern(words: Sequence[tuple[str, int]], common: frozenset[str]) -> list[tuple[str, int]]:
    """Common words unchanged, rare ones as their endings; repeated endings are merged."""
    out: list[tuple[str, int]] = []
    for word, index in words:
        shown = word
        if word not in common:
            ending = next((e for e in _ENDINGS if word.endswith(e)), "x")
            shown = f"~{ending}" if word[0].isalpha() else "#"
        if not (shown.startswith("~") and out and out[-1][0] == shown):
            out.append((shown, index))
    return out


def stems(words: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Words as their stems."""
    return list(zip(stem([word for word, _ in words]), [index for _, index in words], strict=True))


def section_terms(section: str) -> list[str]:
    """The words of a section's name, their pairs, and the kind of section."""
    words = re.sub(r"[^a-z ]", " ", section.lower()).split()
    name = " ".join(words)
    kind = next((kind for kind, signs in KINDS if re.search(signs, name)), "other")
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    return [*words, *pairs, f"={kind}"] if words else ["=none"]


@dataclass
class FeatureBlock:
    """One kind of feature: the column of each term, and its idf; rows have unit length."""

    columns: dict[str, int]
    idf: np.ndarray

    @classmethod
    def learn(cls, sentences: Sequence[Sequence[str]], min_sentences: int) -> "FeatureBlock":
        """Terms of at least `min_sentences` sentences; smoothed idf, as in scikit-learn."""
        counts: Counter[str] = Counter()
        for terms in sentences:
            counts.update(set(terms))
        vocabulary = sorted(term for term, n in counts.items() if n >= min_sentences)
        df = np.array([counts[term] for term in vocabulary], float)
        idf = np.log((1 + len(sentences)) / (1 + df)) + 1
        return cls({term: i for i, term in enumerate(vocabulary)}, idf.astype(np.float32))

    def row(self, terms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Columns and TF-IDF values (1 + log of the count, times idf) of one sentence's terms."""
        counts = Counter(self.columns[term] for term in terms if term in self.columns)
        columns = np.fromiter(counts.keys(), np.int64, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), float, len(counts)))) * self.idf[columns]
        norm = np.sqrt((values**2).sum())
        return columns, values / norm if norm else values


@dataclass
class Features:
    """Turns a text into one sparse row: the blocks side by side."""

    blocks: dict[str, FeatureBlock]
    common: frozenset[str]

    def __post_init__(self) -> None:
        sizes = [len(block.columns) for block in self.blocks.values()]
        self.starts = dict(zip(self.blocks, np.cumsum([0, *sizes]), strict=False))
        self.width = sum(sizes)

    def occurrences(self, sentence: str) -> dict[str, list[Occurrence]]:
        """Every occurrence of every feature of a sentence, one list per block."""
        return _occurrences(pieces(sentence), self.common)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of a `citation_text`."""
        sentence, section = split_citation(text)
        occurrences = self.occurrences(sentence)
        terms = {block: [term for term, _ in occurrences[block]] for block in occurrences}
        terms["section"] = section_terms(section) if section else []
        columns, values = [], []
        for name, block in self.blocks.items():
            block_columns, block_values = block.row(terms[name])
            columns.append(block_columns + self.starts[name])
            values.append(block_values * (SECTION_WEIGHT if name == "section" else 1.0))
        return np.concatenate(columns), np.concatenate(values)

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Rows of many texts; float64 (n, width)."""
        rows = [self.row(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        empty = [(np.empty(0, np.int64), np.empty(0))]
        columns, values = zip(*(rows or empty), strict=True)
        shape = (len(texts), self.width)
        return sp.csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=shape)


def _occurrences(parts: Sequence[Piece], common: frozenset[str]) -> dict[str, list[Occurrence]]:
    words = tokens(parts)
    return {
        "characters": list(characters(parts)),
        "stems": list(grams(stems(words), *STEMS)),
        "patterns": list(grams(pattern(words, common), *PATTERNS)),
    }


def learn_features(texts: Sequence[str]) -> Features:
    """The features of training texts."""
    split = [split_citation(text) for text in texts]
    pieces_of_each = [pieces(sentence) for sentence, _ in split]
    counts = Counter(
        word for parts in pieces_of_each for word in {token for token, _ in tokens(parts)}
    )
    common = frozenset(word for word, n in counts.items() if n >= COMMON)
    occurrences = [_occurrences(parts, common) for parts in pieces_of_each]
    blocks = {
        name: FeatureBlock.learn(
            [[term for term, _ in features[name]] for features in occurrences], MIN_SENTENCES[name]
        )
        for name in ("characters", "stems", "patterns")
    }
    # Only sentences with a section: "=none" must not become a feature.
    named = [section_terms(section) for _, section in split if section]
    blocks["section"] = FeatureBlock.learn(named, MIN_SENTENCES["section"])
    return Features(blocks, common)
