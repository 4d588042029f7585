"""How soon the dashboard is there: what its first page must not load, and the time it may take."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.client import visiting
from benchmarks.server import free_port, start_and_open, wait

Apart = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "tensorflow", "keras", "tf_keras", "tensorflow_hub", "seaborn", "matplotlib", "sklearn",
    "xgboost", "onnxruntime", "gensim", "torch",
}  # fmt: skip
"""Half a second to five each. Plotly is not among them, as Streamlit itself imports it."""

SERVER = """
import atexit, pathlib, sys
from streamlit.web.cli import main
place = pathlib.Path(sys.argv.pop())
atexit.register(lambda: place.write_text(" ".join(sys.modules)))
main()
"""
"""`streamlit`, telling at its end what it has imported."""


def imported(pages: tuple[str, ...], folder: Path) -> set[str]:
    """The top-level modules in a real server's process after a visit to each of the pages.

    Its own threads end first: the models that the pages have warmed are loaded by then.
    """
    port = free_port()
    place = folder / "modules"
    command = ["run", "app.py", "--server.port", str(port), "--server.address", "127.0.0.1"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *command, str(place)],
            cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=os.environ,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait(address, time.perf_counter())

        async def visit() -> None:
            async with visiting(address) as session:
                for page in pages:
                    await session.open(page)
                    assert session.all("heading")

        asyncio.run(visit())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    return {name.partition(".")[0] for name in place.read_text().split()}


def test_the_landing_page_imports_nothing_heavy(tmp_path: Path, apart: Apart) -> None:
    found = apart(imported, ("",), tmp_path)
    assert {"streamlit", "core", "pages", "scipy"} <= found
    assert sorted(found & HEAVY) == []


def test_a_form_waits_without_anything_heavy(tmp_path: Path, apart: Apart) -> None:
    found = apart(imported, ("classify",), tmp_path)
    assert sorted(found & HEAVY) == []


def test_what_a_page_imports_is_seen(tmp_path: Path, apart: Apart) -> None:
    assert "duckdb" in apart(imported, ("statistics",), tmp_path)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_the_first_page_keeps_its_budget(apart: Apart) -> None:
    start = apart(start_and_open, ROOT)
    assert 0 < start.healthy < start.painted < start.rest
    assert start.megabytes < 500
