"""A visitor lands on the overview and follows the tour, in a real browser."""

import itertools
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from pages.classify.examples import CITATIONS
from pages.overview.tour import TERMS, tour

HEADING = "Where does a paper belong?"
MENU = (
    *("Overview", "Classify", "Compare terms"),
    *("Explore a corpus", "Training curves", "Compare models", "About"),
)


def next_step(page: Page, number: int) -> None:
    """Go to a step of the tour from the one before."""
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.get_by_text(f"Tour, step {number} of 5")).to_be_visible()


def test_the_tour(page: Page, server: str) -> None:
    page.goto(server)
    expect(page.get_by_role("heading", name=HEADING)).to_be_visible()
    # Something else was picked before: the links go before it.
    menu = page.get_by_test_id("stSidebarNav")
    menu.get_by_role("link", name="Classify", exact=True).click()
    page.get_by_text("Citation", exact=True).click()
    expect(page.get_by_label("Sentence or paragraph with citations")).to_be_visible()
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("link", name=tour(())[0].title).click()
    expect(page.get_by_role("heading", name=re.compile(r"q-bio\.\w+"))).to_be_visible()
    expect(page.locator("span[title^='+']", has_text="protein").first).to_be_visible()

    next_step(page, 2)
    method = next(one for one in CITATIONS if one.name == "Method")
    expect(page.get_by_label("Sentence or paragraph with citations")).to_have_value(method.sentence)
    expect(page.get_by_role("heading", name=re.compile(r"^Method · \d+%$"))).to_be_visible()

    next_step(page, 3)
    expect(page.locator(".ytick text")).to_have_count(9)
    expect(page).to_have_url(re.compile("order=Clustered"))
    rows = page.locator(".ytick text").all_text_contents()
    kinds = [TERMS.groups[TERMS.terms.index(row)] for row in rows]
    # As the tour says: those of a group stand side by side.
    assert sum(a != b for a, b in itertools.pairwise(kinds)) == 2

    next_step(page, 4)
    expect(page.get_by_text("Lift is the papers that two labels share")).to_be_visible()
    expect(page.locator(".js-plotly-plot .gtitle")).to_contain_text("Archives that meet")

    next_step(page, 5)
    legend = page.locator(".js-plotly-plot .legendtext")
    expect(legend.filter(has_text="CORD-19 notebook, published")).to_be_visible()
    expect(legend.filter(has_text="(notebook)")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)

    # Back, and home: the citation of the second step is not kept in the way of the first.
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.locator(".js-plotly-plot .gtitle")).to_contain_text("Archives that meet")
    next_step(page, 5)
    page.get_by_role("link", name="End the tour").click()
    page.get_by_role("link", name=tour(())[0].title).click()
    expect(page.get_by_role("heading", name=re.compile(r"q-bio\.\w+"))).to_be_visible()


def test_the_essentials_fit_one_screen(
    page: Page, server: str, rest: Callable[[Page], None]
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(server)
    last = page.get_by_role("link", name=tour(())[-1].title)
    expect(last).to_be_visible()
    rest(page)
    box = last.bounding_box()
    assert box and box["y"] + box["height"] < 720
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_card_opens_its_page_wherever_it_is_clicked(page: Page, server: str) -> None:
    page.goto(server)
    picture = page.locator(".st-key-card-terms img")
    expect(picture).to_be_visible()
    # The link's own area lies over the picture.
    box = picture.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".ytick text")).to_have_count(9)


def test_the_first_visitor_of_all_sees_the_menu_as_the_next_does(
    page: Page, phone: Page, new_server: str
) -> None:
    for window in (page, phone):
        window.set_viewport_size({"width": 1366, "height": 768})
        window.goto(new_server)
        expect(window.get_by_role("heading", name=HEADING)).to_be_visible()
        links = window.get_by_test_id("stSidebarNavLink")
        expect(links).to_have_text([re.compile(f"{name}$") for name in MENU])
        expect(window.get_by_test_id("stSidebar")).to_have_css("width", "220px")
