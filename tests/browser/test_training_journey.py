"""A user looks at training curves in a real browser, on a server without training data."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

NOTEBOOK, COURSE = "CORD-19 notebook, published", "The course's network, published"


def test_curves_without_data(page: Page, bare_server: str, rest: Callable[[Page], None]) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{bare_server}/training")
    legend = page.locator(".js-plotly-plot .legendtext")
    # Plotly arrives with the first figure, late where the machine is busy.
    expect(legend.filter(has_text=NOTEBOOK)).to_be_visible(timeout=60_000)
    # Both panels and all end values are on the first screen.
    figure = page.locator(".js-plotly-plot").first.bounding_box()
    assert figure
    assert figure["y"] + figure["height"] <= 720
    expect(page.locator(".annotation-text").filter(has_text="0.546")).to_be_visible()
    # What cannot be done here is one line.
    how = page.get_by_text("python -m core download arxiv")
    expect(how).to_be_hidden()
    page.get_by_text("Train a model: needs training data").click()
    expect(how).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)
    # A rerun under way would close the list.
    rest(page)
    page.get_by_text("Archive", exact=True).click()
    expect(legend.filter(has_text=COURSE)).to_be_visible(timeout=30_000)
    rest(page)
    page.get_by_role("combobox", name="Runs").click()
    page.get_by_role("option", name="TextCNN").click()
    page.keyboard.press("Escape")
    expect(legend.filter(has_text="TextCNN")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("runs="))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    rows = list(
        csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig")))
    )
    assert {row["run"] for row in rows} >= {COURSE, "TextCNN"}
    assert sum(row["run"] == COURSE for row in rows) == 5
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture as PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")
