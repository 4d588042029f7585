"""The landing page's content: uses of the dashboard, and a guided tour."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.cards import Card
from core.embeddings.term_list import NOTEBOOK as TERMS
from core.i18n import _
from core.messages import N_
from pages.models import published

CLASSIFY_OPTIONS = (
    *(
        "kind",
        "example",
        "model",
        "task",
        "own",
        "threshold",
        "confidence",
        "citation",
        "intent-model",
    ),
    "many-task",
)
OPTIONS = (
    *CLASSIFY_OPTIONS,
    "many-confidence",
    *("view", "measure", "order", "module"),
    *("corpus", "path", "years", "archives", "text", "merge", "show", "level", "log"),
    *("year", "all"),
    *("unit", "style", "colour", "labels", "of"),
    *("runs", "metric", "smoothing"),
)
"""URL parameters of the linked pages."""


@dataclass(frozen=True)
class Link:
    """A page, by its folder, and the options that it opens with, by widget key."""

    page: str
    label: str
    query: dict[str, str | list[str]]


def link(page: str, label: str, **query: str | list[str]) -> Link:
    """A link with its options by name."""
    return Link(page, label, query)


@dataclass(frozen=True)
class Stop:
    """A use of the dashboard, or a step of its tour: a description, and links."""

    title: str
    text: str
    links: tuple[Link, ...]
    icon: str = ""


def uses() -> tuple[Stop, ...]:
    """The uses of the dashboard, in three cards."""
    return (
        Stop(
            _("Paste and classify"),
            _(
                "A title and an abstract become arXiv categories, with the words that decided. "
                "Citations and whole files too."
            ),
            (link("classify", _("Try it on an example"), example="Linguistics"),),
            icon=":material/label:",
        ),
        Stop(
            _("Compare terms"),
            _(
                "Correlations of biomedical terms in an embedding of COVID-19 literature: heatmap, "
                "neighbours, analogies."
            ),
            (link("terms", _("Try it on nine terms"), **_heatmap("By group")),),
            icon=":material/grid_on:",
        ),
        Stop(
            _("Look inside"),
            _(
                "What a corpus is made of, by category, time and words; and how models learnt, "
                "epoch by epoch."
            ),
            (
                link("corpus", _("Try a corpus"), show="Over time"),
                link("training", _("Try curves")),
            ),
            icon=":material/bar_chart:",
        ),
    )


def _heatmap(order: str) -> dict[str, str | list[str]]:
    return {"terms": TERMS.lines(), "view": N_("Heatmap"), "order": order}


def tour(cards: Sequence[Card]) -> tuple[Stop, ...]:
    """The five steps of the tour; the last shows the notebook's model if it is installed."""
    notebook = published.NOTEBOOK
    ours = [card.label for card in cards if card.name == notebook.recipe][:1]
    runs = [*ours, notebook.label]
    return (
        Stop(
            _("A paper between fields"),
            _(
                "Proteins, networks and statistics in one abstract: look at the suggested primary "
                "category, the cross-lists, and under “Why” the words that speak for each."
            ),
            (link("classify", _("Classify a paper"), example="Interdisciplinary"),),
        ),
        Stop(
            _("Why a citation is there"),
            _(
                "A sentence from a methods section: look at the three probabilities and the words "
                "that speak for a method."
            ),
            (link("classify", _("Read a citation"), kind="Citation", citation="Method"),),
        ),
        Stop(
            _("Nine terms, clustered"),
            _(
                "The CORD-19 notebook's terms: viruses, regions and symptoms find together in the "
                "dendrogram, though nobody told the embedding of groups."
            ),
            (link("terms", _("See the heatmap"), **_heatmap("Clustered")),),
        ),
        Stop(
            _("Archives that meet"),
            _(
                "Which archives share papers more often than by chance: look for the dark squares "
                "off the diagonal."
            ),
            (link("corpus", _("See who meets whom"), show="Co-occurrence"),),
        ),
        Stop(
            _("A model learns"),
            _(
                "Our training of the notebook's model over the published one: how far apart do the "
                "curves for unseen texts run, and where do they end?"
            ),
            (link("training", _("See the curves"), runs=runs, metric="accuracy"),),
        ),
    )
