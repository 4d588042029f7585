"""Watch models learn: the curves of all trainings, and new trainings on this server."""

import streamlit as st

from core.cards import installed
from core.i18n import _
from pages.components.outputs import header, show_problems
from pages.training.catalogue import catalogue, training_queue
from pages.training.curves import pick_curves, show_curves_of
from pages.training.trainer import show_trainer

header(
    _("Watch models learn"),
    _(
        "How a model got better with every pass over its training data: what it was trained on "
        "(training) and what it had not seen (validation). Where the two part, it learns by heart."
    ),
)
cards, problems = installed()
show_problems(problems)
# One list for the whole page: the run may end while it is drawn.
runs = training_queue().runs()
left, right = st.columns([5, 2], gap="medium")
with left:
    labels, options = pick_curves(catalogue(cards, runs), runs)
    if labels:
        show_curves_of(labels, options, runs)
    else:
        st.info(_("Pick a run to see its curves."), icon=":material/timeline:")
with right, st.container(border=True):
    show_trainer(runs)
