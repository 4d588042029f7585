"""Classifies files uploaded to the dashboard in a thread; results stay on disk."""

import io
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from core.classifiers.base import Classifier
from core.files import writers
from core.files.errors import BatchError
from core.files.limits import UPLOADED
from core.files.records import (
    CITATION_FIELDS,
    PAPER_FIELDS,
    SECTION_COLUMNS,
    Columns,
    Row,
    RowReader,
    chunked,
)
from core.files.upload_store import StoredFile
from core.files.writers import Result
from core.jobs import Job
from core.messages import PaperlensError
from core.prediction import reports
from core.prediction.batch import score_rows

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

CHUNK = 500
"""Rows written together."""
FIRST = 16
"""Rows classified at once while the model's speed is unknown."""
PAUSE = 0.25
"""The target time, in seconds, for rows classified at once, between two checks for a stop."""
MEASURED = 20_000
"""The maximum number of labelled rows that are evaluated, to limit memory."""
MAX_TEXT = 300
"""The maximum length of a text in the table of results."""

_lock = threading.Lock()
"""Only one job of a server classifies at a time."""


class Upload(StoredFile):
    """A file of rows to classify, and the job that classifies it.

    layout, head: the file's layout and its first five rows, once it is received.
    """

    job: "ClassificationJob | None" = None

    def receive(self, content: BinaryIO) -> None:
        """Write the file and read its beginning.

        Raises BatchError for a file that cannot be read, OSError where it cannot be written, such
        as on a full disk.
        """
        super().receive(content)
        try:
            file = RowReader(self.path, "archive", limits=UPLOADED).file
            self.layout, self.head = file.layout, file.head(5)
        except BatchError as problem:
            raise problem.renamed(self.name) from None

    def start(
        self, task: str, model: str, columns: Columns, load: Callable[[], Classifier]
    ) -> "ClassificationJob":
        """Start classifying the file, in a thread that gets the model from `load`."""
        if self.job:
            self.job.stop()
            self.job.wait()
            shutil.rmtree(self.job.table.parent, ignore_errors=True)
        self.job = job = ClassificationJob(self, task, model, columns)
        job.start(lambda: job.classify(load()), _lock)
        return job


@dataclass(frozen=True)
class ResultFilter:
    """A filter of results, by label, text, note and confidence.

    label: a predicted label; words: a phrase in the text; noted: only rows with a note; below: the
    exclusive upper bound of the best label's probability, 1 or more for none.
    """

    label: str = ""
    words: str = ""
    noted: bool = False
    below: float = 1.0


class ResultsError(PaperlensError, OSError):
    """Results cannot be read, because their upload was removed or classified again."""


