"""`python -m benchmarks.load [SECONDS] [SESSIONS]`: latency and memory under concurrent sessions.

The default is twenty sessions for three minutes. One session runs in Chromium; the others use
Streamlit's protocol without a browser, since twenty browsers on the server's machine would slow
down each other.
"""

import asyncio
import html
import itertools
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException

from benchmarks.client import LONGEST, RerunError, Session, visiting
from benchmarks.server import chromium, resident, serving, worked
from pages.classify.examples import EXAMPLES

SECONDS, SESSIONS = 180, 20
PAUSE = 2.0
"""Mean seconds between the actions of a session."""
ALLOWED = 1.0
"""Limit of the 95th percentile of rerun times, in seconds."""
WARM = 1 / 3
"""Fraction of the run after which the server's memory should no longer grow."""
ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
REST = "[data-testid=stApp][data-test-script-state=notRunning]"
ORDERS = ("Clustered", "By group")
CLASSIFY, HEATMAP, FILTER = "classify a paper", "draw a heatmap", "filter statistics"
OPEN, CHROMIUM = "open a page", "in Chromium: "


@dataclass
class Watched:
    """The result of a run: seconds of each kind of rerun, in order, and errors."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warm: float = 0.0
    last: float = 0.0
    """Resident memory of the server in MB after a third of the time (`warm`) and at the end."""
    cpu: float = 0.0
    """CPU seconds of the server during the run."""
    busy: float = 0.0
    """Load average of the machine before the run."""

    def took(self, name: str, seconds: float) -> None:
        """Record a rerun."""
        self.waits.setdefault(name, []).append(seconds)

    def all(self) -> list[float]:
        """The seconds of every rerun."""
        return [seconds for waits in self.waits.values() for seconds in waits]

    def reruns(self) -> list[float]:
        """The seconds of every rerun except those in the browser, which include drawing."""
        kinds = (waits for name, waits in self.waits.items() if not name.startswith(CHROMIUM))
        return [seconds for waits in kinds for seconds in waits]

    @property
    def passed(self) -> bool:
        """Whether there was no error and the 95th percentile is within the limit."""
        return not self.errors and bool(self.reruns()) and late(self.reruns()) <= ALLOWED


def late(waits: list[float]) -> float:
    """The 95th percentile of rerun times, in seconds."""
    return statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else waits[0]


# Actions of a session: each returns the seconds of its rerun after checking what the page shows.


def demand(there: bool, what: str) -> None:
    """Raise RerunError if something is missing on the page."""
    if not there:
        raise RerunError(f"the page lacks {what}")


async def classify(session: Session, turn: int) -> float:
    """Paste a paper and have it classified."""
    example = EXAMPLES[turn % len(EXAMPLES)]
    # The number makes the text new, so that no cached answer is used.
    title = f"{example.title} {turn}"
    seconds = await session.act(
        ("text_area", "Your paper", f"{title}\n\n{example.abstract} {turn}"),
        ("button", "Classify", True),
    )
    demand(session.says("Answered in"), "an answer")
    shaded = [html.unescape(re.sub(r"<[^>]*>", "", part.body)) for part in session.all("html")]
    # Accents in LaTeX have become letters there, the number has not changed.
    demand(any(f" {turn}" in part for part in shaded), "the paper's title")
    demand(len(session.all("plotly_chart")) == 2, "its two charts")
    return seconds


async def heatmap(session: Session, turn: int) -> float:
    """Draw the notebook's terms in another order."""
    before = {chart.spec for chart in session.all("plotly_chart")}
    seconds = await session.act(("button_group", "Order", [ORDERS[turn % len(ORDERS)]]))
    charts = session.all("plotly_chart")
    demand(len(charts) == 1 and '"heatmap"' in charts[0].spec, "its heatmap")
    demand(charts[0].spec not in before, "the new order")
    return seconds


async def filtered(session: Session, turn: int) -> float:
    """Filter the shipped corpus by another year, with retired archives apart."""
    year = 2022 + turn % 4
    seconds = await session.act(
        ("selectbox", "Years", str(year)), ("checkbox", "Merge retired archives", False)
    )
    demand(session.says(f"Years **{year}**"), f"the year {year}")
    demand(len(session.all("plotly_chart")) == 1, "its chart")
    return seconds


