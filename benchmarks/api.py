"""`python -m benchmarks.api [SECONDS]`: single papers a second by the API, and the page meanwhile.

The client runs on the server's machine and takes its share of the cores.
"""

import asyncio
import http.client
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.client import visiting
from benchmarks.load import CLASSIFY, classify, late
from benchmarks.server import serving
from core.api.schema import BASE
from pages.classify.examples import EXAMPLES

SECONDS, CLIENTS = 15.0, 4
PAUSE = 1.0
"""Seconds between the reruns of the page."""
HEALTH = "/_stcore/health"


@dataclass
class Measured:
    """Answers a second, with a bare server's beside them; seconds of the page's reruns."""

    papers: float
    bare: float
    alone: list[float] = field(default_factory=list)
    meanwhile: list[float] = field(default_factory=list)


def ask(address: str, path: str, number: int, until: float) -> int:
    """How many answers one client gets: papers one at a time, or a GET without an answer's work."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    count = 0
    while time.monotonic() < until:
        if path == HEALTH:
            connection.request("GET", path)
        else:
            example = EXAMPLES[count % len(EXAMPLES)]
            # The number makes each text new.
            paper = {"title": f"{example.title} {number} {count}", "abstract": example.abstract}
            body = json.dumps({"papers": [paper]})
            connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}: {content[:200]!r}")
        count += 1
    return count


def rate(address: str, path: str, seconds: float) -> float:
    """Answers a second to several clients."""
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = pool.map(lambda number: ask(address, path, number, until), range(CLIENTS))
        return sum(counts) / seconds


async def reruns(address: str, seconds: float, first: int) -> list[float]:
    """Seconds of each classification on the page, one after another with pauses."""
    until, waits = time.monotonic() + seconds, []
    async with visiting(address) as session:
        await session.open("classify")
        while time.monotonic() < until:
            waits.append(await classify(session, first + len(waits)))
            await asyncio.sleep(PAUSE)
    return waits


async def together(address: str, seconds: float) -> tuple[float, list[float]]:
    """Papers a second by the API, and the page's reruns at the same time."""
    asked = asyncio.to_thread(rate, address, f"{BASE}/suggest", seconds)
    return await asyncio.gather(asked, reruns(address, seconds, 2_000_000))


def measure(seconds: float = SECONDS) -> Measured:
    """Measure a fresh server."""
    with serving(PAPERLENS_API="1") as (address, _, _):
        rate(address, f"{BASE}/suggest", 1)  # loads the models
        asyncio.run(reruns(address, 1, 0))
        alone = asyncio.run(reruns(address, seconds, 1_000_000))
        bare = rate(address, HEALTH, seconds)
        papers = rate(address, f"{BASE}/suggest", seconds)
        _, meanwhile = asyncio.run(together(address, seconds))
    return Measured(papers, bare, alone, meanwhile)


def lines(found: Measured) -> list[str]:
    """The section of BENCHMARKS.md."""
    return [
        "## The API",
        "",
        f"{CLIENTS} clients on the server's machine, each with a paper at a time.",
        "",
        "| | |",
        "|---|---|",
        f"| papers a second | {found.papers:,.0f} |",
        f"| answers a second of the bare server (`{HEALTH}`) | {found.bare:,.0f} |",
        f"| {CLASSIFY} on the page, alone | {seconds_of(found.alone)} |",
        f"| the same while the clients ask | {seconds_of(found.meanwhile)} |",
    ]


def seconds_of(waits: list[float]) -> str:
    """The median and the 95th percentile of reruns."""
    return f"{1000 * statistics.median(waits):.0f} ms, 95th percentile {1000 * late(waits):.0f} ms"


if __name__ == "__main__":
    print("\n".join(lines(measure(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))))
