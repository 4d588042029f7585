"""Why a citation is there: words, patterns of words and characters, and the section it stands in.

A linear model on four blocks of TF-IDF features of the sentence, each of length one: character
n-grams within words, stems and pairs of stems, and patterns, that is sequences of up to four words
in which rare words are replaced by their endings, so that "was ~ed as described @par" is one
feature whatever was done. Citation markers become one of three tokens and digits become 0; stop
words stay, for intent lives in them. A second set of weights serves sentences that come with the
name of their section. Small convolutional networks over word vectors have a say beside it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from core import citations, convolution
from core.classifiers.base import (
    Classifier,
    Credit,
    Explanation,
    Recipe,
    Trained,
    explanation_against,
    rival,
    softmax,
)
from core.convolution import Network
from core.corpora import scicite
from core.embeddings import module
from core.language import phrase
from core.text import split_citation, stem
from core.training import Run

if TYPE_CHECKING:
    from core.store import Card

NEEDS: tuple[str, ...] = ()
NUMBERS, TERMS, NETWORK = "weights.npz", "terms-{}.txt", "network-{}.npz"

# Citation markers: "Smith et al. (2010)" speaks of the work, "(Smith, 2010)" and "[3, 4]" point.
_YEAR = r"(?:19|20)\d\d[a-z]?"
# Bounded and possessive, and a bracket must close: else odd texts take quadratic time.
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
"""Words of at least so many training sentences stay themselves in patterns."""

LEAST = {"characters": 3, "stems": 2, "patterns": 2, "section": 2}
"""Sentences a feature needs to be kept."""

SECTION_WEIGHT = 0.6
COST = {"sentence": 2.0, "section": 3.0}
NETWORKS = 3
NETWORK_SHARE = 0.4
"""What the networks' mean logits count for, the linear model's counting for the rest."""

FOLDS = 5

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
"""What a section is, from its name; the first that matches."""


@dataclass(frozen=True)
class Piece:
    """A blank-separated piece of a sentence as the model sees it, and where it stands."""

    text: str
    start: int
    end: int


Occurrence = tuple[str, tuple[int, ...]]
"""A feature, and the pieces it is made of."""


def pieces(sentence: str) -> list[Piece]:
    """The pieces of a sentence, markers one token each, digits folded, lower case."""
    found: list[Piece] = []
    position = 0
    for marker in [*_MARKER.finditer(sentence), None]:
        end = marker.start() if marker else len(sentence)
        for piece in _PIECE.finditer(sentence, position, end):
            found.append(Piece(_DIGITS.sub("0", piece[0]).lower(), piece.start(), piece.end()))
        if marker:
            found.append(Piece(MARKERS[str(marker.lastgroup)], marker.start(), marker.end()))
            position = marker.end()
    return found


def characters(parts: Sequence[Piece]) -> Iterator[Occurrence]:
    """Character n-grams within pieces, with a blank at both ends, as scikit-learn's `char_wb`."""
    low, high = CHARACTERS
    for place, part in enumerate(parts):
        word = f" {part.text} "
        for n in range(low, high + 1):
            for at in range(max(1, len(word) - n + 1)):
                yield word[at : at + n], (place,)
            if len(word) <= n:
                break


def tokens(parts: Sequence[Piece]) -> list[tuple[str, int]]:
    """Words, markers and single signs, and the piece each is in."""
    return [(token, i) for i, part in enumerate(parts) for token in _TOKEN.findall(part.text)]


def grams(words: Sequence[tuple[str, int]], least: int, most: int) -> Iterator[Occurrence]:
    """Sequences of words, joined by blanks."""
    for n in range(least, most + 1):
        for at in range(len(words) - n + 1):
            some = words[at : at + n]
            yield " ".join(word for word, _ in some), tuple(place for _, place in some)


