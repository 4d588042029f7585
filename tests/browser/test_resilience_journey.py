"""What breaks around the dashboard (its server, models, folders): the page says so and goes on."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.server import free_port

ROOT = Path(__file__).resolve().parents[2]
Rest = Callable[[Page], None]


class Server:
    """A dashboard that can be killed and started again at the same address."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log, self.environment = folder / "log", environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port), "--server.address", "127.0.0.1"],
                cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=os.environ | self.environment,
            )  # fmt: skip
        deadline = time.monotonic() + 120
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server does not answer: {self.log.read_text()}")

    def healthy(self) -> bool:
        """Whether it answers."""
        try:
            address = f"{self.address}/_stcore/health"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """Kill it without a word of warning."""
        if self.process:
            self.process.kill()
            self.process.wait(timeout=30)


@pytest.fixture
def own(
    built_models: Path, built_embedding: Path, tmp_path: Path
) -> Iterator[Callable[..., Server]]:
    """Starts a server with copies of the small models, in folders that a test may spoil."""
    started = []

    def start(**environment: str) -> Server:
        models = tmp_path / "models"
        if not models.exists():
            shutil.copytree(built_models, models)
            shutil.copytree(built_embedding / "embedding", models / "embedding")
        folders = {"MODELS": "models", "DATA": "data", "RUNS": "runs"}
        defaults = {f"PAPERLENS_{name}": str(tmp_path / at) for name, at in folders.items()}
        server = Server(tmp_path, defaults | environment)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A fresh browser window, which shares nothing with others."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(90_000)
    yield context.new_page()
    context.close()


def classify(page: Page) -> None:
    """Ask for a title's categories and wait for the answer."""
    page.get_by_label("Your paper").fill("Knots in loops")
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text("Answered in")).to_be_visible()


def test_the_page_comes_back_with_its_server(
    own: Callable[..., Server], window: Page, rest: Rest
) -> None:
    server = own()
    window.goto(f"{server.address}/classify?task=Archive")
    classify(window)
    server.kill()
    app = window.locator("[data-testid=stApp]")
    expect(app).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    # What was drawn stays on the screen.
    expect(window.get_by_text("Answered in")).to_be_visible()
    server.start()
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    rest(window)
    classify(window)
    assert "task=Archive" in window.url
    assert window.get_by_test_id("stException").count() == 0


def test_a_damaged_model_is_named_while_the_server_runs(
    own: Callable[..., Server], window: Page, tmp_path: Path
) -> None:
    server = own()
    weights = tmp_path / "models" / "archive" / "linear" / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:-100] + bytes(100))
    window.goto(f"{server.address}/classify")
    window.get_by_label("Your paper").fill("Knots in loops")
    window.get_by_role("button", name="Classify").click()
    said = window.get_by_text("weights.npz of the model archive/linear is not the one its card")
    expect(said).to_be_visible()
    # The subject model goes on.
    expect(window.get_by_text("Answered in")).to_be_visible()
    expect(window.get_by_test_id("stPlotlyChart")).to_have_count(2)


def test_folders_that_cannot_be_written_or_read(
    own: Callable[..., Server], window: Page, rest: Rest, tmp_path: Path
) -> None:
    # To root every folder can be written: a file in a folder's place cannot.
    (tmp_path / "file").write_text("no folder")
    server = own(PAPERLENS_RUNS=str(tmp_path / "file"), PAPERLENS_DATA=str(tmp_path / "nowhere"))
    window.goto(f"{server.address}/classify")
    classify(window)
    line = {"id": "2401.00001", "categories": "cs.CL", "title": "Knots", "abstract": "Loops."}
    (tmp_path / "in.jsonl").write_text(json.dumps(line) + "\n")
    window.goto(f"{server.address}/statistics?corpus=Upload a file …")
    window.locator("input[type=file]").set_input_files(tmp_path / "in.jsonl")
    # An upload and what is made of it need neither folder.
    expect(window.locator(".st-key-corpus-facts")).to_contain_text("Papers 1")
    window.goto(
        f"{server.address}/statistics?corpus=Another file in the data folder …&path=x.jsonl"
    )
    expect(
        window.get_by_text("There is no such file or folder in the data folder.")
    ).to_be_visible()
    window.goto(f"{server.address}/training")
    expect(window.get_by_role("heading", name="Training curves")).to_be_visible()
    rest(window)
    assert window.get_by_test_id("stException").count() == 0


def test_models_are_only_read(
    own: Callable[..., Server], window: Page, rest: Rest, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    server = own()
    before = {path: path.stat().st_mtime_ns for path in models.rglob("*")}
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        window.goto(f"{server.address}/classify")
        classify(window)
        for page in ("terms", "statistics", "training", "models"):
            window.goto(f"{server.address}/{page}")
            expect(window.get_by_test_id("stHeading").first).to_be_visible()
            rest(window)
            assert window.get_by_test_id("stException").count() == 0
        assert {path: path.stat().st_mtime_ns for path in models.rglob("*")} == before
    finally:
        for path in before:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_model_trained_again_serves_without_a_restart(
    own: Callable[..., Server], window: Page, tmp_path: Path
) -> None:
    server = own()
    folder = tmp_path / "models" / "archive" / "linear"
    window.goto(f"{server.address}/classify?task=Archive")
    classify(window)
    card = folder / "card.json"
    record = json.loads(card.read_text())
    # Another training of the same name: everything that it learnt scaled to nothing.
    with np.load(folder / "weights.npz") as file:
        arrays = dict(file)
    np.savez(folder / "weights.npz", **{n: a * 0 if a.dtype.kind == "f" else a
                                        for n, a in arrays.items()})  # fmt: skip
    record["files"]["weights.npz"] = hashlib.sha256(
        (folder / "weights.npz").read_bytes()
    ).hexdigest()
    card.write_text(json.dumps(record))
    classify(window)
    expect(window.get_by_text("log-odds +0.00")).to_be_visible()
