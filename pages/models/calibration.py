"""The calibration of a model's probabilities."""

from typing import Any

import streamlit as st

from core.cards import Card
from core.i18n import _
from core.plots import model_charts
from core.tasks import TASKS
from pages.components.outputs import show_figure
from pages.models import leaderboard
from pages.models.curves import curve_of


def show(card: Card, slice_name: str | None) -> None:
    """Reliability diagrams: of each text's likeliest label, then of all labels."""
    curve = curve_of(card, slice_name)
    if not curve:
        return
    figures = leaderboard.figures(card, slice_name)
    top = leaderboard.calibration_error(figures)
    if not TASKS[card.task].multilabel:
        _show_diagram(_("What is shown: each text’s likeliest label"), curve, _("texts"), top)
    elif "reliability_top" in curve:
        left, right = st.columns(2)
        title = _("What is shown: each paper’s likeliest label")
        bins = {"reliability": curve["reliability_top"]}
        with left:
            _show_diagram(title, bins, _("papers"), top, "reliability-top")
        with right:
            _show_all_labels(curve, figures)
    else:
        _show_all_labels(curve, figures)
    st.caption(
        _(
            "Probabilities in 15 bins: a point on the dashed line says 30 % where 30 % come true; "
            "below it the model is too sure of itself, above it not sure enough."
        )
    )


def _show_all_labels(curve: dict[str, Any], figures: dict[str, Any]) -> None:
    title, error = _("All labels of all papers"), leaderboard.number(figures, "ece")
    _show_diagram(title, curve, _("paper-label pairs"), error)


def _show_diagram(
    title: str,
    curve: dict[str, Any],
    counted: str,
    error: float | None,
    name: str = "reliability",
) -> None:
    """A diagram of `curve["reliability"]` under its title and the expected calibration error."""
    st.markdown(f"**{title}**")
    figure = model_charts.reliability(curve["reliability"], counted)
    alt = _("Reliability diagram")
    show_figure(figure, name, zoom=False, alt=alt)
    if error is not None:
        st.caption(_("Expected calibration error {error:.4f}.").format(error=error))
