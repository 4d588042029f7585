"""Interrupted runs: killed anywhere and run again, the output is the same to the byte."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import cards, settings
from core.files import checksum
from core.files.errors import BatchError, OtherFormat
from core.files.records import read_rows
from core.files.writers import Sheet
from core.messages import Progress
from core.prediction import batch, questions
from core.prediction.batch import (
    ChunkResult,
    InputChunk,
    Interrupted,
    JobSpec,
    ProcessExecutor,
    SerialExecutor,
    classify_file,
)

Records = list[dict[str, str]]


class Pulled(BaseException):
    """The plug."""


def lines(path: Path, papers: Records, count: int) -> Path:
    """A file of so many papers."""
    with path.open("w") as file:
        for i in range(count):
            file.write(json.dumps(papers[i % len(papers)] | {"id": f"n{i}"}) + "\n")
    return path


def stop_after(count: int) -> Progress:
    """Progress that pulls the plug after so many rows."""

    def progress(share: float, template: str, rows: int, rate: float) -> None:
        if rows >= count:
            raise Pulled

    return progress


def left(folder: Path) -> list[Path]:
    """The folders of unfinished runs."""
    return sorted(folder.glob(".*.unfinished"))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, tiny_models: Path) -> None:
    """Chunks of ten rows."""
    monkeypatch.setattr(batch, "CHUNK", 10)


@pytest.mark.parametrize(
    ("name", "executor"),
    [("out.csv", ProcessExecutor(2)), ("out.jsonl", None), ("out.parquet", None)],
    ids=["csv two", "jsonl", "parquet"],
)
def test_a_run_goes_on_where_it_was(
    name: str, executor: ProcessExecutor | None, papers: Records, tmp_path: Path
) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 95)
    whole = tmp_path / f"whole{Path(name).suffix}"
    classify_file(source, whole, "archive")
    with pytest.raises(Pulled):
        classify_file(source, tmp_path / name, "archive", None, executor, stop_after(40))
    assert not (tmp_path / name).exists()
    (folder,) = left(tmp_path)
    assert len(list(folder.glob("*.part"))) == 4
    summary = classify_file(source, tmp_path / name, "archive")
    assert (summary.rows, summary.resumed) == (95, 40)
    assert (tmp_path / name).read_bytes() == whole.read_bytes()
    assert not left(tmp_path)


def test_a_killed_process_goes_on(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 12_000)
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    command = [sys.executable, "-m", "core", "classify", str(source), "--workers", "2", "--out"]
    subprocess.run([*command, str(whole)], cwd=settings.ROOT, check=True, capture_output=True)
    victim = subprocess.Popen([*command, str(out)], cwd=settings.ROOT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    # The last one may be half written.
    while len(list(tmp_path.glob(".out.csv*/*.part"))) < 2:
        with pytest.raises(subprocess.TimeoutExpired):
            victim.wait(0.01)
        assert time.monotonic() < deadline
    children = Path(f"/proc/{victim.pid}/task/{victim.pid}/children").read_text().split()
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert not out.exists()
    (folder,) = left(tmp_path)
    kept = len(list(folder.glob("*.part")))
    assert 2 <= kept <= 6
    done = subprocess.run(
        [*command, str(out)], cwd=settings.ROOT, check=True, capture_output=True, text=True
    )
    assert "of them done before" in done.stderr
    assert out.read_bytes() == whole.read_bytes()
    assert not left(tmp_path)
    while any(Path(f"/proc/{child}/cmdline").exists() and alive(child) for child in children):
        assert time.monotonic() < deadline, "the workers outlive their parent"


def alive(process: str) -> bool:
    """Whether a process is there and no mere entry that nobody has waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_another_input_does_not_go_on(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)
    out = tmp_path / "out.csv"
    with pytest.raises(Pulled):
        classify_file(source, out, "archive", progress=stop_after(20))
    source.write_text(source.read_text().replace("Knots", "Knits"))
    assert classify_file(source, out, "archive").resumed == 0
    assert not left(tmp_path), "what the other input left is gone too"


