"""A real scheduler and real workers: the same output as here, whoever is lost on the way."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import settings

pytest.importorskip("distributed")

PATIENCE = 90.0


def until(true: Callable[[], object]) -> None:
    """Look again and again, until it is so."""
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while not true():
        # The processes that are waited for need the processor.
        pause.wait(0.02)
        assert time.monotonic() < deadline, "it never came to pass"


def port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reachable(number: int) -> bool:
    """Whether somebody listens at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) == 0


@dataclass
class Dask:
    """A scheduler and its workers, each a process."""

    folder: Path
    port: int = field(default_factory=port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the scheduler is."""
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, *words: str, at: Path = settings.ROOT) -> subprocess.Popen[bytes]:
        """Start `dask` with these words in a folder, as the README tells."""
        with (self.folder / f"log{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], cwd=at, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[bytes]:
        """Start the scheduler."""
        words = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        started = self.start("scheduler", *words)
        until(lambda: reachable(self.port))
        return started

    def worker(self, at: Path = settings.ROOT) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, which nobody starts again."""
        return self.start(
            *("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            *("--host", "127.0.0.1", "--local-directory", str(self.folder)),
            at=at,
        )


@pytest.fixture
def bare(tiny_blend: Path, tmp_path: Path) -> Iterator[Dask]:
    """A scheduler without workers."""
    folder = tmp_path / "workers"
    folder.mkdir()
    cluster = Dask(folder)
    cluster.scheduler()
    yield cluster
    for process in reversed(cluster.processes):
        process.kill()
        process.wait()


@pytest.fixture
def dask(bare: Dask) -> Dask:
    """A scheduler with two workers."""
    bare.worker()
    bare.worker()
    return bare


def classify(*words: object, command: str = "classify") -> subprocess.Popen[str]:
    """Start the command."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", command, *map(str, words)],
        cwd=settings.ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code of a command, and what it said."""
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def many(path: Path, papers: list[dict[str, str]], count: int) -> Path:
    """A file of so many papers, some of them bad."""
    with path.open("w") as file:
        for i in range(count):
            record = papers[i % len(papers)] | {"id": f"n{i}"}
            file.write("{bad\n" if i % 997 == 5 else json.dumps(record) + "\n")
    return path


def test_a_lost_worker_costs_no_row(
    dask: Dask, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    from distributed import Client

    source = many(tmp_path / "in.jsonl", papers, 30_000)
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    assert ended(classify(source, "--out", here))[0] == 0
    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        pids = client.run(os.getpid)
        running = classify(source, "--out", there, "--cluster", dask.address)
        victim = next(iter(pids))
        until(lambda: client.processing()[victim] and list(tmp_path.glob(".there*/*.part")))
        os.kill(pids[victim], signal.SIGKILL)
        code, said = ended(running)
        assert len(client.scheduler_info()["workers"]) == 1
    assert code == 0, said
    assert said.startswith("30,000 rows in ")
    assert said.count("\n") == 1
    assert there.read_bytes() == here.read_bytes()
    assert not list(tmp_path.glob(".there*"))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_suggestions_are_the_same_as_here(
    dask: Dask, papers: list[dict[str, str]], tmp_path: Path, ending: str
) -> None:
    source = many(tmp_path / "in.jsonl", papers, 5_000)
    here, there = tmp_path / f"here.{ending}", tmp_path / f"there.{ending}"
    assert ended(classify(source, "--out", here, command="suggest"))[0] == 0
    words = ("--out", there, "--cluster", dask.address)
    code, said = ended(classify(source, *words, command="suggest"))
    assert code == 0, said
    assert there.read_bytes() == here.read_bytes()


def test_partitions_become_partitions(
    dask: Dask, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    shards = tmp_path / "in"
    shards.mkdir()
    for k in range(3):
        part = pa.Table.from_pylist([p | {"id": f"{k}-{p['id']}"} for p in papers[k:]])
        pq.write_table(part, shards / f"part-{k}.parquet")
    for out, where in (("here", ("--workers", 1)), ("there", ("--cluster", dask.address))):
        assert ended(classify(shards, "--out", tmp_path / out, *where))[0] == 0
    names = [f"part-{k}.parquet" for k in range(3)]
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == names
    for k, name in enumerate(names):
        found = pq.read_table(tmp_path / "there" / name)
        assert found["id"].to_pylist() == [f"{k}-{p['id']}" for p in papers[k:]]
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_a_lost_scheduler_ends_the_run_which_goes_on_later(
    dask: Dask, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    source = many(tmp_path / "in.jsonl", papers, 30_000)
    out = tmp_path / "out.jsonl"
    running = classify(source, "--out", out, "--cluster", dask.address)
    until(lambda: len(list(tmp_path.glob(".out*/*.part"))) >= 2)
    dask.processes[0].kill()
    code, said = ended(running)
    assert code == 1
    assert said.count("\n") == 1
    assert "run the command again to go on from there" in said
    assert not out.exists()
    code, said = ended(classify(source, "--out", out))
    assert code == 0
    assert "done before" in said
    assert len(out.read_text().splitlines()) == 30_000
    assert not list(tmp_path.glob(".out*"))


def test_workers_that_cannot_do_the_work_say_so(
    bare: Dask,
    papers: list[dict[str, str]],
    tmp_path: Path,
    tiny_models: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = many(tmp_path / "in.jsonl", papers, 10)
    command = (source, "--out", tmp_path / "o.csv", "--cluster", bare.address)
    stranger = bare.worker(at=tmp_path)
    code, said = ended(classify(*command))
    assert (code, said.count("\n")) == (1, 1)
    assert "start the workers in Paperlens' folder" in said
    stranger.kill()
    stranger.wait()
    models = tmp_path / "models" / "archive"
    shutil.copytree(tiny_models / "archive" / "linear", models / "linear")
    card = json.loads((models / "linear" / "card.json").read_text())
    card["files"]["weights.npz"] = "0" * 64
    (models / "linear" / "card.json").write_text(json.dumps(card))
    monkeypatch.setenv("PAPERLENS_MODELS", str(models.parent))
    bare.worker()
    monkeypatch.setenv("PAPERLENS_MODELS", str(tiny_models))
    code, said = ended(classify(*command))
    assert (code, said.count("\n")) == (1, 1)
    assert "A worker has another version of the model archive/linear" in said
    assert not list(tmp_path.glob(".o.csv*"))


def test_an_address_where_nobody_answers(
    tiny_models: Path, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    source = many(tmp_path / "in.jsonl", papers, 10)
    address = f"tcp://127.0.0.1:{port()}"
    code, said = ended(classify(source, "--out", tmp_path / "o.csv", "--cluster", address))
    assert code == 1
    assert said.count("\n") == 1
    assert f"No scheduler answers at {address}" in said
    assert {path.name for path in tmp_path.iterdir()} == {"in.jsonl"}


def test_without_dask_one_sentence_says_what_to_install(
    tiny_models: Path, papers: list[dict[str, str]], tmp_path: Path
) -> None:
    source = many(tmp_path / "in.jsonl", papers, 10)
    program = (
        "import sys, importlib.abc\n"
        "class Absent(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('dask', 'distributed'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: "
        "None if name == 'distributed' else real(name, *rest)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from core.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "o.csv"
    words = ["classify", str(source), "--out", str(out)]
    for more, code, said in (
        (["--cluster", "tcp://127.0.0.1:1"], 1, "pip install -r requirements-cluster.txt"),
        ([], 0, "10 rows in"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program, *words, *more],
            cwd=settings.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
