"""Precision, recall, F1 and support of each label."""

from typing import Any

import pandas as pd
import streamlit as st

from core import taxonomy
from core.cards import Card
from core.i18n import phrase, phrases, say
from pages.components.outputs import download_csv
from pages.models import leaderboard
from pages.models.leaderboard import number, record

SCROLL_FROM = 12


def report(card: Card, slice_name: str | None) -> list[dict[str, Any]]:
    """A row a label, as in scikit-learn's `classification_report`; English."""
    per_label = record(leaderboard.figures(card, slice_name).get("per_label"))
    thresholds = dict(zip(card.labels, card.thresholds, strict=False))
    return [
        {
            phrase("Code"): str(label),
            phrase("Name"): taxonomy.name(label),
            phrase("Status"): phrase("retired") if taxonomy.is_retired(label) else phrase("live"),
            phrase("Precision"): number(figures, "precision"),
            phrase("Recall"): number(figures, "recall"),
            "F1": number(figures, "f1"),
            phrase("Support"): number(figures, "support"),
            phrase("Threshold"): thresholds.get(label),
        }
        for label, figures in per_label.items()
        if isinstance(figures, dict)
    ]


def show(card: Card, slice_name: str | None) -> None:
    """The report as a table and as a file."""
    rows = report(card, slice_name)
    if not rows:
        st.info(say("The card holds no figures by label for this slice."), icon=":material/info:")
        return
    table = pd.DataFrame(rows)
    if card.task == "intent":
        table = table.drop(columns=[*phrases("Name", "Status", "Threshold")])
    shown = table.copy()
    for column in phrases("Code") if card.task == "intent" else phrases("Name", "Status"):
        shown[column] = shown[column].map(say)
    hint = say("Texts that truly have the label.")
    column, bar = st.column_config.NumberColumn, st.column_config.ProgressColumn
    st.dataframe(
        shown.rename(columns=say),
        column_config={
            say("Precision"): column(format="%.3f"),
            say("Recall"): column(format="%.3f"),
            "F1": bar(format="%.3f", min_value=0, max_value=1, color="primary"),
            say("Support"): column(format="localized", help=hint),
            say("Threshold"): column(format="%.2f"),
        },
        hide_index=True,
        height=460 if len(rows) > SCROLL_FROM else "content",
        key=f"{card.task}-report",
    )
    download_csv(table, "report")
