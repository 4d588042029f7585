"""The details of up to three picked models, laid over each other."""

import streamlit as st

from core.cards import EMBEDDING, Card
from core.i18n import _
from core.messages import N_
from pages.components.inputs import multiselect, pick
from pages.models import (
    calibration,
    card_view,
    errors,
    history,
    labels,
    precision_recall,
    sentences,
    threshold,
    word_sets,
)
from pages.models.board import DETAILS, MAX_PICKED

ABOUT = {N_("About"): card_view.show}
HISTORY = {N_("Training curves"): history.show}
CLASSIFIER_VIEWS = (
    ABOUT
    | {
        N_("By category"): labels.show,
        N_("Precision and recall"): precision_recall.show,
        N_("Threshold"): threshold.show,
        N_("Calibration"): calibration.show,
        N_("Errors"): errors.show,
    }
    | HISTORY
)
VIEWS = {
    EMBEDDING: ABOUT | {N_("Word sets"): word_sets.show} | HISTORY,
    "intent": CLASSIFIER_VIEWS | {N_("Sentences"): sentences.show},
}


def show_details(
    task: str, by_title: dict[str, Card], shown: dict[str, str], slice_name: str | None
) -> list[str]:
    """The picker and a view of the picked models; returns their English titles."""
    with st.container(key=DETAILS):
        st.subheader(_("Model details"), anchor=False)
        key = f"{task}-model"
        known = [title for title in st.session_state.get(key, []) if title in by_title]
        if key in st.session_state:
            # A model may have been removed meanwhile.
            st.session_state[key] = known
        picked = multiselect(
            _("Models, up to three over each other"),
            list(by_title),
            default=list(by_title)[:1],
            format_func=shown.get,
            max_selections=MAX_PICKED,
            select_all=False,
            key=key,
        )
        picked = picked or list(by_title)[:1]
        views = VIEWS.get(task, CLASSIFIER_VIEWS)
        view = pick(_("Show"), views, f"{task}-show")
        views[view]({shown[title]: by_title[title] for title in picked}, slice_name)
    return picked
