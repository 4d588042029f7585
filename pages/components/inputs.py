"""Pickers whose choice stands in the page's address."""

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from core.cards import Card
from core.i18n import _

MAX_MODELS = 3


def pick(
    label: str,
    options: Iterable[str],
    key: str,
    format_func: Callable[[str], str] = _,
    **more: Any,
) -> str:
    """One of a few options, the first unless the address names another."""
    options = list(options)
    return st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        format_func=format_func,
        key=key,
        bind="query-params",
        wrap=True,
        **more,
    )


def pick_models(cards: list[Card], key: str) -> list[Card]:
    """The cards of up to three models, by name; the first model's unless others are picked."""
    names = list(dict.fromkeys(card.name for card in cards))
    picked = names[:1]
    if len(names) > 1:
        picked = st.multiselect(
            _("Models, side by side"),
            names,
            default=names[:1],
            max_selections=MAX_MODELS,
            key=key,
            bind="query-params",
            help=_("The first one gives the answer and its reasons; the others stand beside it."),
        )
    return [card for name in picked or names[:1] for card in cards if card.name == name]
