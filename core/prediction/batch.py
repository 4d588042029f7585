"""Answers for files in chunks, on any executor, resumable, with atomic output."""

import glob
import hashlib
import json
import os
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import groupby
from multiprocessing import connection, get_context, parent_process
from operator import itemgetter
from pathlib import Path
from typing import Protocol, TypeVar

from filelock import FileLock, Timeout

from core.files import checksum, export, own_columns, writers
from core.files.errors import BatchError
from core.files.formats import data_files, is_document, kind_of
from core.files.paper_reader import name_of
from core.files.records import Row, RowReader, chunked
from core.files.writers import Line, Sheet
from core.messages import Progress
from core.prediction import questions
from core.prediction.answer import CONFIDENCE
from core.prediction.questions import Question, respondent

CHUNK = 2_000
AHEAD = 2
"""Chunks submitted per worker: one being answered, and one waiting."""
PARTITION = 50
"""The number of chunks per file of an output folder."""
OUTPUTS = tuple(writers.FORMATS)
FOLDER = ".parquet"
"""The kind of the files in an output folder."""
VERSION = 2
"""The version of the checkpoint format; checkpoints of other versions are not resumed."""
KEY = 16
"""Hexadecimal digits in the name of a checkpoint folder."""

T = TypeVar("T")


@dataclass(frozen=True)
class JobSpec:
    """Everything that determines a chunk's results except its rows; sent to other machines.

    kind: the output's extension; sheet: its columns; columns: the column of each field that has
    another name.
    """

    question: Question
    kind: str
    sheet: Sheet
    columns: tuple[tuple[str, str], ...] = ()
    chunk: int = CHUNK

    def rows(self, file: Path) -> RowReader:
        """The rows of a file of the input."""
        question = self.question
        own = question.suggests or writers.FORMATS[self.kind].of_references
        return RowReader(file, question.task, dict(self.columns), own=own)


@dataclass(frozen=True)
class ChunkResult:
    """A chunk's encoded results; the number of rows and of noted rows, and seconds it took."""

    content: bytes
    rows: int
    noted: int
    seconds: float


InputChunk = list[Row] | Path
"""Rows, or a shard that the worker reads itself."""


def answer_chunk(spec: JobSpec, chunk: InputChunk) -> ChunkResult:
    """Answer a chunk, in this or another process.

    Raises BatchError for a shard that cannot be read, ModelError for the models.
    """
    asked = respondent(spec.question)
    rows = spec.rows(chunk) if isinstance(chunk, Path) else chunk
    done = noted = 0
    seconds = 0.0

    def lines() -> Iterator[list[Line]]:
        nonlocal done, noted, seconds
        for part in chunked(rows, spec.chunk):
            started = time.perf_counter()
            answers, _ = asked.ask(part)
            seconds += time.perf_counter() - started
            done += len(answers)
            noted += sum(bool(answer.note) for answer in answers)
            own = [writers.own_cells(spec.kind, row) for row in part]
            yield list(zip(own, answers, strict=True))

    content = writers.encoded(spec.kind, spec.sheet, lines())
    return ChunkResult(content, done, noted, seconds)


@dataclass(frozen=True)
class Summary:
    """Figures of a run: rows, rows with a note, seconds in all.

    classifying: the models' seconds, with several workers their mean. resumed: rows done by an
    earlier run, included in `rows` but not in `classifying`.
    """

    rows: int
    noted: int
    seconds: float
    classifying: float
    resumed: int = 0


class Interrupted(BatchError):
    """A run ended early although its input is valid; it can be resumed from its checkpoint."""


class Executor(Protocol):
    """Answers chunks; size: how many at once."""

    size: int

    def map(self, spec: JobSpec, chunks: Iterable[InputChunk]) -> Iterator[ChunkResult]:
        """The result of each chunk, in order, reading at most a few chunks ahead."""


