"""The results of an embedding on word-similarity sets."""

import streamlit as st

from core.cards import Card
from core.i18n import _
from pages.models.leaderboard import figures, number, slices


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """The number of pairs and rho by set, of each embedding."""
    st.dataframe(
        [
            {
                _("Set"): str(name),
                _("Vectors"): vectors,
                _("Spearman’s ρ"): number(result, "rho"),
                _("Pairs known"): number(result, "pairs"),
                _("Pairs in all"): number(result, "total"),
            }
            for card in cards.values()
            for vectors in slices([card])
            for name, result in figures(card, vectors).items()
        ],
        column_config={_("Spearman’s ρ"): st.column_config.NumberColumn(format="%.3f")},
        hide_index=True,
        height="content",
        key="sets",
    )
