"""Precision against recall."""

from typing import Any

import streamlit as st

from core.cards import Card
from core.evaluation.curves import rates
from core.i18n import _, label_title
from core.plots import model_charts
from pages.components.inputs import multiselect, selectbox
from pages.components.outputs import show_figure
from pages.models.curves import curves_of, labels_by_title

FIRST_LABELS = 4


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """One model's curves of the picked labels, or several models' curves of one or all labels."""
    curves = curves_of(cards, slice_name)
    notes = [_("Each point is a threshold from 0.02 to 0.98; farther up and right is better.")]
    if len(curves) > 1:
        _show_models(curves)
    elif curves:
        title, curve = next(iter(curves.items()))
        if _show_labels(cards[title], curve):
            notes.append(_("A ring marks the label’s own threshold."))
    if curves:
        st.caption(" ".join(notes))


def _show_labels(card: Card, curve: dict[str, Any]) -> bool:
    """The curves of labels; returns whether labels have thresholds."""
    by_title = labels_by_title(curve)
    picked = multiselect(
        _("Labels"),
        list(by_title),
        default=list(by_title)[:FIRST_LABELS],
        max_selections=model_charts.MAX_LABELS,
        select_all=False,
        format_func=lambda title: label_title(by_title[title]),
        key=f"{card.task}-labels",
    )
    pairs = zip(card.labels, card.thresholds, strict=False)
    thresholds = {label: threshold for label, threshold in pairs if threshold < 1}
    labels = [by_title[title] for title in picked]
    figure = model_charts.precision_recall(curve, labels, thresholds)
    show_figure(figure, "precision-recall", key="curves", alt=_("Precision against recall"))
    return bool(thresholds)


def _show_models(curves: dict[str, dict[str, Any]]) -> None:
    figure = model_charts.precision_recall_of_models(*rates_of_models(curves))
    show_figure(figure, "precision-recall", key="curves", alt=_("Precision against recall"))


def rates_of_models(
    curves: dict[str, dict[str, Any]],
) -> tuple[dict[str, dict[str, Any]], list[float]]:
    """Each model's precision, recall and F1 of a label to pick or of all, and the thresholds."""
    first = next(iter(curves.values()))
    by_title = labels_by_title(first)
    title = selectbox(
        _("Label"),
        list(by_title),
        index=None,
        placeholder=_("all labels together (micro)"),
        format_func=lambda title: label_title(by_title[title]),
        key="of-label",
    )
    label = by_title.get(title)
    found = {
        model: rates(curve, label) if label else curve["micro"]
        for model, curve in curves.items()
        if label is None or label in curve["per_label"]
    }
    return found, first["thresholds"]