class ClassificationJob(Job):
    """The classification of an upload; it continues without the visitor and ends with the upload.

    rows, noted: the number of rows done, and of those with a note; table: a Parquet file of
    results; report: the figures of `evaluate` on the first rows with labels, at most MEASURED,
    empty without any.
    """

    def __init__(self, upload: Upload, task: str, model: str, columns: Columns) -> None:
        super().__init__()
        self.upload, self.task, self.model, self.columns = upload, task, model, columns
        self.rows = self.noted = 0
        self.report: dict[str, Any] = {}
        self.table = Path(tempfile.mkdtemp(dir=upload.folder)) / "results.parquet"
        self._group = FIRST

    @property
    def left(self) -> float | None:
        """Estimated seconds until the end, None before there is an estimate."""
        return self.seconds * (1 / self.share - 1) if self.rows and self.share > 0.01 else None

    def classify(self, model: Classifier) -> None:
        """Classify the rows. Raises BatchError, and Stopped once the results so far are written."""
        import pyarrow.parquet as pq

        truth: list[str] = []
        measured: list[np.ndarray] = []
        try:
            reader = RowReader(self.upload.path, self.task, self.columns, UPLOADED)
            schema = _table((), (), np.zeros((0, 1)), 0).schema
            with pq.ParquetWriter(self.table, schema, compression="zstd") as writer:
                for chunk in chunked(reader, CHUNK):
                    before = self.rows
                    results, scores = self._score(model, chunk)
                    rows = chunk[: len(results)]
                    writer.write_table(_table(rows, results, scores, before))
                    self.noted += sum(bool(result.note) for result in results)
                    labelled = [i for i, row in enumerate(rows) if reports.has_truth(row, model)]
                    labelled = labelled[: MEASURED - len(truth)]
                    truth += [rows[i].truth for i in labelled]
                    measured.append(scores[labelled])
                    self.share = reader.file.share
                    if self.stopping:
                        break
        except BatchError as problem:
            raise problem.renamed(self.upload.name) from None
        if truth:
            self.report = reports.figures(model, self.task, truth, np.concatenate(measured))
        self.check()

    def _score(self, model: Classifier, rows: Sequence[Row]) -> tuple[list[Result], np.ndarray]:
        """Results and scores of rows, float32 (n, k); only of the first rows if stopped."""
        results: list[Result] = []
        parts: list[np.ndarray] = []
        while len(results) < len(rows) and not (results and self.stopping):
            started = time.monotonic()
            new_results, scores = score_rows(model, rows[len(results) : len(results) + self._group])
            pace = len(new_results) / max(time.monotonic() - started, 1e-9)
            self._group = min(CHUNK, max(1, int(pace * PAUSE)))
            results += new_results
            parts.append(scores)
            self.rows += len(new_results)
        return results, np.concatenate(parts)

    def page(self, wanted: ResultFilter, count: int) -> "tuple[int, pd.DataFrame]":
        """The number of results that pass a filter, and the first `count` of them.

        Columns: row, text, predicted, probability (of the best label), note, id. Raises
        ResultsError, as `labels` and `export` do.
        """
        with _database() as database:
            selected = _select(database, self.table, wanted)
            ((total,),) = selected.aggregate("count(*)").fetchall()
            columns = "row, text, predicted, probability, note, id"
            return total, selected.project(columns).limit(count).df()

    def labels(self) -> dict[str, int]:
        """How often each label was predicted, the most frequent first."""
        with _database() as database:
            counts = database.execute(
                "SELECT label, count(*) FROM (SELECT unnest(string_split(predicted, ' ')) AS label "
                "FROM read_parquet(?) WHERE predicted <> '') GROUP BY label "
                "ORDER BY count(*) DESC, label",
                [str(self.table)],
            )
            return dict(counts.fetchall())

    def export(self, wanted: ResultFilter, kind: str) -> bytes:
        """Results in the format of the command line's output; kind: the file's extension."""
        # On disk first, so that only a few pieces are in memory while they are joined.
        with _database() as database, tempfile.TemporaryFile() as file:
            selected = _select(database, self.table, wanted).project("id, predicted, scores, note")
            form = writers.FORMATS[kind]
            pieces = (
                io.BytesIO(form.encode([Result(**row) for row in batch.to_pylist()]))
                for batch in selected.to_arrow_reader(CHUNK * 20)
            )
            if kind == ".csv":
                # A byte order mark for Excel, as in every table of the dashboard.
                file.write(b"\xef\xbb\xbf")
            form.join(pieces, file)
            file.seek(0)
            return file.read()


def _table(
    rows: Sequence[Row], results: Sequence[Result], scores: np.ndarray, before: int
) -> "pa.Table":
    """Results with row numbers, texts, and the probability of the best label."""
    import pyarrow as pa

    best = np.round(scores.max(axis=1).astype(np.float64), 4)
    noted = np.array([bool(result.note) for result in results], bool)
    return (
        writers.table(results)
        .append_column("row", pa.array(range(before + 1, before + 1 + len(rows)), pa.int64()))
        .append_column("text", pa.array([row.text.strip() for row in rows], pa.string()))
        .append_column("probability", pa.array(best, mask=noted))
    )


@contextmanager
def _database() -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb

    config = {"memory_limit": "512MB", "threads": 2}
    try:
        with closing(duckdb.connect(config=config)) as database:
            yield database
    except duckdb.Error as problem:
        raise ResultsError(
            "The answers are no longer here: the file was removed or classified anew."
        ) from problem


def _select(
    database: "duckdb.DuckDBPyConnection", table: Path, wanted: ResultFilter
) -> "duckdb.DuckDBPyRelation":
    return database.sql(
        "SELECT * FROM read_parquet($table) WHERE "
        "($label = '' OR list_contains(string_split(predicted, ' '), $label)) "
        "AND ($words = '' OR contains(lower(text), lower($words))) "
        "AND (NOT $noted OR note <> '') AND ($below >= 1 OR probability < $below) ORDER BY row",
        params={"table": str(table), **asdict(wanted)},
    )


def columns_for(task: str, names: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each field of a task with the column for it, by name, or None."""
    lower = {name.strip().lower(): name for name in reversed(names)}
    aliases = {"string": ("text",), "section": SECTION_COLUMNS, "abstract": ("text", "string")}
    for field in CITATION_FIELDS if task == "intent" else PAPER_FIELDS:
        keys = (field, *(key.lower() for key in aliases.get(field, ())))
        yield field, next((lower[key] for key in keys if key in lower), None)
