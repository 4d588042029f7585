"""Citation intents: a linear model on words, patterns and section, and small networks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.classifiers.base import (
    Classifier,
    Explanation,
    TokenAttribution,
    explanation_against,
    runner_up,
)
from core.corpora import scicite
from core.embeddings import hub_module
from core.evaluation.decisions import softmax
from core.messages import N_
from core.text.citation_features import (
    MIN_SENTENCES,
    FeatureBlock,
    Features,
    Occurrence,
    learn_features,
    pieces,
    section_terms,
    tokens,
)
from core.text.documents import split_citation
from core.training import citations, convolution
from core.training.convolution import ConvolutionalNetwork
from core.training.recipe import Recipe, TrainingResult
from core.training.runs import TrainingRun

NEEDS: tuple[str, ...] = ()
NUMBERS, TERMS, NETWORK = "weights.npz", "terms-{}.txt", "network-{}.npz"

COST = {"sentence": 2.0, "section": 3.0}
NETWORKS = 3
NETWORK_SHARE = 0.4
"""The weight of the networks' mean logits; the linear model has the rest."""

FOLDS = 5


@dataclass
class Weights:
    """Logits are `row @ slopes + offsets`, (width, 3) and (3,), divided by the temperature."""

    slopes: np.ndarray
    offsets: np.ndarray


