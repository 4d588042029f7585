"""Downloading the newest papers from a local server that answers as arXiv's API does."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from core.corpora import arxiv, arxiv_api, arxiv_newest
from core.corpora.archives import DiskError
from core.corpora.arxiv_api import Offline, UnexpectedAnswer
from core.corpora.arxiv_newest import FILE, AlreadyFetching, NoPapers, fetch
from core.files.locks import LOCK
from core.messages import Stopped
from core.training import papers
from tests.arxiv_server import ERROR, ArxivSite, feed


@pytest.fixture(autouse=True)
def site(arxiv_site: ArxivSite, monkeypatch: pytest.MonkeyPatch) -> ArxivSite:
    """A server with ten papers, and pages of four."""
    monkeypatch.setattr(arxiv_api, "PAGE", 4)
    monkeypatch.setattr(arxiv_newest, "REPORT", 1)
    arxiv_site.invent(10)
    return arxiv_site


def quiet(share: float, template: str, **fields: Any) -> None:
    """Take progress and do nothing."""


def stop_at(count: int) -> Callable[..., None]:
    """Progress that stops the work once so many papers are there."""

    def report(share: float, template: str, **fields: Any) -> None:
        if fields.get("n") == count:
            raise Stopped

    return report


def ids(file: Path) -> list[str]:
    return arxiv.read(file).papers["id"].tolist()


def newest(numbers: range) -> list[str]:
    return [f"2601.{n:05}" for n in reversed(numbers)]


def test_the_newest_papers_come_page_by_page(site: ArxivSite, tmp_path: Path) -> None:
    reported = []
    file = fetch(tmp_path, lambda *words, **fields: reported.append((words[0], fields)), papers=6)
    assert file == tmp_path / "arxiv" / FILE
    assert [path.name for path in file.parent.iterdir()] == [FILE]
    assert ids(file) == newest(range(4, 10))
    assert [query["start"] for query in site.asked] == ["0", "4"]
    shares = [share for share, _ in reported]
    assert shares == sorted(shares)
    assert reported[-2:] == [(1.0, {"n": 6, "papers": 6}), (1.0, {"n": 6})]


def test_a_paper_has_the_columns_of_the_snapshot(site: ArxivSite, tmp_path: Path) -> None:
    site.papers = [replace(site.papers[0], version=3, categories="cs.LG cs.CL", primary="cs.CL")]
    columns = ("id", "title", "abstract", "authors", "categories", "comments", "versions")
    row = arxiv.read(fetch(tmp_path, quiet), (*columns, "update_date")).papers.iloc[0].to_dict()
    versions = json.loads(row.pop("versions"))
    assert row == {
        "id": "2601.00000",
        "title": "Words in sentences 0",
        "abstract": "A network of 0 layers reads words.",
        "authors": "Ada Writer, Bo Reader",
        "categories": "cs.CL cs.LG",
        "comments": "3 pages",
        "update_date": "2026-01-03",
    }
    assert versions == [
        {"version": "v1", "created": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"version": "v2"},
        {"version": "v3", "created": "Sat, 03 Jan 2026 00:00:00 GMT"},
    ]


def test_only_the_archives_asked_for(site: ArxivSite, tmp_path: Path) -> None:
    site.invent(3, "hep-th math-ph", first=20)
    site.invent(3, "math.GT", first=30)
    site.invent(3, "physics.comp-ph", first=40)
    file = fetch(tmp_path, quiet, archives=("hep-th", "math"))
    assert ids(file) == newest(range(30, 33)) + newest(range(20, 23))
    assert "cat:hep-th OR cat:math.*" in site.asked[0]["search_query"]


def test_all_there_are_where_they_are_fewer_than_asked_for(tmp_path: Path) -> None:
    assert ids(fetch(tmp_path, quiet, papers=100)) == newest(range(10))


def test_a_stopped_download_goes_on_where_it_was(site: ArxivSite, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        fetch(tmp_path, stop_at(5), papers=8)
    assert not (tmp_path / "arxiv" / FILE).exists()
    # Newer papers move the places of all others.
    site.invent(7, first=50)
    site.asked.clear()
    shares = []
    file = fetch(tmp_path, lambda share, *_, **fields: shares.append(share), papers=8)
    assert ids(file) == newest(range(2, 10))
    assert shares[0] == 5 / 8
    assert len(site.asked) == 1
    # Once complete, the next download is of what is newest then.
    assert ids(fetch(tmp_path, quiet, papers=8)) == newest(range(50, 57)) + newest(range(9, 10))


def test_a_failed_download_keeps_what_it_has(site: ArxivSite, tmp_path: Path) -> None:
    site.answers = [(200, site.answer({"max_results": "4"})), *[(500, b"")] * 4]
    with pytest.raises(Offline) as caught:
        fetch(tmp_path, quiet, papers=10)
    assert caught.value.fields["n"] == 4
    assert caught.value.fields["reason"].fields["status"] == 500
    assert ids(fetch(tmp_path, quiet, papers=10)) == newest(range(10))


def test_short_failures_are_passed_over(site: ArxivSite, tmp_path: Path) -> None:
    page = (200, site.answer({"max_results": "4"}))
    site.answers = [(503, b""), page, (503, b""), (200, feed(total=10)), (429, b"")]
    assert ids(fetch(tmp_path, quiet)) == newest(range(10))


def part(folder: Path, archives: str = "all") -> Path:
    return folder / "arxiv" / arxiv_newest.UNFINISHED / f"{archives}.jsonl"


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """An unfinished download of five papers."""
    with pytest.raises(Stopped):
        fetch(tmp_path, stop_at(5), papers=8)
    return part(tmp_path)


def test_a_line_cut_short_is_fetched_again(stopped: Path, tmp_path: Path) -> None:
    stopped.write_bytes(stopped.read_bytes()[:-30])
    assert ids(fetch(tmp_path, quiet, papers=8)) == newest(range(2, 10))


@pytest.mark.parametrize("harm", ["damaged", "old", "empty"])
def test_what_is_left_may_be_useless(
    harm: str, stopped: Path, tmp_path: Path, site: ArxivSite
) -> None:
    content = stopped.read_bytes()
    if harm == "old":
        before = stopped.stat().st_mtime - arxiv_newest.MAX_AGE
        os.utime(stopped, (before, before))
    else:
        stopped.write_bytes(b"" if harm == "empty" else content + b"{}\n")
    site.invent(1, first=50)
    assert ids(fetch(tmp_path, quiet, papers=3)) == newest(range(50, 51)) + newest(range(8, 10))


def test_fewer_papers_than_were_kept(stopped: Path, site: ArxivSite, tmp_path: Path) -> None:
    site.asked.clear()
    assert ids(fetch(tmp_path, quiet, papers=2)) == newest(range(8, 10))
    assert site.asked == []


def test_other_archives_have_a_download_of_their_own(
    stopped: Path, site: ArxivSite, tmp_path: Path
) -> None:
    site.invent(3, "math.GT", first=50)
    assert ids(fetch(tmp_path, quiet, archives=("math",))) == newest(range(50, 53))


def test_the_old_file_stays_until_the_new_one_is_complete(site: ArxivSite, tmp_path: Path) -> None:
    file = fetch(tmp_path, quiet, papers=2)
    site.invent(4, first=50)
    with pytest.raises(Stopped):
        fetch(tmp_path, stop_at(3), papers=4)
    assert ids(file) == newest(range(8, 10))
    fetch(tmp_path, quiet, papers=4)
    assert ids(file) == newest(range(50, 54))


@pytest.mark.parametrize(
    "answers",
    [[(200, feed())], [(200, feed(ERROR.format(id="x")))], [(400, b"")] * 4],
    ids=["empty", "error", "bad request"],
)
def test_no_papers(answers: list[tuple[int, bytes]], site: ArxivSite, tmp_path: Path) -> None:
    site.answers = answers
    with pytest.raises(NoPapers):
        fetch(tmp_path, quiet)
    assert not papers.installed(tmp_path)


def test_an_empty_answer_does_not_end_a_resumed_download(
    stopped: Path, site: ArxivSite, tmp_path: Path
) -> None:
    site.answers = [(200, feed())]
    with pytest.raises(NoPapers):
        fetch(tmp_path, quiet, papers=8)
    assert ids(fetch(tmp_path, quiet, papers=8)) == newest(range(2, 10))


def test_an_answer_that_is_no_feed_keeps_what_is_there(
    stopped: Path, site: ArxivSite, tmp_path: Path
) -> None:
    site.answers = [(200, b"<html>Sign in</html>")]
    with pytest.raises(UnexpectedAnswer):
        fetch(tmp_path, quiet, papers=8)
    assert stopped.exists()


def test_two_processes_do_not_write_one_file(site: ArxivSite, tmp_path: Path) -> None:
    part(tmp_path).parent.mkdir(parents=True)
    with FileLock(part(tmp_path).with_name(LOCK)), pytest.raises(AlreadyFetching):
        fetch(tmp_path, quiet)
    assert site.asked == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "arxiv").write_text("in the way")
    with pytest.raises(DiskError) as caught:
        fetch(tmp_path, quiet)
    assert caught.value.fields["to"] == tmp_path / "arxiv" / FILE


def test_models_can_be_trained_on_them(site: ArxivSite, tmp_path: Path) -> None:
    assert not papers.installed(tmp_path)
    fetch(tmp_path, quiet)
    assert papers.installed(tmp_path)
    read = papers.read_papers(tmp_path)
    assert read.categories == ["cs.CL cs.LG"] * 10
    assert set(read.years) == {2026}
    # Daily lists hold more computer science than arXiv does.
    assert read.listed.all()