def test_another_model_task_or_column_does_not_go_on(
    papers: Records, tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)
    out = tmp_path / "out.csv"

    def interrupted() -> None:
        with pytest.raises(Pulled):
            classify_file(source, out, "archive", progress=stop_after(20))

    interrupted()
    assert classify_file(source, out, "subject").resumed == 0
    interrupted()
    assert classify_file(source, out, "archive", columns={"title": "abstract"}).resumed == 0
    interrupted()
    shutil.copytree(tiny_models, tmp_path / "models")
    monkeypatch.setenv("PAPERLENS_MODELS", str(tmp_path / "models"))
    card = tmp_path / "models" / "archive" / "linear" / cards.CARD
    extra = card.with_name("extra.txt")
    extra.write_text("another version")
    record = json.loads(card.read_text())
    record["files"]["extra.txt"] = checksum.sha256(extra)
    card.write_text(json.dumps(record))
    assert classify_file(source, out, "archive").resumed == 0
    interrupted()
    card.write_text(json.dumps(record | {"thresholds": [0.01] * len(record["labels"])}))
    assert classify_file(source, out, "archive").resumed == 0


def test_a_worker_with_other_thresholds_does_not_answer() -> None:
    card = cards.find("archive")
    other = replace(card, thresholds=(0.5,) * len(card.labels))
    question = questions.classification("archive")
    spec = JobSpec(question, ".csv", Sheet(question.columns))
    batch.answer_chunk(spec, [])
    models = (("archive", card.name, cards.version(other)),)
    with pytest.raises(BatchError) as caught:
        batch.answer_chunk(replace(spec, question=replace(question, models=models)), [])
    assert caught.value.fields == {"model": "archive/linear"}


def test_two_runs_at_once_do_not_meet(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)
    out = tmp_path / "out.csv"
    other = lines(tmp_path / "other.jsonl", papers, 20)

    def again(*_: object, **__: object) -> None:
        for one, task in ((source, "archive"), (source, "subject"), (other, "archive")):
            with pytest.raises(BatchError) as caught:
                classify_file(one, tmp_path / "." / "out.csv", task)
            assert caught.value.fields == {"name": "out.csv"}
        assert classify_file(other, tmp_path / "elsewhere.csv", "archive").rows == 20

    assert classify_file(source, out, "archive", progress=again).rows == 50
    assert len(out.read_text().splitlines()) == 51
    assert {path.name for path in tmp_path.iterdir()} == {
        *("in.jsonl", "other.jsonl", "out.csv", "elsewhere.csv")
    }


HOLDS = """
import sys
from pathlib import Path
from core.prediction.batch import classify_file
def wait(share, template, **fields):
    print("writing", flush=True)
    sys.stdin.read()
classify_file(Path(sys.argv[1]), Path(sys.argv[2]), "archive", progress=wait)
"""


def test_a_killed_run_holds_its_output_no_longer(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)
    other = lines(tmp_path / "other.jsonl", papers, 20)
    out = tmp_path / "out.csv"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, source, out],
        cwd=settings.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"writing\n"
        with pytest.raises(BatchError):
            classify_file(other, out, "archive")
        victim.kill()
    assert classify_file(other, out, "archive").rows == 20
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl", "other.jsonl", "out.csv"}


def test_an_input_that_changes_on_the_way_is_told(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)

    def change(share: float, template: str, rows: int, rate: float) -> None:
        os.utime(source, ns=(1, rows))

    with pytest.raises(BatchError) as caught:
        classify_file(source, tmp_path / "out.csv", "archive", progress=change)
    assert caught.value.fields == {"name": "in.jsonl"}
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl"}


class Faint(SerialExecutor):
    """An executor that gives up after three chunks."""

    def map(self, spec: JobSpec, chunks: Iterable[InputChunk]) -> Iterator[ChunkResult]:
        """Three results."""
        yield from islice(super().map(spec, chunks), 3)
        raise Interrupted("nobody is left")


def test_what_a_lost_executor_has_done_is_kept(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)
    out = tmp_path / "out.csv"
    with pytest.raises(Interrupted):
        classify_file(source, out, "archive", executor=Faint())
    assert classify_file(source, out, "archive").resumed == 30


def test_a_killed_worker_ends_the_run_which_goes_on_later(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 400)
    out = tmp_path / "out.csv"

    def kill(share: float, template: str, rows: int, rate: float) -> None:
        if rows == 20:
            multiprocessing.active_children()[0].kill()

    with pytest.raises(Interrupted):
        classify_file(source, out, "archive", executor=ProcessExecutor(2), progress=kill)
    summary = classify_file(source, out, "archive", executor=ProcessExecutor(2))
    assert summary.rows == 400
    assert 20 <= summary.resumed < 400


def test_shares_and_rows_only_grow(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 95)
    reports: list[tuple[float, int]] = []

    def progress(share: float, template: str, rows: int, rate: float) -> None:
        reports.append((share, rows))

    classify_file(source, tmp_path / "out.csv", "archive", progress=progress)
    assert reports == sorted(reports)
    assert [rows for _, rows in reports] == [*range(10, 91, 10), 95]
    assert reports[-1][0] == 1.0


