"""Fetching arXiv's newest papers by a button, run by Streamlit's own test harness."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.corpora import arxiv_api
from core.statistics import paper_lookup
from core.statistics.newest_job import newest_papers
from tests.arxiv_server import ArxivSite
from tests.visit import visit

CORPUS = "arxiv/arxiv-newest.jsonl.zst"


@pytest.fixture(autouse=True)
def data(
    fresh: None, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A server that has no data, and leaves nothing under way."""
    folder = tmp_path / "data"
    monkeypatch.setenv("PAPERLENS_DATA", str(folder))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(newest_papers, "job", None)
    yield folder
    if newest_papers.job:
        newest_papers.job.stop()
        newest_papers.job.wait()


@pytest.fixture
def site(arxiv_site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> ArxivSite:
    """A server with papers of two archives."""
    arxiv_site.invent(150)
    arxiv_site.invent(150, "math.GT", first=200)
    return arxiv_site


@pytest.fixture
def gate(site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Requests wait until it is set."""
    event = threading.Event()
    pace = arxiv_api.Pace(1.0, clock=lambda: 0.0, sleep=lambda seconds: event.wait())
    # The first request has nothing to wait for.
    with pace.turn(1.0):
        pass
    monkeypatch.setattr(arxiv_api, "pace", pace)
    yield event
    event.set()


def opened(page: str, **address: str) -> AppTest:
    app = visit(page, address)
    assert not app.exception
    return app


def fetching(app: AppTest, **settings: object) -> AppTest:
    """The page after a click on the button."""
    for name, value in settings.items():
        next(
            w for w in (*app.multiselect, *app.number_input) if w.key == f"newest-{name}"
        ).set_value(value)
    button(app, "Fetch").click().run()
    assert not app.exception
    return app


def button(app: AppTest, label: str) -> object:
    return next(one for one in app.button if one.label == label)


def ended(app: AppTest) -> AppTest:
    """The page once the download has ended."""
    assert newest_papers.job
    assert newest_papers.job.wait(60)
    app.run()
    deadline = time.monotonic() + 60
    while app.get("progress") and time.monotonic() < deadline:
        app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    kinds = (app.warning, app.info, app.error, app.caption)
    return " ".join(note.value for kind in kinds for note in kind).replace("\\", "")


def test_papers_that_were_fetched_are_explored_at_once(site: ArxivSite) -> None:
    app = ended(fetching(opened("statistics"), papers=200))
    assert [toast.value for toast in app.toast] == ["200 papers fetched"]
    assert app.selectbox(key="corpus").value == CORPUS
    assert any("Papers **200**" in text.value for text in app.markdown)
    assert {query["search_query"] for query in site.asked} == {
        "submittedDate:[199101010000 TO 210001010000]"
    }
    # Somebody may pick another corpus then.
    app.selectbox(key="corpus").set_value("Upload a file …").run()
    assert app.selectbox(key="corpus").value == "Upload a file …"
    assert not app.toast
    app = opened("statistics", corpus=CORPUS, show="Words")
    assert app.get("plotly_chart")
    found = paper_lookup.find_on_disk("2601.00349")
    assert found and found.categories == ("math.GT",)


def test_a_download_shows_its_progress_and_can_be_stopped(
    gate: threading.Event, site: ArxivSite, data: Path
) -> None:
    app = fetching(opened("statistics"), papers=250)
    assert "asking arXiv" in app.get("progress")[0].proto.text
    assert not any(one.label == "Fetch" for one in app.button)
    # Another visitor sees it too.
    assert opened("statistics").get("progress")
    button(app, "Stop").click().run()
    assert button(app, "Stopping …").disabled
    gate.set()
    app = ended(app)
    assert "kept for a day" in said(app)
    assert not app.toast
    assert not list(data.rglob("*.zst"))
    app = ended(fetching(app, papers=250))
    assert [toast.value for toast in app.toast] == ["250 papers fetched"]
    assert "210001010000" not in site.asked[-1]["search_query"]


def test_only_some_archives(site: ArxivSite) -> None:
    app = ended(fetching(opened("statistics"), archives=["math"]))
    assert [toast.value for toast in app.toast] == ["150 papers fetched"]
    assert "cat:math.*" in site.asked[0]["search_query"]


def test_what_went_wrong_is_a_sentence(site: ArxivSite) -> None:
    site.answers = [(500, b"")] * 4
    app = ended(fetching(opened("statistics")))
    assert "answered 500" in said(app)
    app = ended(fetching(app))
    assert [toast.value for toast in app.toast] == ["300 papers fetched"]


def test_the_place_of_the_data_folder_is_not_told(site: ArxivSite, data: Path) -> None:
    data.mkdir()
    (data / "arxiv").write_text("in the way")
    app = ended(fetching(opened("statistics")))
    assert CORPUS in said(app)
    assert str(data) not in said(app)


@pytest.mark.parametrize("page", ["statistics", "training"])
def test_switched_off_the_button_says_so(
    page: str, site: ArxivSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_ONLINE", "0")
    app = opened(page)
    assert button(app, "Fetch").disabled
    assert "PAPERLENS_ONLINE=0" in said(app)
    assert site.asked == []


def test_a_fresh_machine_trains_on_them(site: ArxivSite) -> None:
    app = opened("training")
    assert "python -m core download arxiv" in said(app)
    assert not any(one.label == "Start training" for one in app.button)
    app = ended(fetching(app))
    assert [toast.value for toast in app.toast] == ["300 papers fetched"]
    assert button(app, "Start training")
    assert not any(one.label == "Fetch" for one in app.button)
