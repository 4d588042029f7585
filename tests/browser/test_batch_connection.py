"""A browser that loses its connection, or loads the page anew, finds its file and its run again."""

import asyncio
import csv
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks import load
from benchmarks.client import visiting
from benchmarks.server import wait_until

ROWS = 200_000
"""As many as may be: the run is to go on until it is cancelled."""
CONNECTED = "data-test-connection-state", "CONNECTED"


class Wire:
    """A TCP proxy to a server, which can be cut and mended.

    Chromium's own offline mode leaves WebSockets open.
    """

    def __init__(self, server: str) -> None:
        self._target = "127.0.0.1", urlparse(server).port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._whole, self._ends = True, list[socket.socket]()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """End all connections and let no new one through."""
        self._whole = False
        while self._ends:
            end = self._ends.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def close(self) -> None:
        """End for good."""
        self._listener.close()
        self.cut()


@pytest.fixture
def wire(server: str) -> Iterator[Wire]:
    """A proxy to the server that all tests share."""
    wire = Wire(server)
    yield wire
    wire.close()


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
    visitor.goto(f"{wire.address}/classify?kind=Many at once&many-task=Subject")
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
