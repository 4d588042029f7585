"""Compares our models' figures with published ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core import settings
from core.cards import Card
from core.i18n import _, join_list
from core.tasks import TASKS
from pages.models import leaderboard, published
from pages.models.leaderboard import number


@dataclass(frozen=True)
class ComparedFigure:
    """A model's figure and a published one.

    value, published: as printed, with their precision; difference: ours minus theirs, in the
    precision of theirs; lower: whether lower is better.
    """

    label: str
    value: str
    difference: float
    published: str
    lower: bool = False


@dataclass(frozen=True)
class Comparison:
    """Figures of one kind; note: the test data."""

    title: str
    measure: str
    figures: list[ComparedFigure]
    note: str


def comparisons(cards: Sequence[Card]) -> tuple[Comparison, ...]:
    """The figures of our default and of the re-created models beside published ones."""
    shipped = {
        (card.task, card.name): card
        for card in cards
        if not card.folder.is_relative_to(settings.live_folder())
    }
    return (
        _archives(shipped.get(("archive", "nb-tfidf")), _default(shipped, "archive")),
        _intents(shipped.get(("intent", "swivel-dense")), _default(shipped, "intent")),
        _network(shipped.get(("archive", published.COURSE.recipe))),
    )


def _default(shipped: Mapping[tuple[str, str], Card], task: str) -> Card | None:
    """The card of a task's default model."""
    names = (name for name in TASKS[task].defaults if (task, name) in shipped)
    return shipped.get((task, next(names, "")))


def _compared(
    values: Mapping[str, float | None], theirs: str, lower: bool = False
) -> list[ComparedFigure]:
    """Figures by label beside a published one, without missing figures."""
    # 0.72 has a precision of two digits, so the difference has, too.
    digits = len(theirs.partition(".")[2])
    return [
        ComparedFigure(
            label,
            f"{value:.{max(digits, 3)}f}",
            round(value - float(theirs), digits),
            theirs,
            lower,
        )
        for label, value in values.items()
        if value is not None
    ]


def _number(card: Card | None, slice_name: str, key: str) -> float | None:
    return number(leaderboard.figures(card, slice_name), key) if card else None


def _archives(course: Card | None, default: Card | None) -> Comparison:
    """Micro-F1 of the archives on held-back papers with the course's mix."""
    figure = next(one for one in published.FIGURES if one.task == "archive")
    theirs = f"{figure.value:.2f}"
    note = _(
        "Published: {theirs}, the course’s naive Bayes on its own test papers. Ours: tested on "
        "other papers with the same mix of archives, which neither model has learnt from."
    ).format(theirs=theirs)
    counts = {n for card in (course, default) if (n := _number(card, "course", "n"))}
    if len(counts) == 1:
        note += " " + _("Both on the same {n:,.0f} papers.").format(n=counts.pop())
    elif counts:
        numbers = join_list(f"{n:,.0f}" for n in sorted(counts))
        note += " " + _("Not on the same papers: {numbers} of them.").format(numbers=numbers)
    models = {_("The course’s model"): course, _("Our default"): default}
    values = {label: _number(card, "course", "micro_f1") for label, card in models.items()}
    title, measure = _("Archives of a paper"), _(figure.metric)
    return Comparison(title, measure, _compared(values, theirs), note)


def _intents(notebook: Card | None, default: Card | None) -> Comparison:
    """Accuracy of the intents on SciCite's official test set."""
    theirs = f"{published.NOTEBOOK.test['accuracy']:.3f}"
    notes = [
        _("Published: {theirs}, the notebook with Google’s embedding.").format(theirs=theirs),
        _("All on SciCite’s official test set, each sentence alone."),
    ]
    if n := _number(default, "sentence", "n") or _number(notebook, "sentence", "n"):
        notes.append(_("Sentences: {n:,.0f}.").format(n=n))
    if accuracy := _number(default, "section", "accuracy"):
        notes.append(_("Told its section, ours has {accuracy:.3f}.").format(accuracy=accuracy))
    models = {_("The notebook’s model"): notebook, _("Our default"): default}
    values = {label: _number(card, "sentence", "accuracy") for label, card in models.items()}
    title, measure = _("Why a citation is there"), _("accuracy")
    return Comparison(title, measure, _compared(values, theirs), " ".join(notes))


def _network(card: Card | None) -> Comparison:
    """The last validation figures of the course's network."""
    known = published.COURSE.history[-1]
    accuracy, loss = f"{known['val_binary_accuracy']:.4f}", f"{known['val_loss']:.4f}"
    history = card.history if card and isinstance(card.history, list) else []
    last = history[-1] if history else {}
    notes = [
        _(
            "Published: {accuracy} and {loss} on the course’s validation papers. Here: the same "
            "layers on others with the same mix of archives."
        ).format(accuracy=accuracy, loss=loss)
    ]
    if count := number(card.data, "validation") if card else None:
        notes.append(_("Papers: {counts}.").format(counts=f"{count:,.0f}"))
    notes.append(_("Lower loss is better; always “no” has an accuracy of 0.96 already."))
    figures = [
        *_compared({_("Binary accuracy"): number(last, "val_binary_accuracy")}, accuracy),
        *_compared({_("Loss"): number(last, "val_loss")}, loss, lower=True),
    ]
    return Comparison(_("The course’s network"), _("in training"), figures, " ".join(notes))