class SerialExecutor:
    """Answers in this process."""

    size = 1

    def map(self, spec: JobSpec, chunks: Iterable[InputChunk]) -> Iterator[ChunkResult]:
        """The result of each chunk, one after another."""
        return (answer_chunk(spec, chunk) for chunk in chunks)


def map_ahead(
    executor: Executor,
    submit: Callable[[InputChunk], T],
    result: Callable[[T], ChunkResult],
    chunks: Iterable[InputChunk],
) -> Iterator[ChunkResult]:
    """The result of each chunk, in order, with AHEAD chunks per worker submitted at once."""
    waiting: deque[T] = deque()
    for chunk in chunks:
        waiting.append(submit(chunk))
        if len(waiting) >= AHEAD * executor.size:
            yield result(waiting.popleft())
    while waiting:
        yield result(waiting.popleft())


def _init_worker() -> None:
    """Leave Ctrl-C to the parent process, and exit if the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class ProcessExecutor:
    """Processes of this machine; spawned, since TensorFlow does not survive a fork."""

    def __init__(self, size: int) -> None:
        self.size = size

    def map(self, spec: JobSpec, chunks: Iterable[InputChunk]) -> Iterator[ChunkResult]:
        """The result of each chunk, in order. Raises Interrupted where a process is killed."""
        with ProcessPoolExecutor(self.size, get_context("spawn"), _init_worker) as pool:
            submit = partial(pool.submit, answer_chunk, spec)
            try:
                yield from map_ahead(self, submit, Future.result, chunks)
            except BrokenProcessPool:
                raise Interrupted(
                    "A worker process was killed, perhaps for want of memory; run the command "
                    "again to go on from there, with fewer workers."
                ) from None
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


class CheckpointFolder:
    """The results of a run so far, beside its output: one file per chunk.

    `0000012-2000-3.part` has the results of chunk 12: 2,000 rows, 3 of them with a note.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts = {int(path.name.split("-")[0]): path for path in folder.glob("[0-9]*-*-*.part")}

    def add(self, number: int, result: ChunkResult) -> None:
        """Store the result of a chunk, in an atomic write."""
        path = self.folder / f"{number:07}-{result.rows}-{result.noted}.part"
        with export.atomic_write(path) as scratch:
            scratch.write_bytes(result.content)
        self.parts[number] = path

    def counts(self) -> tuple[int, int]:
        """Rows, and rows with a note, of all chunks so far."""
        names = [path.stem.split("-") for path in self.parts.values()]
        return sum(int(rows) for _, rows, _ in names), sum(int(noted) for *_, noted in names)


def _no_progress(share: float, template: str, **fields: object) -> None:
    """Report to nobody."""


def classify_file(
    source: Path,
    out: Path,
    task: str,
    name: str | None = None,
    executor: Executor | None = None,
    progress: Progress = _no_progress,
    columns: dict[str, str] | None = None,
) -> Summary:
    """Classify every row of a file: `answer_file` for the labels of a task."""
    _check_there(source)
    question = questions.classification(task, name)
    return answer_file(source, out, question, executor, progress, columns)


def suggest_file(
    source: Path,
    out: Path,
    confidence: float = CONFIDENCE,
    executor: Executor | None = None,
    progress: Progress = _no_progress,
    columns: dict[str, str] | None = None,
) -> Summary:
    """Suggest where to submit every paper of a file: `answer_file` with its own columns kept."""
    _check_there(source)
    question = questions.suggestion(confidence)
    return answer_file(source, out, question, executor, progress, columns)