ACTIONS = {
    CLASSIFY: ("classify", classify),
    HEATMAP: ("terms", heatmap),
    FILTER: ("statistics", filtered),
}


async def turns(session: Session, number: int, until: float, seen: Watched) -> None:
    """Open a page, act on it and continue with the next until the time is over."""
    pauses = random.Random(number)
    for turn in itertools.count(number):
        page, act = ACTIONS[list(ACTIONS)[turn % len(ACTIONS)]]
        name = list(ACTIONS)[turn % len(ACTIONS)]
        await asyncio.sleep(pauses.uniform(0.5, 1.5) * PAUSE)
        if time.monotonic() > until:
            return
        seen.took(OPEN, await session.open(page))
        await asyncio.sleep(pauses.uniform(0.5, 1.5) * PAUSE)
        seen.took(name, await act(session, 10_000 * (number + 1) + turn))


async def work(address: str, number: int, until: float, seen: Watched) -> None:
    """Run a session; after an error a new one replaces it."""
    while time.monotonic() < until:
        try:
            async with visiting(address) as session:
                await turns(session, number, until, seen)
        except (RerunError, WebSocketException, OSError) as error:
            seen.errors.append(f"session {number}: {error}")
            await asyncio.sleep(PAUSE)


# The same actions in a browser.


class Window:
    """A page in Chromium that detects from its WebSocket messages when a script has finished.

    The attributes of the page are not enough: it draws start and end of a short rerun at once.
    """

    def __init__(self, page: Page) -> None:
        self.page, self._finished = page, asyncio.Event()
        page.on("websocket", lambda socket: socket.on("framereceived", self._receive))

    def _receive(self, frame: bytes | str) -> None:
        if isinstance(frame, bytes) and ForwardMsg.FromString(frame).HasField("script_finished"):
            self._finished.set()

    async def open(self, address: str) -> None:
        """Open a page and wait until it is complete."""
        await self.page.goto(address)
        await self.page.locator(REST).wait_for()

    async def act(self, action: Callable[[], Awaitable[None]]) -> float:
        """Seconds from an action until the page is complete after the rerun it starts."""
        self._finished.clear()
        started = time.perf_counter()
        await action()
        try:
            await asyncio.wait_for(self._finished.wait(), LONGEST)
        except TimeoutError:
            raise RerunError(f"no answer within {LONGEST:.0f} s") from None
        await self.page.locator(REST).wait_for()
        return time.perf_counter() - started


async def click_classify(window: Window, turn: int) -> float:
    """Paste a paper and have it classified."""
    example = EXAMPLES[turn % len(EXAMPLES)]
    text = f"{example.title} {turn}\n\n{example.abstract} {turn}"
    await window.page.get_by_label("Your paper").fill(text)
    seconds = await window.act(window.page.get_by_role("button", name="Classify").click)
    await window.page.get_by_text("Answered in").wait_for()
    return seconds


async def click_heatmap(window: Window, turn: int) -> float:
    """Draw the notebook's terms in another order."""
    order = ORDERS[turn % len(ORDERS)]
    seconds = await window.act(window.page.get_by_text(order, exact=True).click)
    await window.page.get_by_test_id("stPlotlyChart").first.wait_for()
    return seconds


async def click_filter(window: Window, turn: int) -> float:
    """Toggle the merging of retired archives in the shipped corpus."""
    toggle = window.page.get_by_text("Merge retired archives", exact=True)
    seconds = await window.act(toggle.click)
    await window.page.locator(".st-key-corpus-facts strong").first.wait_for()
    return seconds


CLICKS = {CLASSIFY: click_classify, HEATMAP: click_heatmap, FILTER: click_filter}


async def browse(browser: Browser, address: str, until: float, seen: Watched) -> None:
    """Repeat the actions in a real browser until the time is over."""
    context = await browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(1000 * LONGEST)
    window = Window(await context.new_page())
    page = window.page
    page.on("pageerror", lambda error: seen.errors.append(f"in the browser: {error}"))
    # Start with texts that the first session did not use.
    for turn in itertools.count(len(CLICKS)):
        name = list(CLICKS)[turn % len(CLICKS)]
        try:
            await window.open(f"{address}/{ACTIONS[name][0]}")
            await asyncio.sleep(PAUSE)
            seen.took(CHROMIUM + name, await CLICKS[name](window, turn))
            if await page.get_by_test_id("stException").count():
                raise RerunError("the page shows an error")
        except (BrowserError, RerunError) as error:
            words = next(iter(str(error).splitlines()), type(error).__name__)
            seen.errors.append(f"{CHROMIUM}{name}: {words}")
        await asyncio.sleep(PAUSE)
        if time.monotonic() > until:
            break
    await context.close()


