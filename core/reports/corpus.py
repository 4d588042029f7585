"""The report of a view of a corpus: its figure and the numbers behind it."""

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from core.i18n import _
from core.plots import theme
from core.reports.blocks import Chart, FactList, Paragraph, Report, ReportSection, grid_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

MAX_ROWS = 100


def corpus_report(
    figure: "go.Figure",
    table: pd.DataFrame,
    heads: Sequence[str],
    facts: Mapping[str, str],
    link: str = "",
) -> Report:
    """A figure, interactive, and at most MAX_ROWS rows of its table.

    heads: the table's header on screen; facts: what the corpus is and which papers of it count.
    """
    title = html.unescape(figure.layout.title.text or "") or _("Corpus")
    blocks = [grid_of(table.head(MAX_ROWS), heads)]
    if len(table) > MAX_ROWS:
        text = _("The first {shown:,} of {count:,} rows.")
        blocks.append(Paragraph(text.format(shown=MAX_ROWS, count=len(table)), note=True))
    chart = Chart(_without_title(figure), title)
    sections = [ReportSection(_("Figure"), [chart]), ReportSection(_("Numbers"), blocks)]
    return Report(title, [FactList(tuple(facts.items()))], sections, link=link)


def _without_title(figure: "go.Figure") -> str:
    """The figure's JSON, as the title is the report's."""
    import plotly.graph_objects as go

    untitled = go.Figure(figure)
    untitled.update_layout(title=None, margin={"t": 30}, paper_bgcolor="white")
    return theme.on_paper(untitled.to_json())
