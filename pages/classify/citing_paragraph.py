"""The citing sentences of a paragraph, each with its intent."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.cards import Card, ModelError
from core.i18n import _, ngettext
from core.text import documents
from pages.components import answers
from pages.components.models import get_model
from pages.components.outputs import download_csv


def show_paragraph(card: Card, sentences: Sequence[str], section: str) -> None:
    """A row for each sentence, with the intent of the first model and its probability."""
    try:
        table = intents(card, sentences, section)
    except ModelError as problem:
        answers.show_failure(problem)
        return
    n = len(sentences)
    st.markdown(
        ngettext("{n:,} sentence cites.", "{n:,} sentences cite.", n).format(n=n)
        + " "
        + _("Paste one alone to see its reasons.")
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "sentence": st.column_config.TextColumn(_("Sentence"), width="large"),
            "intent": st.column_config.TextColumn(_("Intent")),
            "probability": st.column_config.NumberColumn(_("Probability"), format="percent"),
        },
        key="citing-sentences",
    )
    download_csv(table, "citations")


def intents(card: Card, sentences: Sequence[str], section: str) -> pd.DataFrame:
    """The columns sentence, section, intent and probability. Raises ModelError."""
    model = get_model(card)
    texts = [documents.citation_text(sentence, section) for sentence in sentences]
    scores = model.predict_scores(texts)
    return pd.DataFrame(
        {
            "sentence": sentences,
            "section": [section] * len(sentences),
            "intent": [model.labels[best] for best in scores.argmax(axis=1)],
            "probability": [round(float(score), 4) for score in scores.max(axis=1)],
        }
    )
