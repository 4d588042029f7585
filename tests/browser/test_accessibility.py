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
