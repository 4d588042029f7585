"""The tour: a bar on top of each page of it, with what to look at, and the way on."""

import streamlit as st

from core.cards import installed
from core.i18n import _
from pages.components.language import link_options
from pages.overview.tour import OPTIONS, Link, tour

STEP = "tour"
"""The URL parameter with the number of the step, from 1."""
SHOWN = "tour-step"
"""The session's key of the step that is shown."""


def show_tour_bar() -> None:
    """The step that the URL names, if any, and the way to the steps beside it."""
    number = st.query_params.get(STEP, "")
    steps = tour(installed()[0])
    if not (number.isdecimal() and 0 < int(number) <= len(steps)):
        st.session_state.pop(SHOWN, None)
        return
    if st.session_state.get(SHOWN) != number:
        _reset_options()
    st.session_state[SHOWN] = number
    index = int(number) - 1
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tour-bar"):
        text = _("**Tour, step {n} of {count}: {title}.** {look}").format(
            n=index + 1, count=len(steps), title=steps[index].title, look=steps[index].text
        )
        st.markdown(text, width="stretch")
        if index > 0:
            _show_link(steps[index - 1].link, index, _("Back"))
        if index + 1 < len(steps):
            _show_link(steps[index + 1].link, index + 2, _("Next"))
        else:
            st.page_link("pages/overview/page.py", label=_("End the tour"))


def _reset_options() -> None:
    """Options of an earlier visit give way to the defaults that a link omits."""
    for option in OPTIONS:
        if option not in st.query_params:
            st.session_state.pop(option, None)


def _show_link(link: Link, number: int, label: str) -> None:
    query = link_options({**link.query, STEP: str(number)})
    st.page_link(f"pages/{link.page}/page.py", label=f"**{label}**", query_params=query)
