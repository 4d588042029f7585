"""Many texts from a file to a file: read in order, classify by chunks, write whole or not."""

import csv
import gzip
import io
import json
import math
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core import store, text
from core.classifiers.base import Classifier, decide
from core.export import plain_cell, whole

CHUNK = 2_000
TOP = 20
LONGEST_CELL = 64 * 1024 * 1024
COLUMNS = ("id", "predicted", "scores", "note")
SECTION_COLUMNS = ("sectionName", "sectionname", "section")
TEXT_COLUMNS = ("title", "abstract", "string", "text")
INPUTS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
OUTPUTS = (".csv", ".jsonl", ".parquet")
NOT_KNOWN = "no word of the text is known to the model"


class BatchError(ValueError):
    """A file cannot be read or written; the message says which and why."""


@dataclass(frozen=True)
class Row:
    """One input row: its text, or in `note` why it has none; `truth` is its labels, if given."""

    id: str
    text: str
    truth: str = ""
    note: str = ""


Make = Callable[[dict[str, Any], int], Row]
"""How a record and its number become a row."""


@dataclass(frozen=True)
class Result:
    """One output row."""

    id: str
    predicted: str
    scores: str
    note: str


@dataclass(frozen=True)
class Summary:
    """What a run did: rows, rows with a note, the seconds it took, and those for classification.

    With several workers `classifying` is their mean.
    """

    rows: int
    noted: int
    seconds: float
    classifying: float


def _kind(path: Path, kinds: Sequence[str]) -> str:
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zst") and kinds is INPUTS:
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    if kind not in kinds:
        raise BatchError(f"{path.name} should end in one of {', '.join(kinds)}.")
    return kind


@contextmanager
def _open_bytes(path: Path) -> Iterator[io.BufferedIOBase]:
    with path.open("rb") as raw:
        if path.suffix.lower() == ".gz":
            yield gzip.GzipFile(fileobj=raw)
        elif path.suffix.lower() == ".zst":
            import pyarrow as pa

            # Unlike zstandard's own, Arrow's reader notices a missing end and reads every frame.
            yield io.BufferedReader(pa.input_stream(raw, compression="zstd"), 1 << 20)
        else:
            yield raw


def read_rows(path: Path, task: str = "archive") -> Iterator[Row]:
    """Every row of a file, in order; a bad row comes with a note instead of a text.

    For the task `intent` a row is a citation, for the others a paper.

    Raises BatchError for a file that cannot be read at all or has no column to classify.
    """
    kind = _kind(path, INPUTS)
    reader = {".csv": _csv_rows, ".tsv": _csv_rows, ".parquet": _parquet_rows}.get(kind, _json_rows)
    found = False
    try:
        for row in reader(path, citation if task == "intent" else paper):
            found = True
            yield row
    except FileNotFoundError:
        raise BatchError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BatchError(f"{path} is a folder, not a file.") from None
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise BatchError(f"{path.name} cannot be read: {error}.") from None
    if not found:
        raise BatchError(f"{path.name} is empty: it holds no rows.")


def _json_rows(path: Path, make: Make) -> Iterator[Row]:
    good = False
    with _open_bytes(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError):
                yield Row(str(number), "", note=f"line {number} is not valid JSON")
                continue
            if not isinstance(record, dict):
                yield Row(str(number), "", note=f"line {number} is not a JSON object")
                continue
            good = True
            yield make(record, number)
    if not good and path.stat().st_size:
        raise BatchError(f"{path.name} holds no JSON objects, one a line.")


def _csv_rows(path: Path, make: Make) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    delimiter = "\t" if _kind(path, INPUTS) == ".tsv" else ","
    with _open_bytes(path) as file:
        lines = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
        table = csv.reader((line.replace("\0", "") for line in lines), delimiter=delimiter)
        first = next((cells for cells in table if cells), [])
        header = [name.strip().lower() for name in first]
        if header:
            _check_columns(path, header)
        for number, cells in enumerate(table, 1):
            if not cells:
                continue
            if len(cells) > len(header):
                note = f"row {number} has {len(cells)} cells, the header {len(header)}"
                yield Row(str(number), "", note=note)
                continue
            yield make(dict(zip(header, cells, strict=False)), number)


