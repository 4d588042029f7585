"""What the landing page tells: uses, a tour, figures beside published ones, what is installed.

Plain data, read from the models' cards and the folders; nothing here loads a model.
"""

import platform
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from core import settings
from core.cards import EMBEDDING, Card, ModelError, check_files
from core.corpora import blocks
from core.embeddings import hub_module
from core.embeddings.term_list import NOTEBOOK as TERMS
from core.i18n import listed, phrase, say
from core.tasks import TASKS
from pages.content import leaderboard, published

NOT_INSTALLED = phrase("not installed")

Query = dict[str, str | list[str]]


@dataclass(frozen=True)
class Link:
    """A page, by its file's name, and the state that it opens with, as its widgets bind it."""

    page: str
    label: str
    query: Query = field(default_factory=dict)


@dataclass(frozen=True)
class Use:
    """What the dashboard is for: an icon, a title, a sentence and ways to try it."""

    icon: str
    title: str
    sentence: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Step:
    """A stop of the guided tour: what to look at, and the link that shows it."""

    title: str
    look: str
    link: Link


def uses() -> tuple[Use, ...]:
    """What the dashboard is for, in three cards."""
    return (
        Use(
            ":material/label:",
            say("Paste and classify"),
            say(
                "A title and an abstract become arXiv categories, with the words that decided. "
                "Citations and whole files too."
            ),
            (Link("classify", say("Try it on an example"), {"example": "Linguistics"}),),
        ),
        Use(
            ":material/grid_on:",
            say("Compare terms"),
            say(
                "Correlations of biomedical terms in an embedding of COVID-19 literature: heatmap, "
                "neighbours, analogies."
            ),
            (
                Link(
                    "terms",
                    say("Try it on nine terms"),
                    {"terms": TERMS.lines(), "view": "Heatmap", "order": "By group"},
                ),
            ),
        ),
        Use(
            ":material/bar_chart:",
            say("Look inside"),
            say(
                "What a corpus is made of, by category, time and words; and how models learnt, "
                "epoch by epoch."
            ),
            (
                Link("statistics", say("Try a corpus"), {"show": "Over time"}),
                Link("training", say("Try curves")),
            ),
        ),
    )


def tour(cards: Sequence[Card]) -> tuple[Step, ...]:
    """The five stops of the guided tour; the last draws the notebook's model if it is installed."""
    notebook = published.NOTEBOOK
    ours = [card.label for card in cards if card.name == notebook.recipe][:1]
    return (
        Step(
            say("A paper between fields"),
            say(
                "Proteins, networks and statistics in one abstract: look at the suggested primary "
                "category, the cross-lists, and under “Why” the words that speak for each."
            ),
            Link("classify", say("Classify a paper"), {"example": "Interdisciplinary"}),
        ),
        Step(
            say("Why a citation is there"),
            say(
                "A sentence from a methods section: look at the three probabilities and the words "
                "that speak for a method."
            ),
            Link("classify", say("Read a citation"), {"kind": "Citation", "citation": "Method"}),
        ),
        Step(
            say("Nine terms, clustered"),
            say(
                "The CORD-19 notebook's terms: viruses, regions and symptoms find together in the "
                "dendrogram, though nobody told the embedding of groups."
            ),
            Link(
                "terms",
                say("See the heatmap"),
                {"terms": TERMS.lines(), "view": "Heatmap", "order": "Clustered"},
            ),
        ),
        Step(
            say("Archives that meet"),
            say(
                "Which archives share papers more often than by chance: look for the dark squares "
                "off the diagonal."
            ),
            Link("statistics", say("See who meets whom"), {"show": "Co-occurrence"}),
        ),
        Step(
            say("A model learns"),
            say(
                "Our training of the notebook's model over the published one: how far apart do the "
                "curves for unseen texts run, and where do they end?"
            ),
            Link(
                "training",
                say("See the curves"),
                {"runs": [*ours, notebook.label], "metric": "accuracy"},
            ),
        ),
    )


# Figures beside published ones.


@dataclass(frozen=True)
class Figure:
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
    """Figures of one kind, and in words what they are measured on."""

    title: str
    measure: str
    figures: tuple[Figure, ...]
    says: str


def figure(label: str, value: float | None, theirs: str, lower: bool = False) -> list[Figure]:
    """A figure beside a published one as printed; none where a card does not tell it."""
    if value is None:
        return []
    # 0.72 is known to two digits, so the difference is, too.
    digits = len(theirs.partition(".")[2])
    difference = round(value - float(theirs), digits)
    return [Figure(label, f"{value:.{max(digits, 3)}f}", difference, theirs, lower)]


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


def _number(card: Card | None, part: str, key: str) -> float | None:
    return leaderboard.number(leaderboard.part(card, part), key) if card else None


def _archives(course: Card | None, default: Card | None) -> Comparison:
    """Micro-F1 of the archives on held-back papers with the course's mix."""
    known = next(p for p in leaderboard.PUBLISHED if p.source == leaderboard.COURSE)
    theirs = f"{known.value:.2f}"
    counts = [
        say(text, n=count)
        for card, text in (
            (course, phrase("{n:,.0f} for the course’s model")),
            (default, phrase("{n:,.0f} for our default")),
        )
        if (count := _number(card, "course", "n"))
    ]
    says = say(
        "Published: {theirs}, the course’s naive Bayes on its own test papers. Ours: tested on "
        "other papers with the same mix of archives.",
        theirs=theirs,
    )
    return Comparison(
        say("Archives of a paper"),
        say(known.figure),
        (
            *figure(say("The course’s model"), _number(course, "course", "micro_f1"), theirs),
            *figure(say("Our default"), _number(default, "course", "micro_f1"), theirs),
        ),
        " ".join([says, *([say("Papers: {counts}.", counts=listed(counts))] if counts else [])]),
    )