async def remember(process: int, seconds: float, seen: Watched) -> None:
    """Record the server's memory once it is warm."""
    await asyncio.sleep(WARM * seconds)
    seen.warm = resident(process)


async def watch(address: str, process: int, seconds: float, sessions: int) -> Watched:
    """Run all sessions concurrently, one of them in a browser."""
    seen = Watched(busy=os.getloadavg()[0])
    async with visiting(address) as first:
        # The first visitor loads models, figures and counts; this is not measured.
        for turn, (page, act) in enumerate(ACTIONS.values()):
            await first.open(page)
            await act(first, turn)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        until, before = time.monotonic() + seconds, worked(process)
        await asyncio.gather(
            browse(browser, address, until, seen),
            remember(process, seconds, seen),
            *(work(address, number, until, seen) for number in range(sessions - 1)),
        )
        seen.last, seen.cpu = resident(process), worked(process) - before
        await browser.close()
    return seen


def measure(seconds: float = SECONDS, sessions: int = SESSIONS) -> Watched:
    """Run the sessions on a fresh server."""
    with serving() as (address, process, log):
        seen = asyncio.run(watch(address, process, seconds, sessions))
        seen.errors += logged(log)
    return seen


def logged(log: Path) -> list[str]:
    """The errors in a server's log, where Streamlit may frame tracebacks."""
    text = log.read_text(encoding="utf-8", errors="replace")
    count = sum("Traceback" in line for line in text.splitlines())
    return [f"tracebacks in the server's log: {count}"] if count else []


def lines(seen: Watched, seconds: float = SECONDS, sessions: int = SESSIONS) -> list[str]:
    """The section of BENCHMARKS.md."""
    reruns = seen.reruns()
    errors = f"{len(seen.errors)}, the first: {seen.errors[0]}" if seen.errors else "none"
    grown = seen.last - seen.warm
    return [
        f"## {sessions} concurrent sessions for {seconds:,.0f} s",
        "",
        f"{sessions - 1} sessions over a WebSocket and one in Chromium, on the server's machine. "
        "Each opens a page, acts on it and continues with the next, with a pause of "
        f"{PAUSE / 2:g} to {1.5 * PAUSE:g} s before each step: {len(reruns) / seconds:.1f} reruns "
        "per second, each with another text, order or range of years. Times are from the request "
        "to the last message of the script; in Chromium from the click until the page is complete. "
        f"Load average before the run: {seen.busy:.1f}.",
        "",
        "| | reruns | median | 95th percentile |",
        "|---|---|---|---|",
        *(row(name, seen.waits.get(name, [])) for name in (*ACTIONS, OPEN)),
        row(f"all (limit {ALLOWED:g} s)", reruns),
        *(row(CHROMIUM + name, seen.waits.get(CHROMIUM + name, [])) for name in CLICKS),
        "",
        f"CPU time of the server: {1000 * seen.cpu / max(1, len(seen.all())):.0f} ms per rerun. "
        "Its resident memory: "
        f"{seen.warm:,.0f} MB after a third of the time, {seen.last:,.0f} MB at the end, "
        f"{abs(grown):,.0f} MB {'more' if grown > 0 else 'less'}. "
        f"Errors: {errors}.",
    ]


def row(name: str, waits: list[float]) -> str:
    """A row of the table."""
    if not waits:
        return f"| {name} | 0 | | |"
    return f"| {name} | {len(waits):,} | {statistics.median(waits):.2f} s | {late(waits):.2f} s |"


if __name__ == "__main__":
    how_long = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    how_many = int(sys.argv[2]) if len(sys.argv) > 2 else SESSIONS
    found = measure(how_long, how_many)
    print("\n".join(lines(found, how_long, how_many)))
    for error in found.errors[1:]:
        print(error, file=sys.stderr)
    sys.exit(0 if found.passed else 1)
