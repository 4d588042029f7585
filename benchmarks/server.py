"""How soon the dashboard's server answers, and how much memory its first page takes."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright


def resident(process: int) -> float:
    """Megabytes of a process in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def start_and_open(root: Path) -> tuple[float, float]:
    """Seconds from start to a health answer, and resident megabytes once a page has been open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=root, env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        healthy = wait(address, started)
        _open_page(address)
        return healthy, resident(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait(address: str, started: float) -> float:
    """Seconds since `started` until a server answers. Raises TimeoutError after 60."""
    while time.perf_counter() - started < 60:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return time.perf_counter() - started
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("the server did not answer within 60 s")


def _open_page(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("heading", name="What is installed").wait_for()
        browser.close()
