"""Many people at once: browser sessions on one server, how long they wait, what memory it takes.

By itself: `python -m benchmarks.load [SECONDS] [SESSIONS]`, by default three minutes and twenty.
"""

import asyncio
import itertools
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError

from benchmarks.server import resident, wait
from core.examples import EXAMPLES

SECONDS, SESSIONS = 180, 20
ROOT = Path(__file__).resolve().parent.parent
LONGEST = 60_000
"""Milliseconds after which an action counts as failed."""
REST = "[data-testid=stApp][data-test-script-state=notRunning]"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@dataclass
class Watched:
    """What came of it: seconds of each kind of action, in order, and what went wrong."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warm: float = 0.0
    last: float = 0.0
    """Resident megabytes of the server once every session has worked, and at the end."""

    def all(self) -> list[float]:
        """The seconds of every action."""
        return [seconds for kind in self.waits.values() for seconds in kind]


# The rerun begins a moment after the action: it is over once the state has been anything else and
# is at rest again. Watched in the page, so that no short rerun is missed.
WATCH = """
() => {
  const app = document.querySelector('[data-testid=stApp]');
  const state = () => app.getAttribute('data-test-script-state');
  window.rerun = new Promise(done => {
    let begun = false;
    const look = () => {
      if (state() !== 'notRunning') begun = true;
      else if (begun) { watcher.disconnect(); done(performance.now()); }
    };
    const watcher = new MutationObserver(look);
    watcher.observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
  });
  window.acted = performance.now();
}
"""


async def rerun(page: Page, action: Callable[[], Awaitable[None]]) -> float:
    """Seconds from an action to the page's rest after the rerun that it starts."""
    await page.evaluate(WATCH)
    await action()
    over = page.evaluate("() => window.rerun.then(over => (over - window.acted) / 1000)")
    return await asyncio.wait_for(over, LONGEST / 1000)


async def visit(page: Page, address: str) -> None:
    """Open a page and wait until it is at rest."""
    await page.goto(address)
    await page.locator(REST).wait_for()


async def classify(page: Page, address: str, turn: int) -> float:
    """Paste a paper and have it classified."""
    example = EXAMPLES[turn % len(EXAMPLES)]
    await visit(page, f"{address}/classify")
    # A number makes the text new: no answer comes from the cache.
    await page.get_by_label("Title").fill(f"{example.title} {turn}")
    await page.get_by_label("Abstract").fill(example.abstract)
    # Leaving the field may rerun the page before the button does.
    button = page.get_by_role("button", name="Classify")
    seconds = await rerun(page, button.click)
    await page.get_by_text("Answered in").wait_for()
    return seconds


async def heatmap(page: Page, address: str, turn: int) -> float:
    """Draw the notebook's terms in another order."""
    await visit(page, f"{address}/terms")
    order = ("Clustered", "By group")[turn % 2]
    seconds = await rerun(page, page.get_by_text(order, exact=True).click)
    await page.get_by_test_id("stPlotlyChart").first.wait_for()
    return seconds


async def filtered(page: Page, address: str, turn: int) -> float:
    """Count the shipped corpus with its retired archives merged, from another first year."""
    await visit(page, f"{address}/statistics?years={1992 + turn % 20}&years=2020")
    toggle = page.get_by_text("Merge retired archives", exact=True)
    seconds = await rerun(page, toggle.click)
    await page.get_by_test_id("stMetricValue").first.wait_for()
    return seconds


ACTIONS = {
    "classify a paper": classify,
    "draw a heatmap": heatmap,
    "filter statistics": filtered,
}


async def work(browser: Browser, address: str, number: int, until: float, seen: Watched) -> None:
    """One session: the three actions in turn until the time is over."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(LONGEST)
    try:
        page = await context.new_page()
        page.on("pageerror", lambda error: seen.errors.append(f"in the browser: {error}"))
        for turn in itertools.count(number):
            if time.monotonic() > until:
                return
            name = list(ACTIONS)[turn % len(ACTIONS)]
            try:
                seconds = await ACTIONS[name](page, address, 1_000 * number + turn)
            except (BrowserError, TimeoutError) as error:
                seen.errors.append(f"{name}: {str(error).splitlines()[0]}")
                continue
            seen.waits.setdefault(name, []).append(seconds)
            if await page.get_by_test_id("stException").count():
                seen.errors.append(f"{name}: the page shows an error")
    finally:
        await context.close()


async def watch(address: str, process: int, seconds: float, sessions: int) -> Watched:
    """All sessions at once; memory is looked at once each has done each action, and at the end."""
    seen = Watched()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        for action in ACTIONS.values():
            # Models, figures and counts are loaded by the first to come, which is no rerun.
            page = await browser.new_page()
            page.set_default_timeout(LONGEST)
            await action(page, address, 0)
            await page.close()
        until = time.monotonic() + seconds
        workers = [
            asyncio.create_task(work(browser, address, number, until, seen))
            for number in range(sessions)
        ]
        while len(seen.all()) < sessions * len(ACTIONS) and time.monotonic() < until:
            await asyncio.sleep(0.5)
        seen.warm = resident(process)
        await asyncio.gather(*workers)
        seen.last = resident(process)
        await browser.close()
    return seen


@contextmanager
def serving() -> Iterator[tuple[str, int, Path]]:
    """A fresh server's address, its process and its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [*command, "--server.address", "127.0.0.1"],
                cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=dict(os.environ),
            )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            wait(address, time.perf_counter())
            yield address, process.pid, log
        finally:
            process.terminate()
            process.wait(timeout=30)


def measure(seconds: float = SECONDS, sessions: int = SESSIONS) -> Watched:
    """Work so many sessions for so long on a server of their own."""
    with serving() as (address, process, log):
        seen = asyncio.run(watch(address, process, seconds, sessions))
        text = log.read_text(encoding="utf-8", errors="replace")
        seen.errors += [f"in the server's log: {line}" for line in text.splitlines()
                        if line.startswith(("Traceback", "Exception"))]  # fmt: skip
    return seen


def lines(seen: Watched, seconds: float = SECONDS, sessions: int = SESSIONS) -> list[str]:
    """The section of BENCHMARKS.md."""
    errors = f"{len(seen.errors)}, the first: {seen.errors[0]}" if seen.errors else "none"
    return [
        f"## {sessions} people at once, for {seconds:,.0f} s",
        "",
        "Each in a browser of their own, on the same machine: it draws what the server sends. From "
        "an action to the page's rest, without the time to open the page.",
        "",
        "| | reruns | median | 95 % within |",
        "|---|---|---|---|",
        *(row(name, seen.waits.get(name, [])) for name in ACTIONS),
        row("all", seen.all()),
        "",
        f"The server's resident memory: {seen.warm:,.0f} MB once all had begun, {seen.last:,.0f} "
        f"MB at the end. Errors: {errors}.",
    ]


def row(name: str, waits: list[float]) -> str:
    """A row of the table."""
    if not waits:
        return f"| {name} | 0 | | |"
    most = statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else waits[0]
    return f"| {name} | {len(waits):,} | {statistics.median(waits):.2f} s | {most:.2f} s |"


if __name__ == "__main__":
    how_long = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    how_many = int(sys.argv[2]) if len(sys.argv) > 2 else SESSIONS
    found = measure(how_long, how_many)
    print("\n".join(lines(found, how_long, how_many)))
    sys.exit(1 if found.errors else 0)