def answer_file(
    source: Path,
    out: Path,
    question: Question,
    executor: Executor | None = None,
    progress: Progress = _no_progress,
    columns: dict[str, str] | None = None,
) -> Summary:
    """Answer for every row of a file, or of a folder's files, in a file or a folder of Parquet.

    `out` without an extension is a folder; it may exist if an earlier run wrote all its files. An
    interrupted run is resumed if the input, the models and the settings are the same; the output
    is then identical to that of an uninterrupted run.
    executor: by default this process; progress: called after each chunk.
    Raises BatchError for files, ModelError for the models, ExportError for the folder of `out`.
    """
    _check_there(source)
    files = data_files(source)
    _check_apart(files, out)
    kind = _output_kind(out)
    writers.check_kind(kind, question.task)
    previous = _stamps(files)
    named = tuple(sorted((columns or {}).items()))
    spec = JobSpec(question, kind, Sheet(question.columns), named, CHUNK)
    if question.suggests and not writers.FORMATS[kind].of_references:
        readers = (spec.rows(file).file for file in files)
        own = own_columns.find(readers, typed=kind == ".parquet")
        spec = replace(spec, sheet=writers.beside(question.columns, own))
    # A folder is split differently from a file of it: a shard of Parquet is one chunk.
    folder = source.is_dir()
    key = [VERSION, asdict(spec), folder, _fingerprint(files)]
    with export.as_disk_full(out), open_checkpoint(out, key) as checkpoint:
        chunks = _chunks(spec, files, folder)
        summary, names = _answer(spec, chunks, checkpoint, executor or SerialExecutor(), progress)
        if previous != _stamps(files):
            raise BatchError(
                "{name} was changed while it was read; run it again.", name=source.name
            )
        _publish(spec.sheet, checkpoint, names, out)
    return summary


def _check_there(source: Path) -> None:
    """Raise BatchError for an input that does not exist."""
    if not source.exists():
        raise BatchError("There is no file {path}.", path=source)


def _check_apart(files: Sequence[Path], out: Path) -> None:
    """Raise BatchError for an output that would overwrite the input."""
    target = out.resolve()
    for file in map(Path.resolve, files):
        if file == target:
            raise BatchError("{name} is the file to read; write to another.", name=out.name)
        if target in file.parents:
            raise BatchError(
                "{path} holds {name}, which is to be read; write to another folder.",
                path=out,
                name=file.name,
            )


def _output_kind(out: Path) -> str:
    """The extension of the output's files. Raises BatchError for an impossible output."""
    if not out.suffix:
        if out.is_file():
            raise BatchError("{path} is a file, not a folder; write to another.", path=out)
        # Only files of an earlier run may be replaced, not other Parquet files.
        if out.is_dir() and not all(map(writers.is_partition, out.iterdir())):
            raise BatchError(
                "{path} is a folder with other files in it; write to another.", path=out
            )
        return FOLDER
    kind = out.suffix.lower()
    if kind not in OUTPUTS:
        raise BatchError(
            "{name} should end in one of {endings}, or have no ending for a folder.",
            name=out.name,
            endings=", ".join(OUTPUTS),
        )
    if out.is_dir():
        raise BatchError("{path} is a folder, not a file.", path=out)
    return kind


def _stamps(files: Sequence[Path]) -> list[tuple[int, int]]:
    return [(stat.st_size, stat.st_mtime_ns) for stat in map(Path.stat, files)]


def _fingerprint(files: Sequence[Path]) -> list[tuple[str, str]]:
    """A fingerprint of the input: its files' names and contents."""
    try:
        return [(kind_of(file) and file.name, checksum.sha256(file)) for file in files]
    except OSError as error:
        raise BatchError(
            "{name} cannot be read: {reason}.", name=error.filename, reason=error.strerror
        ) from None


