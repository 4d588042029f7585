"""A corpus turned once into Parquet, so that counting its papers takes a fraction of a second.

One folder a corpus: `papers.parquet` with a row a paper (numbers, and the lower-case text that is
searched), `counts.parquet` with the papers of each month and combination of categories,
`combinations.parquet` with those, and `card.json`. The text is not compressed: it is searched from
the system's file cache at the speed of memory.
"""

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core import settings
from core.corpora import arxiv, blocks
from core.files import locks
from core.files.compression import TooMuch, check_unpacked, compression
from core.i18n import carry, say
from core.messages import PaperlensError
from core.taxonomy import split_categories

FORGOTTEN = 3600.0  # seconds after which a scratch folder without a lock is nobody's

VERSION = 4
"""Of the files' form; a cache of another version is made anew."""

CARD, PAPERS, COUNTS, COMBINATIONS = (
    "card.json",
    "papers.parquet",
    "counts.parquet",
    "combinations.parquet",
)
SCRATCH = ".new-"
COLUMNS = ("categories",)
OPTIONAL = ("id", "title", "abstract", "authors", "authors_parsed", "versions", "license")
MEMORY = "800MB"
GROUP_ROWS = 20_000
HEAD_BYTES = 4 << 20
DAMAGED_NAMED = 5

Progress = Callable[[float, str], None]

# In months since the year 0, as `arxiv.year_of` reads an id; 0 where it tells none.
MONTH = r"""
CASE
WHEN regexp_full_match(id, '\d\d(0[1-9]|1[0-2])\.\d{4,5}(v\d+)?')
THEN 12 * (2000 + CAST(id[1:2] AS INTEGER)) + CAST(id[3:4] AS INTEGER) - 1
WHEN regexp_full_match(id, '[a-z-]+(\.[A-Z]{2})?/\d\d(0[1-9]|1[0-2])\d{3}(v\d+)?')
THEN 12 * (CAST(split_part(id, '/', 2)[1:2] AS INTEGER)
     + CASE WHEN CAST(split_part(id, '/', 2)[1:2] AS INTEGER) >= 91 THEN 1900 ELSE 2000 END)
     + CAST(split_part(id, '/', 2)[3:4] AS INTEGER) - 1
ELSE 0 END
"""

# Affiliations stand in brackets. A regular expression costs as much as all the rest, and most
# papers need none.
AUTHORS = r"""
len(string_split(replace(replace(
    CASE WHEN contains(authors, '(') THEN regexp_replace(authors, '\s*\([^()]*\)', '', 'g')
         ELSE authors END,
    ' and ', ','), ',,', ','), ','))
"""

# A line end within a title or an abstract is a blank to whoever searches, and so is the indent that
# arXiv's titles have after it.
SELECT = rf"""
SELECT
    paper,
    combination,
    CAST({MONTH} AS USMALLINT) AS month,
    CAST(length(title) AS UINTEGER) AS title_length,
    CAST(length(abstract) AS UINTEGER) AS abstract_length,
    CAST(coalesce(
        nullif(TRY(json_array_length(authors_parsed)), 0),
        CASE WHEN authors <> '' THEN {AUTHORS} END
    ) AS UINTEGER) AS authors,
    CAST(nullif(TRY(json_array_length(versions)), 0) AS UINTEGER) AS versions,
    nullif(license, '') AS license,
    lower(concat_ws(' ',
        replace(replace(title, E'\n', ' '), '   ', ' '), replace(abstract, E'\n', ' '))) AS text
FROM arriving
"""  # noqa: S608


class CacheError(PaperlensError, OSError):
    """A converted corpus cannot be written or read; one sentence says which and why."""


class Stopped(Exception):
    """A conversion that was stopped; nothing of it is left."""


@dataclass(frozen=True)
class Cached:
    """A converted corpus and what was found on the way.

    damaged: lines that hold no paper, the first few named in `places`; skipped_lines: lines before
    the headers of tables; columns: what the source has beyond its categories; files: the source's
    files with their sizes in bytes; key: what tells one conversion from another.
    """

    folder: Path
    source: str
    papers: int
    damaged: int
    places: tuple[arxiv.Damage, ...]
    skipped_lines: int
    columns: tuple[str, ...]
    files: dict[str, int]
    seconds: float
    key: str


@dataclass
class _Tally:
    """What the rows that pass by have shown so far."""

    expected: int
    progress: Progress
    stopped: Callable[[], bool]
    started: float = field(default_factory=time.monotonic)
    rows: int = 0
    damaged: int = 0
    places: list[arxiv.Damage] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    combinations: dict[str, int] = field(default_factory=dict)
    numbers: dict[str | None, int] = field(default_factory=dict)
    error: Exception | None = None
    most: int | None = None
    bytes: int = 0

    def number(self, categories: str | None) -> int:
        """The number of a combination; one for each order, none counted twice in a paper."""
        if categories not in self.numbers:
            codes = " ".join(dict.fromkeys(split_categories(categories or "")))
            self.numbers[categories] = self.combinations.setdefault(codes, len(self.combinations))
        return self.numbers[categories]


