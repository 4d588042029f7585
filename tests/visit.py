"""Opening the dashboard in Streamlit's test harness as a visitor does, and reading its figures."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
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


def plain(value: Any) -> Any:
    """A figure's value as plain data, None for what is no number: long columns come in base64."""
    if isinstance(value, dict) and "bdata" in value:
        column = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        shape = [int(size) for size in str(value.get("shape", len(column))).split(",")]
        return plain(column.reshape(shape).tolist())
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and np.isnan(value) else value