def _parquet_rows(path: Path, make: Make) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            wanted = {"id", "categories", "label", "sectionName", "section", *TEXT_COLUMNS}
            names = [n for n in file.schema_arrow.names if n in wanted]
            number = 0
            for batch in file.iter_batches(CHUNK, columns=names):
                for record in batch.to_pylist():
                    number += 1
                    yield make(record, number)
    except pa.ArrowInvalid as error:
        raise BatchError(f"{path.name} is not a Parquet file: {error}.") from None


def _check_columns(path: Path, names: Sequence[str]) -> None:
    if not set(names) & set(TEXT_COLUMNS):
        raise BatchError(
            f"{path.name} has no column title, abstract, string or text; "
            f"its columns are {', '.join(repr(name[:40]) for name in names[:12])}."
        )


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else str(value)


def _first(record: dict[str, Any], keys: Sequence[str]) -> str:
    """The first of some cells that is not blank; empty where all are."""
    cells = (_cell(record.get(key)) for key in keys)
    return next((cell for cell in cells if cell.strip()), "")


def _name(record: dict[str, Any], number: int) -> str:
    # A lone surrogate, which JSON may hold, could not be written to any file.
    return _cell(record.get("id")).encode("utf-8", "replace").decode() or str(number)


def paper(record: dict[str, Any], number: int) -> Row:
    """A paper's row: `title`, `abstract` (else `string` or `text`), and its `categories`."""
    name = _name(record, number)
    title, abstract = _cell(record.get("title")), _cell(record.get("abstract"))
    if not (title.strip() or abstract.strip()):
        abstract = _first(record, ("string", "text"))
    if not (title.strip() or abstract.strip()):
        return Row(name, "", note=f"row {number} has neither a title nor an abstract")
    categories = record.get("categories")
    if isinstance(categories, list):
        categories = " ".join(map(_cell, categories))
    whole = text.paper_text(text.visible(title), text.visible(abstract))
    return Row(name, whole, _cell(categories))


def citation(record: dict[str, Any], number: int) -> Row:
    """A citation's row: `string` or `text`, the section's name if there is one, and its `label`."""
    name = _name(record, number)
    sentence = _first(record, ("string", "text"))
    if not sentence:
        return Row(name, "", note=f"row {number} has no sentence in string or text")
    section = _first(record, SECTION_COLUMNS)
    whole = text.citation_text(text.visible(sentence), text.visible(section))
    return Row(name, whole, _cell(record.get("label")).strip())


def classify_rows(model: Classifier, rows: Sequence[Row]) -> list[Result]:
    """One result a row, in order; rows without a text or a known word keep or get a note."""
    # The last text is empty: a paper without a known word scores as it does, so only rows that do
    # are worth a second look. Of a citation the section and unknown words have a say too.
    scores = model.predict_scores([row.text for row in rows] + [""])
    blank = (scores[:-1] == scores[-1]).all(axis=1) | (not model.multilabel)
    scores = scores[:-1]
    chosen = decide(scores, model.thresholds)
    order = np.argsort(-scores, axis=1, kind="stable")
    rounded = np.round(scores.astype(np.float64), 4)
    return [
        Result(row.id, "", "{}", row.note or NOT_KNOWN)
        if row.note or (blank[i] and model.known(row.text)[0] == 0)
        else _result(model.labels, row.id, rounded[i].tolist(), chosen[i], order[i].tolist())
        for i, row in enumerate(rows)
    ]


