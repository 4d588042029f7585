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


def show(cards: dict[str, Card], slice_name: str | None) -> None:
    """The first sentences of SciCite's test set; with sections if the slice has them."""
    data = settings.data_folder()
    if not scicite.installed(data):
        st.info(_("SciCite is not on this machine. To get it:"), icon=":material/download:")
        st.code(scicite.HOW_TO_GET, language=None)
        return
    try:
        rows = scicite.read(data, "test").head(SENTENCES)
        models = {title: model_of(card) for title, card in cards.items()}
    except (CorpusError, ModelError) as problem:
        st.warning(escape_markdown(translate(problem)), icon=":material/error:")
        return
    sections = rows["section"] if slice_name == "section" else [""] * len(rows)
    texts = [citation_text(*pair) for pair in zip(rows["string"], sections, strict=True)]
    columns = {
        _("Sentence"): [escape_markdown(sentence) for sentence in rows["string"]],
        _("True label"): [escape_markdown(_(label)) for label in rows["label"]],
    }
    for title, model in models.items():
        name = _("Prediction") if len(models) == 1 else escape_markdown(title)
        scores = model.predict_scores(texts)
        predictions = [str(model.labels[i]) for i in scores.argmax(axis=1)]
        columns[name] = [
            f"{_mark(predicted == label)} {escape_markdown(_(predicted))} {score:.0%}"
            for predicted, label, score in zip(
                predictions, rows["label"], scores.max(axis=1), strict=True
            )
        ]
    # A table wraps long sentences; its cells are Markdown.
    st.table(columns, hide_index=True)
    st.caption(_("The first {n} sentences of SciCite’s official test set.").format(n=len(rows)))


def _mark(right: bool) -> str:
    return ":material/check:" if right else ":material/close:"
