"""The report of a heatmap: the drawing, and each term's nearest one."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from core import cards
from core.embeddings import hub_module
from core.embeddings.hub_module import Module
from core.i18n import _, ngettext, translate
from core.plots.heatmap import Heatmap, heatmap_file
from core.reports.blocks import FactList, Grid, Paragraph, Picture, Report, ReportSection, models_of


def heatmap_report(drawn: Heatmap, module: Module, note: str = "", link: str = "") -> Report:
    """The similarities of terms in an embedding; note: a sentence on them."""
    count = ngettext("{n:,} term", "{n:,} terms", len(drawn.terms)).format(n=len(drawn.terms))
    facts = [
        (_("Terms"), count),
        (_("Measure"), _(drawn.measure)),
        (_("Embedding"), translate(module.label)),
        (_("Dimensions"), f"{module.dimension:,}"),
        (_("Trained on"), translate(hub_module.corpus_text(module.trained_on))),
    ]
    lead = [FactList(facts), *([Paragraph(note)] if note else [])]
    untitled = replace(drawn, title="")
    picture = Picture(heatmap_file(untitled, "svg"), _("Heatmap of the terms' similarities"))
    sections = [ReportSection(_("Similarities"), [picture])]
    if (nearest := _nearest(drawn)).rows:
        sections.append(ReportSection(_("Each term’s nearest one"), [nearest]))
    return Report(_(drawn.title), lead, sections, _version(module), link)


def _version(module: Module) -> list[tuple[str, str]]:
    """The module's version, if it has a card."""
    folder = Path(module.source)
    return models_of([cards.read_card(folder)]) if (folder / cards.CARD).is_file() else []


def _nearest(drawn: Heatmap) -> Grid:
    """The term that is most similar to each."""
    values = drawn.values.astype(float)
    np.fill_diagonal(values, np.nan)
    rows = []
    for term, row in zip(drawn.terms, values, strict=True):
        if not np.isnan(row).all():
            best = int(np.nanargmax(row))
            rows.append((term, drawn.terms[best], f"{row[best]:.3f}"))
    return Grid((_("Term"), _("Nearest"), _("Similarity")), rows, frozenset({2}))
