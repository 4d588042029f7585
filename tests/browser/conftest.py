"""A real server, a real Chromium, and ways to read a figure or a file off a page."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from benchmarks.server import chromium, wait_until
from benchmarks.server import serving as server_of
from tests.browser.wire import Wire
from tests.visit import plain

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


@contextmanager
def serving(models: Path, folder: Path) -> Iterator[str]:
    """The address of a dashboard with the models of a folder; what visitors leave goes to another.

    Uploads and trainings of tests do not stay in the checkout.
    """
    places = {"PAPERLENS_MODELS": str(models), "PAPERLENS_RUNS": str(folder / "runs")}
    with server_of(**places) as (address, _, _):
        yield address


@pytest.fixture(scope="session")
def models() -> Path:
    """The shipped models."""
    return ROOT / "models"


@pytest.fixture(scope="session")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard that all tests share."""
    with serving(models, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def last() -> Iterator[ExitStack]:
    """What ends after the test's windows: a page whose server has gone first is full of errors."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def new_server(models: Path, tmp_path: Path, last: ExitStack) -> str:
    """The address of a dashboard that nobody has visited yet."""
    return last.enter_context(serving(models, tmp_path))


@pytest.fixture
def bare_server(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: ExitStack
) -> str:
    """The address of a dashboard with the models and no corpus."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    return last.enter_context(serving(models, tmp_path))


@pytest.fixture(scope="module")
def citing_server(built_intent: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard with the small intent model of invented citations."""
    with serving(built_intent, tmp_path_factory.mktemp("citing")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium where there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        # The machine may be busy.
        expect.set_options(timeout=90_000)
        yield launched
        launched.close()


@pytest.fixture
def apart() -> Iterator[Callable[..., Any]]:
    """Calls a function in a thread: in this one the browser's own event loop runs."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda work, *given: pool.submit(work, *given).result()


# Where a page lies deeper than the root, Streamlit first asks there for its server.
SEEKING = re.compile(r"/\w+/_stcore/(health|host-config)$")
# A server of a test's own may end before the window does.
GONE = "net::ERR_CONNECTION_REFUSED"


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """What the windows share: the scripts of a page, which take seconds to load and compile."""
    shared = browser.new_context()
    shared.set_default_timeout(90_000)
    yield shared
    shared.close()


@contextmanager
def watched(profile: BrowserContext, width: int, height: int) -> Iterator[Page]:
    """A fresh window; at its end nothing has gone wrong in it, and nobody else was asked."""
    wrong: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        seeking = SEEKING.search(said.location.get("url", ""))
        if said.type == "error" and not seeking and GONE not in said.text:
            wrong.append(said.text)

    def see(request: Request) -> None:
        if urlparse(request.url).hostname not in (None, "127.0.0.1"):
            wrong.append(f"asked for {request.url}")

    page = profile.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", see)
    try:
        yield page
    finally:
        page.close()
    assert not wrong


@pytest.fixture
def page(profile: BrowserContext, server: str, last: ExitStack) -> Iterator[Page]:
    """A fresh browser window."""
    with watched(profile, 1366, 768) as window:
        yield window


@pytest.fixture
def phone(profile: BrowserContext, server: str, last: ExitStack) -> Iterator[Page]:
    """A fresh window as narrow as a phone."""
    with watched(profile, 400, 800) as window:
        yield window


@pytest.fixture
def wire(server: str) -> Iterator[Wire]:
    """A proxy to the server that all tests share."""
    wire = Wire(server)
    yield wire
    wire.close()


# What a page shows and hands out.

RESTING = """
  const fresh = kind => [...document.querySelectorAll(`[data-testid=${kind}]`)].filter(
    one => !one.closest('[data-stale=true]'));
  // Streamlit draws the charts of a page one after another.
  const charts = fresh('stPlotlyChart').map(one => one.querySelector('.js-plotly-plot'));
  const rest = document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
    && fresh('stHeading').length && !fresh('stSkeleton').length
    && charts.every(one => one?.data);
"""
"""What a page at rest is: its script has ended, and all is drawn."""

DRAWN = f"""words => {{
  {RESTING}
  const found = rest ? charts.filter(one => one.textContent.includes(words)) : [];
  // What Plotly keeps for itself begins with an underscore.
  return found.length && JSON.stringify(found.map(({{data, layout}}) => ({{data, layout}})),
    (name, value) => name.startsWith('_') ? undefined : value);
}}"""


@pytest.fixture
def rest() -> Callable[[Page], None]:
    """Waits until a page is at rest; what was just clicked must be seen on it before."""

    def wait(page: Page) -> None:
        wait_until(page, f"() => {{ {RESTING} return rest; }}")

    return wait


@pytest.fixture
def figures() -> Callable[[Page, str], list[dict[str, Any]]]:
    """Reads the figures of a page at rest in whose text some words stand: `data` and `layout`."""

    def read(page: Page, words: str) -> list[dict[str, Any]]:
        return plain(json.loads(wait_until(page, DRAWN, words)))

    return read


@pytest.fixture
def taken() -> Callable[[Page, str], tuple[str, bytes]]:
    """Presses a download button, and gives the file's name and content."""

    def take(page: Page, button: str) -> tuple[str, bytes]:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=button).click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    return take


@pytest.fixture
def saved() -> Callable[[Page, str], tuple[str, bytes]]:
    """Saves the figure in whose text some words stand by its own toolbar: file name and content."""

    def save(page: Page, words: str) -> tuple[str, bytes]:
        figure = page.locator(".js-plotly-plot").filter(has_text=words).first
        figure.hover()
        with page.expect_download() as waiting:
            figure.locator("[data-title^='Download plot']").click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    return save


@pytest.fixture
def table(taken: Callable[..., tuple[str, bytes]]) -> Callable[[Page, str], list[dict[str, str]]]:
    """Presses a download button, and gives the rows of its CSV, a byte order mark before them."""

    def read(page: Page, button: str) -> list[dict[str, str]]:
        name, content = taken(page, button)
        assert name.endswith(".csv") and content.startswith(b"\xef\xbb\xbf")
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        return list(csv.DictReader(text, strict=True))

    return read
