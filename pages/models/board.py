"""The leaderboard: all models of a task, and what others published."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.cards import EMBEDDING, Card
from core.i18n import _, join_list
from core.messages import N_
from core.text.markdown import escape_markdown
from pages.components.inputs import pick
from pages.components.kept import scroll_to
from pages.models import leaderboard
from pages.models.leaderboard import (
    COLUMNS,
    HEADLINES,
    MEANINGS,
    MILLISECONDS,
    MODEL,
    SECONDS,
    SECTION,
    SIZE,
    SOURCE,
    TAGS,
    TEXTS,
    TITLES,
    figures,
    number,
)
from pages.models.published import FIGURES
from pages.models.timing import latency

FOUR_DECIMALS = ("binary_accuracy", "log_loss", "ece", "ece_top")
"""Figures that differ between models in the fourth decimal."""

MAX_PICKED = 3
ROW = 32
DETAILS = "model-details"
"""The key of the part of the page that shows the picked models."""


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


def board_table(
    task: str, by_title: dict[str, Card], slice_name: str | None, every: bool
) -> pd.DataFrame:
    """The rows and columns shown, with English names; every: also the less important figures."""
    latencies = {title: latency(card) for title, card in by_title.items()}
    if task == EMBEDDING:
        table = pd.DataFrame(leaderboard.embedding_rows(by_title))
    else:
        table = pd.DataFrame(leaderboard.rows(by_title, task, slice_name))
        tags = leaderboard.tags(by_title, task, slice_name, latencies)
        table[TAGS] = [
            [_(tag) for tag in tags[title]] if title in tags else own
            for title, own in zip(table[MODEL], table.get(TAGS, [None] * len(table)), strict=True)
        ]
    table[MILLISECONDS] = [latencies.get(title) for title in table[MODEL]]
    first, *others = (list(COLUMNS.get(task, ())) and list(COLUMNS[task].values())) or [None]
    leading = [MODEL, first, MILLISECONDS, TAGS, *others[: HEADLINES - 1]]
    if task == "intent":
        table[SECTION] = [_("yes") if given else _("no") for given in table[SECTION]]
        leading.append(SECTION)
    else:
        leading.append(SIZE)
    last = [SOURCE] if any(figure.task == task for figure in FIGURES) else []
    if not every and first:
        table = table[table[first].notna() | table[MODEL].isin(list(by_title))]
        kept = [*leading, *last]
    else:
        kept = [*leading, *table.columns.difference([*leading, SECTION, *last], sort=False), *last]
    table = table[[name for name in kept if name in table.columns]].reset_index(drop=True)
    return table.dropna(axis="columns", how="all")


def show_board(
    task: str,
    by_title: dict[str, Card],
    shown: dict[str, str],
    slice_name: str | None,
    picked: Sequence[str],
    every: bool,
) -> None:
    """One row per model, sortable; a click on a row opens it, a tick lays it over the others.

    shown: titles in the current language; picked: English titles, ticked; every: all columns.
    """
    table = board_table(task, by_title, slice_name, every)
    titles = [title if title in by_title else None for title in table[MODEL]]
    table[MODEL] = [shown.get(title, title) for title in table[MODEL]]
    key = f"{task}-board"
    ticked = sorted(titles.index(title) for title in picked if title in titles)
    selection = st.session_state.get(key, {}).get("selection", {})
    if sorted(selection.get("rows", [])) != ticked or selection.get("cells"):
        st.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}
    config = {name: _number("%.3f") for name in table.columns} | _columns(task, table)
    st.dataframe(
        table.rename(columns=_),
        column_config={_(name): column for name, column in config.items() if name in table},
        hide_index=True,
        height="content",
        row_height=ROW,
        placeholder="–",
        alt=_("Leaderboard"),
        key=key,
        selection_mode=["multi-row", "single-cell"],
        on_select=partial(on_select, task, titles),
    )
    _explain(task, slice_name, [figures(card, slice_name) for card in by_title.values()])


def on_select(task: str, titles: Sequence[str | None]) -> None:
    """Open the model of a row that was clicked, or show those ticked.

    titles: of the rows' models, None for what others published.
    """
    selection = st.session_state[f"{task}-board"]["selection"]
    key = f"{task}-model"
    picked = newly_picked(selection, titles, st.session_state.get(key) or [])
    if picked:
        st.session_state[key] = picked
        if selection.get("cells"):
            scroll_to(DETAILS)


def newly_picked(
    selection: Mapping[str, Any], titles: Sequence[str | None], before: Sequence[str]
) -> list[str]:
    """The models to show after a selection: the one clicked, or the last three that were ticked.

    Empty where there are none, as on rows of what others published.
    """
    cells, rows = selection.get("cells", []), selection.get("rows", [])
    rows = [row for row, _column in cells] or rows
    chosen = [title for row in rows if row < len(titles) and (title := titles[row])]
    kept = [title for title in before if title in chosen]
    return [*kept, *(title for title in chosen if title not in kept)][-MAX_PICKED:]


def _number(number_format: str, meaning: str | None = None, **more: Any) -> Any:
    help_text = _(meaning) if meaning else None
    return st.column_config.NumberColumn(format=number_format, help=help_text, **more)


def _columns(task: str, table: pd.DataFrame) -> dict[str, Any]:
    """The column configuration of a task's board, by English names."""
    columns: dict[str, Any] = {}
    for key, name in COLUMNS.get(task, {}).items():
        decimals, meaning = "%.4f" if key in FOUR_DECIMALS else "%.3f", _(MEANINGS[key])
        if columns or name not in table:
            columns[name] = st.column_config.NumberColumn(format=decimals, help=meaning)
            continue
        low, high = leaderboard.bar_range(table[name].dropna().tolist())
        bars = _("Bars run from {low:.1f} to {high:.1f}.").format(low=low, high=high)
        columns[name] = st.column_config.ProgressColumn(
            format=decimals,
            help=f"{meaning} {bars}",
            min_value=low,
            max_value=high,
            color="primary",
            width=140,
        )
    return columns | {
        # With the first figure, this fits on a phone.
        MODEL: st.column_config.TextColumn(width=None if task == EMBEDDING else 180),
        TAGS: st.column_config.ListColumn(width=220),
        SECTION: st.column_config.TextColumn(
            help=_("Whether the system was also given the heading of the citation’s section.")
        ),
        SOURCE: st.column_config.LinkColumn(display_text=_("paper")),
        TEXTS: _number(
            "localized",
            N_(
                "How many test texts these figures are over. Where the numbers differ, so do "
                "the texts, and the figures cannot be compared."
            ),
        ),
        SIZE: _number("%.1f", N_("Size of the model’s files.")),
        SECONDS: _number(
            "localized",
            N_(
                "From reading the papers to measuring the model, on two cores; models of earlier "
                "versions did not note it."
            ),
        ),
        MILLISECONDS: _number(
            "%.2f", N_("Median of 20 predictions of one text, measured on this server.")
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
        if any(figure.task == task for figure in FIGURES):
            notes.append(
                _(
                    "Published figures are as printed, not measured here; their test texts may "
                    "differ from ours."
                )
            )
        st.caption(escape_markdown(" ".join(notes)))


def show_published(task: str) -> None:
    """Where the published figures are from, with links."""
    of_task = [figure for figure in FIGURES if figure.task == task]
    if not of_task:
        return
    with st.expander(_("About the published systems"), icon=":material/menu_book:"):
        lines = []
        for figure in of_task:
            name = f"**{escape_markdown(_(figure.system))}**"
            values = join_list(
                f"{_(leaderboard.FIGURES[key])} {value:.3f}"
                for key, value in figure.figures.items()
            )
            source = escape_markdown(_(figure.source))
            if figure.url:
                source = f"{source} ([{escape_markdown(figure.url)}]({figure.url}))"
            lines.append(f"- {name} ({figure.year}): {values}; {source}")
        st.markdown("\n".join(lines))
