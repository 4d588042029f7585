"""Why a citation is there: words, patterns of words and characters, and the section it stands in.

A linear model on four blocks of TF-IDF features of the sentence, each of length one: character
n-grams within words, stems and pairs of stems, and patterns, that is sequences of up to four words
in which rare words are replaced by their endings, so that "was ~ed as described @par" is one
feature whatever was done. Citation markers become one of three tokens and digits become 0; stop
words stay, for intent lives in them. A second set of weights serves sentences that come with the
name of their section. Small convolutional networks over word vectors have a say beside it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from core.cards import Card
from core.classifiers.base import Classifier, Credit, Explanation, explanation_against, rival
from core.corpora import scicite
from core.embeddings import hub_module
from core.evaluation.decisions import softmax
from core.messages import N_
from core.text.citation_features import (
    MIN_SENTENCES,
    Block,
    Features,
    Occurrence,
    learn_features,
    pieces,
    section_terms,
    tokens,
)
from core.text.documents import split_citation
from core.training import citations, convolution
from core.training.convolution import Network
from core.training.recipe import Recipe, Trained
from core.training.runs import TrainingRun

NEEDS: tuple[str, ...] = ()
NUMBERS, TERMS, NETWORK = "weights.npz", "terms-{}.txt", "network-{}.npz"


COST = {"sentence": 2.0, "section": 3.0}
NETWORKS = 3
NETWORK_SHARE = 0.4
"""What the networks' mean logits count for, the linear model's counting for the rest."""

FOLDS = 5


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
    def load(cls, folder: Path, card: Card) -> "Intent":
        """Read what `save` wrote."""

        def lines(name: str) -> list[str]:
            found = (folder / TERMS.format(name)).read_text(encoding="utf-8")
            return found.split("\n") if found else []

        with np.load(folder / NUMBERS, allow_pickle=False) as numbers:
            blocks = {
                name: Block({term: i for i, term in enumerate(lines(name))}, numbers[f"idf_{name}"])
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
    texts: Sequence[str], truth: np.ndarray, features: Features, run: TrainingRun
) -> tuple[Network, ...]:
    """Networks that differ in their seed, trained on each text with its section and without.

    Their word vectors start from the installed CORD-19 module's.
    """
    _, table = hub_module.with_table()
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


def learn(
    texts: dict[str, list[str]], truth: np.ndarray, features: Features, run: TrainingRun
) -> Intent:
    """The model, not calibrated. texts: of each kind, all of one length."""
    weights = {}
    for kind, cost in COST.items():
        own = fit(features.transform(texts[kind]), truth, cost)
        weights[kind] = Weights((1 - NETWORK_SHARE) * own.slopes, (1 - NETWORK_SHARE) * own.offsets)
    networks = fit_networks(texts["section"], truth, features, run)
    return Intent("intent", features, weights, networks, dict.fromkeys(COST, NETWORK_SHARE))


def temperatures(
    texts: dict[str, list[str]], truth: np.ndarray, papers: Sequence[str], run: TrainingRun
) -> tuple[dict[str, float], dict[str, float]]:
    """Of each kind the temperature and the accuracy, from texts whose papers were held out."""
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
        own = {kind: [texts[kind][i] for i in train] for kind in COST}
        model = learn(own, truth[train], learn_features(own["section"]), run)
        for kind in COST:
            logits[kind][test] = model.logits([texts[kind][i] for i in test])
    accuracy = {kind: float((logits[kind].argmax(axis=1) == truth).mean()) for kind in COST}
    return {kind: temperature(logits[kind], truth) for kind in COST}, accuracy


def train(data: Path, task: str, run: TrainingRun) -> Trained:
    """The default: trained on the training and validation splits, measured on the test split.

    Its settings were chosen on held-out papers of the two; so is the temperature, each time anew.
    Raises CorpusError without SciCite.
    """
    import pandas as pd

    run(0.0, N_("reading SciCite"))
    splits = citations.read(data)
    seen = pd.concat([splits["train"], splits["validation"]], ignore_index=True)
    truth = citations.truth(seen)
    texts = {kind: citations.texts(seen, kind) for kind in COST}
    divisors, accuracy = temperatures(texts, truth, list(seen["paper"]), run)
    run(0.7, N_("all folds together"))
    model = learn(texts, truth, learn_features(texts["section"]), run)
    for kind, divisor in divisors.items():
        weights = model.weights[kind]
        model.weights[kind] = Weights(weights.slopes / divisor, weights.offsets / divisor)
        model.scales[kind] /= divisor
    run(0.97, N_("measuring on the test split"))
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
