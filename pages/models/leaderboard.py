"""Leaderboards from model cards; invalid or missing values, as of other versions, stay blank."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core import settings
from core.cards import EMBEDDING, Card
from core.classifiers import store
from core.i18n import _
from core.messages import N_
from core.tasks import TASKS
from pages.models.published import FIGURES as PUBLISHED

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
        N_("Historical mix"),
        N_(
            "Test papers in the mix of fields that the course’s data has, old papers and retired "
            "archives included. No model was trained on them."
        ),
    ),
    "recent": Slice(
        N_("Recent papers"),
        N_(
            "Test papers of 2025 and 2026: what is submitted to arXiv today. No model was trained "
            "on them."
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
    "archive": ("micro_f1", "macro_f1_live", "ece_top", "macro_f1", "ece", *_OF_ALL_LABELS),
    "subject": ("micro_f1", "macro_f1", "ece_top", "ece", *_OF_ALL_LABELS),
    "primary": (
        *("accuracy", "top3_accuracy", "ece_top", "set_coverage", "set_size"),
        *("macro_f1", "log_loss"),
    ),
    "intent": ("macro_f1", "accuracy", "ece_top", "log_loss"),
}
COLUMNS = {task: {key: FIGURES[key] for key in keys} for task, keys in _OF_TASKS.items()}
"""The figures of a leaderboard by task; the first one determines the order."""

HEADLINES = 3
"""The number of figures that are shown at first."""

MODEL, TAGS, SECTION, SOURCE = N_("Model"), N_("Notes"), N_("Section given"), N_("Source")
MILLISECONDS, SIZE = N_("ms a text"), N_("Size (MB)")
TEXTS, SECONDS = N_("Texts"), N_("Training time (s)")
ACCURATE, FAST, EXPLAINS = N_("most accurate"), N_("fastest"), N_("explains itself")

MEANINGS = {
    "micro_f1": N_(
        "F1 over all paper-category pairs together: precision and recall in one number."
    ),
    "macro_f1": N_("Mean F1 of the categories: a rare one counts as much as a common one."),
    "macro_f1_live": N_("Mean F1 of arXiv’s present archives, without the retired ones."),
    "samples_f1": N_("The F1 of each paper’s own categories, averaged over papers."),
    "binary_accuracy": N_(
        "The share of right answers over all labels of all papers; answering “no” every time "
        "would already score 0.96. What the course’s network prints as accuracy."
    ),
    "accuracy": N_("How often the most likely label is the true one."),
    "top3_accuracy": N_("How often the true label is among the three most likely ones."),
    "log_loss": N_("Penalty for confident mistakes; lower is better."),
    "ece_top": N_(
        "The gap between the probability shown for the most likely label and how often it is "
        "right; lower is better."
    ),
    "ece": N_("The same over all labels of all texts. Most are unlikely, so it is always small."),
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
    """A leaderboard, the best first: each model's figures on a slice, then published systems'."""
    table = []
    for title, card in by_title.items():
        metrics, seconds = figures(card, slice_name), number(vars(card), "seconds")
        columns = {name: number(metrics, key) for key, name in COLUMNS[task].items()}
        columns[FIGURES["ece_top"]] = calibration_error(metrics)
        row = {MODEL: title} | columns | {TEXTS: number(metrics, "n"), SECONDS: seconds}
        table.append(row | {SIZE: card.size / 1e6, SECTION: slice_name == "section"})
    for system in PUBLISHED:
        if system.task == task:
            columns = {COLUMNS[task][key]: value for key, value in system.figures.items()}
            more = {SECTION: bool(system.section), SOURCE: system.url or None}
            table.append({MODEL: _(system.system), TAGS: [published(system.year)]} | columns | more)
    first = next(iter(COLUMNS[task].values()))
    return sorted(table, key=lambda row: -row[first] if row.get(first) is not None else math.inf)


def published(year: int) -> str:
    """The tag of a published system."""
    return _("published {year}").format(year=year)


def tags(
    by_title: dict[str, Card],
    task: str,
    slice_name: str | None,
    milliseconds: dict[str, float | None],
) -> dict[str, list[str]]:
    """What recommends a model, in English, by title.

    The most accurate is told only where all were measured on the same texts, the fastest where at
    least two were timed; milliseconds: a text, by title.
    """
    key = next(iter(COLUMNS[task]))
    measured = {title: figures(card, slice_name) for title, card in by_title.items()}
    scores = {title: number(metrics, key) for title, metrics in measured.items()}
    scored = {title: score for title, score in scores.items() if score is not None}
    timed = {title: time for title, time in milliseconds.items() if time is not None}
    same = len({number(measured[title], "n") for title in scored}) == 1
    best = max(scored.values()) if same and len(scored) > 1 else None
    least = min(timed.values()) if len(timed) > 1 else None
    return {
        title: [ACCURATE] * (scored.get(title, math.inf) == best)
        + [FAST] * (timed.get(title, math.inf) == least)
        + [EXPLAINS] * store.can_explain(card)
        for title, card in by_title.items()
    }


def bar_range(values: Sequence[float]) -> tuple[float, float]:
    """Where bars of these figures start and end, in tenths, so that they differ visibly."""
    low, high = min(values, default=0.5), max(values, default=1)
    return max(0, math.floor(10 * low - 0.5)) / 10, min(10, math.ceil(10 * high)) / 10


def embedding_rows(by_title: dict[str, Card]) -> list[dict[str, Any]]:
    """Spearman's rho of each embedding by word set, followed by those of its comparisons."""
    table = []
    for title, card in by_title.items():
        for name in slices([card]) or [card.name]:
            itself = name == card.name
            rhos = {str(s): number(result, "rho") for s, result in figures(card, name).items()}
            label = title if itself else _("{vectors}, on the same text").format(vectors=name)
            table.append({MODEL: label} | rhos | {SIZE: card.size / 1e6 if itself else None})
    return table
