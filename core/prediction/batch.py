"""Many texts from a file to a file: cut in pieces, classified anywhere, joined whole or not at all.

A piece is some rows, or a shard of a folder. The same function, `work`, answers it here, in another
process or on another machine. Answers wait as files in a folder beside the output, named after all
that decides them; whoever runs the same command after an interruption finds them there.
"""

import fcntl
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
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import groupby
from multiprocessing import connection, get_context, parent_process
from operator import itemgetter
from pathlib import Path
from typing import Protocol

import numpy as np

from core import cards
from core.classifiers import store
from core.classifiers.base import Classifier
from core.evaluation.decisions import apply_thresholds
from core.files import checksum, export, writers
from core.files.limits import BatchError
from core.files.readers import Reader, chunked, kind_of, shards
from core.files.records import Row
from core.files.writers import Result
from core.i18n import phrase, say

CHUNK = 2_000
TOP = 20
AHEAD = 2
"""Pieces under way for each worker: one that is answered, and one that waits."""
PARTITION = 50
"""So many pieces of rows become one file of an output folder."""
OUTPUTS = tuple(writers.FORMATS)
FOLDER = ".parquet"
"""The kind of the files in an output folder."""
NOT_KNOWN = phrase("no word of the text is known to the model")
VERSION = 1
"""Of the pieces on disk: a change to what they hold must not go on with older ones."""
KEY = 16
"""Hexadecimal digits in the name of an unfinished run."""


def score_rows(model: Classifier, rows: Sequence[Row]) -> tuple[list[Result], np.ndarray]:
    """One result a row, in order, and their scores, float32 (n, k).

    Rows without a text or a known word keep or get a note.
    """
    scores, known = model.scores_and_known([row.text for row in rows])
    chosen = apply_thresholds(scores, model.thresholds)
    order = np.argsort(-scores, axis=1, kind="stable")
    rounded = np.round(scores.astype(np.float64), 4)
    found = [
        Result(row.id, "", "{}", row.note or say(NOT_KNOWN))
        if row.note or not known[i]
        else _result(model.labels, row.id, rounded[i].tolist(), chosen[i], order[i].tolist())
        for i, row in enumerate(rows)
    ]
    return found, scores


def _result(
    labels: Sequence[str], name: str, scores: list[float], chosen: np.ndarray, order: list[int]
) -> Result:
    predicted = " ".join(labels[j] for j in order if chosen[j])
    best = {labels[j]: scores[j] for j in order[:TOP]}
    return Result(name, predicted, json.dumps(best), "")


@dataclass(frozen=True)
class Work:
    """All that decides the answer to a piece, but for the piece: it may travel to other machines.

    version: of the model; kind: the output's ending; columns: which column holds a field, where it
    is called otherwise.
    """

    task: str
    model: str
    version: cards.Version
    kind: str
    columns: tuple[tuple[str, str], ...] = ()
    chunk: int = CHUNK


@dataclass(frozen=True)
class Part:
    """The answer to a piece: encoded, its rows, those with a note, and seconds of classifying."""

    content: bytes
    rows: int
    noted: int
    seconds: float


Piece = list[Row] | Path
"""Rows, or a shard for the worker itself to read."""


@lru_cache(1)
def _model(task: str, name: str, wanted: cards.Version) -> Classifier:
    card = cards.find(task, name)
    if cards.version(card) != wanted:
        raise BatchError(
            say(
                "A worker has another version of the model {model}; give every worker the same "
                "models folder.",
                model=f"{task}/{name}",
            )
        )
    model = store.load(card)
    model.predict_scores([""])  # builds the look-up tables, once
    return model


def work(job: Work, piece: Piece) -> Part:
    """Answer a piece, wherever this runs.

    Raises BatchError for a shard that cannot be read, store.ModelError for the model.
    """
    model = _model(job.task, job.model, job.version)
    rows = Reader(piece, job.task, dict(job.columns)) if isinstance(piece, Path) else piece
    done = noted = 0
    seconds = 0.0

    def answers() -> Iterator[list[Result]]:
        nonlocal done, noted, seconds
        for chunk in chunked(rows, job.chunk):
            started = time.perf_counter()
            found, _ = score_rows(model, chunk)
            seconds += time.perf_counter() - started
            done += len(found)
            noted += sum(bool(result.note) for result in found)
            yield found

    content = writers.encoded(job.kind, answers())
    return Part(content, done, noted, seconds)


@dataclass(frozen=True)
class Summary:
    """What a run did: rows, rows with a note, the seconds it took, and those for classification.

    With several workers `classifying` is their mean. resumed: rows that an earlier run had done;
    they are among `rows` and not in `classifying`.
    """

    rows: int
    noted: int
    seconds: float
    classifying: float
    resumed: int = 0


Progress = Callable[[int, float, float], None]
"""Called with the rows done, the seconds since the start, and the share of the input read."""


