"""Take the README's pictures anew: `.venv/bin/python docs/take.py`, after `make test` once."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
PORT = 8599
WIDTH = 1366
PICTURES = {
    "overview": ("", 1230),
    "classify": ("classify?example=Interdisciplinary", 1560),
    "terms": ("terms?order=Clustered", 1180),
    "corpus": ("statistics?show=Co-occurrence", 1400),
}
"""Of each picture the address and the height in pixels."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]  # as root in a container there is no sandbox
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


def take(page: Page, name: str, address: str, height: int) -> None:
    """One picture, in few colours: it is read, not measured."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(f"http://127.0.0.1:{PORT}/{address}")
    page.wait_for_selector(READY)
    # Figures are drawn, and moved into place, once the page is told.
    page.wait_for_timeout(3_000)
    found = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    found.quantize(128, dither=Image.Dither.NONE).save(HERE / f"{name}.png", optimize=True)


def main() -> None:
    """Serve the checkout without data, as it comes, and look at it in light."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with tempfile.TemporaryDirectory() as empty, sync_playwright() as playwright:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(PORT)],
            cwd=HERE.parent,
            env=os.environ | {"PAPERLENS_DATA": empty, "PAPERLENS_RUNS": empty},
        )
        try:
            chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
            page = chromium.new_page(color_scheme="light")
            while not healthy():
                page.wait_for_timeout(200)
            for name, (address, height) in PICTURES.items():
                take(page, name, address, height)
        finally:
            server.terminate()


def healthy() -> bool:
    """Whether the server answers."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health").status == 200
    except OSError:
        return False


if __name__ == "__main__":
    main()