def _result(
    labels: Sequence[str], name: str, scores: list[float], chosen: np.ndarray, order: list[int]
) -> Result:
    predicted = " ".join(labels[j] for j in order if chosen[j])
    best = {labels[j]: scores[j] for j in order[:TOP]}
    return Result(name, predicted, json.dumps(best), "")


Timed = tuple[list[Result], float]
"""The results of a chunk, and the seconds it took to classify."""

_worker_model: Classifier | None = None


def _start_worker(task: str, name: str) -> None:
    global _worker_model
    _worker_model = store.load(store.find(task, name))


def _work(rows: list[Row]) -> Timed:
    assert _worker_model is not None
    return _timed(_worker_model, rows)


def _timed(model: Classifier, rows: list[Row]) -> Timed:
    started = time.perf_counter()
    return classify_rows(model, rows), time.perf_counter() - started


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _in_parallel(task: str, name: str, rows: Iterable[Row], workers: int) -> Iterator[Timed]:
    """Results chunk by chunk in the rows' order, never more than two chunks a worker under way."""
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (task, name)) as pool:
        waiting: list[Future[Timed]] = []
        for chunk in _chunks(rows):
            waiting.append(pool.submit(_work, chunk))
            if len(waiting) >= 2 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


class Writer(Protocol):
    """Takes results chunk by chunk."""

    def write(self, results: list[Result]) -> None:
        """Append results."""

    def close(self) -> None:
        """Complete the file."""


class _CsvWriter:
    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8", newline="")
        self.table = csv.writer(self.file)
        self.table.writerow(COLUMNS)

    def write(self, results: list[Result]) -> None:
        self.table.writerows(
            (plain_cell(r.id), r.predicted, r.scores, plain_cell(r.note)) for r in results
        )

    def close(self) -> None:
        self.file.close()


class _JsonWriter:
    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8")

    def write(self, results: list[Result]) -> None:
        for r in results:
            record = {"id": r.id, "predicted": r.predicted, "scores": json.loads(r.scores)}
            self.file.write(json.dumps(record | {"note": r.note}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self.file.close()


class _ParquetWriter:
    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.pa = pa
        self.schema = pa.schema([(name, pa.string()) for name in COLUMNS])
        self.file = pq.ParquetWriter(path, self.schema, compression="zstd")

    def write(self, results: list[Result]) -> None:
        columns = {name: [getattr(r, name) for r in results] for name in COLUMNS}
        self.file.write_table(self.pa.table(columns, self.schema))

    def close(self) -> None:
        self.file.close()


WRITERS: dict[str, Callable[[Path], Writer]] = {
    ".csv": _CsvWriter,
    ".jsonl": _JsonWriter,
    ".parquet": _ParquetWriter,
}


def classify_file(
    source: Path,
    out: Path,
    task: str,
    name: str | None = None,
    workers: int = 1,
    progress: Callable[[int, float], None] = lambda rows, seconds: None,
) -> Summary:
    """Classify every row of a file into another.

    progress: called after each chunk with the rows done and the seconds since the start.
    Raises BatchError for files, store.ModelError for the model.
    """
    write = WRITERS[_kind(out, OUTPUTS)]
    if out.resolve() == source.resolve():
        raise BatchError(f"{out.name} is the file to read; write to another.")
    card = store.find(task, name)
    rows = read_rows(source, task)
    model = store.load(card)
    model.predict_scores([""])  # builds the look-up tables, once
    done = noted = 0
    classifying = 0.0
    started = time.perf_counter()
    with whole(out) as scratch:
        writer = write(scratch)
        try:
            if workers > 1:
                results = _in_parallel(task, card.name, rows, workers)
            else:
                results = (_timed(model, chunk) for chunk in _chunks(rows))
            for chunk, seconds in results:
                classifying += seconds / workers
                writer.write(chunk)
                done += len(chunk)
                noted += sum(bool(r.note) for r in chunk)
                progress(done, time.perf_counter() - started)
        finally:
            writer.close()
    return Summary(done, noted, time.perf_counter() - started, classifying)