def pattern(words: Sequence[tuple[str, int]], common: frozenset[str]) -> list[tuple[str, int]]:
    """Common words as they are, rare ones as their ending, runs of one ending as one."""
    out: list[tuple[str, int]] = []
    for word, place in words:
        kept = word
        if word not in common:
            ending = next((e for e in _ENDINGS if word.endswith(e)), "x")
            kept = f"~{ending}" if word[0].isalpha() else "#"
        if not (kept.startswith("~") and out and out[-1][0] == kept):
            out.append((kept, place))
    return out


def stems(words: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Words as their stems."""
    return list(zip(stem([word for word, _ in words]), [place for _, place in words], strict=True))


def section_terms(section: str) -> list[str]:
    """What a section's name says: its words, their pairs, and the kind of section."""
    words = re.sub(r"[^a-z ]", " ", section.lower()).split()
    name = " ".join(words)
    kind = next((kind for kind, signs in KINDS if re.search(signs, name)), "other")
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    return [*words, *pairs, f"={kind}"] if words else ["=none"]


@dataclass
class Block:
    """One kind of feature: the column of each term, and idf; a row has length one."""

    columns: dict[str, int]
    idf: np.ndarray

    @classmethod
    def learn(cls, sentences: Sequence[Sequence[str]], least: int) -> "Block":
        """Terms of at least `least` sentences; idf as scikit-learn's, smoothed."""
        counts: Counter[str] = Counter()
        for terms in sentences:
            counts.update(set(terms))
        kept = sorted(term for term, n in counts.items() if n >= least)
        df = np.array([counts[term] for term in kept], float)
        idf = np.log((1 + len(sentences)) / (1 + df)) + 1
        return cls({term: i for i, term in enumerate(kept)}, idf.astype(np.float32))

    def row(self, terms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Columns and TF-IDF values (1 + log of the count, times idf) of one sentence's terms."""
        counts = Counter(self.columns[term] for term in terms if term in self.columns)
        at = np.fromiter(counts.keys(), np.int64, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), float, len(counts)))) * self.idf[at]
        norm = np.sqrt((values**2).sum())
        return at, values / norm if norm else values


