"""A visitor lands on the overview and follows the tour, in a real browser."""

import itertools
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from pages.classify.examples import CITATIONS
from pages.overview.tour import TERMS, tour

WAIT = 60_000
MENU = (
    *("Overview", "Classify", "Compare terms"),
    *("Explore a corpus", "Watch models learn", "Compare models"),
)


def stop(page: Page, label: str) -> None:
    """Go back to the overview and take a link of the tour."""
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("link", name=label).click()


def test_the_tour(page: Page, server: str) -> None:
    page.goto(server)
    expect(page.get_by_role("heading", name="Paperlens")).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("stMetric")).to_have_count(6)
    # Something else was asked before: the links go before it.
    page.get_by_role("link", name="Classify", exact=True).click()
    page.get_by_label("Your paper").fill("Knots on a torus")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text("Answered in")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Compare terms", exact=True).click()
    page.get_by_role("textbox", name="Add terms").fill("France")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".ytick text")).to_have_count(10, timeout=WAIT)

    labels = [step.links[0].label for step in tour(())]
    stop(page, labels[0])
    expect(page.get_by_label("Title")).to_have_value(re.compile("^Graph Neural Networks Predict"))
    expect(page.get_by_role("heading", name=re.compile(r"q-bio\.\w+"))).to_be_visible()
    expect(page.locator("span[title^='+']", has_text="protein").first).to_be_visible()

    stop(page, labels[1])
    method = next(one for one in CITATIONS if one.name == "Method")
    expect(page.get_by_label("Sentence with the citation")).to_have_value(method.sentence)
    expect(page.get_by_role("heading", name=re.compile(r"^Method · \d+%$"))).to_be_visible()

    stop(page, labels[2])
    expect(page.locator(".ytick text")).to_have_count(9, timeout=WAIT)
    expect(page).to_have_url(re.compile("order=Clustered"))
    rows = page.locator(".ytick text").all_text_contents()
    kinds = [TERMS.groups[TERMS.terms.index(row)] for row in rows]
    # As the tour says: those of a group stand side by side.
    assert sum(a != b for a, b in itertools.pairwise(kinds)) == 2

    stop(page, labels[3])
    expect(page.get_by_text("Lift is the papers that two labels share")).to_be_visible()
    expect(page.locator(".js-plotly-plot .gtitle")).to_contain_text("Archives that meet")

    stop(page, labels[4])
    legend = page.locator(".js-plotly-plot .legendtext")
    expect(legend.filter(has_text="The CORD-19 notebook, published")).to_be_visible(timeout=WAIT)
    expect(legend.filter(has_text="the notebook's")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)

    # Once more: the citation of the second step is forgotten.
    stop(page, labels[0])
    expect(page.get_by_label("Title")).to_have_value(re.compile("^Graph Neural Networks Predict"))


def test_the_essentials_fit_one_screen(
    page: Page, server: str, rest: Callable[[Page], None]
) -> None:
    page.goto(server)
    figures = page.get_by_test_id("stMetric")
    expect(figures).to_have_count(6, timeout=WAIT)
    rest(page)
    for place in range(6):
        box = figures.nth(place).bounding_box()
        assert box and box["y"] + box["height"] < 768
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 1366


def test_the_first_visitor_of_all_sees_the_menu_as_the_next_does(
    page: Page, phone: Page, new_server: str
) -> None:
    for window in (page, phone):
        window.set_viewport_size({"width": 1366, "height": 768})
        window.goto(new_server)
        expect(window.get_by_test_id("stMetric")).to_have_count(6)
        links = window.get_by_test_id("stSidebarNavLink")
        expect(links).to_have_text([re.compile(f"{name}$") for name in MENU])
        expect(window.get_by_test_id("stSidebar")).to_have_css("width", "220px")
