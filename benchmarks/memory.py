"""Whether the server's memory stays level: many visitors, one after another, each on every page.

By itself: `python -m benchmarks.memory [SESSIONS]`, by default five hundred.
"""

import asyncio
import sys

from benchmarks.client import Session, visiting
from benchmarks.load import ACTIONS
from benchmarks.server import resident, serving

SESSIONS = 500
EVERY = 100
"""Sessions between two readings."""
ALLOWED = 50.0
"""Megabytes that the server may grow by after the first reading."""
PAGES = ("", "models", "training")
"""What a visitor opens besides the pages of `load.ACTIONS`."""


async def visit(session: Session, turn: int) -> None:
    """Open every page; classify a paper, draw a heatmap and count a corpus."""
    for page in PAGES:
        await session.open(page)
    for page, act in ACTIONS.values():
        await session.open(page)
        await act(session, turn)


async def curve(address: str, process: int, sessions: int, every: int) -> list[tuple[int, float]]:
    """Resident megabytes of the server after each `every` sessions, and at the end."""
    found = []
    for number in range(1, sessions + 1):
        async with visiting(address) as session:
            await visit(session, number)
        if number % every == 0 or number == sessions:
            found.append((number, resident(process)))
    return found


def measure(sessions: int = SESSIONS, every: int = EVERY) -> list[tuple[int, float]]:
    """How many sessions a server of its own has had, and the megabytes that it then takes."""
    with serving() as (address, process, _):
        return asyncio.run(curve(address, process, sessions, every))


def lines(found: list[tuple[int, float]]) -> list[str]:
    """The section of BENCHMARKS.md."""
    grown = found[-1][1] - found[0][1]
    return [
        "## Memory over many sessions",
        "",
        "Sessions one after another; each opens every page, classifies a paper, draws a heatmap "
        f"and counts a corpus. The server grew by {grown:,.0f} MB after the first reading "
        f"({ALLOWED:g} MB allowed).",
        "",
        "| sessions | resident memory |",
        "|---|---|",
        *(f"| {number:,} | {megabytes:,.0f} MB |" for number, megabytes in found),
    ]


if __name__ == "__main__":
    curve_found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS)
    print("\n".join(lines(curve_found)))
    sys.exit(0 if curve_found[-1][1] - curve_found[0][1] <= ALLOWED else 1)