def test_a_folder_becomes_a_file_or_a_folder(papers: Records, tmp_path: Path) -> None:
    shards = tmp_path / "in"
    shards.mkdir()
    lines(shards / "a.jsonl", papers, 25)
    lines(shards / "b.jsonl", papers, 12)
    (shards / "_notes.txt").write_text("not a shard")
    classify_file(shards, tmp_path / "out.parquet", "archive")
    ids = [f"n{i}" for i in (*range(25), *range(12))]
    assert pq.read_table(tmp_path / "out.parquet")["id"].to_pylist() == ids
    for _ in range(2):
        classify_file(shards, tmp_path / "out", "archive")
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == ["a.jsonl-00000.parquet", "b.jsonl-00000.parquet"]
        found = [pq.read_table(tmp_path / "out" / name)["id"].to_pylist() for name in names]
        assert [*found[0], *found[1]] == ids
    assert len(list(read_rows(shards))) == 37


def test_a_file_does_not_go_on_as_a_folder(papers: Records, tmp_path: Path) -> None:
    source = parquet(tmp_path / "in" / "a.parquet", papers)
    out = tmp_path / "out.csv"
    for first, second in ((source, source.parent), (source.parent, source)):
        with pytest.raises(Pulled):
            classify_file(first, out, "archive", progress=stop_after(1))
        summary = classify_file(second, out, "archive")
        assert (summary.rows, summary.resumed) == (len(papers), 0)


def test_a_run_leaves_that_of_an_output_of_a_like_name(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 50)
    with pytest.raises(Pulled):
        classify_file(source, tmp_path / "out.csv", "archive", progress=stop_after(20))
    classify_file(source, tmp_path / "out", "archive")
    assert classify_file(source, tmp_path / "out.csv", "archive").resumed == 20


def test_a_file_in_place_of_the_folder_is_refused_at_once(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 20)
    (tmp_path / "out").write_text("precious")
    with pytest.raises(BatchError) as caught:
        classify_file(source, tmp_path / "out", "archive", progress=stop_after(0))
    assert caught.value.fields == {"path": tmp_path / "out"}
    assert (tmp_path / "out").read_text() == "precious"


def test_a_folder_of_empty_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in "ab":
        (tmp_path / "in" / f"{name}.parquet").touch()
    with pytest.raises(OtherFormat) as caught:
        classify_file(tmp_path / "in", tmp_path / "out.csv", "archive")
    assert caught.value.fields["name"] == "a.parquet"


def parquet(path: Path, papers: Records) -> Path:
    """A Parquet file of papers."""
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(papers), path)
    return path


@pytest.mark.parametrize("out", ["shards", ".", "shards/../shards", "shards/b.parquet"])
def test_an_output_that_holds_the_input_is_refused(
    out: str, papers: Records, tmp_path: Path
) -> None:
    shards = tmp_path / "shards"
    files = [parquet(shards / f"{name}.parquet", papers) for name in "ab"]
    before = [file.read_bytes() for file in files]
    for source in (shards, *files):
        if out.endswith(".parquet") and source == files[0]:
            continue
        with pytest.raises(BatchError):
            classify_file(source, tmp_path / out, "archive")
    assert [file.read_bytes() for file in files] == before
    assert not left(tmp_path)


def test_only_a_folder_that_a_run_wrote_is_replaced(papers: Records, tmp_path: Path) -> None:
    source = lines(tmp_path / "in.jsonl", papers, 25)
    mine = parquet(tmp_path / "mine" / "a.parquet", papers)
    classify_file(source, tmp_path / "gathered.parquet", "archive")
    (tmp_path / "gathered").mkdir()
    (tmp_path / "gathered.parquet").rename(tmp_path / "gathered" / "b.parquet")
    for folder in ("mine", "gathered"):
        with pytest.raises(BatchError) as caught:
            classify_file(source, tmp_path / folder, "archive")
        assert caught.value.fields == {"path": tmp_path / folder}
    assert pq.read_table(mine).num_rows == len(papers)
    classify_file(source, tmp_path / "out", "archive")
    again = lines(tmp_path / "in.jsonl", papers, 12)
    assert classify_file(again, tmp_path / "out", "archive").rows == 12
    assert pq.read_table(tmp_path / "out").num_rows == 12
    parquet(tmp_path / "out" / "mine.parquet", papers)
    with pytest.raises(BatchError):
        classify_file(source, tmp_path / "out", "archive")
    (tmp_path / "empty").mkdir()
    assert classify_file(again, tmp_path / "empty", "archive").rows == 12