def _intents(notebook: Card | None, default: Card | None) -> Comparison:
    """Accuracy of the intents on SciCite's official test set."""
    theirs = f"{published.NOTEBOOK.test['accuracy']:.3f}"
    count = next((n for card in (default, notebook) if (n := _number(card, "sentence", "n"))), None)
    section = _number(default, "section", "accuracy")
    says = [
        say("Published: {theirs}, the notebook with Google’s embedding.", theirs=theirs),
        say("All on SciCite’s official test set, each sentence alone."),
    ]
    if count:
        says.append(say("Sentences: {n:,.0f}.", n=count))
    if section:
        says.append(say("Told its section, ours has {accuracy:.3f}.", accuracy=section))
    return Comparison(
        say("Why a citation is there"),
        say("accuracy"),
        (
            *figure(say("The notebook’s model"), _number(notebook, "sentence", "accuracy"), theirs),
            *figure(say("Our default"), _number(default, "sentence", "accuracy"), theirs),
        ),
        " ".join(says),
    )


def _network(card: Card | None) -> Comparison:
    """The last validation figures of the course's network."""
    known = published.COURSE.history[-1]
    accuracy, loss = f"{known['val_binary_accuracy']:.4f}", f"{known['val_loss']:.4f}"
    last = card.history[-1] if card and isinstance(card.history, list) and card.history else {}
    count = leaderboard.number(card.data, "validation") if card else None
    says = [
        say(
            "Published: {accuracy} and {loss} on the course’s validation papers. Here: the same "
            "layers on others with the same mix of archives.",
            accuracy=accuracy,
            loss=loss,
        ),
        say("Lower loss is better; always “no” has an accuracy of 0.96 already."),
    ]
    if count:
        says.insert(1, say("Papers: {counts}.", counts=f"{count:,.0f}"))
    return Comparison(
        say("The course’s network"),
        say("in training"),
        (
            *figure(
                say("Binary accuracy"), leaderboard.number(last, "val_binary_accuracy"), accuracy
            ),
            *figure(say("Loss"), leaderboard.number(last, "val_loss"), loss, lower=True),
        ),
        " ".join(says),
    )


# What is installed.


def model_rows(cards: Sequence[Card]) -> list[dict[str, str | int | float]]:
    """Of each task its models: how many, the default, how large they are together in MB.

    The default of embeddings is the one in use, wherever it comes from.
    """
    rows: list[dict[str, str | int | float]] = []
    for task, title in leaderboard.TITLES.items():
        own = [card for card in cards if card.task == task]
        if task == EMBEDDING:
            default = say(embedding(cards) or NOT_INSTALLED)
        else:
            first = TASKS[task].default
            default = say(next((c.label for c in own if c.name == first), NOT_INSTALLED))
        rows.append(
            {
                say("Task"): say(title),
                say("Default"): default,
                say("Models"): len(own),
                "MB": round(sum(card.size for card in own) / 1e6, 1),
            }
        )
    return rows


def embedding(cards: Sequence[Card]) -> str:
    """The label of the embedding in use, empty where none is installed."""
    place = hub_module.default()
    if place.key == hub_module.SHIPPED and not any(card.task == EMBEDDING for card in cards):
        return ""
    return place.label


def corpora() -> list[tuple[str, float]]:
    """The corpora of the data folder, by name within it, and their sizes in MB."""
    # DuckDB and Arrow come with these.
    from core.corpora import cord19, scicite
    from core.statistics import label_counts

    home = settings.data_folder()
    files = {_within(path, home): [path] for path in label_counts.corpora()}
    if scicite.installed(home):
        files["SciCite"] = [scicite.find(home, split) for split in scicite.SPLITS]
    try:
        literature = cord19.files(home / cord19.FOLDER)
    except (blocks.CorpusError, OSError):
        literature = []
    if literature:
        files["CORD-19"] = literature
    return [(name, sum(map(_size, paths)) / 1e6) for name, paths in files.items()]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _within(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


LIBRARIES = {
    "Streamlit": "streamlit",
    "NumPy": "numpy",
    "pandas": "pandas",
    "DuckDB": "duckdb",
    "scikit-learn": "scikit-learn",
    "TensorFlow": "tensorflow",
}


def versions() -> dict[str, str]:
    """The versions of Paperlens, Python and the libraries that answers depend on."""
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {"Paperlens": project["project"]["version"], "Python": platform.python_version()}
    for name, package in LIBRARIES.items():
        try:
            found[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[name] = say(NOT_INSTALLED)
    return found


def damaged(cards: Sequence[Card]) -> list[str]:
    """What is wrong with the models' files, a sentence each; reads every one of them."""
    found = []
    for card in cards:
        try:
            check_files(card)
        except (ModelError, OSError) as problem:
            found.append(tidy(str(problem)))
    return found


def tidy(words: str) -> str:
    """A sentence on models with the names of the folders in place of where they are."""
    for folder, name in (
        (settings.models_folder(), say("the models folder")),
        (settings.live_folder(), say("the folder of models trained here")),
    ):
        words = words.replace(f"{folder}/", "").replace(str(folder), name)
    return words
