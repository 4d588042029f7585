"""Test sentences with true labels and predictions, as in the CORD-19 notebook."""

import streamlit as st

from core import settings
from core.cards import Card, ModelError
from core.corpora import scicite
from core.corpora.blocks import CorpusError
from core.i18n import _, translate
from core.text.documents import citation_text
from core.text.markdown import escape_markdown
from pages.models.timing import model_of

SENTENCES = 20


def show(card: Card, slice_name: str | None) -> None:
    """The first sentences of SciCite's test set; with sections if the slice has them."""
    data = settings.data_folder()
    if not scicite.installed(data):
        st.info(_("SciCite is not on this machine. To get it:"), icon=":material/download:")
        st.code(scicite.HOW_TO_GET, language=None)
        return
    try:
        rows = scicite.read(data, "test").head(SENTENCES)
        model = model_of(card)
    except (CorpusError, ModelError) as problem:
        st.warning(escape_markdown(translate(problem)), icon=":material/error:")
        return
    sections = rows["section"] if slice_name == "section" else [""] * len(rows)
    texts = [citation_text(*pair) for pair in zip(rows["string"], sections, strict=True)]
    scores = model.predict_scores(texts)
    predictions = [model.labels[i] for i in scores.argmax(axis=1)]
    # A table wraps long sentences; its cells are Markdown.
    st.table(
        {
            _("Sentence"): [escape_markdown(sentence) for sentence in rows["string"]],
            _("True label"): [escape_markdown(_(label)) for label in rows["label"]],
            _("Prediction"): [escape_markdown(_(str(label))) for label in predictions],
            _("Probability"): [f"{score:.0%}" for score in scores.max(axis=1)],
            _("Right"): [
                ":material/check:" if predicted == label else ":material/close:"
                for predicted, label in zip(predictions, rows["label"], strict=True)
            ],
        },
        hide_index=True,
    )
    st.caption(_("The first {n} sentences of SciCite’s official test set.").format(n=len(rows)))
