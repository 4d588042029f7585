"""Our models' figures beside those that others published."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import settings
from core.cards import Card
from core.i18n import _, join_list
from core.messages import N_
from pages.models import leaderboard, published


@dataclass(frozen=True)
class ComparedFigure:
    """A model's figure beside a published one.

    value and published: as printed, with as many digits as each has; difference: ours less theirs,
    no finer than theirs; lower: whether lower is better.
    """

    label: str
    value: str
    difference: float
    published: str
    lower: bool = False


@dataclass(frozen=True)
class Comparison:
    """Figures of one kind; note: what they are measured on."""

    title: str
    measure: str
    figures: tuple[ComparedFigure, ...]
    note: str


def _compared(
    label: str, value: float | None, theirs: str, lower: bool = False
) -> list[ComparedFigure]:
    """A figure beside a published one as printed; none where a card lacks it."""
    if value is None:
        return []
    # 0.72 is known to two digits, so the difference is, too.
    digits = len(theirs.partition(".")[2])
    difference = round(value - float(theirs), digits)
    return [ComparedFigure(label, f"{value:.{max(digits, 3)}f}", difference, theirs, lower)]


def comparisons(cards: Sequence[Card]) -> tuple[Comparison, ...]:
    """The figures of our default and of the documents' own models beside those published."""
    shipped = {
        (card.task, card.name): card
        for card in cards
        if not card.folder.is_relative_to(settings.live_folder())
    }
    return (
        _archives(shipped.get(("archive", "nb-tfidf")), shipped.get(("archive", "linear"))),
        _intents(shipped.get(("intent", "swivel-dense")), shipped.get(("intent", "intent"))),
        _network(shipped.get(("archive", published.COURSE.recipe))),
    )


def _number(card: Card | None, slice_name: str, key: str) -> float | None:
    return leaderboard.number(leaderboard.figures(card, slice_name), key) if card else None


def _archives(course: Card | None, default: Card | None) -> Comparison:
    """Micro-F1 of the archives on held-back papers with the course's mix."""
    known = next(one for one in published.FIGURES if one.task == "archive")
    theirs = f"{known.value:.2f}"
    counts = [
        _(text).format(n=count)
        for card, text in (
            (course, N_("{n:,.0f} for the course’s model")),
            (default, N_("{n:,.0f} for our default")),
        )
        if (count := _number(card, "course", "n"))
    ]
    note = _(
        "Published: {theirs}, the course’s naive Bayes on its own test papers. Ours: tested on "
        "other papers with the same mix of archives."
    ).format(theirs=theirs)
    return Comparison(
        _("Archives of a paper"),
        _(known.metric),
        (
            *_compared(_("The course’s model"), _number(course, "course", "micro_f1"), theirs),
            *_compared(_("Our default"), _number(default, "course", "micro_f1"), theirs),
        ),
        " ".join(
            [note, *([_("Papers: {counts}.").format(counts=join_list(counts))] if counts else [])]
        ),
    )


def _intents(notebook: Card | None, default: Card | None) -> Comparison:
    """Accuracy of the intents on SciCite's official test set."""
    theirs = f"{published.NOTEBOOK.test['accuracy']:.3f}"
    count = next((n for card in (default, notebook) if (n := _number(card, "sentence", "n"))), None)
    section = _number(default, "section", "accuracy")
    notes = [
        _("Published: {theirs}, the notebook with Google’s embedding.").format(theirs=theirs),
        _("All on SciCite’s official test set, each sentence alone."),
    ]
    if count:
        notes.append(_("Sentences: {n:,.0f}.").format(n=count))
    if section:
        notes.append(_("Told its section, ours has {accuracy:.3f}.").format(accuracy=section))
    return Comparison(
        _("Why a citation is there"),
        _("accuracy"),
        (
            *_compared(
                _("The notebook’s model"), _number(notebook, "sentence", "accuracy"), theirs
            ),
            *_compared(_("Our default"), _number(default, "sentence", "accuracy"), theirs),
        ),
        " ".join(notes),
    )


def _network(card: Card | None) -> Comparison:
    """The last validation figures of the course's network."""
    known = published.COURSE.history[-1]
    accuracy, loss = f"{known['val_binary_accuracy']:.4f}", f"{known['val_loss']:.4f}"
    last = card.history[-1] if card and isinstance(card.history, list) and card.history else {}
    count = leaderboard.number(card.data, "validation") if card else None
    notes = [
        _(
            "Published: {accuracy} and {loss} on the course’s validation papers. Here: the same "
            "layers on others with the same mix of archives."
        ).format(accuracy=accuracy, loss=loss),
        _("Lower loss is better; always “no” has an accuracy of 0.96 already."),
    ]
    if count:
        notes.insert(1, _("Papers: {counts}.").format(counts=f"{count:,.0f}"))
    return Comparison(
        _("The course’s network"),
        _("in training"),
        (
            *_compared(
                _("Binary accuracy"), leaderboard.number(last, "val_binary_accuracy"), accuracy
            ),
            *_compared(_("Loss"), leaderboard.number(last, "val_loss"), loss, lower=True),
        ),
        " ".join(notes),
    )
