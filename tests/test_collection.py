"""Tests have the same names whenever they are collected: else parallel workers disagree."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

COLLECT = """
import sys, time
shift = float(sys.argv[1])
for name, unit in (("time", 1), ("time_ns", 10**9)):
    clock = getattr(time, name)
    setattr(time, name, lambda clock=clock, unit=unit: clock() + type(clock())(shift * unit))
import pytest
sys.exit(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]))
"""


def collecting(shift: float, seed: int) -> subprocess.Popen[str]:
    """A process that collects the suite with its clock moved by seconds and sets in another order.

    Its time zone is moved too: some archives keep the local time.
    """
    environment = os.environ | {"PYTHONHASHSEED": str(seed), "TZ": f"UTC{seed}"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.Popen(
        [sys.executable, "-c", COLLECT, str(shift)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_collecting_twice_gives_the_same_names() -> None:
    processes = [collecting(0, 1), collecting(86_400 * 400, 2)]
    first, second = (process.communicate()[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0], first
    names, again = ([line for line in text.split("\n") if "::" in line] for text in (first, second))
    assert names == again
    assert len(names) > 1_000
    assert [name for name in names if not name.isprintable()] == []
