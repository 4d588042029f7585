"""Our figures beside published ones, on screen."""

from collections.abc import Sequence

import streamlit as st

from core.cards import Card
from core.i18n import _
from pages.models.comparisons import Comparison, comparisons


def show_comparisons(cards: Sequence[Card]) -> None:
    """Our figures beside published ones, in three columns."""
    st.subheader(_("Our figures beside the published ones"), anchor=False)
    with st.container(border=True):
        for column, comparison in zip(st.columns(3), comparisons(cards), strict=True):
            with column:
                _show(comparison)


def _show(comparison: Comparison) -> None:
    st.markdown(
        _("**{title}**, {measure}").format(title=comparison.title, measure=comparison.measure)
    )
    with st.container(horizontal=True):
        for figure in comparison.figures:
            st.metric(
                figure.label,
                figure.value,
                figure.difference,
                delta_color="inverse" if figure.lower else "normal",
                delta_description=_("vs {published}").format(published=figure.published),
                width="content",
            )
    if not comparison.figures:
        st.markdown(_("These models are not installed."))
    st.caption(comparison.note)
