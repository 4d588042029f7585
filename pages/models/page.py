"""Compare models: a leaderboard, and the details of up to three models over each other."""

import streamlit as st

from core.cards import EMBEDDING, installed
from core.i18n import _
from pages.components.inputs import toggle
from pages.components.models import NO_MODEL
from pages.components.outputs import header, show_problems
from pages.models import leaderboard
from pages.models.board import pick_slice, pick_task, show_board, show_published
from pages.models.details import show_details
from pages.models.speed import show_speed
from pages.models.timing import show_result, time_models

header(
    _("Compare models"),
    _("Compare accuracy, size and speed. Click a column to sort, a row for details."),
)
cards, problems = installed()
show_problems(problems)
if not cards:
    st.error(_(NO_MODEL), icon=":material/error:")
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    task = pick_task(cards)
    task_cards = [card for card in cards if card.task == task]
    by_title = leaderboard.titles(task_cards)
    shown = dict(zip(by_title, leaderboard.titles(task_cards, _), strict=True))
    slice_name = pick_slice(task, task_cards)
    hint = _("Loads each model and takes the median of 20 predictions of one text.")
    measure = st.button(_("Measure speed here"), icon=":material/timer:", help=hint)
by_name = {shown[title]: card for title, card in by_title.items()}
show_result(by_name)
progress, board = st.container(), st.container()
every = task != EMBEDDING and toggle(_("All figures"), key="every")
show_published(task)
show_speed(task, by_title, shown, slice_name)
picked = show_details(task, by_title, shown, slice_name)
with board:
    show_board(task, by_title, shown, slice_name, picked, every)
if measure:
    with progress:
        time_models(by_name)
    st.rerun()
