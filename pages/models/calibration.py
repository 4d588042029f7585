"""The calibration of models' probabilities."""

from typing import Any

import streamlit as st

from core.cards import Card
from core.i18n import _, join_list
from core.plots import model_charts
from core.tasks import TASKS
from core.text.markdown import escape_markdown
from pages.components.outputs import show_figure
from pages.models import leaderboard
from pages.models.curves import curves_of


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """Reliability diagrams: of each text's likeliest label, then of all labels."""
    curves = curves_of(cards, slice_name)
    if not curves:
        return
    measured = {title: leaderboard.figures(cards[title], slice_name) for title in curves}
    top = {title: leaderboard.calibration_error(found) for title, found in measured.items()}
    every = {title: leaderboard.number(found, "ece") for title, found in measured.items()}
    if not TASKS[next(iter(cards.values())).task].multilabel:
        _show_diagram(_("The most likely label of each text"), curves, _("texts"), top)
    elif all("reliability_top" in curve for curve in curves.values()):
        left, right = st.columns(2)
        shown = {
            title: {"reliability": curve["reliability_top"]} for title, curve in curves.items()
        }
        with left:
            _show_diagram(
                _("The most likely label of each paper"),
                shown,
                _("papers"),
                top,
                "reliability-top",
            )
        with right:
            _show_diagram(_("All labels of all papers"), curves, _("pairs"), every)
    else:
        _show_diagram(_("All labels of all papers"), curves, _("pairs"), every)
    st.caption(
        _(
            "Probabilities in 15 bins. On the dashed line, predicted and actual rates match; below "
            "it the model is overconfident."
        )
    )


def _show_diagram(
    title: str,
    curves: dict[str, dict[str, Any]],
    counted: str,
    errors: dict[str, float | None],
    name: str = "reliability",
) -> None:
    """A diagram of `curve["reliability"]` of each model, under its title and the errors."""
    st.markdown(f"**{title}**")
    bins = {model: curve["reliability"] for model, curve in curves.items()}
    figure = model_charts.reliability(bins, counted)
    show_figure(figure, name, zoom=False, alt=_("Reliability diagram"))
    found = join_list(
        f"{model} {error:.4f}" for model, error in errors.items() if error is not None
    )
    if found:
        text = _("Expected calibration error: {errors}.").format(errors=found)
        st.caption(escape_markdown(text))