@dataclass
class Features:
    """From a text to one sparse row: the blocks side by side."""

    blocks: dict[str, Block]
    common: frozenset[str]

    def __post_init__(self) -> None:
        sizes = [len(block.columns) for block in self.blocks.values()]
        self.starts = dict(zip(self.blocks, np.cumsum([0, *sizes]), strict=False))
        self.width = sum(sizes)

    def occurrences(self, sentence: str) -> dict[str, list[Occurrence]]:
        """Every feature of a sentence in all its places, a list a block."""
        return _occurrences(pieces(sentence), self.common)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of a `citation_text`."""
        sentence, section = split_citation(text)
        found = self.occurrences(sentence)
        terms = {block: [term for term, _ in found[block]] for block in found}
        terms["section"] = section_terms(section) if section else []
        columns, values = [], []
        for name, block in self.blocks.items():
            at, value = block.row(terms[name])
            columns.append(at + self.starts[name])
            values.append(value * (SECTION_WEIGHT if name == "section" else 1.0))
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
    """The features of some texts."""
    split = [split_citation(text) for text in texts]
    cut = [pieces(sentence) for sentence, _ in split]
    counts = Counter(word for parts in cut for word in {token for token, _ in tokens(parts)})
    common = frozenset(word for word, n in counts.items() if n >= COMMON)
    found = [_occurrences(parts, common) for parts in cut]
    blocks = {
        name: Block.learn([[term for term, _ in one[name]] for one in found], LEAST[name])
        for name in ("characters", "stems", "patterns")
    }
    # The sections of sentences that have one; "=none" would say that a sentence has none.
    named = [section_terms(section) for _, section in split if section]
    blocks["section"] = Block.learn(named, LEAST["section"])
    return Features(blocks, common)


@dataclass
class Weights:
    """Logits are `row @ slopes + offsets`, (width, 3) and (3,), the temperature divided out."""

    slopes: np.ndarray
    offsets: np.ndarray


@dataclass
class Intent(Classifier):
    """Logits are the linear model's plus the networks' mean.

    weights: by what is known of a citation, its "sentence" alone or its "section" too; networks:
    with what their logits are multiplied by for each of the two in `scales`.
    """

    name: str
    features: Features
    weights: dict[str, Weights]
    networks: tuple[Network, ...] = ()
    scales: dict[str, float] = field(default_factory=dict)
    task: str = "intent"
    labels: tuple[str, ...] = scicite.LABELS
    multilabel: bool = False
    can_explain: bool = True

    @property
    def thresholds(self) -> np.ndarray:
        """One label a text."""
        return np.ones(len(self.labels), np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated logits, float64 (n, 3); texts with a section by the weights for that."""
        rows = self.features.transform(texts)
        told = np.array([bool(split_citation(text)[1]) for text in texts], bool)
        heard = network_logits(self.networks, texts, self.features)
        out = np.empty((len(texts), len(self.labels)))
        for kind, which in (("sentence", ~told), ("section", told)):
            weights, scale = self.weights[kind], self.scales.get(kind, 0.0)
            out[which] = rows[which] @ weights.slopes + weights.offsets + scale * heard[which]
        return out

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, 3)."""
        return softmax(self.logits(texts)).astype(np.float32)

    def known(self, text: str) -> tuple[int, int]:
        """How many words of a sentence the model knows by their stems, and how many it has."""
        found = self.features.occurrences(split_citation(text)[0])["stems"]
        words = [term for term, places in found if len(places) == 1 and term[0].isalnum()]
        return sum(word in self.features.blocks["stems"].columns for word in words), len(words)

    def explain(self, text: str, label: str) -> Explanation:
        """What each word adds to the log-odds of a label against its strongest rival.

        A feature's share is spread evenly over the pieces of text it is made of.
        """
        sentence, section = split_citation(text)
        kind = "section" if section else "sentence"
        weights = self.weights[kind]
        mine = self.labels.index(label)
        other = rival(self.logits([text])[0], mine)
        direction = weights.slopes[:, mine] - weights.slopes[:, other]
        columns, values = self.features.row(text)
        worth = dict(zip(columns.tolist(), (values * direction[columns]).tolist(), strict=True))
        parts = pieces(sentence)
        shares = np.zeros(len(parts))
        for name, found in self.features.occurrences(sentence).items():
            self._spread(name, found, worth, shares)
        start = self.features.starts["section"]
        of_section = sum(value for column, value in worth.items() if column >= start)
        bias = float(weights.offsets[mine] - weights.offsets[other])
        words = tokens(parts)
        sign = np.eye(len(self.labels))[mine] - np.eye(len(self.labels))[other]
        told = beside(self.features, [text])[0]
        for network in self.networks:
            heard = network.shares(
                [word for word, _ in words],
                told,
                sign * self.scales[kind] / len(self.networks),
            )
            np.add.at(shares, [place for _, place in words], heard[0])
            of_section += heard[1]
            bias += heard[2]
        shift = len(text) - len(sentence)
        credits = [
            Credit(part.start + shift, part.end + shift, float(share))
            for part, share in zip(parts, shares, strict=True)
        ]
        if section:
            credits.insert(0, Credit(0, len(section), float(of_section)))
        return explanation_against(text, label, self.labels[other], bias, credits)

    def _spread(
        self, name: str, found: list[Occurrence], worth: dict[int, float], shares: np.ndarray
    ) -> None:
        """Add each feature's worth to the pieces it stands in, evenly over its places."""
        columns, start = self.features.blocks[name].columns, int(self.features.starts[name])
        times = Counter(term for term, _ in found if term in columns)
        for term, places in found:
            if term in columns:
                part = worth[start + columns[term]] / times[term] / len(places)
                for place in places:
                    shares[place] += part

    def save(self, folder: Path) -> None:
        """Write the terms as text, a file a block, and the numbers as .npz."""
        for name, block in self.features.blocks.items():
            (folder / TERMS.format(name)).write_text("\n".join(block.columns), encoding="utf-8")
        (folder / TERMS.format("common")).write_text(
            "\n".join(sorted(self.features.common)), encoding="utf-8"
        )
        numbers = {f"idf_{name}": block.idf for name, block in self.features.blocks.items()}
        for kind, weights in self.weights.items():
            numbers[f"slopes_{kind}"] = weights.slopes.astype(np.float16)
            numbers[f"offsets_{kind}"] = weights.offsets
            numbers[f"scale_{kind}"] = np.array(self.scales.get(kind, 0.0))
        np.savez_compressed(folder / NUMBERS, **numbers)
        for place, network in enumerate(self.networks, start=1):
            network.save(folder / NETWORK.format(place))
        if self.networks:
            words = "\n".join(self.networks[0].words)
            (folder / TERMS.format("network")).write_text(words, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, card: "Card") -> "Intent":
        """Read what `save` wrote."""

        def lines(name: str) -> list[str]:
            found = (folder / TERMS.format(name)).read_text(encoding="utf-8")
            return found.split("\n") if found else []

        with np.load(folder / NUMBERS, allow_pickle=False) as numbers:
            blocks = {
                name: Block({term: i for i, term in enumerate(lines(name))}, numbers[f"idf_{name}"])
                for name in LEAST
            }
            weights = {
                kind: Weights(
                    numbers[f"slopes_{kind}"].astype(np.float32), numbers[f"offsets_{kind}"]
                )
                for kind in COST
            }
            scales = {kind: float(numbers[f"scale_{kind}"]) for kind in COST}
        files = sorted(file for file in card.files if file.startswith(NETWORK.partition("{")[0]))
        words = convolution.number_words(lines("network")) if files else {}
        networks = tuple(Network.load(folder / file, words) for file in files)
        features = Features(blocks, frozenset(lines("common")))
        return cls(card.name, features, weights, networks, scales)


