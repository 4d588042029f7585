"""The landing page's content: what the dashboard is for, and a guided tour."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.cards import Card
from core.embeddings.term_list import NOTEBOOK as TERMS
from core.i18n import _
from pages.models import published

CLASSIFY_OPTIONS = (
    *("kind", "example", "model", "task", "own", "threshold", "citation", "intent-model"),
    "many-task",
)
OPTIONS = (
    *CLASSIFY_OPTIONS,
    *("view", "measure", "order", "module"),
    *("corpus", "path", "years", "archives", "text", "merge", "show", "level", "log", "most"),
    *("unit", "style", "colour", "labels", "of"),
    *("runs", "metric", "smoothing"),
)
"""What the pages that the links open bind to the address."""

Query = dict[str, str | list[str]]


@dataclass(frozen=True)
class Link:
    """A page, by its folder, and the options that it opens with, as its widgets bind them."""

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
    """A step of the guided tour: what to look at, and the link that shows it."""

    title: str
    look: str
    link: Link


def uses() -> tuple[Use, ...]:
    """What the dashboard is for, in three cards."""
    return (
        Use(
            ":material/label:",
            _("Paste and classify"),
            _(
                "A title and an abstract become arXiv categories, with the words that decided. "
                "Citations and whole files too."
            ),
            (Link("classify", _("Try it on an example"), {"example": "Linguistics"}),),
        ),
        Use(
            ":material/grid_on:",
            _("Compare terms"),
            _(
                "Correlations of biomedical terms in an embedding of COVID-19 literature: heatmap, "
                "neighbours, analogies."
            ),
            (
                Link(
                    "terms",
                    _("Try it on nine terms"),
                    {"terms": TERMS.lines(), "view": "Heatmap", "order": "By group"},
                ),
            ),
        ),
        Use(
            ":material/bar_chart:",
            _("Look inside"),
            _(
                "What a corpus is made of, by category, time and words; and how models learnt, "
                "epoch by epoch."
            ),
            (
                Link("corpus", _("Try a corpus"), {"show": "Over time"}),
                Link("training", _("Try curves")),
            ),
        ),
    )


def tour(cards: Sequence[Card]) -> tuple[Step, ...]:
    """The five steps of the tour; the last draws the notebook's model if it is installed."""
    notebook = published.NOTEBOOK
    ours = [card.label for card in cards if card.name == notebook.recipe][:1]
    return (
        Step(
            _("A paper between fields"),
            _(
                "Proteins, networks and statistics in one abstract: look at the suggested primary "
                "category, the cross-lists, and under “Why” the words that speak for each."
            ),
            Link("classify", _("Classify a paper"), {"example": "Interdisciplinary"}),
        ),
        Step(
            _("Why a citation is there"),
            _(
                "A sentence from a methods section: look at the three probabilities and the words "
                "that speak for a method."
            ),
            Link("classify", _("Read a citation"), {"kind": "Citation", "citation": "Method"}),
        ),
        Step(
            _("Nine terms, clustered"),
            _(
                "The CORD-19 notebook's terms: viruses, regions and symptoms find together in the "
                "dendrogram, though nobody told the embedding of groups."
            ),
            Link(
                "terms",
                _("See the heatmap"),
                {"terms": TERMS.lines(), "view": "Heatmap", "order": "Clustered"},
            ),
        ),
        Step(
            _("Archives that meet"),
            _(
                "Which archives share papers more often than by chance: look for the dark squares "
                "off the diagonal."
            ),
            Link("corpus", _("See who meets whom"), {"show": "Co-occurrence"}),
        ),
        Step(
            _("A model learns"),
            _(
                "Our training of the notebook's model over the published one: how far apart do the "
                "curves for unseen texts run, and where do they end?"
            ),
            Link(
                "training",
                _("See the curves"),
                {"runs": [*ours, notebook.label], "metric": "accuracy"},
            ),
        ),
    )
