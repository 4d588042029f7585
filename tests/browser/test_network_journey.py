"""A user asks a network, and goes on working while TensorFlow is there."""

import re

from playwright.sync_api import Page, expect


def test_a_network_answers_again_and_again(page: Page, server: str) -> None:
    page.goto(f"{server}/classify?model=bigru-conv&example=Astronomy")
    # TensorFlow comes with the first network.
    answered = page.get_by_text(re.compile(r"Answered in .* ms by BiGRU-CNN"))
    expect(answered).to_be_visible()
    for title in ("A theorem on groups", "Spiral galaxies and their stars"):
        text = f"{title}\n\n{title}: we prove and observe what is known."
        page.get_by_label("Your paper").fill(text)
        page.get_by_role("button", name="Classify").click()
        expect(page.get_by_label("Title")).to_have_value(title)
        expect(answered).to_be_visible()
        expect(page.get_by_text("cannot explain its answers")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
