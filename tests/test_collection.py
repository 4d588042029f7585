"""Tests have the same names whenever they are collected: else parallel workers disagree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

COLLECT = """
import sys, time
shift = float(sys.argv[1])
for name, unit in (("time", 1), ("time_ns", 10**9)):
    clock = getattr(time, name)
    setattr(time, name, lambda clock=clock, unit=unit: clock() + type(clock())(shift * unit))
import pytest
QUIET = ["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
sys.exit(pytest.main([*QUIET, *sys.argv[2:]]))
"""


def collected_elsewhere(what: list[str]) -> list[str]:
    """The names of tests in a process whose clock goes 400 days ahead in another time zone.

    Some archives keep the time. Its sets are in another order, too.
    """
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "UTC7"}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, str(86_400 * 400), *what],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.split("\n") if "::" in line]


def test_collecting_twice_gives_the_same_names(request: pytest.FixtureRequest) -> None:
    # What this run was asked for; `-m` and `-k` may have left some of it out.
    names = [item.nodeid for item in request.session.items]
    again = collected_elsewhere(request.config.args)
    assert set(names) <= set(again)
    if not (request.config.option.keyword or request.config.option.markexpr):
        assert names == again
    assert [name for name in again if not name.isprintable()] == []
