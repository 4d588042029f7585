"""What must be seen without scrolling, on a laptop of 1280 by 720 and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

LAPTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
BARS = ".barlayer .point path"


def bottom(place: Locator) -> float:
    """Where a place ends, in pixels from the top of the screen."""
    box = place.bounding_box()
    assert box
    return box["y"] + box["height"]


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (
            "classify?example=Interdisciplinary",
            {"[class*=st-key-submit]": 1, ".st-key-suggestion": 1, BARS: 2},
        ),
        ("terms", {".js-plotly-plot .heatmaplayer": 1}),
        ("statistics", {BARS: 15, ".xtitle": 1}),
        ("statistics?show=Over time", {".xtitle": 1}),
        ("statistics?show=Treemap", {".treemaplayer": 1}),
        ("training", {".js-plotly-plot .js-line": 4}),
        ("models", {"[data-testid=stDataFrame]": 1}),
    ],
)
def test_what_a_page_is_for_is_on_its_first_screen(
    page: Page, server: str, rest: Callable[[Page], None], address: str, wanted: dict[str, int]
) -> None:
    page.set_viewport_size(LAPTOP)
    page.goto(f"{server}/{address}")
    rest(page)
    for place, count in wanted.items():
        expect(page.locator(place).first).to_be_visible()
        ends = map(bottom, page.locator(place).all())
        assert sum(end <= LAPTOP["height"] for end in ends) >= count, place


@pytest.mark.parametrize(
    ("address", "result", "controls"),
    [
        ("terms", ".js-plotly-plot .heatmaplayer", ".st-key-chips"),
        ("statistics", ".js-plotly-plot .barlayer", ".st-key-corpus-filters"),
        ("classify?example=Interdisciplinary", ".st-key-answer", ".st-key-answer-bars"),
    ],
)
def test_on_a_phone_results_come_first(
    phone: Page, server: str, rest: Callable[[Page], None], address: str, result: str, controls: str
) -> None:
    phone.set_viewport_size(PHONE)
    phone.goto(f"{server}/{address}")
    rest(phone)
    expect(phone.locator(controls).first).to_be_visible()
    after = phone.locator(controls).first.bounding_box()
    assert after and bottom(phone.locator(result).first) < after["y"]
