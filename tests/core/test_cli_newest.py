"""`python -m core download arxiv-recent`, asking a local server."""

from pathlib import Path

import pytest

from core.cli import main
from core.corpora import arxiv, arxiv_newest
from tests.arxiv_server import ArxivSite


@pytest.fixture(autouse=True)
def site(arxiv_site: ArxivSite) -> ArxivSite:
    """A server with papers of two archives."""
    arxiv_site.invent(5)
    arxiv_site.invent(5, "math.GT", first=10)
    return arxiv_site


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The exit code, the output, and the last line of standard error."""
    code = main(["download", "arxiv-recent", *words])
    written = capsys.readouterr()
    assert "Traceback" not in written.err
    return code, written.out, (written.err.splitlines() or [""])[-1]


def test_it_prints_where_the_papers_are(
    site: ArxivSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--archives", "math, cs", "--papers", "7", "--to", str(tmp_path))
    file = tmp_path / "arxiv" / arxiv_newest.FILE
    assert run(capsys, *words) == (0, f"{file}\n", "100% 7 papers")
    assert len(arxiv.read(file).papers) == 7
    assert "(cat:math.* OR cat:cs.*)" in site.asked[0]["search_query"]


def test_the_papers_go_to_the_data_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    assert run(capsys)[0] == 0
    assert len(arxiv.read(tmp_path / "data" / "arxiv").papers) == 10


def test_switched_off_it_fails_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERLENS_ONLINE", "0")
    code, out, error = run(capsys, "--to", str(tmp_path))
    assert (code, out) == (1, "")
    assert "PAPERLENS_ONLINE=0" in error
    assert list(tmp_path.iterdir()) == []


def test_after_ctrl_c_the_same_command_continues(
    site: ArxivSite,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = iter([None] * 4)

    def interrupted(result: object) -> object:
        if next(records, "over") == "over":
            raise KeyboardInterrupt
        return record(result)

    record = arxiv_newest._record
    with monkeypatch.context() as patch:
        patch.setattr(arxiv_newest, "_record", interrupted)
        code, out, error = run(capsys, "--papers", "6", "--to", str(tmp_path))
    assert (code, out) == (1, "")
    assert "run the same command again" in error
    assert run(capsys, "--papers", "6", "--to", str(tmp_path))[0] == 0
    ids = arxiv.read(tmp_path / "arxiv").papers["id"].tolist()
    assert ids == [f"2601.{n:05}" for n in (14, 13, 12, 11, 10, 4)]
    assert "210001010000" not in site.asked[-1]["search_query"]
