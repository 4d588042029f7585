"""A real server and a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
# As root in a container Chromium has no sandbox, and no network to talk to.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def serving(models: Path, folder: Path) -> Iterator[str]:
    """The address of a dashboard with the models of a folder; its log goes to another."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    log = (folder / "log").open("w+")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1"],
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PAPERLENS_MODELS": str(models)},
    )
    try:
        deadline = time.monotonic() + 60
        while not _healthy(address):
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                pytest.fail(f"the server does not answer: {log.read()}")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


@pytest.fixture(scope="session")
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped models, and a small embedding with them if none is shipped."""
    shipped = ROOT / "models"
    if (shipped / "embedding" / "swivel" / "card.json").is_file():
        return shipped
    folder = tmp_path_factory.mktemp("models")
    for task in ("archive", "subject"):
        (folder / task).symlink_to(shipped / task)
    small = request.getfixturevalue("built_embedding")
    (folder / "embedding").symlink_to(small / "embedding")
    return folder


@pytest.fixture(scope="session")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard that all tests share."""
    with serving(models, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def new_server(models: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a dashboard that nobody has visited yet."""
    with serving(models, tmp_path) as address:
        yield address


@pytest.fixture
def bare_server(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a dashboard with the models and no corpus."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    with serving(models, tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def citing_server(built_intent: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard with the small intent model of invented citations."""
    with serving(built_intent, tmp_path_factory.mktemp("citing")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium where there is one, else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    system = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh browser window."""
    window = browser.new_context(viewport={"width": 1366, "height": 768})
    window.set_default_timeout(30_000)
    yield window.new_page()
    window.close()
