"""No page has a serious or critical fault that axe finds."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

Rest = Callable[[Page], None]
PAGES = (
    "",
    "classify?example=Interdisciplinary",
    "classify?kind=Citation&citation=Method",
    "classify?kind=Batch",
    "terms",
    "statistics",
    "training",
    "models",
    "about",
)


def faults(page: Page) -> list[str]:
    """The rules that a page breaks, each with the first element that does."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {len(one['nodes'])} times, first {one['nodes'][0]['html']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious(page: Page, server: str, rest: Rest) -> None:
    # Colours do not depend on the language, nor do names on the theme.
    found = {}
    for address in PAGES:
        page.emulate_media(color_scheme="light")
        page.goto(f"{server}/{address}")
        rest(page)
        found[f"{address} in English, light"] = faults(page)
        page.emulate_media(color_scheme="dark")
        page.get_by_test_id("stSidebar").get_by_text("中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh")
        rest(page)
        found[f"{address} in Chinese, dark"] = faults(page)
    assert not {where: what for where, what in found.items() if what}


def test_keys_and_the_numbers_of_a_figure(page: Page, server: str, rest: Rest) -> None:
    page.goto(f"{server}/classify?example=Astronomy")
    expect(page.get_by_text("Answered in")).to_be_visible()
    page.get_by_text("LaTeX", exact=True).click()
    earlier = page.get_by_text("Earlier answers of this visit")
    earlier.click()
    rest(page)
    page.keyboard.press("/")
    box = page.get_by_label("Your paper")
    expect(box).to_be_focused()
    assert "/" not in box.input_value()[:1]
    first, second = (page.locator(f".st-key-earlier-{n} button") for n in range(2))
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(first).to_be_focused()
    page.locator(".st-key-numbers-bars-primary-0 button").click()
    numbers = page.get_by_test_id("stPopoverBody").get_by_test_id("stDataFrame")
    expect(numbers).to_contain_text("Spectral Theory (math.SP)0.3725")


def test_on_a_phone_the_menu_closes_and_a_new_answer_is_scrolled_to(
    phone: Page, server: str, rest: Rest
) -> None:
    phone.goto(server)
    rest(phone)
    phone.get_by_test_id("stExpandSidebarButton").click()
    menu = phone.get_by_test_id("stSidebarNav")
    menu.get_by_role("link", name="Classify", exact=True).click()
    expect(phone.get_by_role("heading", name="Classify", exact=True)).to_be_visible()
    expect(menu).not_to_be_in_viewport()
    phone.get_by_text("Astronomy", exact=True).click()
    expect(phone.get_by_text("Suggested primary category")).to_be_in_viewport()


def test_larger_type_stays_from_page_to_page(page: Page, server: str, rest: Rest) -> None:
    page.goto(f"{server}/about?present=1")
    rest(page)
    root = page.locator("html")
    expect(root).to_have_css("font-size", "20px")
    page.get_by_role("link", name="Classify", exact=True).click()
    expect(page.get_by_role("heading", name="Classify", exact=True)).to_be_visible()
    expect(root).to_have_css("font-size", "20px")
    expect(page).to_have_url(f"{server}/classify?present=1")
    page.goto(f"{server}/classify?present=0")
    expect(root).to_have_css("font-size", "16px")
