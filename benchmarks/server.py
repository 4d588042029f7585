"""Start a server of the dashboard; measure its start-up time, CPU time and memory."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]


def chromium() -> str | None:
    """Path of the system's Chromium; None to use Playwright's own."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def free_port() -> int:
    """A free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(app: str = "app.py", **environment: str) -> Iterator[tuple[str, int, Path]]:
    """Address, process id and log of a fresh server, which is stopped at the end of the block.

    Raises TimeoutError, with the log, if it does not answer.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", app, "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [*command, "--server.address", "127.0.0.1"],
                cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=os.environ | environment,
            )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            try:
                wait(address, time.perf_counter())
            except TimeoutError as error:
                raise TimeoutError(f"{error}: {log.read_text()}") from None
            yield address, process.pid, log
        finally:
            end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """Stop a server; kill it if it is still running after half a minute."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(page: Page, script: str, given: Any = None) -> Any:
    """The value of a JavaScript function of `given` once it is true; polled every 50 ms.

    Playwright's own function evaluates a string in the page, which the content security policy
    forbids. Raises TimeoutError after a minute.
    """
    started = time.monotonic()
    while not (value := page.evaluate(script, given)):
        if time.monotonic() - started > 60:
            raise TimeoutError(f"after a minute there is still no {script}")
        page.wait_for_timeout(50)
    return value


def resident(process: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def worked(process: int) -> float:
    """CPU seconds of a process since it started."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Start:
    """A fresh server until its first page is complete: seconds since its start, and resources."""

    healthy: float
    """Until the health check answers."""
    painted: float
    """Until the first contentful paint in Chromium."""
    rest: float
    """Until the landing page is complete."""
    cpu: float
    """CPU seconds of the server."""
    megabytes: float
    """Resident memory of the server."""


def start_and_open(root: Path) -> Start:
    """Start the dashboard of a checkout and open its landing page in a Chromium already running."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        started, date = time.perf_counter(), time.time()
        process = subprocess.Popen(
            command, cwd=root, env=dict(os.environ), stdout=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            healthy = wait(address, started)
            page.goto(address, wait_until="commit")
            page.get_by_role("heading", name="A tour in five steps").wait_for(timeout=60_000)
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
            rest = time.perf_counter() - started
            painted = page.evaluate(PAINTED) / 1000 - date
            return Start(healthy, painted, rest, worked(process.pid), resident(process.pid))
        finally:
            end(process)
            browser.close()


PAINTED = """
() => performance.timeOrigin
  + performance.getEntriesByName('first-contentful-paint')[0].startTime
"""
"""Time of the first contentful paint of a page, in milliseconds since 1970."""


def wait(address: str, started: float) -> float:
    """Seconds since `started` until a server answers. Raises TimeoutError after 60."""
    while time.perf_counter() - started < 60:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return time.perf_counter() - started
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("the server did not answer within 60 s")
