"""Looking papers up by their ids: in the corpora on disk, then at a local server."""

import json
import shutil
from pathlib import Path

import pytest

from core.corpora.arxiv_api import FoundPaper, NotFound
from core.statistics import conversion, paper_lookup
from tests.arxiv_server import ArxivSite

KNOTS = {
    "id": "math.GT/9903001v2",
    "title": "Knots in\n  loops",
    "abstract": "  We tie a knot.\n",
    "categories": "math.GT math.AT",
}
WORDS = {
    "id": "https://arxiv.org/abs/2106.09685",
    "title": "It’s words '; DROP TABLE",
    "abstract": None,
    "categories": "cs.CL",
}
UNTITLED = {"id": "2106.00001", "title": "", "abstract": "", "categories": "cs.CL"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a converted corpus and one that is not."""
    folder = tmp_path / "data"
    (folder / "arxiv").mkdir(parents=True)
    monkeypatch.setenv("PAPERLENS_DATA", str(folder))
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    lines = [KNOTS, WORDS, UNTITLED]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    conversion.convert(folder / "a.jsonl")
    other = WORDS | {"id": "2106.00002"}
    (folder / "arxiv" / "b.jsonl").write_text(json.dumps(other) + "\n")
    return folder


@pytest.mark.parametrize(
    ("id", "paper"),
    [
        (
            "math/9903001",
            FoundPaper(
                "math/9903001",
                "Knots in loops",
                "We tie a knot.",
                ("math.GT", "math.AT"),
                "disk",
            ),
        ),
        ("2106.09685", FoundPaper("2106.09685", WORDS["title"], "", ("cs.CL",), "disk")),
        ("2106.00001", None),
        ("2106.00002", None),
        ("' OR 1=1 --", None),
    ],
    ids=["old", "new", "without title", "not converted", "no id"],
)
def test_a_paper_on_disk(id: str, paper: FoundPaper | None) -> None:
    assert paper_lookup.find_on_disk(id) == paper


def test_the_corpus_that_has_the_abstract_counts(data: Path) -> None:
    whole = WORDS | {"abstract": "A network reads words."}
    (data / "arxiv" / "c.jsonl").write_text(json.dumps(whole) + "\n")
    conversion.convert(data / "arxiv" / "c.jsonl")
    found = paper_lookup.find_on_disk("2106.09685")
    assert found and found.abstract == whole["abstract"]


@pytest.mark.parametrize("harm", ["corpus", "cache", "data", "damage"])
def test_what_was_removed_or_damaged_is_not_found(harm: str, data: Path) -> None:
    cached = conversion.find(data / "a.jsonl")
    assert cached
    if harm == "damage":
        (cached.folder / conversion.ORIGINALS).write_bytes(b"PAR1")
    elif harm == "corpus":
        (data / "a.jsonl").unlink()
    else:
        shutil.rmtree(cached.folder if harm == "cache" else data)
    assert paper_lookup.find_on_disk("2106.09685") is None


def test_arxiv_is_asked_for_what_is_not_on_disk(arxiv_site: ArxivSite) -> None:
    arxiv_site.invent(1)
    assert paper_lookup.look_up("2106.09685").source == "disk"
    assert arxiv_site.asked == []
    assert paper_lookup.look_up("2601.00000").source == "arXiv"
    with pytest.raises(NotFound):
        paper_lookup.look_up("2106.00001")
