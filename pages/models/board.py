"""The leaderboard: all models of a task, and published figures."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.cards import EMBEDDING, Card
from core.i18n import _
from core.messages import N_
from core.text.markdown import escape_markdown
from pages.components.inputs import pick
from pages.models import leaderboard
from pages.models.leaderboard import COLUMNS, MEANINGS, TITLES, figures, number
from pages.models.published import FIGURES
from pages.models.timing import latency

MODEL, MILLISECONDS = (N_("Model"), N_("ms a text"))
FOUR_DECIMALS = ("binary_accuracy", "log_loss", "ece", "ece_top")
"""Figures that differ between models in the fourth decimal."""


def pick_task(cards: list[Card]) -> str:
    """The task whose models are compared, among those with models."""
    by_title = {TITLES[task]: task for task in dict.fromkeys(card.task for card in cards)}
    return by_title[pick(_("Task"), by_title, "compare")]


def pick_slice(task: str, cards: list[Card]) -> str | None:
    """The slice of held-out texts whose figures are shown; None if no card has any."""
    names = leaderboard.slices(cards)
    if task == EMBEDDING or not names:
        return None
    by_title = {escape_markdown(leaderboard.slice_of(name).title): name for name in names}
    title = pick(
        _("Measured on"),
        by_title,
        f"{task}-on",
        format_func=lambda title: escape_markdown(_(leaderboard.slice_of(by_title[title]).title)),
    )
    return by_title[title]


def show_board(
    task: str, by_title: dict[str, Card], shown: dict[str, str], slice_name: str | None
) -> None:
    """One row per model, sortable; shown: titles in the current language."""
    if task == EMBEDDING:
        table = pd.DataFrame(leaderboard.embedding_rows(by_title))
    else:
        table = pd.DataFrame(leaderboard.rows(by_title, task, slice_name))
    latencies = [latency(by_title[title]) if title in by_title else None for title in table[MODEL]]
    if any(latencies):
        table[MILLISECONDS] = latencies
    table[MODEL] = [shown.get(title, title) for title in table[MODEL]]
    config = {name: _number("%.3f") for name in table.columns} | _columns(task)
    st.dataframe(
        table.rename(columns=_),
        column_config={_(name): column for name, column in config.items()},
        hide_index=True,
        height="content",
        placeholder="–",
        key=f"{task}-board",
    )
    _explain(task, slice_name, [figures(card, slice_name) for card in by_title.values()])


def _number(number_format: str, meaning: str | None = None) -> Any:
    return st.column_config.NumberColumn(format=number_format, help=_(meaning) if meaning else None)


def _columns(task: str) -> dict[str, Any]:
    """The column configuration of a task's board, by English names."""
    bar = partial(st.column_config.ProgressColumn, min_value=0, max_value=1, color="primary")
    columns: dict[str, Any] = {}
    for key, name in COLUMNS.get(task, {}).items():
        decimals = "%.4f" if key in FOUR_DECIMALS else "%.3f"
        column = st.column_config.NumberColumn if columns else bar
        columns[name] = column(format=decimals, help=_(MEANINGS[key]))
    return columns | {
        # On a phone Streamlit unpins a column of this width, which leaves room for the figures.
        MODEL: st.column_config.TextColumn(pinned=True, width=320),
        N_("Texts"): _number(
            "localized",
            N_(
                "How many held-back texts these figures are over. Where the numbers differ, so do "
                "the texts, and the figures cannot be compared."
            ),
        ),
        "MB": _number("%.2f", N_("Size of the model’s files.")),
        N_("s to train"): _number(
            "localized",
            N_(
                "Seconds from reading the papers to measuring the model, on two cores; models of "
                "earlier versions did not note it."
            ),
        ),
        MILLISECONDS: _number(
            "%.2f", N_("Median of 20 warm predictions of one text on this machine.")
        ),
    }


def _explain(task: str, slice_name: str | None, measured: list[dict[str, Any]]) -> None:
    """The test data of the figures, and whether all models were measured on the same."""
    if task == EMBEDDING:
        text = _(
            "Spearman’s ρ between people’s judgements of how similar two words are and the "
            "vectors’ cosine, over the pairs with both words known. Skip-gram was trained on "
            "the same text for comparison."
        )
        st.caption(text)
    elif slice_name is None:
        st.info(_("These models’ cards hold no figures."), icon=":material/info:")
    else:
        notes = [_(leaderboard.slice_of(slice_name).meaning)]
        counts = {number(metrics, "n") for metrics in measured if metrics}
        if len(counts) > 1:
            notes.append(_("Not all models were measured on the same texts: see “Texts”."))
        elif len(measured) > 1 and (n := counts.pop()):
            notes.append(_("All models are measured on the same {n:,.0f} texts.").format(n=n))
        st.caption(escape_markdown(" ".join(notes)))


def show_published(task: str) -> None:
    """Published figures on the task, with date and source."""
    of_task = [figure for figure in FIGURES if figure.task == task]
    if not of_task:
        return
    table = {
        _("System"): [_(figure.system) for figure in of_task],
        _("Figure"): [_(figure.metric) for figure in of_task],
        _("Published"): [figure.value for figure in of_task],
        _("Date"): [figure.date for figure in of_task],
        _("Source"): [_(figure.paper) for figure in of_task],
    }
    if any(figure.section is not None for figure in of_task):
        table[_("Section name given")] = [
            _("yes") if figure.section else _("no") for figure in of_task
        ]
    st.markdown(_("**Published by others**"))
    st.dataframe(
        table,
        column_config={_("Published"): _number("%.3f")},
        hide_index=True,
        key=f"{task}-published",
    )
    st.caption(_("Printed figures, not measured here; samples and splits may differ from ours."))
