"""A model's confusions between labels."""

from typing import Any

import streamlit as st

from core.cards import Card
from core.evaluation.metrics import MAX_CONFUSION
from core.i18n import _, label_title
from core.plots import model_charts
from core.tasks import TASKS
from pages.components.outputs import show_figure
from pages.models import leaderboard
from pages.models.curves import curve_of


def show(card: Card, slice_name: str | None) -> None:
    """The confusion matrix for single-label tasks, otherwise the most frequent confusions."""
    single = not TASKS[card.task].multilabel
    if matrix := leaderboard.figures(card, slice_name).get("confusion"):
        figure = model_charts.confusion(card.labels, matrix)
        show_figure(figure, "confusion", zoom=False, alt=_("Confusion matrix"))
        st.caption(
            _("Each cell: texts, and their share of the true label’s. Right is the diagonal.")
        )
    elif single and len(card.labels) <= MAX_CONFUSION:
        st.info(_("The card holds no confusion matrix for this slice."), icon=":material/info:")
    elif curve := curve_of(card, slice_name):
        if single and not curve["errors"]:
            st.info(_("The curves hold no confusions for this slice."), icon=":material/info:")
        else:
            _show_pairs(curve["errors"], single)


def _show_pairs(pairs: list[list[Any]], single: bool) -> None:
    """The most frequent pairs of a label missed and one predicted instead.

    single: whether a paper has one label.
    """
    if not pairs:
        st.info(_("No label was missed for another on this slice."), icon=":material/check:")
        return
    alt = _("Labels missed against labels predicted instead")
    show_figure(model_charts.confused(pairs), "confused", zoom=False, alt=alt)
    if single:
        text = _(
            "Papers of one category that the model takes for another, over the {n} commonest "
            "pairs. Empty cells are rarer."
        )
    else:
        text = _(
            "Papers of which the model missed one label and wrongly predicted another, over the "
            "{n} commonest pairs; at the model’s own thresholds. Empty cells are rarer."
        )
    st.caption(text.format(n=len(pairs)))
    st.dataframe(
        {
            _("Label missed"): [label_title(missed) for missed, _, _ in pairs],
            _("Label predicted instead"): [label_title(instead) for _, instead, _ in pairs],
            _("Papers"): [papers for _, _, papers in pairs],
        },
        column_config={_("Papers"): st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        key="errors",
    )
