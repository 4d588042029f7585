"""Accuracy against the time that a text takes, for the models that were timed here."""

import streamlit as st

from core.cards import EMBEDDING, Card
from core.i18n import _
from core.plots import model_charts
from pages.components.outputs import show_figure
from pages.models.leaderboard import COLUMNS, figures, number
from pages.models.timing import latency


def show_speed(
    task: str, by_title: dict[str, Card], shown: dict[str, str], slice_name: str | None
) -> None:
    """A scatter of the models; nothing where fewer than two were timed."""
    if task == EMBEDDING:
        return
    key, name = next(iter(COLUMNS[task].items()))
    points = [
        (shown[title], time, score)
        for title, card in by_title.items()
        if (time := latency(card)) and (score := number(figures(card, slice_name), key)) is not None
    ]
    if len(points) < 2:
        return
    st.subheader(_("Accuracy against speed"), anchor=False)
    figure = model_charts.accuracy_against_time(points, _(name))
    show_figure(figure, f"{task}-speed", zoom=False, alt=_("Accuracy against milliseconds a text"))
    st.caption(
        _(
            "Times were measured on this server: the median of 20 predictions of one text, the "
            "model loaded. Farther up and left is better."
        )
    )
