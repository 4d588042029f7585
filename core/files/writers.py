"""Result files: results are encoded in pieces, and the pieces joined."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from core.files.export import escape_formula

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("id", "predicted", "scores", "note")
PIECES_PER_ROW_GROUP = 25
"""The number of pieces per row group of a Parquet file."""
MARKER = "paperlens"
"""A metadata key that identifies the files of an output folder."""


@dataclass(frozen=True)
class Result:
    """One output row; scores: a JSON object, empty where there is a note."""

    id: str
    predicted: str
    scores: str
    note: str


def _csv(results: Sequence[Result]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        (escape_formula(r.id), r.predicted, r.scores, escape_formula(r.note)) for r in results
    )
    return out.getvalue().encode()


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(results: Sequence[Result]) -> bytes:
    # The scores are JSON already.
    return "".join(
        f'{{"id": {_string(r.id)}, "predicted": {_string(r.predicted)}, "scores": {r.scores}, '
        f'"note": {_string(r.note)}}}\n'
        for r in results
    ).encode()


def table(results: Sequence[Result]) -> "pa.Table":
    """Results as an Arrow table of string columns."""
    import pyarrow as pa

    columns = {name: [getattr(r, name) for r in results] for name in COLUMNS}
    return pa.table(columns, pa.schema([(name, pa.string()) for name in COLUMNS]))


def _parquet(results: Sequence[Result]) -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table(results), out, compression="zstd")
    return out.getvalue()


def _append(pieces: Iterable[BinaryIO], out: BinaryIO, head: bytes = b"") -> None:
    out.write(head)
    for piece in pieces:
        shutil.copyfileobj(piece, out, 1 << 20)


def _append_parquet(
    pieces: Iterable[BinaryIO], out: BinaryIO, metadata: Mapping[str, str] | None = None
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = table(()).schema
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        gathered: list[Any] = []
        for piece in pieces:
            # In this thread alone: an Arrow thread that still holds a Python file when the program
            # ends, as it does at once where the disk is full, aborts it.
            gathered.append(pq.ParquetFile(piece).read(use_threads=False))
            if len(gathered) == PIECES_PER_ROW_GROUP:
                writer.write_table(pa.concat_tables(gathered))
                gathered.clear()
        if gathered:
            writer.write_table(pa.concat_tables(gathered))
        if metadata:
            writer.add_key_value_metadata(metadata)


@dataclass(frozen=True)
class Format:
    """Functions that encode results, and that join the encoded pieces into a file."""

    encode: Callable[[Sequence[Result]], bytes]
    join: Callable[[Iterable[BinaryIO], BinaryIO], None]


FORMATS = {
    ".csv": Format(
        _csv, lambda pieces, out: _append(pieces, out, ",".join(COLUMNS).encode() + b"\r\n")
    ),
    ".jsonl": Format(_json, _append),
    ".parquet": Format(_parquet, _append_parquet),
}


def encoded(kind: str, chunks: Iterable[Sequence[Result]]) -> bytes:
    """Results, one chunk at a time, as one piece of a file of a kind."""
    form = FORMATS[kind]
    if kind != ".parquet":
        return b"".join(map(form.encode, chunks))
    out = io.BytesIO()
    form.join((io.BytesIO(form.encode(chunk)) for chunk in chunks), out)
    return out.getvalue()


def _opened(pieces: Sequence[Path]) -> Iterator[BinaryIO]:
    for piece in pieces:
        with piece.open("rb") as file:
            yield file


def joined(kind: str, pieces: Sequence[Path], target: Path) -> None:
    """Join pieces, in order, into one file."""
    with target.open("wb") as out:
        FORMATS[kind].join(_opened(pieces), out)


def partition(pieces: Sequence[Path], target: Path) -> None:
    """Join pieces into a Parquet file of an output folder, marked as such."""
    with target.open("wb") as out:
        _append_parquet(_opened(pieces), out, {MARKER: "a file of an output folder"})


def is_partition(path: Path) -> bool:
    """Whether this is a file that `partition` wrote."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return MARKER.encode() in (pq.read_metadata(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False
