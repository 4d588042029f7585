"""Training curves: the curves of all trainings, and new trainings on this server."""

import streamlit as st

from core.cards import installed
from core.i18n import _
from pages.components.language import link_options
from pages.components.outputs import header, show_problems
from pages.training.catalogue import catalogue, training_queue
from pages.training.curves import pick_curves, show_curves_of
from pages.training.form import can_train, show_form
from pages.training.trainer import show_trainer

header(
    _("Training curves"),
    _(
        "How each model improved with every epoch. When training and validation curves drift "
        "apart, the model is overfitting."
    ),
)
cards, problems = installed()
show_problems(problems)
# One list for the whole page: the run may end while it is drawn.
runs = training_queue().runs()
trainer = can_train() or bool(runs)
left, right = st.columns([5, 2], gap="medium") if trainer else (st.container(), None)
with left:
    labels, options = pick_curves(catalogue(cards, runs), runs)
    if labels:
        show_curves_of(labels, options, runs)
    else:
        st.info(_("Pick a run to see its curves."), icon=":material/timeline:")
    st.page_link(
        "pages/models/page.py",
        label=_("Compare the trained models"),
        icon=":material/leaderboard:",
        query_params=link_options({}),
    )
if right:
    with right, st.container(border=True):
        show_trainer(runs)
else:
    with st.expander(_("Train a model: needs training data"), icon=":material/model_training:"):
        show_form()
