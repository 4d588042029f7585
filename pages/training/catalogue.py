"""All trainings with curves: of models, runs of this server, and published ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.cards import EMBEDDING, Card, installed
from core.classifiers.training_queue import TrainingQueue, live_name
from core.i18n import _
from core.jobs import DONE, FAILED, STOPPED
from core.messages import N_
from core.plots.learning_curves import COLOURS, PUBLISHED_COLOURS, Curve
from core.tasks import TASKS
from core.training.runs import TrainingRun
from pages.models import published
from pages.models.leaderboard import number, record
from pages.models.published import PublishedCurve
from pages.training.settings import describe_settings

ENDS = {STOPPED: N_("stopped"), DONE: N_("done"), FAILED: N_("failed")}
BINARY, CATEGORICAL = (N_("binary cross-entropy"), N_("cross-entropy"))
TEST_FIGURES = {"accuracy": "accuracy", "macro_f1": "macro_f1", "loss": "log_loss"}
"""Names of test figures, here and on cards; Keras calls a log-loss the loss."""


@dataclass(frozen=True)
class Training:
    """A training: its curve, description, test figures, task, and recipe."""

    curve: Curve
    about: str
    test: dict[str, float]
    task: str
    recipe: str = ""


@st.cache_resource(show_spinner=False)
def training_queue() -> TrainingQueue:
    """The trainings of this server, for all its users."""
    return TrainingQueue()


def run_label(run: TrainingRun) -> str:
    """The name of a run of this server, in English as in files."""
    return f"{run.recipe.label}, run {run.number}"


def run_title(run: TrainingRun) -> str:
    """The same in the current language."""
    return _("{model}, run {number}").format(model=_(run.recipe.label), number=run.number)


def loss_name(task: str) -> str:
    """The kind of loss of a task's models."""
    if task == EMBEDDING:
        return N_("Swivel's")
    return BINARY if TASKS[task].multilabel else CATEGORICAL


def test_figures(card: Card | None) -> dict[str, float]:
    """The figures of a card's first evaluation that has any of `TEST_FIGURES`."""
    for evaluation in record(card.metrics).values() if card else ():
        figures = {name: number(evaluation, key) for name, key in TEST_FIGURES.items()}
        if available := {name: value for name, value in figures.items() if value is not None}:
            return available
    return {}


def of_card(card: Card) -> Training:
    """The training of an installed model."""
    curve = Curve(card.label, card.history, "", loss_name(card.task), title=_(card.label))
    return Training(curve, _(card.summary), test_figures(card), card.task, card.name)


def _of_run(run: TrainingRun) -> Training:
    curve = Curve(run_label(run), run.history, "", loss_name(run.task), title=run_title(run))
    end = _(ENDS[run.status]) if run.status in ENDS else _("under way")
    about = _("{settings}; {end}").format(settings=describe_settings(run), end=end)
    return Training(curve, about, test_figures(run.result), run.task)


def _of_published(record: PublishedCurve) -> Training:
    kind = loss_name(record.task)
    curve = Curve(record.label, record.history, "", kind, published=True, title=_(record.label))
    return Training(curve, _(record.source), record.test, record.task, record.recipe)


def catalogue(cards: Iterable[Card], runs: Sequence[TrainingRun]) -> dict[str, Training]:
    """All trainings with a history by label: models, runs in order, published ones."""
    # The model saved by a run is listed as that run; a shipped one with the same history is not.
    became = [(live_name(run.recipe), run.history) for run in runs]
    ours = [
        *(of_card(c) for c in cards if c.history and (c.name, c.history) not in became),
        *(_of_run(run) for run in sorted(runs, key=lambda run: run.number)),
    ]
    others = [_of_published(record) for record in published.CURVES]
    trainings: dict[str, Training] = {}
    for group, palette in ((ours, COLOURS), (others, PUBLISHED_COLOURS)):
        for index, training in enumerate(group):
            label, title = training.curve.label, training.curve.display_name
            if label in trainings:
                label, title = f"{label} ({index + 1})", f"{title} ({index + 1})"
            colour = palette[index % len(palette)]
            curve = replace(training.curve, label=label, title=title, colour=colour)
            trainings[label] = replace(training, curve=curve)
    return trainings


def current_trainings(labels: Iterable[str]) -> list[Training]:
    """The current state of the trainings with these labels."""
    available = catalogue(installed()[0], training_queue().runs())
    return [available[label] for label in labels if label in available]