@contextmanager
def open_checkpoint(out: Path, decides: object) -> Iterator[CheckpointFolder]:
    """The checkpoint of a run, beside its output; decides: JSON of all that determines the results.

    It is removed if the run succeeds or its input is invalid, and stays if it is interrupted.
    Raises BatchError while another run writes the same output.
    """
    if not out.parent.is_dir():
        raise export.ExportError("There is no folder {folder} to write to.", folder=out.parent)
    key = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:KEY]
    folder = out.parent / f".{out.name}.{key}.unfinished"
    with _locked(out):
        folder.mkdir(exist_ok=True)
        checkpoint = CheckpointFolder(folder)
        try:
            yield checkpoint
        except (Interrupted, OSError, MemoryError):
            if not checkpoint.parts:
                shutil.rmtree(folder)
            raise
        except Exception:
            shutil.rmtree(folder)
            raise
        # Also remove checkpoints of other inputs or models. The pattern matches keys only: the
        # output `answers` must not match the checkpoint of an `answers.csv` beside it.
        for other in out.parent.glob(f".{glob.escape(out.name)}.{'[0-9a-f]' * KEY}.unfinished"):
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold a lock file beside an output, which the system unlocks if this process dies.

    Raises BatchError where another run holds it.
    """
    path = out.parent / f".{out.name}.lock"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BatchError(
            "Another run is writing {name} at this moment; wait for it, or write to another file.",
            name=out.name,
        ) from None
    try:
        yield
    finally:
        # Before the release, or the next run's lock would be removed; Windows removes it by itself.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _answer(
    spec: JobSpec,
    chunks: Iterable[tuple[InputChunk, str, float]],
    checkpoint: CheckpointFolder,
    executor: Executor,
    progress: Progress,
) -> tuple[Summary, list[str]]:
    """Answer every chunk without a result; also returns the output file's name of each chunk."""
    started = time.perf_counter()
    names: list[str] = []
    submitted: deque[int] = deque()
    share = classifying = 0.0
    rows, noted = checkpoint.counts()
    resumed = rows

    def missing() -> Iterator[InputChunk]:
        nonlocal share
        for number, (chunk, name, share) in enumerate(chunks):  # noqa: B007
            names.append(name)
            if number not in checkpoint.parts:
                submitted.append(number)
                yield chunk

    for result in executor.map(spec, missing()):
        checkpoint.add(submitted.popleft(), result)
        rows, noted = rows + result.rows, noted + result.noted
        writers.FORMATS[spec.kind].check_rows(rows)
        classifying += result.seconds / executor.size
        rate = (rows - resumed) / max(time.perf_counter() - started, 1e-9)
        progress(share, "{rows:,} rows, {rate:,.0f} a second", rows=rows, rate=rate)
    return Summary(rows, noted, time.perf_counter() - started, classifying, resumed), names


def _chunks(
    spec: JobSpec, files: Sequence[Path], folder: bool
) -> Iterator[tuple[InputChunk, str, float]]:
    """Every chunk of the input, its file in an output folder, and the share read so far."""
    total = max(1, sum(file.stat().st_size for file in files))
    before = 0
    for file in files:
        size = file.stat().st_size
        if folder and kind_of(file) == ".parquet":
            yield file.absolute(), file.name, (before + size) / total
        else:
            reader = spec.rows(file)
            rows_of_file = _with_note(reader) if folder and is_document(file) else reader
            for i, rows in enumerate(chunked(rows_of_file, spec.chunk)):
                name = f"{file.name}-{i // PARTITION:05}{FOLDER}"
                yield rows, name, (before + reader.file.share * size) / total
        before += size


def _with_note(reader: RowReader) -> Iterator[Row]:
    """The paper of a file of a folder, or a note where it cannot be read."""
    try:
        yield from reader
    except BatchError as problem:
        yield Row(name_of(reader.file.path), "", note=problem.args[0])


def _publish(sheet: Sheet, checkpoint: CheckpointFolder, names: Sequence[str], out: Path) -> None:
    """Join the results and move the output to its path."""
    new = checkpoint.folder / "whole"
    parts = [checkpoint.parts[number] for number in range(len(names))]
    if out.suffix:
        writers.joined(out.suffix.lower(), sheet, parts, new)
    else:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        for name, group in groupby(zip(names, parts, strict=True), itemgetter(0)):
            writers.partition(sheet, [part for _, part in group], new / name)
        if out.is_dir():
            shutil.rmtree(out)
    new.replace(out)
