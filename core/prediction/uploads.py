"""A file brought to the dashboard, classified in a thread.

What comes out lies beside the file and is looked at through DuckDB, so that memory stays flat.
"""

import io
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from core.classifiers.base import Classifier
from core.files import writers
from core.files.limits import UPLOADED, BatchError
from core.files.readers import CITATION_FIELDS, PAPER_FIELDS, Columns, Reader, chunked
from core.files.records import SECTION_COLUMNS, Row
from core.files.upload_store import StoredFile
from core.files.writers import Result
from core.i18n import carry, say
from core.messages import PaperlensError
from core.prediction import reports
from core.prediction.batch import score_rows

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

CHUNK = 500
"""Rows that are written together."""
FIRST = 16
"""Rows that are given to a model whose speed is not known yet."""
PAUSE = 0.25
"""Seconds, about, between two looks at whether to stop: as many rows are classified at once."""
MEASURED = 20_000
"""So many labelled rows are measured; more would only take memory."""
WORDS = 300
"""Characters of a text that the table of results shows."""
RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"

log = logging.getLogger(__name__)
_one = threading.Lock()
"""One file at a time is classified on a server; others wait their turn."""


class Upload(StoredFile):
    """A file of rows to classify. Its run goes with it, or is stopped by the next one."""

    run: "Run | None" = None

    def receive(self, content: BinaryIO) -> None:
        """Write the file and read its beginning: `layout`, and `head`, the first five rows.

        Raises BatchError for a file that cannot be read; the message says why. OSError where it
        cannot be written, as on a full disk.
        """
        super().receive(content)
        try:
            reader = self.reader("archive")
            self.layout, self.head = reader.layout, reader.head(5)
        except BatchError as problem:
            raise self.told(problem) from None

    def reader(self, task: str, columns: Columns | None = None) -> Reader:
        """Its rows."""
        return Reader(self.path, task, columns, UPLOADED)

    def told(self, problem: BatchError) -> BatchError:
        """A problem under the name that the file had."""
        return BatchError(str(problem).replace(self.path.name, self.name))

    def start(
        self, task: str, name: str, columns: Columns, load: Callable[[], Classifier]
    ) -> "Run":
        """Classify it anew. `load` gives the model, in the thread that works."""
        if self.run:
            self.stop()
            self.wait()
            shutil.rmtree(self.run.table.parent, ignore_errors=True)
        self.run = Run(self, task, name, columns, load)
        return self.run

    def stop(self) -> None:
        """Ask the run under way to stop; returns at once."""
        if self.run:
            self.run.stop()

    def wait(self) -> None:
        """Wait for the end of the run."""
        if self.run:
            self.run.wait()


@dataclass(frozen=True)
class View:
    """Which results to look at: of a label, with words in the text, with a note, of low confidence.

    below: the probability of the best label that it must be under; 1 and more for any.
    """

    label: str = ""
    words: str = ""
    noted: bool = False
    below: float = 1.0


class ResultsError(PaperlensError, OSError):
    """The results of a run cannot be read, as their upload was removed or classified anew."""


