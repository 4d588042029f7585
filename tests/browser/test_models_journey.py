"""A user compares models in a real browser, and sends a colleague the link."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Locator, Page, expect

Rest = Callable[[Page], None]
HEAD, ROW, TICKS = 35, 32, 34
"""Heights of the board's head and rows, and the width of its ticks, in pixels."""


def board(page: Page) -> Locator:
    """The leaderboard's cells: a table that screen readers read, under the canvas."""
    return page.get_by_test_id("stDataFrame").first


def names(page: Page) -> Locator:
    return board(page).locator("tbody tr td:nth-child(1)")


def row_of(page: Page, name: str) -> tuple[Page, float, float]:
    """The page, and the left edge and the middle of a model's row."""
    rows = names(page).all_text_contents()
    box = board(page).locator("canvas").first.bounding_box()
    assert box
    return page, box["x"], box["y"] + HEAD + ROW * (rows.index(name) + 0.5)


def test_the_board_fits_sorts_and_opens_models(page: Page, server: str, rest: Rest) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{server}/models")
    expect(names(page).first).to_have_text("Blend (default)")
    rest(page)
    box = board(page).bounding_box()
    assert box
    assert box["y"] + box["height"] <= 720
    # A click on a row opens its model, and the page scrolls there.
    page, left, middle = row_of(page, "TextCNN")
    page.mouse.click(left + 150, middle)
    expect(page).to_have_url(re.compile(r"archive-model=TextCNN$"))
    expect(page.get_by_role("heading", name="Model details")).to_be_in_viewport()
    rest(page)
    # A tick lays another over it; neither scrolls.
    board(page).scroll_into_view_if_needed()
    page, left, middle = row_of(page, "Linear")
    page.mouse.click(left + 16, middle)
    expect(page).to_have_url(re.compile(r"archive-model=TextCNN&archive-model=Linear$"))
    rest(page)
    page.get_by_text("Calibration", exact=True).click()
    legend = page.locator(".js-plotly-plot .legendtext")
    for name in ("TextCNN", "Linear"):
        expect(legend.filter(has_text=name).first).to_be_visible(timeout=30_000)
    # The head of a column opens its menu.
    board(page).scroll_into_view_if_needed()
    box = board(page).locator("canvas").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 20, box["y"] + 17)
    page.get_by_role("menuitem", name="Sort ascending").click()
    expect(names(page).first).not_to_have_text("Blend (default)")
    expect(names(page).last).to_have_text("Linear")


def test_on_a_phone_the_first_figure_is_seen(browser: Browser, server: str, rest: Rest) -> None:
    window = browser.new_context(viewport={"width": 390, "height": 844})
    window.set_default_timeout(30_000)
    try:
        phone = window.new_page()
        phone.goto(f"{server}/models")
        expect(names(phone).first).to_have_text("Blend (default)")
        rest(phone)
        box = board(phone).bounding_box()
        assert box
        # Ticks, names and the first figure.
        assert box["width"] >= TICKS + 180 + 140
        assert box["y"] + HEAD + 3 * ROW <= 844
    finally:
        window.close()


def test_a_picked_model_shows_its_report_and_the_link_does_too(
    page: Page, server: str, browser: Browser, rest: Rest
) -> None:
    page.goto(f"{server}/models")
    page.get_by_text("Recent papers", exact=True).click()
    expect(page.get_by_text("what is submitted to arXiv today")).to_be_visible()
    # The board of these papers has another order.
    expect(names(page).nth(3)).to_have_text("fastText")
    rest(page)
    page.set_viewport_size({"width": 1366, "height": 1600})
    rest(page)
    page, left, middle = row_of(page, "Support vector machine")
    page.mouse.click(left + 150, middle)
    expect(page).to_have_url(re.compile(r"archive-model=Support"))
    rest(page)
    page.get_by_text("By category", exact=True).click()
    expect(page.get_by_role("button", name="Download as CSV")).to_be_visible()
    expect(page).to_have_url(re.compile(r"archive-show=By"))
    report = page.get_by_test_id("stDataFrame").last
    first = report.locator("tbody tr").nth(3)
    expect(first).to_contain_text("Astrophysics")
    told = first.text_content()
    window = browser.new_context(viewport={"width": 1366, "height": 768})
    window.set_default_timeout(30_000)
    try:
        other = window.new_page()
        other.goto(page.url)
        row = other.get_by_test_id("stDataFrame").last.locator("tbody tr").nth(3)
        expect(row).to_have_text(told or "")
        expect(other.get_by_label("Remove Support vector machine")).to_be_visible()
    finally:
        window.close()
