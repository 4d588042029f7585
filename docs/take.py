"""`.venv/bin/python docs/take.py`: take the README's screenshots; run `make test` once before."""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
ADDRESS = "http://127.0.0.1:8599"
WIDTH = 1366
PICTURES = {
    "overview": ("/", 680),
    "classify": ("/classify?example=Interdisciplinary", 1370),
    "terms": ("/terms?order=Clustered", 990),
    "corpus": ("/statistics?show=Co-occurrence", 1130),
}
"""Address and height in pixels of each picture."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]  # as root in a container there is no sandbox


def healthy() -> bool:
    """Whether the server answers."""
    try:
        return urllib.request.urlopen(f"{ADDRESS}/_stcore/health").status == 200
    except OSError:
        return False


def take_all(page: Page) -> None:
    """Take each picture once its figures are drawn and no longer move."""
    while not healthy():
        page.wait_for_timeout(200)
    for name, (path, height) in PICTURES.items():
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.goto(ADDRESS + path)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        page.wait_for_selector("[data-testid=stSkeleton]", state="detached")
        page.wait_for_timeout(3_000)
        page.screenshot(path=HERE / f"{name}.png")


# A fresh checkout: served without data, in the light theme.
browser = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    None,
)
with tempfile.TemporaryDirectory() as empty, sync_playwright() as playwright:
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", ADDRESS[-4:]],
        cwd=HERE.parent,
        env=os.environ | {"PAPERLENS_DATA": empty, "PAPERLENS_RUNS": empty},
    )
    try:
        chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        take_all(chromium.new_page(color_scheme="light"))
    finally:
        server.terminate()
