"""The visitor's language, in the session and in the URL."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import i18n
from core.i18n import LANGUAGES, _, current_language

FREE_TEXT = {"lang", "citation", "text", "path", "terms", "near", "a", "b", "c", "odd"}
"""URL parameters with typed text; those of a second embedding end in 1."""


def visitor_language() -> str:
    """The language of the current visitor; English in threads without one."""
    return st.session_state.get("lang", "en") if get_script_run_ctx(suppress_warning=True) else "en"


def language_from_url() -> None:
    """Set the language from the URL or else the session, and put it into the URL."""
    in_url = st.query_params.get("lang")
    code = in_url if in_url in LANGUAGES else st.session_state.get("lang", "en")
    st.session_state.lang = st.session_state.language = code
    language_to_url(code)


def language_to_url(code: str) -> None:
    """Put the language into the URL, unless it is English."""
    if code == "en":
        st.query_params.pop("lang", None)
    elif st.query_params.get("lang") != code:
        st.query_params["lang"] = code


def on_language_change() -> None:
    """Use the picked language."""
    st.session_state.lang = st.session_state.language
    language_to_url(st.session_state.lang)
    # When set again, options appear on screen and in the URL in the new language.
    for key, value in list(st.session_state.items()):
        texts = value if isinstance(value, list) else [value]
        if texts and all(isinstance(text, str) for text in texts):
            st.session_state[key] = value


def localise_options() -> None:
    """Begin the page anew if its URL has options in another language.

    URLs contain options as displayed. `on_language_change` translates those of widgets on screen,
    whose options Streamlit lets nobody else set; this is for links from elsewhere, and for widgets
    that were not drawn yet.
    """
    options = {key: st.query_params.get_all(key) for key in st.query_params}
    other = {
        key: localised
        for key, values in options.items()
        if key.rstrip("1") not in FREE_TEXT
        and key not in st.session_state
        and (localised := [i18n.localised(value) for value in values]) != values
    }
    if other:
        st.query_params.update(other)
        st.rerun()


def pick_language() -> None:
    """The language switch."""
    st.segmented_control(
        i18n.LANGUAGE_LABEL,
        tuple(LANGUAGES),
        format_func=LANGUAGES.get,
        required=True,
        key="language",
        label_visibility="collapsed",
        on_change=on_language_change,
    )


def link_options(query: Mapping[str, str | Sequence[str]]) -> dict[str, str | list[str]]:
    """A link's options translated into the current language, as in URLs."""
    options: dict[str, str | list[str]] = {
        name: _(value) if isinstance(value, str) else [_(item) for item in value]
        for name, value in query.items()
    }
    return options | ({} if current_language() == "en" else {"lang": current_language()})
