"""Models beside each other: what their cards say, read with care, and what others have published.

A card may come from another version, so whatever is not there or has another form is left blank.
"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core import settings, taxonomy
from core.cards import EMBEDDING, Card
from core.i18n import phrase, phrases, say
from core.tasks import TASKS

TITLES = {name: task.title for name, task in TASKS.items()} | {EMBEDDING: "Embedding"}
"""What models are for, in the order of the tasks."""

RUNS = 20
"""Warm predictions of one text; the median of their times is a model's latency."""

SENTENCE = "We follow the procedure of earlier work to extract RNA from the samples."
TERM = "chest pain"
"""Invented; what the latencies of an intent model and of an embedding are measured on."""


TRAINED_HERE = phrase("{model}, trained here")

TOLD = phrases(
    *("corpus", "files", "papers", "split", "trained on", "validation", "words"),
    *("batch size", "columns", "cost", "dimension", "epochs", "features", "learning rate"),
    *("length", "pairs", "paper weights", "patience", "rounds", "sample", "seed", "temperature"),
    *("title words", "trainable", "vocabulary", "weights", "weights kept", "window"),
    *("network", "networks", "network share", "network words", "transformer", "package", "vector"),
    *("module", "module label", "shard", "tokens"),
    *("accuracy on held-out folds", "sentence", "section"),
    "by a hash of the abstract's letters: 90% train, 5% validation, 5% test",
    "the course's: 80 % train, 20 % test, random_state=1",
    "train and validation; measured on test",
    "SciCite, the splits of TensorFlow Datasets",
)
"""What cards tell of data and parameters, names and values, and pages say; the rest stays code."""


@dataclass(frozen=True)
class Slice:
    """A part of the held-back texts: its name on screen and what it is."""

    title: str
    meaning: str


SLICES = {
    "course": Slice(
        "Course’s mix",
        "Held-back papers with the course’s mix of archives, old ones and retired archives "
        "included.",
    ),
    "recent": Slice(
        "Recent papers", "Held-back papers of 2025 and 2026: what is submitted to arXiv today."
    ),
    "sentence": Slice(
        "Sentence alone", "SciCite’s official test set; the model sees the sentence alone."
    ),
    "section": Slice(
        "With its section",
        "SciCite’s official test set; the model also sees the name of the section in which the "
        "sentence stands.",
    ),
}

_MULTILABEL = {
    "micro_f1": "Micro-F1",
    "macro_f1": "Macro-F1",
    "macro_f1_live": "Macro-F1, live archives",
    "samples_f1": "Samples F1",
    "binary_accuracy": "Binary accuracy",
    "log_loss": "Log-loss",
    "ece": "Calibration error",
}
COLUMNS = {
    "archive": _MULTILABEL,
    "subject": {key: name for key, name in _MULTILABEL.items() if key != "macro_f1_live"},
    "intent": {
        "accuracy": "Accuracy",
        "macro_f1": "Macro-F1",
        "log_loss": "Log-loss",
        "ece": "Calibration error",
    },
}
"""The figures of a leaderboard by task: key on the card, name on screen."""

MEANINGS = {
    "micro_f1": "All labels of all papers in one pot: precision and recall in one number.",
    "macro_f1": "The mean of every label’s F1: a rare label counts as much as a common one.",
    "macro_f1_live": "The same over arXiv’s 20 live archives, without the retired ones.",
    "samples_f1": "The F1 of each paper’s own labels, averaged over papers.",
    "binary_accuracy": "The share of right answers over all labels of all papers. Most are “no”: "
    "always “no” has 0.96 already. What the course’s network prints as accuracy.",
    "accuracy": "The share of sentences whose intent is right.",
    "log_loss": "How dear wrong certainty is; lower is better.",
    "ece": "How far probabilities lie from how often they come true; lower is better.",
}


@dataclass(frozen=True)
class Published:
    """A figure that others have published."""

    task: str
    system: str
    figure: str
    value: float
    source: str


COURSE = "the course’s notebook, its classification report (micro avg)"
PUBLISHED = (
    Published("archive", "The course’s TF-IDF + naive Bayes", "micro-F1", 0.72, COURSE),
    Published(
        "archive",
        "The course’s network",
        "binary accuracy",
        0.9773,
        "the course’s notebook, validation after its fifth epoch",
    ),
    Published(
        "subject",
        "arXiv’s own ULMFiT (176 categories)",
        "micro-F1",
        0.672,
        "arXiv’s classifier; other papers and labels",
    ),
    Published("intent", "EnsIntWS", "macro-F1", 0.895, "OpenCitations’ classifier, with sections"),
    Published(
        "intent", "SciBERT", "macro-F1", 0.863, "later papers on SciCite that compare with it"
    ),
    Published(
        "intent", "Structural scaffolds", "macro-F1", 0.850, "Cohan et al. 2019, arXiv:1904.01608"
    ),
    Published(
        "intent",
        "CORD-19 Swivel + dense head",
        "accuracy",
        0.790,
        "TensorFlow Hub’s CORD-19 notebook, its last evaluation",
    ),
)


def number(record: Any, key: str) -> float | None:
    """A finite number of a record, None where there is none."""
    value = record.get(key) if isinstance(record, dict) else None
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and math.isfinite(value) else None


def part(card: Card, name: str | None) -> dict[str, Any]:
    """A slice of a card's metrics; empty where it is missing or no record."""
    metrics = card.metrics if isinstance(card.metrics, dict) else {}
    found = metrics.get(name)
    return found if isinstance(found, dict) else {}


