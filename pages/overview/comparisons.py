"""Our models' figures beside those that others published."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import settings
from core.cards import Card
from core.i18n import listed, phrase, say
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
        say(text, n=count)
        for card, text in (
            (course, phrase("{n:,.0f} for the course’s model")),
            (default, phrase("{n:,.0f} for our default")),
        )
        if (count := _number(card, "course", "n"))
    ]
    note = say(
        "Published: {theirs}, the course’s naive Bayes on its own test papers. Ours: tested on "
        "other papers with the same mix of archives.",
        theirs=theirs,
    )
    return Comparison(
        say("Archives of a paper"),
        say(known.metric),
        (
            *_compared(say("The course’s model"), _number(course, "course", "micro_f1"), theirs),
            *_compared(say("Our default"), _number(default, "course", "micro_f1"), theirs),
        ),
        " ".join([note, *([say("Papers: {counts}.", counts=listed(counts))] if counts else [])]),
    )


def _intents(notebook: Card | None, default: Card | None) -> Comparison:
    """Accuracy of the intents on SciCite's official test set."""
    theirs = f"{published.NOTEBOOK.test['accuracy']:.3f}"
    count = next((n for card in (default, notebook) if (n := _number(card, "sentence", "n"))), None)
    section = _number(default, "section", "accuracy")
    notes = [
        say("Published: {theirs}, the notebook with Google’s embedding.", theirs=theirs),
        say("All on SciCite’s official test set, each sentence alone."),
    ]
    if count:
        notes.append(say("Sentences: {n:,.0f}.", n=count))
    if section:
        notes.append(say("Told its section, ours has {accuracy:.3f}.", accuracy=section))
    return Comparison(
        say("Why a citation is there"),
        say("accuracy"),
        (
            *_compared(
                say("The notebook’s model"), _number(notebook, "sentence", "accuracy"), theirs
            ),
            *_compared(say("Our default"), _number(default, "sentence", "accuracy"), theirs),
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
        say(
            "Published: {accuracy} and {loss} on the course’s validation papers. Here: the same "
            "layers on others with the same mix of archives.",
            accuracy=accuracy,
            loss=loss,
        ),
        say("Lower loss is better; always “no” has an accuracy of 0.96 already."),
    ]
    if count:
        notes.insert(1, say("Papers: {counts}.", counts=f"{count:,.0f}"))
    return Comparison(
        say("The course’s network"),
        say("in training"),
        (
            *_compared(
                say("Binary accuracy"), leaderboard.number(last, "val_binary_accuracy"), accuracy
            ),
            *_compared(say("Loss"), leaderboard.number(last, "val_loss"), loss, lower=True),
        ),
        " ".join(notes),
    )
