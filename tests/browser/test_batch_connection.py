"""A browser that loses its connection, or loads the page anew, finds its file and its run again."""

import asyncio
import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks import load
from benchmarks.client import visiting
from benchmarks.server import wait_until
from tests.browser.wire import Wire

ROWS = 200_000
"""As many as may be: the run is to go on until it is cancelled."""
CONNECTED = "data-test-connection-state", "CONNECTED"


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A window whose console may tell of a lost connection."""
    window = browser.new_context(viewport={"width": 1366, "height": 768})
    window.set_default_timeout(60_000)
    yield window.new_page()
    window.close()


async def reruns(server: str) -> int:
    """Another session counts a corpus in different ways; how often."""
    async with visiting(server) as session:
        await session.open("statistics")
        for turn in range(5):
            await load.filtered(session, turn)
    return 5


DONE_MORE = """than => {
  const bar = document.querySelector('[data-testid=stProgress]');
  const rows = Number((bar?.textContent.match(/([\\d,]+) rows/)?.[1] ?? '0').replaceAll(',', ''));
  return rows > than && rows;
}"""


def rows(page: Page, than: int = 0) -> int:
    """How many rows the run under way has done, once there are more than so many."""
    return int(wait_until(page, DONE_MORE, than))


def test_a_lost_connection_and_a_reload_cost_nothing(
    visitor: Page, wire: Wire, server: str, apart: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "papers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "abstract"])
        writer.writerows([i, f"Knots {i}", "We tie a knot in a loop. " * 3] for i in range(ROWS))
    app, cancel = visitor.get_by_test_id("stApp"), visitor.get_by_role("button", name="Cancel")
    visitor.goto(f"{wire.address}/classify?kind=Batch&many-task=Subject")
    visitor.locator("input[type=file]").set_input_files(path)
    expect(visitor.get_by_text("CSV, UTF-8, comma-separated")).to_be_visible()
    visitor.get_by_role("button", name="Classify all rows").click()
    before = rows(visitor)
    address = visitor.url
    assert "upload=" in address

    wire.cut()
    expect(app).not_to_have_attribute(*CONNECTED)
    # Nobody else waits for a visitor who is gone.
    assert apart(asyncio.run, reruns(server)) == 5
    wire.mend()
    expect(app).to_have_attribute(*CONNECTED)
    expect(cancel).to_be_visible()
    after = rows(visitor, before)
    assert after < ROWS
    assert visitor.url == address

    visitor.reload()
    expect(visitor.get_by_text("Still here: papers.csv")).to_be_visible()
    assert rows(visitor, after) < ROWS
    cancel.click()
    expect(visitor.get_by_text("Cancelled after")).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_text("Cancelled after")).to_be_visible()
    expect(visitor.get_by_role("button", name="Download", exact=True)).to_be_visible()
    visitor.get_by_role("button", name="Remove the file").click()
    expect(visitor.get_by_text("Your file needs a title")).to_be_visible()
    expect(visitor).not_to_have_url(re.compile("upload="))
