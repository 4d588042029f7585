"""The load benchmark's sessions: they work the real pages, and see what goes wrong."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import load, memory
from benchmarks.client import RerunError, visiting
from benchmarks.server import serving

Apart = Callable[..., Any]


def test_two_sessions_do_everything_at_once(server: str, apart: Apart) -> None:
    async def visit(number: int) -> list[float]:
        waits = []
        async with visiting(server) as session:
            for turn, (page, act) in enumerate(load.ACTIONS.values(), start=100 * number):
                waits += [await session.open(page), await act(session, turn)]
            # A second round by the menu: the widgets' earlier states are gone.
            for turn, (page, act) in enumerate(load.ACTIONS.values(), start=100 * number + 51):
                waits += [await session.open(page), await act(session, turn)]
        return waits

    async def both() -> list[list[float]]:
        return await asyncio.gather(visit(1), visit(2))

    for waits in apart(asyncio.run, both()):
        assert len(waits) == 12
        assert all(0 < seconds < 60 for seconds in waits)


def test_memory_is_read_after_so_many_sessions(apart: Apart) -> None:
    found = apart(memory.measure, 2, 1)
    assert [number for number, _ in found] == [1, 2]
    assert all(megabytes > 100 for _, megabytes in found)
    table = "\n".join(memory.lines([(100, 600.0), (200, 640.0)]))
    assert "grew by 40 MB" in table
    assert "| 200 | 640 MB |" in table


def test_a_page_without_the_widget_is_an_error(server: str, apart: Apart) -> None:
    async def visit() -> None:
        async with visiting(server) as session:
            await session.open("terms")
            await load.classify(session, 1)

    with pytest.raises(RerunError):
        apart(asyncio.run, visit())


def test_an_error_on_the_page_and_in_the_log_is_seen(tmp_path: Path, apart: Apart) -> None:
    app = tmp_path / "broken.py"
    app.write_text("raise ValueError('broken')\n")

    async def visit(address: str) -> None:
        async with visiting(address) as session:
            await session.open("")

    with serving(str(app)) as (address, _, log):
        with pytest.raises(RerunError):
            apart(asyncio.run, visit(address))
        assert load.logged(log) == ["tracebacks in the server's log: 1"]


def test_a_server_that_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, apart: Apart
) -> None:
    monkeypatch.setattr(load, "PAUSE", 0.01)
    seen = load.Watched()
    # Nothing listens on port 1.
    apart(asyncio.run, load.work("http://127.0.0.1:1", 3, time.monotonic() + 0.1, seen))
    assert seen.errors[0].startswith("session 3: ")
    assert not seen.passed


def test_lines_tell_waits_errors_and_memory() -> None:
    seen = load.Watched(warm=600.0, last=590.0)
    for seconds in [0.1] * 18 + [0.9] * 2:
        seen.took(load.CLASSIFY, seconds)
    seen.took(load.CHROMIUM + load.CLASSIFY, 5.0)
    text = "\n".join(load.lines(seen, 10, 2))
    assert "2.0 reruns per second" in text
    assert "| all (limit 1 s) | 20 | 0.10 s | 0.90 s |" in text
    assert "10 MB less. Errors: none." in text
    assert seen.passed
    seen.took(load.OPEN, 30.0)
    seen.took(load.OPEN, 30.0)
    assert not seen.passed
