"""The report of a file's answers: what the file holds, and its first rows."""

from collections.abc import Mapping

import pandas as pd

from core.i18n import _, label_title, translate
from core.messages import N_
from core.plots.ranking import percent
from core.prediction.answer import NONE, SURE, UNSURE
from core.prediction.uploads import (
    ClassificationJob,
    ResultFilter,
    count_labels,
    first_words,
)
from core.reports.blocks import (
    BarList,
    BarRow,
    FactList,
    Grid,
    Paragraph,
    Report,
    ReportBlock,
    ReportSection,
    model_row,
)
from core.tasks import TASKS

MAX_ROWS, MAX_LABELS = 200, 20
CERTAINTIES = {SURE: N_("sure"), UNSURE: N_("unsure"), NONE: N_("none")}
COLUMNS = {
    "row": N_("Row"),
    "id": N_("Identifier"),
    "text": N_("Text"),
    "primary": N_("Primary"),
    "predicted": N_("Predicted"),
    "probability": N_("Probability"),
    "cross_lists": N_("Cross-lists"),
    "certainty": N_("Certainty"),
    "note": N_("Note"),
}
"""The columns of the table, with their heads."""


def batch_report(run: ClassificationJob, view: ResultFilter, link: str = "") -> Report:
    """The summary of a run, its labels, and the first rows that pass the filter.

    Raises ResultsError.
    """
    counts = {label: n for label, (n, _first) in count_labels(run.label_sets()).items()}
    asked = _("Suggestion") if run.question.suggests else _(TASKS[run.task].title)
    lead: list[ReportBlock] = [FactList([(_("Question"), asked), *_facts(run)])]
    sections = [_labels(counts)] if counts else []
    sections.append(ReportSection(_("Answers"), _rows(run, view)))
    models = [model_row(name, task, version) for task, name, version in run.question.models]
    title = _("Answers for {file}").format(file=run.upload.name)
    return Report(title, lead, sections, models, link)


def _facts(run: ClassificationJob) -> list[tuple[str, str]]:
    """Numbers of rows: all, with a note, by certainty, and right ones where the truth is known."""
    facts = [(_("Rows"), f"{run.rows:,}"), (_("Rows with problems"), f"{run.noted:,}")]
    if run.question.suggests:
        counted = run.certainties()
        certainties = " · ".join(f"{_(CERTAINTIES[key])} {n:,}" for key, n in counted.items())
        facts.append((_("Certainty"), certainties))
        if run.report and run.report["n"]:
            text = _("{right:,} of {n:,} have the right primary.")
            right = text.format(right=run.right, n=run.report["n"])
            facts.append((_("Against the labels of the file"), right))
    return facts


def _labels(counts: Mapping[str, int]) -> ReportSection:
    """The most frequent labels as bars."""
    most = max(counts.values())
    shown = list(counts.items())[:MAX_LABELS]
    bars = [BarRow(label_title(label), f"{n:,}", n / most) for label, n in shown]
    return ReportSection(_("What the file holds"), [BarList(bars)])


def _rows(run: ClassificationJob, view: ResultFilter) -> list[ReportBlock]:
    """The first rows that pass the filter, and how many there are."""
    count, table = run.page(view, MAX_ROWS)
    names = [name for name in COLUMNS if name in table.columns and _has_any(table[name])]
    cells = {name: [_cell(name, value) for value in table[name]] for name in names}
    rows = list(zip(*cells.values(), strict=True))
    numeric = frozenset(i for i, name in enumerate(names) if name in ("row", "probability"))
    blocks: list[ReportBlock] = [Grid([_(COLUMNS[name]) for name in names], rows, numeric)]
    if view != ResultFilter():
        blocks.insert(0, Paragraph(_("Only the rows that the filters of the page let pass.")))
    if count > len(table):
        text = _("The first {shown:,} of {count:,} rows.")
        blocks.append(Paragraph(text.format(shown=len(table), count=count), note=True))
    return blocks


def _has_any(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _cell(name: str, value: object) -> str:
    if pd.isna(value):
        return "–"
    if name == "probability":
        return percent(float(str(value)))
    if name == "certainty":
        return _(CERTAINTIES[str(value)])
    if name == "note":
        return translate(str(value))
    return first_words(str(value)) if name == "text" else str(value)
