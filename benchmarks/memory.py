"""`python -m benchmarks.memory [SESSIONS]`: memory of the server over many consecutive sessions.

Detects memory leaks: each session visits every page. The default is five hundred sessions.
"""

import asyncio
import sys

from benchmarks.client import Session, visiting
from benchmarks.load import ACTIONS
from benchmarks.server import resident, serving

SESSIONS = 500
EVERY = 100
"""Sessions between two measurements."""
ALLOWED = 50.0
"""Megabytes by which the server may grow after the first measurement."""
PAGES = ("", "models", "training")
"""Pages opened in addition to those of `load.ACTIONS`."""


async def visit(session: Session, turn: int) -> None:
    """Open every page, classify a paper, draw a heatmap and filter a corpus."""
    for page in PAGES:
        await session.open(page)
    for page, act in ACTIONS.values():
        await session.open(page)
        await act(session, turn)


async def curve(address: str, process: int, sessions: int, every: int) -> list[tuple[int, float]]:
    """Pairs of sessions so far and resident MB: after each `every` sessions, and at the end."""
    found = []
    for number in range(1, sessions + 1):
        async with visiting(address) as session:
            await visit(session, number)
        if number % every == 0 or number == sessions:
            found.append((number, resident(process)))
    return found


def measure(sessions: int = SESSIONS, every: int = EVERY) -> list[tuple[int, float]]:
    """Run the sessions on a fresh server; pairs of sessions so far and resident MB."""
    with serving() as (address, process, _):
        return asyncio.run(curve(address, process, sessions, every))


def lines(found: list[tuple[int, float]]) -> list[str]:
    """The section of BENCHMARKS.md."""
    grown = found[-1][1] - found[0][1]
    return [
        "## Memory over many sessions",
        "",
        "Consecutive sessions; each opens every page, classifies a paper, draws a heatmap and "
        f"filters a corpus. The server grew by {grown:,.0f} MB after the first measurement "
        f"(limit {ALLOWED:g} MB).",
        "",
        "| sessions | resident memory |",
        "|---|---|",
        *(f"| {number:,} | {megabytes:,.0f} MB |" for number, megabytes in found),
    ]


if __name__ == "__main__":
    curve_found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS)
    print("\n".join(lines(curve_found)))
    sys.exit(0 if curve_found[-1][1] - curve_found[0][1] <= ALLOWED else 1)