class Interrupted(BatchError):
    """A run ended early through no fault of its input: what is done is kept, and it can go on."""


class Crew(Protocol):
    """Whoever answers pieces."""

    size: int

    def answers(self, job: Work, pieces: Iterable[Piece]) -> Iterator[Part]:
        """The answer to each piece, in order, a few pieces ahead at most."""


class Alone:
    """The process itself, one piece after another."""

    size = 1

    def answers(self, job: Work, pieces: Iterable[Piece]) -> Iterator[Part]:
        """The answer to each piece, one after another."""
        return (work(job, piece) for piece in pieces)


def _attend() -> None:
    """Let a worker leave the keyboard to its parent, and end where the parent was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Processes:
    """Processes of this machine; spawned, for TensorFlow does not survive a fork."""

    def __init__(self, size: int) -> None:
        self.size = size

    def answers(self, job: Work, pieces: Iterable[Piece]) -> Iterator[Part]:
        """The answer to each piece, in order. Raises Interrupted where a process is killed."""
        with ProcessPoolExecutor(self.size, get_context("spawn"), _attend) as pool:
            try:
                waiting = deque()
                for piece in pieces:
                    waiting.append(pool.submit(work, job, piece))
                    if len(waiting) >= AHEAD * self.size:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            except BrokenProcessPool:
                raise Interrupted(
                    say(
                        "A worker process was killed, perhaps for want of memory; run the command "
                        "again to go on from there, with fewer workers."
                    )
                ) from None
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


@dataclass
class _Desk:
    """The folder of a run: its parts by number.

    `0000012-2000-3.part` answers piece 12: 2,000 rows, 3 of them with a note.
    """

    folder: Path
    parts: dict[int, Path] = field(default_factory=dict)

    def find(self) -> None:
        """Look for what an earlier run has done."""
        for path in self.folder.glob("*-*-*.part"):
            self.parts[int(path.name.split("-")[0])] = path

    def put(self, number: int, part: Part) -> None:
        """Keep a part, whole or not."""
        scratch = self.folder / "scratch"
        scratch.write_bytes(part.content)
        path = self.folder / f"{number:07}-{part.rows}-{part.noted}.part"
        self.parts[number] = scratch.rename(path)

    def figures(self, number: int) -> tuple[int, int]:
        """Rows, and rows with a note, of a part."""
        _, rows, noted = self.parts[number].stem.split("-")
        return int(rows), int(noted)


def classify_file(
    source: Path,
    out: Path,
    task: str,
    name: str | None = None,
    crew: Crew | None = None,
    progress: Progress = lambda rows, seconds, share: None,
    columns: dict[str, str] | None = None,
) -> Summary:
    """Classify every row of a file, or of a folder's files, into a file or a folder of Parquet.

    `out` without an ending is a folder; it may be there if an earlier run wrote all that it holds.
    A run that was interrupted goes on where it was, as long as
    the input, the model and the settings are the same; the output is the same to the byte.
    progress: called after each piece. crew: who answers, by default this process.
    Raises BatchError for files, store.ModelError for the model, ExportError for the place.
    """
    if not source.exists():
        raise BatchError(say("There is no file {path}.", path=source))
    files = shards(source)
    _check_apart(files, out)
    kind = _output_kind(out)
    card = cards.find(task, name)
    chosen = tuple(sorted((columns or {}).items()))
    job = Work(task, card.name, cards.version(card), kind, chosen, CHUNK)
    before = [_stamp(file) for file in files]
    # A folder is cut otherwise than a file of it alone: a shard of Parquet is one piece.
    folder = source.is_dir()
    key = [VERSION, asdict(job), folder, _fingerprint(files)]
    with export.full_disk_named(out), _desk(out, key) as desk:
        summary, names = _run(job, files, folder, desk, crew or Alone(), progress)
        if before != [_stamp(file) for file in files]:
            raise BatchError(
                say("{name} was changed while it was read; run it again.", name=source.name)
            )
        _publish(desk, names, out)
    return summary


def _check_apart(files: Sequence[Path], out: Path) -> None:
    """Raise BatchError for an output that would take the place of what is to be read."""
    place = out.resolve()
    for file in map(Path.resolve, files):
        if file == place:
            raise BatchError(say("{name} is the file to read; write to another.", name=out.name))
        if place in file.parents:
            raise BatchError(
                say(
                    "{path} holds {name}, which is to be read; write to another folder.",
                    path=out,
                    name=file.name,
                )
            )


def _output_kind(out: Path) -> str:
    """The ending of the output's pieces. Raises BatchError for an output that cannot be."""
    if not out.suffix:
        if out.is_file():
            raise BatchError(say("{path} is a file, not a folder; write to another.", path=out))
        # Only what an earlier run has written may go; other people's Parquet stays.
        if out.is_dir() and not all(map(writers.is_partition, out.iterdir())):
            raise BatchError(
                say("{path} is a folder with other files in it; write to another.", path=out)
            )
        return FOLDER
    kind = out.suffix.lower()
    if kind not in OUTPUTS:
        raise BatchError(
            say(
                "{name} should end in one of {endings}, or have no ending for a folder.",
                name=out.name,
                endings=", ".join(OUTPUTS),
            )
        )
    if out.is_dir():
        raise BatchError(say("{path} is a folder, not a file.", path=out))
    return kind


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _fingerprint(files: Sequence[Path]) -> list[tuple[str, str]]:
    """What tells this input from any other: its files' names and contents."""
    try:
        return [(kind_of(file) and file.name, checksum.sha256(file)) for file in files]
    except OSError as error:
        raise BatchError(
            say("{name} cannot be read: {reason}.", name=error.filename, reason=error.strerror)
        ) from None


