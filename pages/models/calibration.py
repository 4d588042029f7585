"""The calibration of a model's probabilities."""

import streamlit as st

from core.cards import Card
from core.i18n import _
from core.plots import model_charts
from pages.components.outputs import show_figure
from pages.models import leaderboard
from pages.models.curves import curve_of


def show(card: Card, slice_name: str | None) -> None:
    """The reliability diagram and the expected calibration error."""
    curve = curve_of(card, slice_name)
    if not curve:
        return
    single = card.task == "intent"
    counted = _("texts") if single else _("paper-label pairs")
    figure = model_charts.reliability(curve, counted)
    show_figure(figure, "reliability", zoom=False, alt=_("Reliability diagram"))
    error = leaderboard.number(leaderboard.figures(card, slice_name), "ece")
    notes = (
        [] if error is None else [_("Expected calibration error {error:.4f}.").format(error=error)]
    )
    notes.append(
        _(
            "Over {what} in 15 bins: a point on the dashed line says 30 % where 30 % come true; "
            "below it the model is too sure of itself, above it not sure enough."
        ).format(what=_("each text’s best label") if single else _("all paper-label pairs"))
    )
    st.caption(" ".join(notes))