@dataclass
class Intent(Classifier):
    """Logits are the linear model's plus the networks' mean.

    The linear model has four blocks of TF-IDF features, each of unit length: character n-grams
    within words, stems and pairs of stems, the section's name, and patterns, which are sequences of
    up to four words with rare words replaced by their endings, such as "was ~ed as described @par".
    Citation markers become one of three tokens and digits become 0; stop words are kept, since they
    indicate intent. Sentences with the name of their section have separate weights.

    weights: for a "sentence" alone, and for one with its "section"; scales: the factors of the
    networks' logits for these two.
    """

    name: str
    features: Features
    weights: dict[str, Weights]
    networks: tuple[ConvolutionalNetwork, ...] = ()
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
        """Calibrated logits, float64 (n, 3), by the weights for texts with or without a section."""
        rows = self.features.transform(texts)
        has_section = np.array([bool(split_citation(text)[1]) for text in texts], bool)
        networks = network_logits(self.networks, texts, self.features)
        out = np.empty((len(texts), len(self.labels)))
        for kind, mask in (("sentence", ~has_section), ("section", has_section)):
            weights, scale = self.weights[kind], self.scales.get(kind, 0.0)
            out[mask] = rows[mask] @ weights.slopes + weights.offsets + scale * networks[mask]
        return out

    def predict_scores(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities; float32 (n, 3)."""
        return softmax(self.logits(texts)).astype(np.float32)

    def count_known_words(self, text: str) -> tuple[int, int]:
        """How many words of a sentence the model knows by their stems, and how many it has."""
        stems = self.features.occurrences(split_citation(text)[0])["stems"]
        words = [term for term, pieces in stems if len(pieces) == 1 and term[0].isalnum()]
        return sum(word in self.features.blocks["stems"].columns for word in words), len(words)

    def explain(self, text: str, label: str) -> Explanation:
        """The contribution of each word to the log-odds of a label against its runner-up.

        A feature's contribution is divided evenly among the pieces of text that it consists of.
        """
        sentence, section = split_citation(text)
        kind = "section" if section else "sentence"
        weights = self.weights[kind]
        label_index = self.labels.index(label)
        other = runner_up(self.logits([text])[0], label_index)
        direction = weights.slopes[:, label_index] - weights.slopes[:, other]
        columns, values = self.features.row(text)
        by_column = dict(zip(columns.tolist(), (values * direction[columns]).tolist(), strict=True))
        parts = pieces(sentence)
        by_piece = np.zeros(len(parts))
        for block, occurrences in self.features.occurrences(sentence).items():
            self._attribute_block(block, occurrences, by_column, by_piece)
        start = self.features.starts["section"]
        by_section = sum(value for column, value in by_column.items() if column >= start)
        bias = float(weights.offsets[label_index] - weights.offsets[other])
        words = tokens(parts)
        sign = np.eye(len(self.labels))[label_index] - np.eye(len(self.labels))[other]
        features = section_features(self.features, [text])[0]
        for network in self.networks:
            by_word, of_features, of_bias = network.attribute(
                [word for word, _ in words], features, sign * self.scales[kind] / len(self.networks)
            )
            np.add.at(by_piece, [piece for _, piece in words], by_word)
            by_section += of_features
            bias += of_bias
        shift = len(text) - len(sentence)
        attributions = [
            TokenAttribution(part.start + shift, part.end + shift, float(weight))
            for part, weight in zip(parts, by_piece, strict=True)
        ]
        if section:
            attributions.insert(0, TokenAttribution(0, len(section), float(by_section)))
        return explanation_against(text, label, self.labels[other], bias, attributions)

    def _attribute_block(
        self,
        block: str,
        occurrences: list[Occurrence],
        by_column: dict[int, float],
        by_piece: np.ndarray,
    ) -> None:
        """Divide the contributions of a block's columns evenly among their pieces."""
        columns, start = self.features.blocks[block].columns, int(self.features.starts[block])
        times = Counter(term for term, _ in occurrences if term in columns)
        for term, indices in occurrences:
            if term in columns:
                part = by_column[start + columns[term]] / times[term] / len(indices)
                for index in indices:
                    by_piece[index] += part

    def save(self, folder: Path) -> None:
        """Write the terms as text, one file per block, and the weights as .npz."""
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
        for number, network in enumerate(self.networks, start=1):
            network.save(folder / NETWORK.format(number))
        if self.networks:
            words = "\n".join(self.networks[0].words)
            (folder / TERMS.format("network")).write_text(words, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, card: Card) -> "Intent":
        """Read what `save` wrote."""

        def lines(name: str) -> list[str]:
            content = (folder / TERMS.format(name)).read_text(encoding="utf-8")
            return content.split("\n") if content else []

        with np.load(folder / NUMBERS, allow_pickle=False) as numbers:
            blocks = {
                name: FeatureBlock(
                    {term: i for i, term in enumerate(lines(name))}, numbers[f"idf_{name}"]
                )
                for name in MIN_SENTENCES
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
        networks = tuple(ConvolutionalNetwork.load(folder / file, words) for file in files)
        features = Features(blocks, frozenset(lines("common")))
        return cls(card.name, features, weights, networks, scales)


# Training.


def fit(rows: sp.csr_matrix, truth: np.ndarray, cost: float) -> Weights:
    """Multinomial logistic regression, uncalibrated."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=cost, max_iter=300, tol=1e-3).fit(rows, truth)
    return Weights(model.coef_.T, model.intercept_)


def temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The divisor of logits with the lowest log-loss (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar

    of_truth = np.arange(len(truth)), truth

    def loss(log_divisor: float) -> float:
        return float(-np.log(softmax(logits / np.exp(log_divisor))[of_truth]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def words_of(text: str) -> list[str]:
    """The words of a citation text that a network reads."""
    return [word for word, _ in tokens(pieces(split_citation(text)[0]))]


def section_features(features: Features, texts: Sequence[str]) -> np.ndarray:
    """The networks' section features: the TF-IDF values of that block; (n, s)."""
    block = features.blocks["section"]
    out = np.zeros((len(texts), len(block.columns)), np.float32)
    for row, text in zip(out, texts, strict=True):
        section = split_citation(text)[1]
        if section:
            columns, values = block.row(section_terms(section))
            row[columns] = values
    return out


def network_logits(
    networks: Sequence[ConvolutionalNetwork], texts: Sequence[str], features: Features
) -> np.ndarray:
    """The mean of the networks' logits, (n, 3); zeros where there is no network."""
    if not networks or not len(texts):
        return np.zeros((len(texts), len(scicite.LABELS)))
    words, sections = [words_of(text) for text in texts], section_features(features, texts)
    return np.mean([network.logits(words, sections) for network in networks], axis=0)


def fit_networks(
    texts: Sequence[str], truth: np.ndarray, features: Features, run: TrainingRun
) -> tuple[ConvolutionalNetwork, ...]:
    """Networks with different seeds, trained on each text with and without its section.

    Their word vectors are initialised from the installed CORD-19 module.
    """
    _, table = hub_module.with_table()
    without_section = ["\n" + split_citation(text)[0] for text in texts]
    words = [words_of(text) for text in texts] * 2
    sections = section_features(features, [*texts, *without_section])
    rows = convolution.learn_words(words[: len(texts)])

    def vector(word: str) -> np.ndarray | None:
        spellings = (word, word.capitalize(), word.upper())
        spelling = next(filter(table.knows, spellings), None)
        return table.embed([spelling])[0] if spelling else None

    return tuple(
        convolution.train(
            rows,
            convolution.initial_vectors(rows, vector, table.dimension, seed),
            words,
            sections,
            np.concatenate([truth, truth]),
            len(scicite.LABELS),
            seed,
            run.check,
        )
        for seed in range(NETWORKS)
    )


def learn(
    texts: dict[str, list[str]], truth: np.ndarray, features: Features, run: TrainingRun
) -> Intent:
    """The uncalibrated model; texts: by kind, lists of the same length."""
    weights = {}
    for kind, cost in COST.items():
        fitted = fit(features.transform(texts[kind]), truth, cost)
        share = 1 - NETWORK_SHARE
        weights[kind] = Weights(share * fitted.slopes, share * fitted.offsets)
    networks = fit_networks(texts["section"], truth, features, run)
    return Intent("intent", features, weights, networks, dict.fromkeys(COST, NETWORK_SHARE))


def temperatures(
    texts: dict[str, list[str]], truth: np.ndarray, papers: Sequence[str], run: TrainingRun
) -> tuple[dict[str, float], dict[str, float]]:
    """The temperature and the accuracy by kind, from cross-validation grouped by paper."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    logits = {kind: np.empty((len(truth), len(scicite.LABELS))) for kind in COST}
    for number, (train, test) in enumerate(folds.split(truth, truth, papers)):
        run(
            0.1 + 0.6 * number / FOLDS,
            N_("fold {number} of {folds}, for the calibration"),
            number=number + 1,
            folds=FOLDS,
        )
        fold = {kind: [texts[kind][i] for i in train] for kind in COST}
        model = learn(fold, truth[train], learn_features(fold["section"]), run)
        for kind in COST:
            logits[kind][test] = model.logits([texts[kind][i] for i in test])
    accuracy = {kind: float((logits[kind].argmax(axis=1) == truth).mean()) for kind in COST}
    return {kind: temperature(logits[kind], truth) for kind in COST}, accuracy


def train(data: Path, task: str, run: TrainingRun) -> TrainingResult:
    """Train on the training and validation splits, measure on the test split.

    The temperature is chosen by cross-validation, as the hyperparameters were.
    Raises CorpusError without SciCite.
    """
    import pandas as pd

    run(0.0, N_("reading SciCite"))
    splits = citations.read(data)
    rows = pd.concat([splits["train"], splits["validation"]], ignore_index=True)
    truth = citations.truth(rows)
    texts = {kind: citations.texts(rows, kind) for kind in COST}
    divisors, accuracy = temperatures(texts, truth, list(rows["paper"]), run)
    run(0.7, N_("all folds together"))
    model = learn(texts, truth, learn_features(texts["section"]), run)
    for kind, divisor in divisors.items():
        weights = model.weights[kind]
        model.weights[kind] = Weights(weights.slopes / divisor, weights.offsets / divisor)
        model.scales[kind] /= divisor
    run(0.97, N_("measuring on the test split"))
    metrics, curves = citations.measure(model, splits["test"])
    return TrainingResult(
        model,
        citations.facts(data)
        | {"trained on": len(rows), "split": "train and validation; measured on test"},
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
        "Word patterns (default)",
        "Weighs word stems, endings and letters of the sentence, short patterns such as “was ~ed "
        "as described”, and, where it is given, the name of the section; three small networks that "
        "read the words in order have a say too. The most accurate model, and its reasons are "
        "exact.",
        ("intent",),
        train,
    ),
)