def slices(cards: Sequence[Card]) -> list[str]:
    """The slices that any of the cards has figures for, in order of appearance."""
    names = [
        name
        for card in cards
        if isinstance(card.metrics, dict)
        for name, figures in card.metrics.items()
        if isinstance(figures, dict)
    ]
    return list(dict.fromkeys(names))


def slice_of(name: str) -> Slice:
    """What a slice is called and means; one of another version goes by its own name."""
    meaning = say("The texts that the card calls “{name}”.", name=name)
    return SLICES.get(name, Slice(name, meaning))


def titles(cards: Sequence[Card], words: Callable[[str], str] = str) -> dict[str, Card]:
    """Cards by a name that no two share; those trained on this server say so.

    words: `say` for the names on screen; without it they are English.
    """
    found: dict[str, Card] = {}
    for card in cards:
        title = words(str(card.label))
        if card.folder.is_relative_to(settings.live_folder()):
            # Their labels may end so already.
            label = str(card.label).removesuffix(TRAINED_HERE.format(model=""))
            title = words(TRAINED_HERE).format(model=words(label))
        if title in found:
            title = f"{title} ({card.task}/{card.name})"
        while title in found:
            title += "′"
        found[title] = card
    return found


def rows(named: dict[str, Card], task: str, name: str | None) -> list[dict[str, Any]]:
    """A leaderboard: of each model its figures on a slice and its size in MB, the best first."""
    found = [
        {phrase("Model"): title}
        | {column: number(part(card, name), key) for key, column in COLUMNS[task].items()}
        | {
            phrase("Texts"): number(part(card, name), "n"),
            phrase("s to train"): card.seconds if isinstance(card.seconds, int | float) else None,
            "MB": card.size / 1e6,
        }
        for title, card in named.items()
    ]
    first = next(iter(COLUMNS[task].values()))
    return sorted(found, key=lambda row: math.inf if row[first] is None else -row[first])


def embedding_rows(named: dict[str, Card]) -> list[dict[str, Any]]:
    """Spearman's rho of each embedding on each set, and below it those of its comparisons."""
    found = []
    for title, card in named.items():
        for name in slices([card]) or [card.name]:
            own = name == card.name
            rhos = {str(s): number(figures, "rho") for s, figures in part(card, name).items()}
            label = title if own else say("{vectors}, on the same text", vectors=name)
            found.append({"Model": label} | rhos | {"MB": card.size / 1e6 if own else None})
    return found


def sets(card: Card) -> list[dict[str, Any]]:
    """The word-similarity sets of an embedding: rho and how many pairs count."""
    return [
        {
            say("Set"): str(name),
            say("Vectors"): part_name,
            say("Spearman’s ρ"): number(figures, "rho"),
            say("Pairs known"): number(figures, "pairs"),
            say("Pairs in all"): number(figures, "total"),
        }
        for part_name in slices([card])
        for name, figures in part(card, part_name).items()
    ]


def report(card: Card, name: str | None) -> list[dict[str, Any]]:
    """Precision, recall, F1 and support of each label, as in `classification_report`; English."""
    per_label = part(card, name).get("per_label")
    thresholds = dict(zip(card.labels, card.thresholds, strict=False))
    if not isinstance(per_label, dict):
        return []
    return [
        {
            phrase("Code"): str(label),
            phrase("Name"): taxonomy.name(label),
            phrase("Status"): phrase("retired") if taxonomy.is_retired(label) else phrase("live"),
            phrase("Precision"): number(own, "precision"),
            phrase("Recall"): number(own, "recall"),
            "F1": number(own, "f1"),
            phrase("Support"): number(own, "support"),
            phrase("Threshold"): thresholds.get(label),
        }
        for label, own in per_label.items()
        if isinstance(own, dict)
    ]


def confusion(card: Card, name: str | None) -> list[list[int]] | None:
    """The confusion matrix on a slice, rows the true labels; None where there is none."""
    found, size = part(card, name).get("confusion"), len(card.labels)
    square = isinstance(found, list) and len(found) == size and size > 0
    if not square or not all(isinstance(row, list) and len(row) == size for row in found):
        return None
    return found if all(type(count) is int for row in found for count in row) else None


def errors(curve: dict[str, Any]) -> list[dict[str, Any]]:
    """The commonest confusions of a curve, names beside codes."""
    return [
        {
            say("Label missed"): taxonomy.label_title(missed),
            say("Label predicted instead"): taxonomy.label_title(instead),
            say("Papers"): count,
        }
        for missed, instead, count in curve["errors"]
    ]


def facts(record: Any) -> list[tuple[str, str]]:
    """A record of a card as names and values, all text, records within it told in one line."""
    if not isinstance(record, dict):
        return []
    return [(str(name).replace("_", " "), _told(value)) for name, value in record.items()]


def _told(value: Any) -> str:
    if isinstance(value, dict):
        # Of files the names say enough; their checksums stand on the card.
        if value and all(isinstance(v, str) and len(v) == 64 for v in value.values()):
            return ", ".join(map(str, value))
        return ", ".join(f"{say(str(name))}: {_told(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value))
    if isinstance(value, int) and not isinstance(value, bool):
        # A year or a seed has no thousands.
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def milliseconds(predict: Callable[[], Any]) -> float:
    """The median time of a prediction, after one that warms up."""
    predict()
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        predict()
        times.append(time.perf_counter() - begun)
    return 1_000 * statistics.median(times)
