"""Precision, recall, F1 and support of each label."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core import taxonomy
from core.cards import Card
from core.i18n import _
from core.messages import N_
from core.tasks import TASKS
from pages.components.outputs import download_csv
from pages.models import leaderboard
from pages.models.leaderboard import number, record

SCROLL_FROM = 12


def report(card: Card, slice_name: str | None) -> list[dict[str, Any]]:
    """One row per label, as in scikit-learn's `classification_report`; English."""
    per_label = record(leaderboard.figures(card, slice_name).get("per_label"))
    thresholds = dict(zip(card.labels, card.thresholds, strict=False))
    return [
        {
            N_("Code"): str(label),
            N_("Name"): taxonomy.name(label),
            N_("Status"): N_("retired") if taxonomy.is_retired(label) else N_("live"),
            N_("Precision"): number(figures, "precision"),
            N_("Recall"): number(figures, "recall"),
            "F1": number(figures, "f1"),
            N_("Support"): number(figures, "support"),
            N_("Threshold"): thresholds.get(label),
        }
        for label, figures in per_label.items()
    ]


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """One model's report, or the F1 of several beside each other, as a table and as a file."""
    reports = {title: report(card, slice_name) for title, card in cards.items()}
    reports = {title: rows for title, rows in reports.items() if rows}
    if not reports:
        st.info(_("No figures by category for these test texts."), icon=":material/info:")
        return
    task = next(iter(cards.values())).task
    one = len(reports) == 1
    table = pd.DataFrame(next(iter(reports.values()))) if one else compared(reports)
    left_out = [] if TASKS[task].multilabel else [N_("Threshold")]
    if task == "intent":
        left_out += [N_("Name"), N_("Status")]
    table = table.drop(columns=left_out, errors="ignore")
    shown = table.copy()
    for column in (N_("Code"),) if task == "intent" else (N_("Name"), N_("Status")):
        shown[column] = shown[column].map(_)
    hint = _("Texts that truly have the label.")
    column, bar = st.column_config.NumberColumn, st.column_config.ProgressColumn
    f1 = partial(bar, format="%.3f", min_value=0, max_value=1, color="primary")
    st.dataframe(
        shown.rename(columns=lambda name: name if name in reports else _(name)),
        column_config={
            _("Precision"): column(format="%.3f"),
            _("Recall"): column(format="%.3f"),
            "F1": f1(),
            _("Support"): column(format="localized", help=hint),
            _("Threshold"): column(format="%.2f"),
            **{title: f1(label=_("F1, {model}").format(model=title)) for title in reports},
        },
        hide_index=True,
        height=460 if len(table) > SCROLL_FROM else "content",
        key=f"{task}-report" if one else f"{task}-reports",
    )
    download_csv(table, "report")


def compared(reports: dict[str, list[dict[str, Any]]]) -> pd.DataFrame:
    """The F1 of each label by model; support: in the first model's figures."""
    code, *others = (N_("Code"), N_("Name"), N_("Status"), N_("Support"))
    table = pd.DataFrame(next(iter(reports.values())))[[code, *others]]
    for title, rows in reports.items():
        table[title] = table[code].map({row[code]: row["F1"] for row in rows})
    return table
