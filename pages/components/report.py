"""The button that saves a report, which is made when it is pressed."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from core.i18n import _
from core.reports.blocks import Report
from core.reports.render import render
from pages.components import visitor_files
from pages.components.outputs import download


def report_button(make: Callable[[str], Report], name: str, key: str | None = None) -> None:
    """A button that saves the report that `make` returns, given a link to the page.

    It is called in a thread of its own, without a session.
    """
    content = partial(_write, make, address())
    download(_("Report"), content, f"{name}.html", "text/html", key=key or f"report-{name}")


def _write(make: Callable[[str], Report], link: str) -> bytes:
    return render(make(link))


def address() -> str:
    """The page's address with its options, empty if unknown; it opens nobody's upload."""
    options = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name != visitor_files.PARAMETER
    }
    url = st.context.url or ""
    return f"{url}?{urlencode(options, doseq=True)}" if url and options else url
