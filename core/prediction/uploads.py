"""Answers for files uploaded to the dashboard in a thread; answers stay on disk."""

import io
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from core import taxonomy
from core.files import own_columns, writers
from core.files.errors import BatchError
from core.files.limits import UPLOADED
from core.files.records import Columns, Row, RowReader, chunked
from core.files.upload_store import StoredFile
from core.files.writers import Line, Sheet
from core.jobs import Job
from core.messages import Message, PaperlensError
from core.prediction.answer import CERTAINTIES
from core.prediction.questions import Question, Respondent
from core.prediction.reports import Measured, best_are_right

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
MAX_TEXT, MAX_NAME = 300, 80
"""The maximum length of a text in the table of results, and where it only names a row."""

GONE = Message("The answers are no longer here: the file was removed or classified anew.")

PROBLEMS_FIRST = """note = '', certainty = 'sure', certainty = 'unsure', row"""
"""Of the order of rows: false comes before true."""

_lock = threading.Lock()
"""Only one job of a server works at a time."""


class Upload(StoredFile):
    """A file of rows to ask about, and the job that answers.

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
        self, question: Question, columns: Columns, load: Callable[[], Respondent]
    ) -> "ClassificationJob":
        """Start answering for the file, in a thread that gets the loaded models from `load`."""
        if self.job:
            self.job.stop()
            self.job.wait()
            shutil.rmtree(self.job.table.parent, ignore_errors=True)
        self.job = job = ClassificationJob(self, question, columns)
        job.start(lambda: job.classify(load()), _lock)
        return job


@dataclass(frozen=True)
class ResultFilter:
    """A filter of results, by label, text, note and confidence.

    label: a predicted label; words: a phrase in the text; noted: only rows with a note; below: the
    exclusive upper bound of the best label's probability, 1 or more for none; certainty: of a
    suggestion.
    """

    label: str = ""
    words: str = ""
    noted: bool = False
    below: float = 1.0
    certainty: str = ""


class ResultsError(PaperlensError, OSError):
    """Results cannot be read, because their upload was removed or classified again."""


class ClassificationJob(Job):
    """The answers for an upload; it continues without the visitor and ends with the upload.

    rows, noted: the number of rows done, and of those with a note; table: a Parquet file of
    results; report: the figures of `evaluate` on the first rows with labels, at most MEASURED,
    empty without any; right: of how many the suggested primary category or the best label is right.
    """

    def __init__(self, upload: Upload, question: Question, columns: Columns) -> None:
        super().__init__()
        self.upload, self.question, self.columns = upload, question, columns
        self.task, self.model = question.task, question.model
        self.rows = self.noted = self.right = 0
        self.report: dict[str, Any] = {}
        self.table = Path(tempfile.mkdtemp(dir=upload.folder)) / "results.parquet"
        self._group = FIRST

    @property
    def left(self) -> float | None:
        """Estimated seconds until the end, None before there is an estimate."""
        return self.seconds * (1 / self.share - 1) if self.rows and self.share > 0.01 else None

    def classify(self, respondent: Respondent) -> None:
        """Answer for the rows. Raises BatchError, and Stopped once the results are written."""
        import pyarrow.parquet as pq

        measured: Measured | None = None
        sheet = Sheet(self.question.columns)
        try:
            reader = self._reader()
            schema = _table(sheet, (), (), np.zeros((0, 1)), 0).schema
            with pq.ParquetWriter(self.table, schema, compression="zstd") as writer:
                for chunk in chunked(reader, CHUNK):
                    before = self.rows
                    answers, scores = self._ask(respondent, chunk)
                    rows = chunk[: len(answers)]
                    writer.write_table(_table(sheet, rows, answers, scores, before))
                    self.noted += sum(bool(answer.note) for answer in answers)
                    measured = measured or Measured(respondent.model, MEASURED)
                    self._measure(measured, rows, answers, scores)
                    self.share = reader.file.share
                    if self.stopping:
                        break
        except BatchError as problem:
            raise problem.renamed(self.upload.name) from None
        if measured and (measured.truth or measured.unknown):
            self.report = measured.report() | {"unknown_labels": measured.unknown}
        self.check()

    def _reader(self, own: bool = False) -> RowReader:
        return RowReader(self.upload.path, self.task, self.columns, UPLOADED, own)

    def _ask(self, respondent: Respondent, rows: Sequence[Row]) -> tuple[list[Any], np.ndarray]:
        """Answers and scores of rows, float32 (n, k); only of the first rows if stopped."""
        answers: list[Any] = []
        parts: list[np.ndarray] = []
        while len(answers) < len(rows) and not (answers and self.stopping):
            started = time.monotonic()
            new, scores = respondent.ask(rows[len(answers) : len(answers) + self._group])
            pace = len(new) / max(time.monotonic() - started, 1e-9)
            self._group = min(CHUNK, max(1, int(pace * PAUSE)))
            answers += new
            parts.append(scores)
            self.rows += len(new)
        return answers, np.concatenate(parts)

    def _measure(
        self, measured: Measured, rows: Sequence[Row], answers: Sequence[Any], scores: np.ndarray
    ) -> None:
        """Compare answers with the labels of their rows."""
        chosen = measured.select(rows)
        is_suggested = np.array([not answers[i].note for i in chosen], bool)
        measured.add([rows[i] for i in chosen], scores[chosen], is_suggested)
        if self.question.suggests:
            self.right += sum(
                answers[i].primary == taxonomy.primary_of(rows[i].truth) for i in chosen
            )
        elif chosen:
            truths = [rows[i].truth for i in chosen]
            self.right += best_are_right(measured.model, truths, scores[chosen])

    def page(
        self, wanted: ResultFilter, count: int, problems_first: bool = False
    ) -> "tuple[int, pd.DataFrame]":
        """The number of results that pass a filter, and the first `count` of them.

        Columns: row, text, those of the answer, probability (of the best label), note, id.
        problems_first: rows with a note, then unsure ones, then the others; else all in order.
        Raises ResultsError, as `label_sets` and `export` do.
        """
        names = [n for n, _ in self.question.columns if n not in ("id", "scores", "note")]
        with _database() as database:
            selected = _select(database, self.table, wanted)
            ((total,),) = selected.aggregate("count(*)").fetchall()
            columns = _quoted(("row", "text", *names, "probability", "note", "id"))
            order = PROBLEMS_FIRST if problems_first else "row"
            return total, selected.order(order).project(columns).limit(count).df()

    def certainties(self) -> dict[str, int]:
        """How often each certainty of a suggestion occurs."""
        with _database() as database:
            counts = database.execute(
                "SELECT certainty, count(*) FROM read_parquet(?) GROUP BY certainty",
                [str(self.table)],
            )
            found = dict(counts.fetchall())
        return {certainty: found.get(certainty, 0) for certainty in CERTAINTIES}

    def label_sets(self) -> dict[str, int]:
        """How often each set of labels, separated by blanks, is the answer; the first is best."""
        with _database() as database:
            counts = database.execute(
                "SELECT labels, count(*) FROM read_parquet(?) WHERE labels <> '' GROUP BY labels",
                [str(self.table)],
            )
            return dict(counts.fetchall())

    def export(self, wanted: ResultFilter, kind: str) -> bytes:
        """Results in the format of the command line's output; kind: the file's extension.

        Raises BatchError where a file of that kind cannot hold them.
        """
        form = writers.FORMATS[kind]
        sheet = Sheet(self.question.columns)
        # On disk first, so that only a few pieces are in memory while they are joined.
        with _database() as database, tempfile.TemporaryFile() as file:
            names = _quoted(("row", *(name for name, _ in self.question.columns)))
            selected = _select(database, self.table, wanted).order("row").project(names)
            batches = (batch.to_pylist() for batch in selected.to_arrow_reader(CHUNK * 20))
            lines: Iterator[list[Line]] = ([({}, _values(r)) for r in batch] for batch in batches)
            if self.question.suggests and not form.of_references:
                sheet = writers.beside(
                    self.question.columns,
                    own_columns.find([self._reader().file], typed=kind == ".parquet"),
                )
            if self.question.suggests or form.of_references:
                lines = self._with_own(batches, kind)
            if kind == ".csv":
                # A byte order mark for Excel, as in every table of the dashboard.
                file.write(b"\xef\xbb\xbf")
            form.join(sheet, (io.BytesIO(form.encode(sheet, part)) for part in lines), file)
            file.seek(0)
            return file.read()

    def _with_own(self, batches: Iterable[list[dict[str, Any]]], kind: str) -> Iterator[list[Line]]:
        """Lines with the file's own cells, which are read once more; batches: in order of rows."""
        numbered = enumerate(_as_results(self._reader(own=True)), 1)
        for batch in batches:
            lines: list[Line] = []
            for record in batch:
                row = next(row for number, row in numbered if number == record["row"])
                lines.append((writers.own_cells(kind, row), _values(record)))
            yield lines