# Training.


def fit(rows: sp.csr_matrix, truth: np.ndarray, cost: float) -> Weights:
    """Multinomial logistic regression, not calibrated."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=cost, max_iter=300, tol=1e-3).fit(rows, truth)
    return Weights(model.coef_.T, model.intercept_)


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The divisor of logits with the lowest log-loss (Guo et al. 2017); keeps the order."""
    from scipy.optimize import minimize_scalar

    picked = np.arange(len(truth)), truth

    def loss(log_divisor: float) -> float:
        return float(-np.log(softmax(logits / np.exp(log_divisor))[picked]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def words_of(text: str) -> list[str]:
    """The words of a citation text that a network reads."""
    return [word for word, _ in tokens(pieces(split_citation(text)[0]))]


def beside(features: Features, texts: Sequence[str]) -> np.ndarray:
    """What the networks are told of the sections: the TF-IDF values of that block; (n, s)."""
    block = features.blocks["section"]
    out = np.zeros((len(texts), len(block.columns)), np.float32)
    for row, text in zip(out, texts, strict=True):
        section = split_citation(text)[1]
        if section:
            at, values = block.row(section_terms(section))
            row[at] = values
    return out


def network_logits(
    networks: Sequence[Network], texts: Sequence[str], features: Features
) -> np.ndarray:
    """The mean of the networks' logits, (n, 3); zeros where there is no network."""
    if not networks or not len(texts):
        return np.zeros((len(texts), len(scicite.LABELS)))
    words, told = [words_of(text) for text in texts], beside(features, texts)
    return np.mean([network.logits(words, told) for network in networks], axis=0)


def fit_networks(
    texts: Sequence[str], truth: np.ndarray, features: Features, run: Run
) -> tuple[Network, ...]:
    """Networks that differ in their seed, trained on each text with its section and without.

    Their word vectors start from the installed CORD-19 module's.
    """
    _, table = module.with_table()
    bare = ["\n" + split_citation(text)[0] for text in texts]
    words = [words_of(text) for text in texts] * 2
    told = beside(features, [*texts, *bare])
    rows = convolution.learn_words(words[: len(texts)])

    def vector(word: str) -> np.ndarray | None:
        spelled = next((w for w in (word, word.capitalize(), word.upper()) if table.knows(w)), None)
        return table.embed([spelled])[0] if spelled else None

    return tuple(
        convolution.train(
            rows,
            convolution.first_vectors(rows, vector, table.dimension, seed),
            words,
            told,
            np.concatenate([truth, truth]),
            len(scicite.LABELS),
            seed,
            run.check,
        )
        for seed in range(NETWORKS)
    )


def learn(texts: dict[str, list[str]], truth: np.ndarray, features: Features, run: Run) -> Intent:
    """The model, not calibrated. texts: of each kind, all of one length."""
    weights = {}
    for kind, cost in COST.items():
        own = fit(features.transform(texts[kind]), truth, cost)
        weights[kind] = Weights((1 - NETWORK_SHARE) * own.slopes, (1 - NETWORK_SHARE) * own.offsets)
    networks = fit_networks(texts["section"], truth, features, run)
    return Intent("intent", features, weights, networks, dict.fromkeys(COST, NETWORK_SHARE))


def temperatures(
    texts: dict[str, list[str]], truth: np.ndarray, papers: Sequence[str], run: Run
) -> tuple[dict[str, float], dict[str, float]]:
    """Of each kind the temperature and the accuracy, from texts whose papers were held out."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    logits = {kind: np.empty((len(truth), len(scicite.LABELS))) for kind in COST}
    for number, (train, test) in enumerate(folds.split(truth, truth, papers)):
        run(
            0.1 + 0.6 * number / FOLDS,
            phrase("fold {number} of {folds}, for the calibration"),
            number=number + 1,
            folds=FOLDS,
        )
        own = {kind: [texts[kind][i] for i in train] for kind in COST}
        model = learn(own, truth[train], learn_features(own["section"]), run)
        for kind in COST:
            logits[kind][test] = model.logits([texts[kind][i] for i in test])
    accuracy = {kind: float((logits[kind].argmax(axis=1) == truth).mean()) for kind in COST}
    return {kind: temperature(logits[kind], truth) for kind in COST}, accuracy


def train(data: Path, task: str, run: Run) -> Trained:
    """The default: trained on the training and validation splits, measured on the test split.

    Its settings were chosen on held-out papers of the two; so is the temperature, each time anew.
    Raises CorpusError without SciCite.
    """
    import pandas as pd

    run(0.0, phrase("reading SciCite"))
    splits = citations.read(data)
    seen = pd.concat([splits["train"], splits["validation"]], ignore_index=True)
    truth = citations.truth(seen)
    texts = {kind: citations.texts(seen, kind) for kind in COST}
    divisors, accuracy = temperatures(texts, truth, list(seen["paper"]), run)
    run(0.7, phrase("all folds together"))
    model = learn(texts, truth, learn_features(texts["section"]), run)
    for kind, divisor in divisors.items():
        weights = model.weights[kind]
        model.weights[kind] = Weights(weights.slopes / divisor, weights.offsets / divisor)
        model.scales[kind] /= divisor
    run(0.97, phrase("measuring on the test split"))
    metrics, curves = citations.measure(model, splits["test"])
    return Trained(
        model,
        citations.facts(data)
        | {"trained on": len(seen), "split": "train and validation; measured on test"},
        {
            "features": model.features.width,
            "cost": COST,
            "networks": NETWORKS,
            "network share": NETWORK_SHARE,
            "network words": len(model.networks[0].words),
            "temperature": divisors,
            "accuracy on held-out folds": accuracy,
        },
        metrics,
        curves=curves,
    )


RECIPES = (
    Recipe(
        "intent",
        "Words, patterns and section (default)",
        "Weighs word stems, endings and letters of the sentence, short patterns such as “was ~ed "
        "as described”, and, where it is given, the name of the section; three small networks that "
        "read the words in order have a say too. The most accurate model, and its reasons are "
        "exact.",
        ("intent",),
        train,
    ),
)
