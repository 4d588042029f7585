"""The Parquet cache of a corpus: whole or not at all, used again, made anew at need."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core import settings
from core.corpora import blocks
from core.files import locks
from core.jobs import DONE, FAILED, STOPPED, Job
from core.messages import Message, Stopped
from core.settings import ROOT
from core.statistics import conversion, conversion_jobs
from core.text import arxiv_ids

LINES = (
    {
        "id": "2402.00001",
        "title": "Knots\n  in loops",
        "abstract": "  We tie a KNOT\nin a loop.\n",
        "categories": "math.GT math.AT",
        "authors": "Ada Tarn (Univ. of Nowhere), Bo Quill and Cy Osei",
        "authors_parsed": [["Tarn", "Ada", ""], ["Quill", "Bo", ""]],
        "versions": [{"version": "v1", "created": "x"}, {"version": "v2", "created": "y"}],
        "license": "http://example.org/by/",
    },
    {
        "id": "alg-geom/9901002",
        "title": "Été",
        "abstract": "Ça va.",
        "categories": "alg-geom",
        "authors": "Ada Tarn (Univ. of Nowhere), Bo Quill, and Cy Osei",
        "authors_parsed": None,
        "versions": None,
        "license": None,
    },
    {"id": "nonsense", "title": None, "abstract": None, "categories": None, "authors": ""},
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, empty."""
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    return settings.statistics_folder()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three papers and a line that holds none."""
    path = tmp_path / "three.jsonl"
    text = "".join(json.dumps(line) + "\n" for line in LINES)
    path.write_text(text + "{broken\n", encoding="utf-8")
    return path


def papers(cached: conversion.Cached) -> pd.DataFrame:
    return pq.read_table(cached.folder / conversion.PAPERS).to_pandas().sort_values("paper")


def test_each_column_says_what_the_paper_does(source: Path) -> None:
    cached = conversion.convert(source)
    assert (cached.papers, cached.damaged) == (3, 1)
    assert [str(place) for place in cached.places] == ["three.jsonl, line 4"]
    assert cached.columns == conversion.OPTIONAL
    table = papers(cached)
    assert table["month"].tolist() == [12 * 2024 + 1, 12 * 1999, 0]
    assert table["title_length"].tolist()[:2] == [len("Knots\n  in loops"), 3]
    assert table["abstract_length"].tolist()[:2] == [len("We tie a KNOT\nin a loop."), 6]
    assert table["authors"].tolist()[:2] == [2, 3]
    assert table["versions"].tolist()[0] == 2
    assert table["license"].tolist()[0] == "http://example.org/by/"
    assert table.iloc[2][["title_length", "authors", "versions", "license"]].isna().all()
    assert table["text"].tolist() == ["knots in loops we tie a knot in a loop.", "été ça va.", ""]
    texts = pq.read_table(cached.folder / conversion.COMBINATIONS)["categories"].to_pylist()
    named = [texts[i] for i in table["combination"]]
    assert named == ["math.GT math.AT", "alg-geom", ""]


IDS = r"(\d{4}\.\d{4,5}(v\d)?|[a-z-]{2,8}(\.[A-Z]{2})?/\d{7}(v\d)?)"


@given(some.from_regex(IDS, fullmatch=True) | some.text(max_size=12))
def test_months_are_read_as_years_are(id: str) -> None:
    query = f"SELECT {conversion.MONTH} FROM (SELECT $id AS id)"
    try:
        id.encode()
    except UnicodeEncodeError:
        return
    with duckdb.connect() as connection:
        month = connection.execute(query, {"id": id}).fetchall()[0][0]
    year = arxiv_ids.year_of(id)
    assert month // 12 == (year or 0)
    if year:
        digits = id.rpartition("/")[2][2:4]
        assert month % 12 + 1 == int(digits)


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl.gz"])
def test_other_formats_give_the_same_papers(source: Path, tmp_path: Path, ending: str) -> None:
    plain = [{k: v for k, v in line.items() if not isinstance(v, list)} for line in LINES[:2]]
    frame = pd.DataFrame(plain)
    path = tmp_path / f"same.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "jsonl.gz":
        frame.to_json(path, orient="records", lines=True, compression="gzip")
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    table = papers(conversion.convert(path))
    expected = papers(conversion.convert(source)).head(2)
    for column in ("month", "title_length", "abstract_length", "text", "license"):
        assert table[column].tolist() == expected[column].tolist()
    assert table["authors"].tolist() == [3, 3]


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_lists_of_categories_are_those_of_a_text(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"lists.{ending}"
    frame = pd.DataFrame({"categories": [["cs.LG", "stat.ML"], ["math.GT"], []]})
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame["categories"] = frame["categories"].map(", ".join)
        frame.assign(id="x").to_csv(path, index=False)
    table = pq.read_table(conversion.convert(path).folder / conversion.COMBINATIONS)
    assert table["categories"].to_pylist() == ["cs.LG stat.ML", "math.GT", ""]


def test_a_folder_of_shards_with_different_columns(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    source.rename(folder / "a.jsonl")
    (folder / "b.csv").write_text("id,categories\n2501.00001,cs.CL\n")
    cached = conversion.convert(folder)
    table = papers(cached)
    assert (cached.papers, set(cached.files)) == (4, {"a.jsonl", "b.csv"})
    assert table["month"].tolist()[3] == 12 * 2025
    assert pd.isna(table["title_length"].tolist()[3])


def test_the_cache_is_used_again_until_the_file_changes(source: Path) -> None:
    first = conversion.convert(source)
    written = (first.folder / conversion.PAPERS).stat().st_mtime_ns
    job = Job(lambda share, message: pytest.fail("it converts again"))
    assert conversion.convert(source, job) == first
    assert (first.folder / conversion.PAPERS).stat().st_mtime_ns == written
    with source.open("a") as file:
        file.write('{"id": "2403.00001", "categories": "cs.LG"}\n')
    assert conversion.find(source) is None
    changed = conversion.convert(source)
    assert (changed.papers, changed.folder, changed.key != first.key) == (4, first.folder, True)


def test_a_file_of_the_same_size_but_another_time_is_read_anew(source: Path) -> None:
    conversion.convert(source)
    content = source.read_text().replace("math.GT", "math.AG")
    source.write_text(content)
    os.utime(source, ns=(1, 1))
    cached = conversion.convert(source)
    texts = pq.read_table(cached.folder / conversion.COMBINATIONS)["categories"].to_pylist()
    assert texts[0] == "math.AG math.AT"


@pytest.mark.parametrize("name", [conversion.PAPERS, conversion.COUNTS, conversion.CARD])
def test_a_cache_that_lacks_a_file_is_made_anew(source: Path, name: str) -> None:
    cached = conversion.convert(source)
    (cached.folder / name).unlink()
    assert conversion.convert(source).papers == 3
    assert (cached.folder / name).is_file()


def test_progress_goes_to_the_end(source: Path) -> None:
    reports: list[tuple[float, Message]] = []
    conversion.convert(source, Job(lambda *report: reports.append(report)))
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert reports[-1] == (1.0, "3 papers")


@pytest.mark.parametrize("share", [0.0, 0.5], ids=["at the start", "while it reads"])
def test_a_stopped_conversion_leaves_nothing(source: Path, home: Path, share: float) -> None:
    job = Job(lambda done, message: job.stop() if done >= share else None)
    with pytest.raises(Stopped):
        conversion.convert(source, job)
    assert list(home.iterdir()) == []
    assert conversion.convert(source).papers == 3


@pytest.mark.parametrize("content", ["", "no json\n", '{"title": "No categories"}\n'])
def test_what_is_no_corpus_is_told_and_leaves_nothing(
    tmp_path: Path, home: Path, content: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(blocks.CorpusError) as caught:
        conversion.convert(path)
    assert path in caught.value.fields.values()
    assert list(home.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(source: Path, home: Path) -> None:
    home.parent.mkdir(parents=True)
    home.write_text("a file where the folder should be")
    with pytest.raises(conversion.CacheError):
        conversion.convert(source)


def test_a_full_disk_leaves_nothing(
    corpus: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The device on which every write fails for want of space; the rest is as in earnest.
    monkeypatch.setattr(conversion, "PAPERS", "/dev/full")
    with pytest.raises(conversion.CacheError):
        conversion.convert(corpus)
    assert list(home.iterdir()) == []


def test_a_killed_conversion_leaves_nothing_for_the_next(corpus: Path, home: Path) -> None:
    program = (
        "import sys, time\n"
        "from core.statistics import conversion\n"
        "def wait(share, template, **fields):\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(60)\n"
        "conversion.convert(sys.argv[1], wait)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(corpus)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    left = list(home.iterdir())
    assert [path.name.startswith(conversion.SCRATCH) for path in left] == [True]
    # While it is alive nobody takes its folder away.
    conversion.clean(home)
    assert left[0].exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert left[0].exists()
    assert conversion.find(corpus) is None
    assert conversion.convert(corpus).papers == 1200
    assert not left[0].exists()
    assert len(list(home.iterdir())) == 1


def test_a_scratch_folder_in_use_stays_and_a_forgotten_one_goes(home: Path) -> None:
    used, new, old = (home / f"{conversion.SCRATCH}{name}" for name in ("used", "new", "old"))
    for folder in (used, new, old):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    lock = locks.lock_folder(used)
    conversion.clean(home)
    lock.release()
    assert {path.name for path in home.iterdir()} == {used.name, new.name}


class Held:
    """Converts as ever once the test lets it, or its job is asked to stop."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, path: Path, job: Job, *more: Any) -> conversion.Cached:
        """What `convert` does."""
        self.entered.set()
        while not self.go.wait(0.01):
            job(0.5, "waiting")
        return conversion.convert(path, job, *more)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Holds every conversion in the background."""
    work = Held()
    monkeypatch.setattr(conversion_jobs, "convert", work)
    return work


def uploaded(source: Path) -> conversion_jobs.UploadedCorpus:
    upload = conversion_jobs.UploadedCorpus("papers.jsonl")
    with source.open("rb") as file:
        upload.receive(file)
    return upload


def test_one_conversion_of_a_path_at_a_time(source: Path, held: Held) -> None:
    conversions = conversion_jobs.Conversions()
    with ThreadPoolExecutor(8) as pool:
        (job,) = set(pool.map(conversions.begin, [source] * 8))
    # Not forgotten while it is under way.
    conversions.forget(source)
    assert conversions.begin(source) is job
    held.go.set()
    assert job.wait(30)
    assert (job.status, job.share, job.error) == (DONE, 1.0, None)
    assert job.result == conversion.find(source)
    conversions.forget(source)
    assert conversions.get(source) is None


def test_a_failed_conversion_is_shown_to_all_until_it_is_forgotten(tmp_path: Path) -> None:
    conversions = conversion_jobs.Conversions()
    path = tmp_path / "missing.jsonl"
    job = conversions.begin(path)
    assert job.wait(30)
    assert conversions.begin(path) is job
    assert (job.status, job.error) == (FAILED, f"{path} does not exist.")
    conversions.forget(path)
    assert conversions.begin(path) is not job


def test_an_uploaded_corpus_goes_with_what_it_was_converted_to(source: Path) -> None:
    upload = uploaded(source)
    job = conversion_jobs.conversions.begin(upload.path, None, upload.folder)
    assert job.wait(30)
    assert job.result == conversion.find(upload.path, upload.folder)
    assert job.result.folder.parent == upload.folder
    upload.delete()
    assert not upload.folder.exists()
    assert conversion_jobs.conversions.get(upload.path) is None


def test_a_conversion_is_stopped_with_its_upload(source: Path, held: Held) -> None:
    upload = uploaded(source)
    job = conversion_jobs.conversions.begin(upload.path, None, upload.folder)
    assert held.entered.wait(30)
    upload.delete()
    assert (job.status, job.result) == (STOPPED, None)
    assert not upload.folder.exists()
