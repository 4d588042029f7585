"""The dashboard's entry: page settings, navigation and the server's routes."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.runtime.pages_manager import PagesManager

from core import i18n, settings
from core.i18n import _
from core.server.security import SecurityMiddleware
from core.server.sockets import send_at_once
from pages.components import kept, visitor_files
from pages.components.language import (
    language_from_url,
    localise_options,
    pick_language,
    visitor_language,
)
from pages.components.present import is_presenting, present_from_url
from pages.overview.tour_bar import show_tour_bar

PAGES = Path(__file__).with_name("pages")
# A local icon: Streamlit's would be loaded from Google.
ICON, LOGO, STYLE = PAGES / "icon.svg", PAGES / "logo.svg", PAGES / "style.css"

# Streamlit uses a folder named pages/ for its old automatic menu until `st.navigation` is first
# called; before that, links to pages would not work.
PagesManager.uses_pages_directory = False


def page(folder: str, title: str, icon: str, url: str = "", default: bool = False) -> st.Page:
    """A page of pages/, with the name of its folder as URL path unless `url` is given."""
    script = f"pages/{folder}/page.py"
    return st.Page(script, title=title, icon=icon, url_path=url or folder, default=default)


def tab_title(title: str, url: str) -> str:
    """What a browser's tab is called."""
    return f"{title} · Paperlens" if url else "Paperlens"


def route() -> None:
    """Run the current page of a visitor."""
    # A narrow sidebar, wide enough for the names of the pages.
    st.set_page_config(page_icon=str(ICON), layout="wide", initial_sidebar_state=220)
    st.html(STYLE)
    st.logo(str(LOGO), icon_image=str(ICON), size="large")
    i18n.set_language_source(visitor_language)
    language_from_url()
    present_from_url()
    # Also removes uploads left behind by killed servers.
    visitor_files.STORE.start()
    current = st.navigation(
        [
            page("overview", _("Overview"), ":material/home:", default=True),
            page("classify", _("Classify"), ":material/label:"),
            page("terms", _("Compare terms"), ":material/grid_on:"),
            page("corpus", _("Explore a corpus"), ":material/bar_chart:", url="statistics"),
            page("training", _("Training curves"), ":material/timeline:"),
            page("models", _("Compare models"), ":material/leaderboard:"),
            page("about", _("About"), ":material/info:"),
        ]
    )
    st.set_page_config(page_title=tab_title(current.title, current.url_path))
    with st.sidebar.container(key="present" if is_presenting() else "usual"):
        pick_language()
    localise_options()
    show_tour_bar()
    current.run()
    st.session_state["last-page"] = current.url_path
    with st.sidebar:
        kept.show()


def api_routes() -> list[BaseRoute]:
    """The routes of the REST API, if it is on."""
    if not settings.api():
        return []
    # Imported here: it loads the code of the models, for which no page waits.
    from core.api.routes import routes

    return routes()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Send without delay; let Python end in its own way once the server has stopped."""
    send_at_once()
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
        routes=api_routes(),
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
