"""A user explores the counts that ship in a real browser, and goes into one archive."""

import io
import re
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import Locator, Page, expect

IDLE = "data-test-script-state", "notRunning"


def first_total(page: Page) -> Locator:
    return page.get_by_test_id("stMarkdown").filter(has_text="· Subjects").locator("strong").first


def papers(page: Page) -> str:
    """The first total, once the page has come to rest."""
    total = first_total(page)
    expect(total).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute(*IDLE)
    return total.inner_text()


def test_counts_are_there_at_once_and_every_view_opens(page: Page, server: str) -> None:
    page.goto(f"{server}/statistics")
    everything = papers(page)
    assert int(everything.replace(",", "")) > 100_000
    assert int(everything.replace(",", "")) > 4_000_000
    for view, title in (
        ("Over time", "Papers by archive and month"),
        ("Co-occurrence", "Archives that meet more or less often than by chance"),
        ("Growth", "Growth from 2022 to 2025"),
        ("Treemap", "Papers by category"),
        ("Distributions", "Archives per paper"),
    ):
        page.get_by_text(view, exact=True).first.click()
        expect(page.get_by_role("figure", name=title)).to_be_visible(timeout=30_000)
        expect(page).to_have_url(re.compile(rf"show={view.replace(' ', '.*')}"))
        # Which categories a paper has together is known of the sample.
        sample = view in ("Co-occurrence", "Distributions")
        assert papers(page) == ("390,618" if sample else everything)
    page.get_by_text("Words", exact=True).first.click()
    expect(page.get_by_text("has only counts")).to_be_visible()


def test_a_click_on_a_bar_goes_into_the_archive(page: Page, server: str) -> None:
    page.goto(f"{server}/statistics")
    everything = papers(page)
    expect(page.locator(".ytick").first).to_contain_text("cs")
    bar = page.locator(".barlayer .point path").first
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".ytick").filter(has_text="cs.LG").first).to_be_visible()
    expect(first_total(page)).not_to_have_text(everything)
    expect(page).to_have_url(re.compile("archives=Computer.Science"))
    expect(page).to_have_url(re.compile("level=Subjects"))
    # One step back leads to all archives.
    page.go_back()
    expect(first_total(page)).to_have_text(everything)
    expect(page.locator(".ytick").filter(has_text="hep-th").first).to_be_visible()
    expect(page).not_to_have_url(re.compile("level="))


def test_the_table_and_the_picture_download(
    page: Page, server: str, table: Callable, saved: Callable
) -> None:
    page.goto(f"{server}/statistics?level=Subjects&corpus=Development sample")
    papers(page)
    rows = table(page, "Download as CSV")
    assert list(rows[0]) == ["code", "name", "status", "papers", "share", "primary"]
    numbers = [int(row["papers"]) for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert {"cs.LG", "math.AT", "hep-th"} <= {row["code"] for row in rows}
    # By the chart's own toolbar.
    name, content = saved(page, "Papers by subject")
    assert name == "subjects.png"
    with Image.open(io.BytesIO(content)) as image:
        assert min(image.size) >= 400
        colours = image.convert("RGB").getcolors(maxcolors=1 << 24)
    assert colours and len(colours) > 50