class Run:
    """The classification of an upload, under way or ended. Other threads may read it and stop it.

    It needs no visitor who watches. Where none comes back it ends with its upload, which the store
    removes once its time to live is over.

    report: the figures of `evaluate` on the first rows with labels, MEASURED at most; empty where
    there are none.
    """

    def __init__(
        self,
        upload: Upload,
        task: str,
        name: str,
        columns: Columns,
        load: Callable[[], Classifier],
    ) -> None:
        self.upload, self.task, self.model, self.columns = upload, task, name, columns
        self.status, self.error = RUNNING, ""
        self.rows = self.noted = 0
        self.share = 0.0
        self.report: dict[str, Any] = {}
        self.table = Path(tempfile.mkdtemp(dir=upload.folder)) / "results.parquet"
        self._began = self._ended = 0.0
        self._group = FIRST
        self._stop, self._over = threading.Event(), threading.Event()
        # Notes and errors are for whoever brought the file.
        work = carry(self._work)
        threading.Thread(target=work, args=(load,), daemon=True, name="upload").start()

    def stop(self) -> None:
        """Ask it to stop; it does so within a moment and keeps what it has."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; whether it has."""
        return self._over.wait(seconds)

    @property
    def waiting(self) -> bool:
        """Whether it waits for another upload's turn to end."""
        return self.status == RUNNING and not self._began

    @property
    def seconds(self) -> float:
        """How long it has taken, without waiting."""
        return (self._ended or time.monotonic()) - self._began if self._began else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the end, at the pace so far; None before that can be told."""
        return self.seconds * (1 / self.share - 1) if self.rows and self.share > 0.01 else None

    def _work(self, load: Callable[[], Classifier]) -> None:
        status = FAILED
        try:
            while not _one.acquire(timeout=0.1):
                if self._stop.is_set():
                    break
            else:
                try:
                    self._began = time.monotonic()
                    self._classify(load())
                finally:
                    _one.release()
            status = STOPPED if self._stop.is_set() else DONE
        except BatchError as problem:
            self.error = str(self.upload.told(problem))
        except BaseException as problem:
            # Whatever goes wrong ends this run and nothing else.
            log.exception("an upload could not be classified")
            self.error = say(
                "It could not be classified ({kind}: {problem}).",
                kind=type(problem).__name__,
                problem=problem,
            )
        self._ended = time.monotonic()
        self.status = status
        self._over.set()

    def _classify(self, model: Classifier) -> None:
        import pyarrow.parquet as pq

        reader = self.upload.reader(self.task, self.columns)
        measure = _Measure(model, self.task)
        with pq.ParquetWriter(self.table, _table([], [], 0).schema, compression="zstd") as writer:
            for chunk in chunked(reader, CHUNK):
                before = self.rows
                found, scores = self._score(model, chunk)
                rows = chunk[: len(found)]
                writer.write_table(_table(rows, found, before))
                measure.add(rows, scores)
                self.noted += sum(bool(result.note) for result in found)
                self.share = reader.share
                if self._stop.is_set():
                    break
        self.report = measure.report()

    def _score(self, model: Classifier, rows: Sequence[Row]) -> tuple[list[Result], np.ndarray]:
        """Results and scores of rows, float32 (n, k); once stopped, of the first of them only."""
        found: list[Result] = []
        parts: list[np.ndarray] = []
        while len(found) < len(rows) and not (found and self._stop.is_set()):
            began = time.monotonic()
            some, scores = score_rows(model, rows[len(found) : len(found) + self._group])
            pace = len(some) / max(time.monotonic() - began, 1e-9)
            self._group = min(CHUNK, max(1, int(pace * PAUSE)))
            found += some
            parts.append(scores)
            self.rows += len(some)
        return found, np.concatenate(parts)

    def page(self, view: View, count: int) -> "tuple[int, pd.DataFrame]":
        """How many results a view has, and the first of them.

        Columns: row, text, predicted, probability (of the best label), note, id. Raises
        ResultsError, as `labels` and `export` do.
        """
        with _database() as database:
            found = _select(database, self.table, view)
            ((total,),) = found.aggregate("count(*)").fetchall()
            wanted = "row, text, predicted, probability, note, id"
            return total, found.project(wanted).limit(count).df()

    def labels(self) -> dict[str, int]:
        """How often each label was predicted, most often first."""
        with _database() as database:
            found = database.execute(
                "SELECT label, count(*) FROM (SELECT unnest(string_split(predicted, ' ')) AS label "
                "FROM read_parquet(?) WHERE predicted <> '') GROUP BY label "
                "ORDER BY count(*) DESC, label",
                [str(self.table)],
            )
            return dict(found.fetchall())

    def export(self, view: View, kind: str) -> bytes:
        """The results of a view as the command line writes its output; kind: the file's ending."""
        # On disk first: while the pieces are joined memory holds a few of them.
        with _database() as database, tempfile.TemporaryFile() as file:
            found = _select(database, self.table, view).project("id, predicted, scores, note")
            reader = found.to_arrow_reader(CHUNK * 20)
            pieces = (writers.FORMATS[kind].encode(_results(batch)) for batch in reader)
            if kind == ".csv":
                # For Excel, as every table that the dashboard hands out.
                file.write(b"\xef\xbb\xbf")
            writers.FORMATS[kind].join(map(io.BytesIO, pieces), file)
            file.seek(0)
            return file.read()


