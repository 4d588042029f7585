"""The effect of one threshold for all labels."""

from typing import Any

import streamlit as st

from core.cards import Card
from core.evaluation.curves import rates
from core.i18n import _, label_title
from core.plots import model_charts
from core.text.markdown import escape_markdown
from pages.components.inputs import selectbox, slider
from pages.components.outputs import show_figure, show_metrics
from pages.models.curves import curves_of, labels_by_title
from pages.models.precision_recall import rates_of_models


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """One model's precision, recall and F1 by threshold, or several models' F1."""
    curves = curves_of(cards, slice_name)
    if len(curves) > 1:
        figure = model_charts.f1_of_models(*rates_of_models(curves))
        show_figure(figure, "f1-by-threshold", zoom=False, alt=_("F1 against the threshold"))
    elif curves:
        title, curve = next(iter(curves.items()))
        _show_one(cards[title], curve)


def _show_one(card: Card, curve: dict[str, Any]) -> None:
    """Precision, recall and F1 by threshold, of all labels together and of one label."""
    by_title = labels_by_title(curve)
    names = {title: label_title(label) for title, label in by_title.items()}
    left, right = st.columns(2)
    with left:
        cut = slider(_("One threshold for all labels"), 0.02, 0.98, 0.5, 0.02, key="cut")
    with right:
        key = f"{card.task}-label"
        title = selectbox(_("Label"), list(names), format_func=names.get, key=key)
    label = by_title[title or next(iter(by_title))]
    steps, micro = curve["thresholds"], curve["micro"]
    step = min(range(len(steps)), key=lambda i: abs(steps[i] - cut))
    marks = [(cut, _("here"))]
    threshold = dict(zip(card.labels, card.thresholds, strict=False)).get(label, 1)
    label_marks = [*marks, (threshold, _("the model’s"))] if threshold < 1 else marks
    left, right = st.columns(2)
    with left:
        _show_rates(_("All labels together (micro)"), micro, step)
        figure = model_charts.by_threshold(micro, steps, marks)
        alt = _("Precision, recall and F1 of all labels against the threshold")
        show_figure(figure, "thresholds-micro", key="cut-micro", zoom=False, alt=alt)
    with right:
        label_rates = rates(curve, label)
        _show_rates(label_title(label), label_rates, step)
        figure = model_charts.by_threshold(label_rates, steps, label_marks)
        alt = _("Precision, recall and F1 of one label against the threshold")
        show_figure(figure, f"thresholds-{label}", key="cut-label", zoom=False, alt=alt)
    best = max(range(len(steps)), key=lambda i: micro["f1"][i])
    text = _(
        "Micro-F1 is highest at {best:.2f} ({micro:.3f}); macro-F1 here is {macro:.3f} over "
        "the labels that occur. Only labels that reach the threshold count here; in answers and "
        "in the leaderboard, every text also gets its most likely label."
    ).format(best=steps[best], micro=micro["f1"][best], macro=curve["macro_f1"][step])
    st.caption(text)


def _show_rates(title: str, columns: dict[str, Any], step: int) -> None:
    """Precision, recall and F1 at one threshold."""
    st.markdown(f"**{escape_markdown(title)}**")
    named = {_(name): columns[key][step] for key, name in model_charts.NAMES.items()}
    show_metrics({name[0].upper() + name[1:]: f"{value:.3f}" for name, value in named.items()})