@contextmanager
def _desk(out: Path, decides: object) -> Iterator[_Desk]:
    """The folder of this run, beside the output; it goes once the run ends well.

    It stays where the run was interrupted, and goes where the input is at fault.
    """
    if not out.parent.is_dir():
        raise export.ExportError(say("There is no folder {folder} to write to.", folder=out.parent))
    key = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:KEY]
    folder = out.parent / f".{out.name}.{key}.unfinished"
    with _reserved(out):
        folder.mkdir(exist_ok=True)
        desk = _Desk(folder)
        try:
            desk.find()
            yield desk
        except (Interrupted, OSError, MemoryError):
            if not desk.parts:
                shutil.rmtree(folder)
            raise
        except Exception:
            shutil.rmtree(folder)
            raise
        # With it goes what interrupted runs with other inputs or models have left. The key's own
        # form: of OUT `answers` the run of an `answers.csv` beside it is none.
        for one in out.parent.glob(f".{glob.escape(out.name)}.{'[0-9a-f]' * KEY}.unfinished"):
            shutil.rmtree(one, ignore_errors=True)


@contextmanager
def _reserved(out: Path) -> Iterator[None]:
    """Keep every other run from an output, whatever it reads, by a lock file beside it.

    The system drops the lock of a process that dies. Raises BatchError where another run holds it.
    """
    path = out.parent / f".{out.name}.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A run that ended in between has removed the file that was opened here.
            mine = os.path.samestat(os.fstat(lock.fileno()), path.stat())
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:
            raise BatchError(
                say(
                    "Another run is writing {name} at this moment; wait for it, or write to "
                    "another file.",
                    name=out.name,
                )
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _run(
    job: Work, files: Sequence[Path], folder: bool, desk: _Desk, crew: Crew, progress: Progress
) -> tuple[Summary, list[str]]:
    """Answer every piece that has no answer yet; also the output file's name for each piece."""
    started = time.perf_counter()
    names: list[str] = []
    asked: deque[int] = deque()
    done = noted = resumed = 0
    share = classifying = 0.0

    def count(number: int) -> None:
        nonlocal done, noted
        rows, bad = desk.figures(number)
        done, noted = done + rows, noted + bad
        progress(done, time.perf_counter() - started, share)

    def missing() -> Iterator[Piece]:
        nonlocal resumed, share
        for piece, name, share in _pieces(job, files, folder):  # noqa: B007
            names.append(name)
            number = len(names) - 1
            if number in desk.parts:
                resumed += desk.figures(number)[0]
                count(number)
            else:
                asked.append(number)
                yield piece

    for part in crew.answers(job, missing()):
        number = asked.popleft()
        desk.put(number, part)
        classifying += part.seconds / crew.size
        count(number)
    return Summary(done, noted, time.perf_counter() - started, classifying, resumed), names


def _pieces(job: Work, files: Sequence[Path], folder: bool) -> Iterator[tuple[Piece, str, float]]:
    """Every piece of the input, the file of an output folder it belongs to, and the share read."""
    total = max(1, sum(file.stat().st_size for file in files))
    before = 0
    for file in files:
        size = file.stat().st_size
        if folder and kind_of(file) == ".parquet":
            yield file.absolute(), file.name, (before + size) / total
        else:
            reader = Reader(file, job.task, dict(job.columns))
            for i, rows in enumerate(chunked(reader, job.chunk)):
                name = f"{file.name}-{i // PARTITION:05}{FOLDER}"
                yield rows, name, (before + reader.share * size) / total
        before += size


def _publish(desk: _Desk, names: Sequence[str], out: Path) -> None:
    """Join the parts and put the output in its place."""
    new = desk.folder / "whole"
    parts = [desk.parts[number] for number in range(len(names))]
    if out.suffix:
        writers.joined(out.suffix.lower(), parts, new)
    else:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        for name, group in groupby(zip(names, parts, strict=True), itemgetter(0)):
            writers.partition([part for _, part in group], new / name)
        if out.is_dir():
            shutil.rmtree(out)
    new.replace(out)