def _results(batch: "pa.RecordBatch") -> list[Result]:
    columns = (batch.column(name).to_pylist() for name in writers.COLUMNS)
    return [Result(*cells) for cells in zip(*columns, strict=True)]


def _table(rows: Sequence[Row], found: Sequence[Result], before: int) -> "pa.Table":
    """Results with their row's number and text, and the probability of the best label."""
    import pyarrow as pa

    table = writers.table(found)
    best = [_best(result) for result in found]
    return (
        table.append_column("row", pa.array(range(before + 1, before + 1 + len(rows)), pa.int64()))
        .append_column("text", pa.array([row.text.strip() for row in rows], pa.string()))
        .append_column("probability", pa.array(best, pa.float64()))
    )


def _best(result: Result) -> float | None:
    """The first probability of the scores, which begin with the best label."""
    _, colon, rest = result.scores.partition('": ')
    return float(rest.partition(",")[0].rstrip("}")) if colon else None


@contextmanager
def _database() -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb

    config = {"memory_limit": "512MB", "threads": 2}
    try:
        with closing(duckdb.connect(config=config)) as database:
            yield database
    except duckdb.Error as problem:
        raise ResultsError(
            say("The answers are no longer here: the file was removed or classified anew.")
        ) from problem


def _select(
    database: "duckdb.DuckDBPyConnection", table: Path, view: View
) -> "duckdb.DuckDBPyRelation":
    return database.sql(
        "SELECT * FROM read_parquet($table) WHERE "
        "($label = '' OR list_contains(string_split(predicted, ' '), $label)) "
        "AND ($words = '' OR contains(lower(text), lower($words))) "
        "AND (NOT $noted OR note <> '') AND ($below >= 1 OR probability < $below) ORDER BY row",
        params={
            "table": str(table),
            "label": view.label,
            "words": view.words,
            "noted": view.noted,
            "below": view.below,
        },
    )


class _Measure:
    """Scores and true labels of the first rows that have some."""

    def __init__(self, model: Classifier, task: str) -> None:
        self.model, self.task = model, task
        self.truth: list[str] = []
        self.scores: list[np.ndarray] = []

    def add(self, rows: Sequence[Row], scores: np.ndarray) -> None:
        """Take the labelled rows of a chunk."""
        good = [i for i, row in enumerate(rows) if reports.has_truth(row, self.model)]
        good = good[: MEASURED - len(self.truth)]
        self.truth += [rows[i].truth for i in good]
        self.scores.append(scores[good])

    def report(self) -> dict[str, Any]:
        """The figures; empty where no row had labels."""
        if not self.truth:
            return {}
        return reports.figures(self.model, self.task, self.truth, np.concatenate(self.scores))


def columns_for(task: str, names: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each field of a task with the column that holds it by name, None where none does."""
    lower = {name.strip().lower(): name for name in reversed(names)}
    also = {"string": ("text",), "section": SECTION_COLUMNS, "abstract": ("text", "string")}
    for field in CITATION_FIELDS if task == "intent" else PAPER_FIELDS:
        keys = (field, *(key.lower() for key in also.get(field, ())))
        yield field, next((lower[key] for key in keys if key in lower), None)
