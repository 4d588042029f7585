"""What the course's cleaning steps make of a text."""

import pandas as pd
import streamlit as st

from core.i18n import _
from core.messages import N_
from core.text.cleaning import step_by_step

MAX_TEXT = 1_000
"""Characters that are cleaned; stemming a long text takes a while."""

NAMES = {
    "strip_punctuation": N_("Strip punctuation"),
    "lower_case": N_("Lower case"),
    "trim": N_("Trim white space"),
    "split": N_("Split into words"),
    "remove_stop_words": N_("Remove stop words"),
    "stem": N_("Stem"),
    "lemmatise": N_("Lemmatise"),
    "join": N_("Join"),
}


def show_cleaning(text: str) -> None:
    """The text after each of the eight steps, computed once somebody asks for it."""
    with st.expander(_("Clean the text, step by step"), key="cleaning", on_change="rerun") as part:
        if not part.open:
            return
        st.caption(
            _(
                "The eight steps of the arXiv classification course. Its recipes can be trained "
                "on words cleaned so: `python -m core train nb-tfidf --cleaning stems`."
            )
        )
        steps = [(_(NAMES[name]), result) for name, result in step_by_step(text[:MAX_TEXT])]
        columns = [_("Step"), _("Text after it")]
        st.dataframe(pd.DataFrame(steps, columns=columns), hide_index=True, height="content")
