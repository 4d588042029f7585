"""The dashboard's entry: page settings, navigation and the server's routes."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from core import i18n, settings
from core.i18n import _
from core.server.security import SecurityMiddleware
from pages.components import visitor_files
from pages.components.language import (
    language_from_url,
    localise_options,
    pick_language,
    visitor_language,
)

# A picture of our own: the browser would ask Google for one of Streamlit's.
ICON = Path(__file__).with_name("pages") / "icon.svg"

# Streamlit takes a folder named pages/ for its old automatic menu, until `st.navigation` is first
# called; whoever comes by a link before that would find no such page.
PagesManager.uses_pages_directory = False


def page(folder: str, title: str, icon: str, url: str = "", default: bool = False) -> st.Page:
    """A page of pages/, under the name of its folder unless `url` is another."""
    script = f"pages/{folder}/page.py"
    return st.Page(script, title=title, icon=icon, url_path=url or folder, default=default)


def route() -> None:
    """Run the page of one visitor, once."""
    # A narrow sidebar: the names of the pages fit.
    st.set_page_config(
        page_title="Paperlens", page_icon=str(ICON), layout="wide", initial_sidebar_state=220
    )
    i18n.set_language_source(visitor_language)
    language_from_url()
    # Also removes what servers that were killed have left of uploads.
    visitor_files.STORE.start()
    current = st.navigation(
        [
            page("overview", _("Overview"), ":material/home:", default=True),
            page("classify", _("Classify"), ":material/label:"),
            page("terms", _("Compare terms"), ":material/grid_on:"),
            page("corpus", _("Explore a corpus"), ":material/bar_chart:", url="statistics"),
            page("training", _("Watch models learn"), ":material/timeline:"),
            page("models", _("Compare models"), ":material/leaderboard:"),
        ]
    )
    with st.sidebar:
        pick_language()
    localise_options(current)
    current.run()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
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
        lifespan=lifespan,
    )
