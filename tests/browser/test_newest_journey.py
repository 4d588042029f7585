"""A user of a fresh machine fetches arXiv's newest papers, and looks at their words."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.arxiv_server import ArxivSite


@pytest.fixture
def site(arxiv_site: ArxivSite) -> ArxivSite:
    """A server with papers of two archives, that the dashboard asks."""
    arxiv_site.invent(150)
    arxiv_site.invent(150, "math.GT", first=200)
    return arxiv_site


def test_a_corpus_in_a_minute(
    page: Page, site: ArxivSite, bare_server: str, figures: Callable[..., Any]
) -> None:
    page.goto(f"{bare_server}/statistics?show=Words")
    page.get_by_role("button", name="Fetch arXiv’s newest papers").click()
    page.get_by_label("Papers", exact=True).fill("200")
    page.get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_text("200 papers fetched")).to_be_visible()
    assert figures(page, "Characteristic words of")
    assert "corpus=arxiv%2Farxiv-newest.jsonl.zst" in page.url
    assert len(site.asked) == 1
