"""A user compares models in a real browser, and sends a colleague the link."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Locator, Page, expect

Rest = Callable[[Page], None]


def board(page: Page) -> Locator:
    """The leaderboard's cells: a table that screen readers read, under the canvas."""
    return page.get_by_test_id("stDataFrame").first


def names(page: Page) -> Locator:
    return board(page).locator("tbody tr td:nth-child(1)")


def test_the_board_sorts_by_a_column(page: Page, server: str, rest: Rest) -> None:
    # Wide enough for every column.
    page.set_viewport_size({"width": 2400, "height": 1000})
    page.goto(f"{server}/models")
    expect(names(page).first).to_have_text("Blend (default)")
    rest(page)
    canvas = board(page).locator("canvas").first
    box = canvas.bounding_box()
    assert box
    # The right end of the last head, that of the size, opens its menu.
    page.mouse.click(box["x"] + box["width"] - 20, box["y"] + 17)
    page.get_by_role("menuitem", name="Sort ascending").click()
    expect(names(page).first).not_to_have_text("Blend (default)")
    expect(names(page).last).to_have_text("Linear")


def test_a_picked_model_shows_its_report_and_the_link_does_too(
    page: Page, server: str, browser: Browser, rest: Rest
) -> None:
    page.goto(f"{server}/models")
    page.get_by_text("Recent papers", exact=True).click()
    expect(page.get_by_text("what is submitted to arXiv today")).to_be_visible()
    # A rerun under way would close the list, and so would scrolling to it.
    rest(page)
    page.set_viewport_size({"width": 1366, "height": 1600})
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="Support vector machine").click()
    page.get_by_text("Label by label", exact=True).click()
    expect(page.get_by_role("button", name="Download as CSV")).to_be_visible()
    expect(page).to_have_url(re.compile(r"archive-model=Support"))
    expect(page).to_have_url(re.compile(r"archive-show=Label"))
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
        expect(other.get_by_role("combobox", name="Model")).to_have_value("Support vector machine")
    finally:
        window.close()
