"""Widgets whose value is in the page's URL, so that links open the same view."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

from core.cards import Card
from core.i18n import _, join_list, localised
from core.text.markdown import escape_markdown

MAX_MODELS = 3
MAX_UNKNOWN = 100
"""Characters of options that do not exist."""

slider, toggle, selectbox, multiselect, text_input = (
    partial(widget, bind="query-params")
    for widget in (st.slider, st.toggle, st.selectbox, st.multiselect, st.text_input)
)


def pick(
    label: str, options: Iterable[str], key: str, format_func: Callable = _, **more: Any
) -> str:
    """One of a few options, by default the first unless the URL names another."""
    options = list(options)
    common = {"required": True, "bind": "query-params", "wrap": True}
    return st.segmented_control(
        label, options, default=options[0], format_func=format_func, key=key, **common, **more
    )


def tell_unknown(key: str, names: Iterable[str]) -> None:
    """Say which options of a link do not exist; the widget leaves them out without a word."""
    known = set(names)
    # While the language is switched, the URL is still in the one before.
    unknown = [name for name in st.query_params.get_all(key) if localised(name) not in known]
    if unknown:
        text = _("This link names something that is not here: {names}").format(
            names=escape_markdown(join_list(unknown)[:MAX_UNKNOWN])
        )
        st.toast(text, icon=":material/link_off:", duration="long")


def pick_models(cards: list[Card], key: str) -> list[Card]:
    """The cards of up to three models, by name; by default the first."""
    names = list(dict.fromkeys(card.name for card in cards))
    tell_unknown(key, names)
    hint = _("The first one gives the answer and its reasons; the others stand beside it.")
    limits = {"default": names[:1], "max_selections": MAX_MODELS, "select_all": False}
    picked = multiselect(_("Models, side by side"), names, key=key, help=hint, **limits)
    return [card for name in picked or names[:1] for card in cards if card.name == name]
