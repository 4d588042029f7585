"""Opening the dashboard in Streamlit's test harness, as a visitor who comes by a link."""

from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

APP = str(Path(__file__).resolve().parents[1] / "app.py")
FOLDERS = {"": "overview", "statistics": "corpus"}
"""Of pages whose folder is not called as their address."""


def visit(page: str, query: Mapping[str, str | list[str]] | None = None) -> AppTest:
    """A page, by its address, as a new session finds it."""
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update(query or {})
    # Before its first run AppTest finds pages by the names of their files, and all have one name.
    app._page_hash = calc_hash(page)
    return app.run()


def go_to(app: AppTest, page: str) -> AppTest:
    """Another page in the same session."""
    return app.switch_page(f"pages/{FOLDERS.get(page, page)}/page.py").run()
