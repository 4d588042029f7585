"""Compare models: a leaderboard, and details of one model."""

import streamlit as st

from core.cards import EMBEDDING, installed
from core.i18n import _
from core.messages import N_
from pages.components.inputs import pick, selectbox
from pages.components.models import NO_MODEL
from pages.components.outputs import header, show_problems
from pages.models import (
    calibration,
    card_view,
    errors,
    labels,
    leaderboard,
    precision_recall,
    sentences,
    threshold,
    word_sets,
)
from pages.models.beside_published import show_comparisons
from pages.models.board import MODEL, pick_slice, pick_task, show_board, show_published
from pages.models.timing import time_models

ABOUT = {N_("The model"): card_view.show}
CLASSIFIER_VIEWS = ABOUT | {
    N_("Label by label"): labels.show,
    N_("Precision and recall"): precision_recall.show,
    N_("Threshold"): threshold.show,
    N_("Calibration"): calibration.show,
    N_("Errors"): errors.show,
}
VIEWS = {
    EMBEDDING: ABOUT | {N_("Word sets"): word_sets.show},
    "intent": CLASSIFIER_VIEWS | {N_("Sentences"): sentences.show},
}

header(
    _("Compare models"),
    _(
        "How good are the models, and on what? Pick a task, sort the board by a click on a column, "
        "and look at any model closely."
    ),
)
cards, problems = installed()
show_problems(problems)
if not cards:
    st.error(_(NO_MODEL), icon=":material/error:")
    st.stop()
with st.container(horizontal=True):
    task = pick_task(cards)
    task_cards = [card for card in cards if card.task == task]
    by_title = leaderboard.titles(task_cards)
    shown = dict(zip(by_title, leaderboard.titles(task_cards, _), strict=True))
    slice_name = pick_slice(task, task_cards)
board = st.container()
hint = _("Loads each model and takes the median of 20 predictions of one text.")
if st.button(_("Time the models on this machine"), icon=":material/timer:", help=hint):
    time_models(by_title)
with board:
    show_board(task, by_title, shown, slice_name)
show_published(task)
st.subheader(_("One model closely"), anchor=False)
title = selectbox(_(MODEL), list(by_title), format_func=shown.get, key=f"{task}-model")
views = VIEWS.get(task, CLASSIFIER_VIEWS)
view = pick(_("Show"), views, f"{task}-show")
views[view](by_title[title or next(iter(by_title))], slice_name)
show_comparisons(cards)
