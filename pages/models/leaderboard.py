"""Leaderboards from model cards; invalid or missing values, as of other versions, stay blank."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core import settings
from core.cards import EMBEDDING, Card
from core.i18n import _
from core.messages import N_
from core.tasks import TASKS

TITLES = {name: task.title for name, task in TASKS.items()} | {EMBEDDING: N_("Embedding")}
"""The tasks' titles, in order."""

TRAINED_HERE = N_("{model}, trained here")


@dataclass(frozen=True)
class Slice:
    """A slice of the held-out texts: its title and a description."""

    title: str
    meaning: str


SLICES = {
    "course": Slice(
        N_("Course’s mix"),
        N_(
            "Held-back papers with the course’s mix of archives, old ones and retired archives "
            "included. No model has learnt from them."
        ),
    ),
    "recent": Slice(
        N_("Recent papers"),
        N_(
            "Held-back papers of 2025 and 2026: what is submitted to arXiv today. No model has "
            "learnt from them."
        ),
    ),
    "sentence": Slice(
        N_("Sentence alone"), N_("SciCite’s official test set; the model sees the sentence alone.")
    ),
    "section": Slice(
        N_("With its section"),
        N_(
            "SciCite’s official test set; the model also sees the name of the section in which the "
            "sentence stands."
        ),
    ),
}
FIGURES = {
    "accuracy": N_("Accuracy"),
    "top3_accuracy": N_("Among the three best"),
    "micro_f1": N_("Micro-F1"),
    "macro_f1": N_("Macro-F1"),
    "macro_f1_live": N_("Macro-F1, live archives"),
    "samples_f1": N_("Samples F1"),
    "binary_accuracy": N_("Binary accuracy"),
    "log_loss": N_("Log-loss"),
    "ece_top": N_("Calibration error"),
    "ece": N_("Calibration error, all labels"),
    "set_coverage": N_("90 % sets that are right"),
    "set_size": N_("Categories in a set"),
}
"""Display names of a card's figures."""

_OF_ALL_LABELS = ("samples_f1", "binary_accuracy", "log_loss")
_OF_TASKS = {
    "archive": ("micro_f1", "ece_top", "ece", "macro_f1", "macro_f1_live", *_OF_ALL_LABELS),
    "subject": ("micro_f1", "ece_top", "ece", "macro_f1", *_OF_ALL_LABELS),
    "primary": (
        *("accuracy", "top3_accuracy", "ece_top", "set_coverage", "set_size"),
        *("macro_f1", "log_loss"),
    ),
    "intent": ("accuracy", "ece_top", "macro_f1", "log_loss"),
}
COLUMNS = {task: {key: FIGURES[key] for key in keys} for task, keys in _OF_TASKS.items()}
"""The figures of a leaderboard by task; the first one determines the order."""

MEANINGS = {
    "micro_f1": N_("All labels of all papers in one pot: precision and recall in one number."),
    "macro_f1": N_(
        "The mean F1 of the labels that occur: a rare label counts as much as a common one."
    ),
    "macro_f1_live": N_("The same over arXiv’s live archives, without the retired ones."),
    "samples_f1": N_("The F1 of each paper’s own labels, averaged over papers."),
    "binary_accuracy": N_(
        "The share of right answers over all labels of all papers. Most are “no”: "
        "always “no” has 0.96 already. What the course’s network prints as accuracy."
    ),
    "accuracy": N_("The share of texts whose likeliest label is the true one."),
    "top3_accuracy": N_("The share of texts whose true label is among the three likeliest."),
    "log_loss": N_("How dear wrong certainty is; lower is better."),
    "ece_top": N_(
        "How far the probability of each text’s likeliest label, which is what is shown, lies from "
        "how often it is right; lower is better."
    ),
    "ece": N_(
        "The same over all labels of all texts. Nearly all of these are unlikely and untrue, so "
        "it is always small."
    ),
    "set_coverage": N_("The share of 90 % sets that hold the true category; it should be 0.9."),
    "set_size": N_("How many categories a 90 % set has on average; fewer say more."),
}


def record(value: Any) -> dict[str, Any]:
    """A value of a card as a record; empty if it is not one."""
    return value if isinstance(value, dict) else {}


def number(values: Any, key: str) -> float | None:
    """A finite number of a record, None if there is none."""
    value = record(values).get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def figures(card: Card, slice_name: str | None) -> dict[str, Any]:
    """A card's metrics on a slice; empty if missing or invalid."""
    return record(record(card.metrics).get(slice_name))


def calibration_error(metrics: dict[str, Any]) -> float | None:
    """The calibration error over each text's likeliest label, None if there is none.

    Cards of single-label tasks may have it under the name of the other, which is the same there.
    """
    found = number(metrics, "ece_top")
    return number(metrics, "ece") if found is None and "accuracy" in metrics else found


def slices(cards: Sequence[Card]) -> list[str]:
    """The slices that any of the cards has figures for, in order of appearance."""
    named = [item for card in cards for item in record(card.metrics).items()]
    return list(dict.fromkeys(name for name, metrics in named if isinstance(metrics, dict)))


def slice_of(name: str) -> Slice:
    """A slice's title and meaning; an unknown one has its name as title."""
    meaning = _("The texts that the card calls “{name}”.").format(name=name)
    return SLICES.get(name, Slice(name, meaning))


def titles(cards: Sequence[Card], translate: Callable[[str], str] = str) -> dict[str, Card]:
    """Cards by unique titles, which mark models trained on this server.

    translate: gettext for displayed titles; by default they are English.
    """
    by_title: dict[str, Card] = {}
    for card in cards:
        title = translate(str(card.label))
        if card.folder.is_relative_to(settings.live_folder()):
            # Their labels may already have this ending.
            label = str(card.label).removesuffix(TRAINED_HERE.format(model=""))
            title = translate(TRAINED_HERE).format(model=translate(label))
        if title in by_title:
            title = f"{title} ({card.task}/{card.name})"
        while title in by_title:
            title += "′"
        by_title[title] = card
    return by_title


def rows(by_title: dict[str, Card], task: str, slice_name: str | None) -> list[dict[str, Any]]:
    """A leaderboard: figures on a slice and size in MB of each model, the best first."""
    table = []
    for title, card in by_title.items():
        metrics, seconds = figures(card, slice_name), number(vars(card), "seconds")
        columns = {name: number(metrics, key) for key, name in COLUMNS[task].items()}
        columns[FIGURES["ece_top"]] = calibration_error(metrics)
        row = {N_("Model"): title} | columns | {N_("Texts"): number(metrics, "n")}
        table.append(row | {N_("s to train"): seconds, "MB": card.size / 1e6})
    first = next(iter(COLUMNS[task].values()))
    return sorted(table, key=lambda row: math.inf if row[first] is None else -row[first])


def embedding_rows(by_title: dict[str, Card]) -> list[dict[str, Any]]:
    """Spearman's rho of each embedding by word set, followed by those of its comparisons."""
    table = []
    for title, card in by_title.items():
        for name in slices([card]) or [card.name]:
            itself = name == card.name
            rhos = {str(s): number(result, "rho") for s, result in figures(card, name).items()}
            label = title if itself else _("{vectors}, on the same text").format(vectors=name)
            table.append({N_("Model"): label} | rhos | {"MB": card.size / 1e6 if itself else None})
    return table
