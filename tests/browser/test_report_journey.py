"""A user takes reports away in a real browser, and opens them from disk without a network."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> knots in loops"
PLACES = {
    "paper": "classify?example=Linguistics",
    "similarity": "terms",
    "archives": "statistics",
    "primary-categories": "statistics?show=Treemap",
    "primary-blend": "models?compare=Primary",
}
"""Where each report is, by the name of its file."""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Callable[[str, bytes], Page]:
    """Opens a report from disk; at its end it has asked for nothing, and nothing went wrong."""
    windows = []

    def open_report(name: str, content: bytes) -> Page:
        window = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
        page = window.new_page()
        events: list[str] = []
        page.on("request", lambda request: events.append(request.url))
        page.on("console", lambda message: events.append(message.text))
        page.on("pageerror", lambda error: events.append(str(error)))
        windows.append((window, events))
        path = tmp_path / name
        path.write_bytes(content)
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        return page

    yield open_report
    for window, events in windows:
        window.close()
        assert [event for event in events if not event.startswith(("file:", "data:"))] == []
        assert sum(event.startswith("file:") for event in events) == 1


def test_every_page_hands_out_a_report_that_needs_nothing_else(
    page: Page,
    server: str,
    taken: Callable[[Page, str], tuple[str, bytes]],
    opened: Callable[[str, bytes], Page],
) -> None:
    for name, place in PLACES.items():
        page.goto(f"{server}/{place}")
        file, content = taken(page, "Report")
        assert file == f"{name}.html"
        report = opened(file, content)
        expect(report.get_by_role("heading", level=1)).not_to_be_empty()
        expect(
            report.get_by_role("link", name=f"{server}/{place.partition('?')[0]}")
        ).to_be_attached()
        charts = report.locator(".chart")
        for i in range(charts.count()):
            # Plotly drew it, from the copy in the file.
            expect(charts.nth(i).locator("svg.main-svg").first).to_be_visible()
        assert report.pdf(format="A4").startswith(b"%PDF")


def test_what_was_typed_is_text(
    page: Page,
    server: str,
    taken: Callable[[Page, str], tuple[str, bytes]],
    opened: Callable[[str, bytes], Page],
) -> None:
    page.goto(f"{server}/classify?fields=true")
    page.get_by_label("Title").fill(HOSTILE)
    page.get_by_label("Abstract").fill("We tie a knot in a loop and count crossings of the torus.")
    page.get_by_role("button", name="Classify").click()
    report = opened(*taken(page, "Report"))
    expect(report.get_by_text(HOSTILE).first).to_be_visible()
    assert report.locator("img, script").count() == 0


def test_it_is_readable_in_the_dark_and_printed_on_white(
    browser: Browser,
    page: Page,
    server: str,
    taken: Callable[[Page, str], tuple[str, bytes]],
    opened: Callable[[str, bytes], Page],
) -> None:
    page.goto(f"{server}/{PLACES['paper']}")
    report = opened(*taken(page, "Report"))
    colours = """() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor];
    }"""
    light = report.evaluate(colours)
    report.emulate_media(color_scheme="dark")
    dark = report.evaluate(colours)
    assert lightness(light[0]) < 60 and lightness(light[1]) == 255
    assert lightness(dark[0]) > 200 and lightness(dark[1]) < 40
    report.emulate_media(color_scheme="dark", media="print")
    assert report.evaluate(colours) == light


def lightness(colour: str) -> float:
    """The mean of red, green and blue, 0 to 255, of a colour as browsers write it."""
    numbers = colour.partition("(")[2].rstrip(")").split(",")[:3]
    return sum(map(float, numbers)) / 3
