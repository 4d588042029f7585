"""The report of a model: what it is, how good it is, and what it was made of."""

from collections.abc import Mapping, Sequence

from core.cards import EMBEDDING, Card
from core.i18n import _, label_title
from core.prediction.reports import label_rows
from core.reports.blocks import (
    FactList,
    Grid,
    Paragraph,
    Report,
    ReportSection,
    models_of,
)

Records = Mapping[str, Sequence[tuple[str, str]]]
"""Names and values by title, in the current language."""


def model_report(
    card: Card,
    notes: str,
    figures: Mapping[str, Mapping[str, str]],
    records: Records,
    slice_name: str | None = None,
    link: str = "",
) -> Report:
    """A model's card in words and tables.

    notes: sentences on it; figures: values by name, by the title of their slice; records: what
    stands on its card; slice_name: of the figures by label.
    """
    sections = [
        *([ReportSection(_("How good it is"), [_figures(figures)])] if figures else []),
        *(ReportSection(title, [FactList(rows)]) for title, rows in records.items() if rows),
        *_by_label(card, slice_name),
        ReportSection(_("Files"), [Grid((_("File"), "SHA-256"), tuple(card.files.items()))]),
    ]
    lead = [Paragraph(_(card.summary)), Paragraph(notes, note=True)]
    return Report(_(card.label), lead, sections, models_of([card]), link)


def _figures(figures: Mapping[str, Mapping[str, str]]) -> Grid:
    """A row for each figure, a column for each slice."""
    names = dict.fromkeys(name for values in figures.values() for name in values)
    rows = [(name, *(values.get(name, "–") for values in figures.values())) for name in names]
    return Grid(("", *figures), rows, frozenset(range(1, len(figures) + 1)))


def _by_label(card: Card, slice_name: str | None) -> list[ReportSection]:
    """Precision, recall and F1 of each label of a slice, the most frequent first."""
    metrics = card.metrics.get(slice_name or "", {})
    if card.task == EMBEDDING or not metrics.get("per_label"):
        return []
    rows = [
        (
            row["label"] if card.task == "intent" else label_title(row["label"]),
            *(f"{row[name]:.3f}" for name in ("precision", "recall", "f1")),
            f"{row['support']:,}",
        )
        for row in label_rows(metrics)
    ]
    heads = (_("label"), _("precision"), _("recall"), _("f1"), _("support"))
    return [ReportSection(_("Each label"), [Grid(heads, rows, frozenset(range(1, 5)))])]
