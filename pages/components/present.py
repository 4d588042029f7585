"""Larger type for a projector, by `?present=1`."""

import streamlit as st

PRESENT = "present"
"""The URL parameter, and the session's key."""


def present_from_url() -> None:
    """Whether to show larger type: as the URL says, or else the session; and put it into the URL.

    `present=0` ends it.
    """
    in_url = st.query_params.get(PRESENT)
    st.session_state[PRESENT] = is_presenting() if in_url is None else in_url == "1"
    if is_presenting():
        st.query_params[PRESENT] = "1"
    else:
        st.query_params.pop(PRESENT, None)


def is_presenting() -> bool:
    """Whether type is larger; the style sheet knows by the key of the language switch."""
    return bool(st.session_state.get(PRESENT))
