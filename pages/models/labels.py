"""Precision, recall, F1 and support of each label."""

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


def show(card: Card, slice_name: str | None) -> None:
    """The report as a table and as a file."""
    rows = report(card, slice_name)
    if not rows:
        st.info(_("The card holds no figures by label for this slice."), icon=":material/info:")
        return
    table = pd.DataFrame(rows)
    if card.task == "intent":
        table = table.drop(columns=[N_("Name"), N_("Status")])
    if not TASKS[card.task].multilabel:
        table = table.drop(columns=[N_("Threshold")])
    shown = table.copy()
    for column in (N_("Code"),) if card.task == "intent" else (N_("Name"), N_("Status")):
        shown[column] = shown[column].map(_)
    hint = _("Texts that truly have the label.")
    column, bar = st.column_config.NumberColumn, st.column_config.ProgressColumn
    st.dataframe(
        shown.rename(columns=_),
        column_config={
            _("Precision"): column(format="%.3f"),
            _("Recall"): column(format="%.3f"),
            "F1": bar(format="%.3f", min_value=0, max_value=1, color="primary"),
            _("Support"): column(format="localized", help=hint),
            _("Threshold"): column(format="%.2f"),
        },
        hide_index=True,
        height=460 if len(rows) > SCROLL_FROM else "content",
        key=f"{card.task}-report",
    )
    download_csv(table, "report")