def count_labels(
    label_sets: Mapping[str, int], as_label: Callable[[str], str] = str
) -> dict[str, tuple[int, int]]:
    """How many rows have each label, and for how many it is the first; the most frequent first.

    label_sets: of `ClassificationJob`; as_label: what a label is counted as, such as its archive.
    """
    totals, firsts = Counter[str](), Counter[str]()
    for labels, n in label_sets.items():
        names = list(dict.fromkeys(map(as_label, labels.split())))
        totals.update(dict.fromkeys(names, n))
        firsts[names[0]] += n
    order = sorted(totals, key=lambda label: (-totals[label], -firsts[label], label))
    return {label: (totals[label], firsts[label]) for label in order}


def _as_results(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows. Raises ResultsError where their file is gone or changed."""
    try:
        yield from rows
    except (BatchError, OSError) as problem:
        raise ResultsError(GONE) from problem


def _quoted(names: Iterable[str]) -> str:
    """Columns for SQL, in which `primary` is a keyword."""
    return ", ".join(f'"{name}"' for name in names)


def _values(record: dict[str, Any]) -> list[Any]:
    """The cells of an answer, which follow the number of its row."""
    return list(record.values())[1:]


def _table(
    sheet: Sheet, rows: Sequence[Row], answers: Sequence[Any], scores: np.ndarray, before: int
) -> "pa.Table":
    """Answers with row numbers, texts, labels, and the probability of the best label."""
    import pyarrow as pa

    best = np.round(scores.max(axis=1).astype(np.float64), 4)
    noted = np.array([bool(answer.note) for answer in answers], bool)
    more = {
        "row": pa.array(range(before + 1, before + 1 + len(rows)), pa.int64()),
        "text": pa.array([row.text for row in rows], pa.string()),
        "labels": pa.array([answer.labels for answer in answers], pa.string()),
        "probability": pa.array(best, mask=noted),
        "id": pa.array([row.id for row in rows], pa.string()),
        "certainty": pa.array([""] * len(rows), pa.string()),
    }
    found = writers.table(sheet, [({}, answer) for answer in answers])
    for name, column in more.items():
        if name not in found.column_names:
            found = found.append_column(name, column)
    return found


@contextmanager
def _database() -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb

    config = {"memory_limit": "512MB", "threads": 2}
    try:
        with closing(duckdb.connect(config=config)) as database:
            yield database
    except duckdb.Error as problem:
        raise ResultsError(GONE) from problem


def _select(
    database: "duckdb.DuckDBPyConnection", table: Path, wanted: ResultFilter
) -> "duckdb.DuckDBPyRelation":
    return database.sql(
        "SELECT * FROM read_parquet($table) WHERE "
        "($label = '' OR list_contains(string_split(labels, ' '), $label)) "
        "AND ($certainty = '' OR certainty = $certainty) "
        "AND ($words = '' OR contains(lower(text), lower($words))) "
        "AND (NOT $noted OR note <> '') AND ($below >= 1 OR probability < $below)",
        params={"table": str(table), **asdict(wanted)},
    )


def first_words(text: str) -> str:
    """The beginning of a text on one line, to tell it from others."""
    return " ".join(text[: 4 * MAX_NAME].split())[:MAX_NAME]
