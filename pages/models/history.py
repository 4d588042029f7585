"""How the picked models were trained, epoch by epoch."""

from dataclasses import replace

import streamlit as st

from core.cards import Card
from core.i18n import _
from core.plots import learning_curves, theme
from pages.components.language import link_options
from pages.components.outputs import show_figure
from pages.training.catalogue import of_card


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """The learning curves of the models that have some, and the way to the page of all runs."""
    trained = {title: card for title, card in cards.items() if card.history}
    if not trained:
        st.info(
            _("Trained in one go, not in epochs: there are no learning curves."),
            icon=":material/timeline:",
        )
        return
    curves = [
        replace(of_card(card).curve, colour=colour)
        for (title, card), colour in zip(cards.items(), theme.COLOURS, strict=False)
        if title in trained
    ]
    figure = learning_curves.curves_figure(curves)
    show_figure(figure, "history", alt=_("Curves of the runs, epoch by epoch"))
    if without := [title for title in cards if title not in trained]:
        text = _("Trained in one go, without curves: {models}.")
        st.caption(text.format(models=", ".join(without)))
    st.page_link(
        "pages/training/page.py",
        label=_("Beside published runs and runs of your own"),
        icon=":material/timeline:",
        query_params=link_options({"runs": [card.label for card in trained.values()]}),
    )
