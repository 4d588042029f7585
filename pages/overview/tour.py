"""The landing page's content: uses of the dashboard, and a guided tour."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.cards import Card
from core.embeddings.term_list import NOTEBOOK as TERMS
from core.i18n import _
from core.messages import N_
from pages.models import published

DECISIONS = ("model", "own", "threshold", "confidence", "intent-model", "many-confidence")
"""Those of models and how they decide, which stay as a visitor chose them."""
CLASSIFY_OPTIONS = ("kind", "example", "task", "citation", "many-task", *DECISIONS)
OPTIONS = (
    *CLASSIFY_OPTIONS,
    *("view", "measure", "order", "module", "parts"),
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
    query: dict[str, str | list[str]]


def link(page: str, **query: str | list[str]) -> Link:
    """A link with its options by name."""
    return Link(page, query)


@dataclass(frozen=True)
class Stop:
    """A use of the dashboard, or a step of its tour: a description, and a link."""

    title: str
    text: str
    link: Link


def uses() -> tuple[Stop, ...]:
    """The uses of the dashboard, in three cards."""
    return (
        Stop(
            _("Classify"),
            _(
                "Paste a paper to get its arXiv categories, how sure they are, and the words "
                "behind them. Works for citations and whole files, too."
            ),
            link("classify", example="Interdisciplinary"),
        ),
        Stop(
            _("Compare terms"),
            _(
                "See how closely biomedical terms are related in COVID-19 research: heatmap, "
                "nearest words, analogies, map."
            ),
            link("terms", **_heatmap("By group")),
        ),
        Stop(
            _("Explore a corpus"),
            _("Which fields arXiv covers, how each of them grew, and which fields overlap."),
            link("corpus"),
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
            _("An interdisciplinary paper"),
            _(
                "Proteins, networks and statistics in one abstract: look at the suggested primary "
                "category, the cross-lists, and under “Why” the words that speak for each."
            ),
            link("classify", example="Interdisciplinary"),
        ),
        Stop(
            _("Why a citation is there"),
            _(
                "A sentence from a methods section: look at the three probabilities and the words "
                "that speak for a method."
            ),
            link("classify", kind="Citation", citation="Method"),
        ),
        Stop(
            _("Nine terms, clustered"),
            _(
                "Viruses, regions and symptoms cluster by themselves in the tree above the "
                "heatmap; the model was never told the groups."
            ),
            link("terms", **_heatmap("Clustered")),
        ),
        Stop(
            _("Fields that overlap"),
            _(
                "Red squares are fields that share more papers than by chance: nuclear theory "
                "and experiment, or economics and finance. Blue ones keep apart."
            ),
            link("corpus", show="Co-occurrence"),
        ),
        Stop(
            _("A model learns"),
            _(
                "Our training of the notebook's model over the published one: how far apart do the "
                "curves for unseen texts run, and where do they end?"
            ),
            link("training", runs=runs, metric="accuracy"),
        ),
    )
