"""What must be seen without scrolling, on a laptop of 1280 by 720 and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

LAPTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
BARS = ".barlayer .point path"


def bottom(place: Locator) -> float:
    """Where a place ends, in pixels from the top of the screen."""
    expect(place).to_be_visible()
    box = place.bounding_box()
    assert box
    return box["y"] + box["height"]


@pytest.mark.parametrize(
    ("address", "places"),
    [
        (
            "classify?example=Interdisciplinary",
            {"[class*=st-key-submit]": 0, ".st-key-suggestion": 0, BARS: 1},
        ),
        ("terms", {".js-plotly-plot .heatmaplayer": 0}),
        ("statistics", {BARS: 14, ".xtitle": 0}),
        ("statistics?show=Over time", {".xtitle": 0}),
        ("statistics?show=Treemap", {".treemaplayer": 0}),
        ("models", {"[data-testid=stDataFrame]": 0}),
    ],
)
def test_what_a_page_is_for_is_on_its_first_screen(
    page: Page, server: str, rest: Callable[[Page], None], address: str, places: dict[str, int]
) -> None:
    page.set_viewport_size(LAPTOP)
    page.goto(f"{server}/{address}")
    rest(page)
    for place, number in places.items():
        assert bottom(page.locator(place).nth(number)) <= LAPTOP["height"], place


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
