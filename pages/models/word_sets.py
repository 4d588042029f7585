"""The word-similarity sets that an embedding was measured on."""

import streamlit as st

from core.cards import Card
from core.i18n import _
from pages.models.leaderboard import figures, number, slices


def show(card: Card, slice_name: str | None) -> None:
    """How many pairs of each set count, and their rho."""
    st.dataframe(
        [
            {
                _("Set"): str(name),
                _("Vectors"): vectors,
                _("Spearman’s ρ"): number(result, "rho"),
                _("Pairs known"): number(result, "pairs"),
                _("Pairs in all"): number(result, "total"),
            }
            for vectors in slices([card])
            for name, result in figures(card, vectors).items()
        ],
        column_config={_("Spearman’s ρ"): st.column_config.NumberColumn(format="%.3f")},
        hide_index=True,
        height="content",
        key="sets",
    )
