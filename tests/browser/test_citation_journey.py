"""A user pastes a citation into a real browser and reads off why it is there."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

SENTENCE = "We measured pine pollen with the dye assay of Quill et al. (1998)."


def paste(page: Page, server: str) -> None:
    page.goto(f"{server}/classify?kind=Citation")
    page.get_by_label("Sentence or paragraph with citations").fill(SENTENCE)
    page.get_by_role("textbox", name="Section heading").fill("Methods")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_role("heading", name=re.compile(r"^Method · \d+%$"))).to_be_visible()


def test_a_pasted_sentence_gets_its_intent_and_marked_words(page: Page, citing_server: str) -> None:
    paste(page, citing_server)
    expect(page.get_by_text("Why the citation is there")).to_be_visible()
    expect(page.locator("span[title^='+']").first).to_be_visible()
    expect(page.get_by_text("Blue words point to method")).to_be_visible()


def test_a_narrow_window_shows_it_all(
    browser: Browser, citing_server: str, rest: Callable[[Page], None]
) -> None:
    window = browser.new_context(viewport={"width": 390, "height": 800})
    window.set_default_timeout(30_000)
    page = window.new_page()
    paste(page, citing_server)
    expect(page.locator("span[title^='+']").first).to_be_visible()
    rest(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    window.close()
