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
from pages.components import kept, visitor_files
from pages.components.language import (
    language_from_url,
    localise_options,
    pick_language,
    visitor_language,
)

# A local icon: Streamlit's would be loaded from Google.
ICON = Path(__file__).with_name("pages") / "icon.svg"

# Streamlit uses a folder named pages/ for its old automatic menu until `st.navigation` is first
# called; before that, links to pages would not work.
PagesManager.uses_pages_directory = False


def page(folder: str, title: str, icon: str, url: str = "", default: bool = False) -> st.Page:
    """A page of pages/, with the name of its folder as URL path unless `url` is given."""
    script = f"pages/{folder}/page.py"
    return st.Page(script, title=title, icon=icon, url_path=url or folder, default=default)


def route() -> None:
    """Run the current page of a visitor."""
    # A narrow sidebar, wide enough for the names of the pages.
    st.set_page_config(
        page_title="Paperlens", page_icon=str(ICON), layout="wide", initial_sidebar_state=220
    )
    i18n.set_language_source(visitor_language)
    language_from_url()
    # Also removes uploads left behind by killed servers.
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
    st.session_state["last-page"] = current.url_path
    with st.sidebar:
        kept.show()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Let Python end in its own way once the server has stopped."""
    yield
    # Uvicorn now sends itself the signal that stopped it, which would end the process before
    # trainings are stopped and temporary folders removed (`atexit`).
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])


if __name__ == "__main__":
    route()
else:
    # `streamlit run` imports this file for its server, then runs it as a script for each visitor.
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
