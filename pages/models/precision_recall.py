"""Precision against recall."""

import streamlit as st

from core.cards import Card
from core.i18n import _, label_title
from core.plots import model_charts
from pages.components.inputs import multiselect
from pages.components.outputs import show_figure
from pages.models.curves import curve_of, labels_by_title

FIRST_LABELS = 4


def show(card: Card, slice_name: str | None) -> None:
    """The curves of the picked labels, and of all labels together."""
    curve = curve_of(card, slice_name)
    if not curve:
        return
    by_title = labels_by_title(curve)
    picked = multiselect(
        _("Labels"),
        list(by_title),
        default=list(by_title)[:FIRST_LABELS],
        max_selections=model_charts.MAX_LABELS,
        format_func=lambda title: label_title(by_title[title]),
        key=f"{card.task}-labels",
    )
    pairs = zip(card.labels, card.thresholds, strict=False)
    thresholds = {label: threshold for label, threshold in pairs if threshold < 1}
    labels = [by_title[title] for title in picked]
    figure = model_charts.precision_recall(curve, labels, thresholds)
    show_figure(figure, "precision-recall", key="curves", alt=_("Precision against recall"))
    notes = [_("Each point is a threshold from 0.02 to 0.98; farther up and right is better.")]
    if thresholds:
        notes.append(_("A ring marks the label’s own threshold."))
    st.caption(" ".join(notes))
