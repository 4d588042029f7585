"""The stored curves of a model, for the views."""

from typing import Any

import streamlit as st

from core import taxonomy
from core.cards import Card, ModelError
from core.evaluation import curves
from core.i18n import _, join_list, translate
from core.text.markdown import escape_markdown


def curves_of(cards: dict[str, Card], slice_name: str | None) -> dict[str, dict[str, Any]]:
    """The models' curves on the slice, by title; a message on the page for each without."""
    found, missing = {}, []
    for title, card in cards.items():
        try:
            curve = curves.read_curves(card).get(slice_name or "")
        except ModelError as problem:
            st.warning(escape_markdown(translate(problem)), icon=":material/error:")
            continue
        if curve is None:
            missing.append(title)
        else:
            found[title] = curve
    if missing:
        text = _("No curves for these test texts came with {models}.")
        st.info(text.format(models=escape_markdown(join_list(missing))), icon=":material/info:")
    return found


def labels_by_title(curve: dict[str, Any]) -> dict[str, str]:
    """The labels of a curve by their English titles, the most frequent first."""
    support = {label: record["support"] for label, record in curve["per_label"].items()}
    return {taxonomy.title(label): label for label in sorted(support, key=lambda x: -support[x])}
