"""`python -m benchmarks.batch [ROWS ...]`: files of many papers, Paperlens against the course.

Needs the development data (PAPERLENS_DATA) and requirements-cluster.txt. The sample is repeated
with new ids in a temporary folder: 1.3 GB for a million papers.
"""

import io
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core import settings
from core.files.compression import open_unpacked
from core.training.papers import COURSE_FILE

SIZES = (10_000, 100_000, 1_000_000)
THEIRS = 100_000
"""Maximum number of papers for the course's code, which holds several copies in memory."""
TRAINED = 20_000
HEAD = (
    "| papers | program | papers per second | classification only | seconds "
    "| peak memory of the largest process, MB |\n"
    "|---|---|---|---|---|---|"
)


def repeated(folder: Path, count: int) -> Path:
    """A file of `count` papers: the sample repeated with new ids."""
    packed = settings.data_folder() / "arxiv" / COURSE_FILE
    if not packed.exists():
        sys.exit(f"The benchmarks need {COURSE_FILE}: point PAPERLENS_DATA at its folder.")
    path = folder / f"papers-{count}.jsonl"
    number = 0
    with path.open("w", encoding="utf-8") as out:
        while number < count:
            with io.TextIOWrapper(open_unpacked(packed), "utf-8") as lines:
                for line in itertools.islice(lines, count - number):
                    record = json.loads(line)
                    keys = ("title", "abstract", "categories")
                    kept = {"id": f"n{number}"} | {key: record[key] for key in keys}
                    out.write(json.dumps(kept) + "\n")
                    number += 1
    return path


def measured(command: Sequence[str]) -> tuple[str, float, float]:
    """The last line a command prints, its run time in seconds, and its largest process in MB.

    Workers of a cluster are not processes of the command. The memory of this process at the start
    of the command is included, so it must be small.
    """
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=settings.ROOT, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().strip().splitlines() or [""]
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed: {lines[-1]}")
    return lines[-1], seconds, usage.ru_maxrss / 1024


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """The address of a Dask scheduler with `workers` single-threaded workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    port = ("--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard")
    worker = ("worker", address, "--nthreads", "1", "--no-dashboard")
    commands = [[*dask, "scheduler", *port]]
    commands += [[*dask, *worker, "--local-directory", str(folder)]] * workers
    with ExitStack() as stack, (folder / "dask.log").open("wb") as log:
        for command in commands:
            process = subprocess.Popen(command, cwd=settings.ROOT, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address


def ours(source: Path, count: int, who: str, where: Sequence[str]) -> str:
    """A row of the table for `python -m core classify`."""
    out = source.with_name("out.csv")
    command = [sys.executable, "-m", "core", "classify", str(source), "--out", str(out), *where]
    said, seconds, megabytes = measured(command)
    alone = said.partition("alone ")[2].partition(" a second")[0]
    return row(count, f"Paperlens, {who}", seconds, alone, megabytes)


def theirs(source: Path, count: int) -> str:
    """A row of the table for the course's code, without its training time."""
    program = f"from benchmarks import batch; batch.course_way({str(source)!r}, {TRAINED})"
    said, _, megabytes = measured([sys.executable, "-c", program])
    figures = json.loads(said)
    alone = f"{count / figures['alone']:,.0f}"
    return row(count, "pandas + MultiOutputClassifier", figures["whole"], alone, megabytes)


def course_way(path: str, trained: int) -> None:
    """Train on the first papers; print the seconds from file to file and of classification only."""
    from benchmarks import course

    first = course.read_file(Path(path), count=trained)
    vectorizer, matrix = course.vectorise(course.texts(first))
    truth, names = course.labels(first)
    model = course.train(matrix, truth)
    started = time.perf_counter()
    data = course.read_file(Path(path))
    read = time.perf_counter()
    chosen = model.predict(vectorizer.transform(course.texts(data)))
    alone = time.perf_counter() - read
    data["predicted"] = [
        " ".join(n for n, y in zip(names, row, strict=True) if y) for row in chosen
    ]
    data[["id", "predicted"]].to_csv(Path(path).with_name("theirs.csv"), index=False)
    print(json.dumps({"whole": time.perf_counter() - started, "alone": alone}))


def row(count: int, who: str, seconds: float, alone: str, megabytes: float) -> str:
    """A row of the table."""
    rate = f"{count / seconds:,.0f}"
    return f"| {count:,} | {who} | {rate} | {alone} | {seconds:.1f} | {megabytes:,.0f} |"


def rows(sizes: Sequence[int] = SIZES) -> Iterator[str]:
    """The rows of the table, each yielded as soon as it is measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in sizes:
            source = repeated(folder, count)
            if count <= THEIRS:
                yield theirs(source, count)
            yield ours(source, count, "1 process", ())
            yield ours(source, count, "2 processes", ("--workers", "2"))
            with cluster(folder) as address:
                yield ours(source, count, "cluster of 2 workers", ("--cluster", address))
            source.unlink()


def main() -> None:
    """Measure and print."""
    print(HEAD)
    for line in rows([int(word) for word in sys.argv[1:]] or SIZES):
        print(line, flush=True)


if __name__ == "__main__":
    main()
