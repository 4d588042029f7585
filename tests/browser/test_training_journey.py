"""A user looks at training curves in a real browser, on a server without training data."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

NOTEBOOK = "CORD-19 notebook, published"


def test_curves_without_data(page: Page, bare_server: str, rest: Callable[[Page], None]) -> None:
    page.goto(f"{bare_server}/training")
    legend = page.locator(".js-plotly-plot .legendtext")
    # Plotly arrives with the first figure, late where the machine is busy.
    expect(legend.filter(has_text=NOTEBOOK)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("python -m core download arxiv")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)
    # A rerun under way would close the list.
    rest(page)
    page.get_by_role("combobox", name="Runs").click()
    options = page.get_by_role("option")
    shipped = options.filter(has_not_text="published").first
    name = shipped.inner_text()
    shipped.click()
    page.keyboard.press("Escape")
    expect(legend.filter(has_text=name)).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("runs="))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    rows = list(
        csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig")))
    )
    assert {row["run"] for row in rows} >= {NOTEBOOK, name}
    assert sum(row["run"] == NOTEBOOK for row in rows) == 35
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture as PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")