def convert(
    path: str | Path,
    progress: Progress = lambda share, words: None,
    stopped: Callable[[], bool] = lambda: False,
    most: int | None = None,
    home: Path | None = None,
) -> Cached:
    """The converted corpus of a file or a folder of shards, from the cache where it is in it.

    A file of another size or time of change is converted anew. progress is told the share done, 0
    to 1, and words; stopped is asked now and then whether to give up; most: bytes that the corpus
    may hold once unpacked, None for any; home: the cache's folder, None for the one of all corpora.

    Raises arxiv.CorpusError for a corpus that cannot be read, CacheError where the cache cannot be
    written (a full disk), Stopped if asked to. Nothing half-made is left, and what a killed process
    left before is cleared away.
    """
    home = home or settings.statistics_folder()
    if found := find(path, home):
        return found
    shards = arxiv.files(path)
    fingerprint = _fingerprint(shards)
    folder = _folder(path, home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        clean(home)
        with _scratch(home) as new:
            tally = _Tally(_expected(shards), progress, stopped, most=most)
            _check_size(shards, most)
            _write(Path(path), new, tally)
            record = {
                "version": VERSION,
                "fingerprint": fingerprint,
                "source": Path(path).name,
                "papers": tally.rows,
                "damaged": tally.damaged,
                "places": [(place.file.name, place.line) for place in tally.places],
                "skipped_lines": sum(map(arxiv.skipped_lines, shards)),
                "columns": [name for name in OPTIONAL if name in tally.columns],
                "files": {shard.name: shard.stat().st_size for shard in shards},
                "seconds": round(time.monotonic() - tally.started, 2),
            }
            (new / CARD).write_text(json.dumps(record, indent=1), encoding="utf-8")
            if folder.exists():
                folder.rename(new.parent / "old")
            new.rename(folder)
    except blocks.CorpusError:
        raise
    except OSError as error:
        if found := find(path, home):
            # Another process was quicker.
            return found
        full = "No space left" in str(error)
        reason = (
            say("the disk is full; it takes about as much as the papers' text") if full else error
        )
        raise CacheError(
            say(
                "The folder {folder} cannot take the converted corpus: {reason}",
                folder=home,
                reason=reason,
            )
        ) from error
    progress(1.0, say("{n:,} papers", n=tally.rows))
    return _read(folder)


def find(path: str | Path, home: Path | None = None) -> Cached | None:
    """The converted corpus of a path, if it is in the cache and the files are still the same.

    Raises arxiv.CorpusError where there are no files.
    """
    home = home or settings.statistics_folder()
    return _found(_folder(path, home), _fingerprint(arxiv.files(path)))


def _folder(path: str | Path, home: Path) -> Path:
    """Where the converted corpus of a path is, or would be."""
    name = hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()[:16]
    return home / f"{_readable(Path(path).name)}-{name}"


def _fingerprint(shards: list[Path]) -> list[list[Any]]:
    """What changes when the corpus does: each file's place, size and time of change."""
    return [
        [str(shard.resolve()), shard.stat().st_size, shard.stat().st_mtime_ns] for shard in shards
    ]


def _readable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "corpus"


def _found(folder: Path, fingerprint: list[list[Any]]) -> Cached | None:
    """The corpus in a folder, if it is complete and of these very files."""
    try:
        record = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if (record["version"], record["fingerprint"]) != (VERSION, fingerprint):
            return None
        if not all((folder / name).is_file() for name in (PAPERS, COUNTS, COMBINATIONS)):
            return None
        return _read(folder)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read(folder: Path) -> Cached:
    content = (folder / CARD).read_bytes()
    record = json.loads(content)
    return Cached(
        folder,
        record["source"],
        record["papers"],
        record["damaged"],
        tuple(arxiv.Damage(Path(name), line) for name, line in record["places"]),
        record["skipped_lines"],
        tuple(record["columns"]),
        record["files"],
        record["seconds"],
        hashlib.sha256(content).hexdigest(),
    )


# Scratch folders.


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A new folder within a locked one that vanishes with all that is still in it."""
    outer = Path(tempfile.mkdtemp(dir=home, prefix=SCRATCH))
    try:
        with locks.claim(outer):
            new = outer / "corpus"
            new.mkdir()
            yield new
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def clean(home: Path) -> None:
    """Remove the scratch folders of conversions whose process is gone."""
    for outer in home.glob(f"{SCRATCH}*"):
        if not locks.kept(outer, FORGOTTEN):
            shutil.rmtree(outer, ignore_errors=True)


# The conversion.


def _check_size(shards: list[Path], most: int | None) -> None:
    """Refuse packed files that unfold to too much, whatever it is, before it is parsed."""
    for shard in shards if most is not None else ():
        try:
            check_unpacked(shard, most)
        except TooMuch:
            raise _too_much(shard, most) from None
        except (OSError, pa.ArrowException):
            continue  # reading it will tell


def _too_much(file: Path, most: int) -> blocks.CorpusError:
    return blocks.CorpusError(
        say(
            "{file} is refused: it holds more than {most:,.0f} MB once unpacked; put it into the "
            "data folder instead.",
            file=file,
            most=most / 1e6,
        )
    )


def _expected(shards: list[Path]) -> int:
    """About how many papers there are, by the length of the first lines."""
    total = 0.0
    for shard in shards:
        if shard.name.lower().endswith(".parquet"):
            total += _parquet_rows(shard)
            continue
        with shard.open("rb") as raw:
            packed = compression(shard)
            try:
                stream = pa.CompressedInputStream(raw, packed) if packed else raw
                lines = stream.read(HEAD_BYTES).count(b"\n")
            except (OSError, pa.ArrowException):
                continue  # reading it will tell
            total += shard.stat().st_size * lines / max(1, raw.tell())
    return max(1, round(total))


def _parquet_rows(shard: Path) -> int:
    try:
        return pq.read_metadata(shard).num_rows
    except (OSError, pa.ArrowException):
        return 0


def _write(path: Path, new: Path, tally: _Tally) -> None:
    """Write the three files of a converted corpus."""
    schema = pa.schema(
        [
            ("paper", pa.int32()),
            ("combination", pa.int32()),
            *((name, pa.string()) for name in OPTIONAL),
        ]
    )
    config = {
        "memory_limit": MEMORY,
        "preserve_insertion_order": False,
        "temp_directory": str(new.parent / "spill"),
    }
    with (
        closing(duckdb.connect(config=config)) as connection,
        closing(_arriving(path, schema, tally)) as batches,
    ):
        # DuckDB asks for rows in threads of its own.
        rows = iter(carry(lambda: next(batches, None)), None)
        # It would be drawn on the server's standard error, beside our own.
        connection.execute("SET enable_progress_bar = false")
        connection.register("arriving", pa.RecordBatchReader.from_batches(schema, rows))
        try:
            connection.execute(
                f"COPY ({SELECT}) TO $target "
                f"(FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE {GROUP_ROWS})",
                {"target": str(new / PAPERS)},
            )
            if tally.error:
                raise tally.error
            connection.execute(
                "COPY (SELECT month, combination, count(*) AS papers FROM read_parquet($source) "
                "GROUP BY ALL ORDER BY ALL) TO $target (FORMAT parquet, COMPRESSION zstd)",
                {"source": str(new / PAPERS), "target": str(new / COUNTS)},
            )
        except (duckdb.Error, pa.ArrowException) as error:
            raise CacheError(str(error).strip().split("\n")[0]) from error
    texts = pa.array(tally.combinations, pa.string())
    pq.write_table(pa.table({"categories": texts}), new / COMBINATIONS, compression="zstd")


def _arriving(path: Path, schema: pa.Schema, tally: _Tally) -> Iterator[pa.RecordBatch]:
    """The corpus's rows, numbered, with the number of their combination."""
    try:
        for block in arxiv.blocks(path, COLUMNS, OPTIONAL):
            if tally.stopped():
                raise Stopped(say("The conversion was stopped."))
            tally.bytes += block.table.nbytes
            if tally.most is not None and tally.bytes > tally.most:
                raise _too_much(block.file, tally.most)
            yield from _numbered(block, schema, tally).to_batches()
            spent = time.monotonic() - tally.started
            tally.progress(
                min(0.99, tally.rows / tally.expected),
                say(
                    "{n:,} papers read, {speed:,.0f} a second",
                    n=tally.rows,
                    speed=tally.rows / max(spent, 1e-9),
                ),
            )
    except Exception as error:
        # DuckDB sometimes waits for ever on rows that end in an error. So they just end, and
        # `_write` looks here.
        tally.error = error


def _numbered(block: blocks.Block, schema: pa.Schema, tally: _Tally) -> pa.Table:
    count = block.table.num_rows
    tally.damaged += len(block.damaged)
    for _, line in block.damaged[: DAMAGED_NAMED - len(tally.places)]:
        tally.places.append(arxiv.Damage(Path(block.file.name), line))
    tally.columns.update(n for n in OPTIONAL if block.table[n].null_count < count)
    coded = block.table["categories"].combine_chunks().dictionary_encode()
    numbers = np.array([tally.number(text) for text in [*coded.dictionary.to_pylist(), None]])
    places = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    columns = [
        pa.array(np.arange(tally.rows, tally.rows + count, dtype=np.int32)),
        pa.array(numbers[places].astype(np.int32)),
        *(pc.ascii_trim_whitespace(block.table[name]) for name in OPTIONAL),
    ]
    tally.rows += count
    return pa.table(columns, schema=schema)


# In the background.
