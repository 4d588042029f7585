"""The stored curves of a model, for the views."""

from typing import Any

import streamlit as st

from core import taxonomy
from core.cards import Card, ModelError
from core.evaluation import curves
from core.i18n import _, translate
from core.text.markdown import escape_markdown


def curve_of(card: Card, slice_name: str | None) -> dict[str, Any] | None:
    """The model's curves on the slice; None, with a message on the page, if there are none."""
    try:
        curve = curves.read_curves(card).get(slice_name or "")
    except ModelError as problem:
        st.warning(escape_markdown(translate(problem)), icon=":material/error:")
        return None
    if curve is None:
        st.info(_("This model came without curves for this slice."), icon=":material/info:")
    return curve


def labels_by_title(curve: dict[str, Any]) -> dict[str, str]:
    """The labels of a curve by their English titles, the most frequent first."""
    support = {label: record["support"] for label, record in curve["per_label"].items()}
    return {taxonomy.title(label): label for label in sorted(support, key=lambda x: -support[x])}
