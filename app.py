"""The dashboard's entry: the server, page settings, the language, and the way to each page."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import i18n, settings
from core.i18n import LANGUAGES, say
from core.server.security import SecurityMiddleware
from pages import visitor_files

# A picture of our own: the browser would ask Google for one of Streamlit's.
ICON = Path(__file__).with_name("pages") / "icon.svg"

FREE_TEXT = {"lang", "citation", "text", "path", "terms", "near", "a", "b", "c", "odd"}
"""Parameters of the address that hold what was typed; a second embedding has its own, with a 1."""


def visitors_language() -> str:
    """The language of the visitor at work; English where nobody is, as in a thread."""
    return st.session_state.get("lang", "en") if get_script_run_ctx(suppress_warning=True) else "en"


def heed_address() -> None:
    """Take the language from the address, else keep the visit's, and have the address name it."""
    asked = st.query_params.get("lang")
    chosen = asked if asked in LANGUAGES else st.session_state.get("lang", "en")
    st.session_state.lang = st.session_state.language = chosen
    name(chosen)


def name(chosen: str) -> None:
    """Put the language into the address; English goes without saying."""
    if chosen == "en":
        st.query_params.pop("lang", None)
    elif st.query_params.get("lang") != chosen:
        st.query_params["lang"] = chosen


def switch() -> None:
    """Speak what was picked."""
    st.session_state.lang = st.session_state.language
    name(st.session_state.lang)
    # Set anew, what is picked comes on screen and into the address in the language now spoken.
    for key, value in list(st.session_state.items()):
        texts = value if isinstance(value, list) else [value]
        if texts and all(isinstance(text, str) for text in texts):
            st.session_state[key] = value


def localise_address(page: StreamlitPage) -> None:
    """Open the page anew where its address names options in another language.

    An address holds options as they read on screen. What a widget has taken from it is translated
    on a change of language; this is for a link from somebody else, and for widgets not yet drawn.
    """
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    localised = {
        key: values
        if key.rstrip("1") in FREE_TEXT or key in st.session_state
        else [i18n.localised(value) for value in values]
        for key, values in asked.items()
    }
    if localised != asked:
        st.switch_page(page, query_params=localised)


def route() -> None:
    """Run the page of one visitor, once."""
    # For its first visitor a server lists the files of pages/ before it comes here, in a sidebar of
    # Streamlit's width; .streamlit/config.toml has it hide that list, and this shows ours.
    st.set_option("client.showSidebarNavigation", True)
    # A narrow sidebar: the names of the pages fit.
    st.set_page_config(
        page_title="Paperlens",
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state=220,
    )
    st.session_state.routed = True
    i18n.follow(visitors_language)
    heed_address()
    # Also removes what servers that were killed have left of uploads.
    visitor_files.STORE.start()
    page = st.navigation(
        [
            st.Page(
                "pages/overview.py", title=say("Overview"), icon=":material/home:", default=True
            ),
            st.Page("pages/classify.py", title=say("Classify"), icon=":material/label:"),
            st.Page("pages/terms.py", title=say("Compare terms"), icon=":material/grid_on:"),
            st.Page(
                "pages/statistics.py", title=say("Explore a corpus"), icon=":material/bar_chart:"
            ),
            st.Page(
                "pages/training.py", title=say("Watch models learn"), icon=":material/timeline:"
            ),
            st.Page("pages/models.py", title=say("Compare models"), icon=":material/leaderboard:"),
        ]
    )
    with st.sidebar:
        st.segmented_control(
            i18n.NAME,
            tuple(LANGUAGES),
            format_func=LANGUAGES.get,
            required=True,
            key="language",
            label_visibility="collapsed",
            on_change=switch,
        )
    localise_address(page)
    page.run()


@asynccontextmanager
async def ending(_: st.App) -> AsyncIterator[None]:
    """Let Python end in its own way once the server has stopped."""
    yield
    # Uvicorn now sends itself the signal that it was stopped by; that would end the process before
    # a training is stopped and temporary folders are removed (`atexit`).
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])


if __name__ == "__main__":
    route()
else:
    # `streamlit run` imports this file for its server, and then runs it as a script for visitors.
    app = st.App(
        __file__,
        middleware=[
            Middleware(
                SecurityMiddleware,
                origins=st.get_option("server.corsAllowedOrigins")
                if st.get_option("server.enableCORS")
                else None,
                metrics=settings.metrics(),
            )
        ],
        lifespan=ending,
    )
