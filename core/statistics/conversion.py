"""Converts corpora to Parquet, once, so that counting takes a fraction of a second."""

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core import settings
from core.corpora import arxiv, arxiv_tables, blocks
from core.files import locks
from core.files.compression import check_unpacked, compression
from core.files.errors import SizeLimitExceeded
from core.messages import N_, Message, PaperlensError, Progress
from core.taxonomy import split_categories
from core.text import arxiv_ids

ABANDONED = 3600.0  # seconds after which a scratch folder without a lock belongs to no process

VERSION = 5
"""The version of the cache's format; a cache of another version is replaced."""

CARD, PAPERS, COUNTS = "card.json", "papers.parquet", "counts.parquet"
COMBINATIONS, ORIGINALS = "combinations.parquet", "originals.parquet"
SCRATCH = ".new-"
COLUMNS = ("categories",)
OPTIONAL = ("id", "title", "abstract", "authors", "authors_parsed", "versions", "license")
NUMBERS = (("paper", pa.int32()), ("combination", pa.int32()))
SCHEMA = pa.schema([*NUMBERS, *((name, pa.string()) for name in OPTIONAL)])
"""The schema of the rows before conversion."""
ORIGINAL = ("id", "title", "abstract", "categories")
ORIGINALS_SCHEMA = pa.schema([(name, pa.string()) for name in ORIGINAL])
# Dictionaries and statistics of texts take longer than writing them.
ORIGINALS_FORMAT = {"compression": "zstd", "use_dictionary": False, "write_statistics": ["id"]}
PLAIN_ID = r"^(\d{4}\.\d{4,5}|[a-z-]+/\d{7})$"
MEMORY = "800MB"
GROUP_ROWS = 20_000
HEAD_BYTES = 4 << 20
MAX_DAMAGE_LISTED = 5

# Months since year 0, as in `arxiv_ids.year_of`; 0 where the id has none.
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

# Affiliations are in brackets. The regular expression takes as long as all the rest, and most
# papers do not need it.
AUTHORS = r"""
len(string_split(replace(replace(
    CASE WHEN contains(authors, '(') THEN regexp_replace(authors, '\s*\([^()]*\)', '', 'g')
         ELSE authors END,
    ' and ', ','), ',,', ','), ','))
"""

# For the search, line ends and the indent after them in arXiv's titles become one blank.
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
    """A converted corpus cannot be written or read; the message says which and why."""


@dataclass(frozen=True)
class Cached:
    """A converted corpus: its folder, and facts about the conversion.

    `papers.parquet` has one row per paper: numbers, and the text in lower case, uncompressed so
    that searches in the file cache run at the speed of memory. `counts.parquet` has the papers by
    month and combination of categories, `combinations.parquet` the combinations, and
    `originals.parquet` each paper as it was, by its id.

    damaged: the number of lines that hold no paper; places: the first few of them; skipped_lines:
    lines before the headers of tables; columns: the source's columns besides the categories; files:
    the source's files with their sizes in bytes; key: identifies the conversion.
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
    """Totals of the rows so far."""

    expected: int
    progress: Progress
    max_bytes: int | None
    chosen: Mapping[str, str] | None
    started: float = field(default_factory=time.monotonic)
    rows: int = 0
    damaged: int = 0
    places: list[arxiv.Damage] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    combinations: dict[str, int] = field(default_factory=dict)
    numbers: dict[str | None, int] = field(default_factory=dict)
    error: Exception | None = None
    bytes: int = 0

    def number(self, categories: str | None) -> int:
        """The number of a combination, without repeated categories; their order matters."""
        if categories not in self.numbers:
            codes = " ".join(dict.fromkeys(split_categories(categories or "")))
            self.numbers[categories] = self.combinations.setdefault(codes, len(self.combinations))
        return self.numbers[categories]


def convert(
    path: str | Path,
    progress: Progress = lambda share, template, **fields: None,
    max_bytes: int | None = None,
    home: Path | None = None,
    columns: Mapping[str, str] | None = None,
) -> Cached:
    """The converted corpus of a file or a folder of shards, from the cache if possible.

    It is converted again if a file's size or modification time has changed. max_bytes: the maximum
    unpacked size, None for no limit; home: the cache's folder, None for the common one; columns:
    those that have other names.

    Raises CorpusError for a corpus that cannot be read, CacheError where the cache cannot be
    written (a full disk), and what `progress` raises. Incomplete conversions are removed, including
    those of killed processes.
    """
    home = home or settings.statistics_folder()
    if cached := find(path, home, columns):
        return cached
    shards = arxiv.files(path)
    fingerprint = _fingerprint(shards, columns)
    folder = _folder(path, home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        clean(home)
        with _scratch(home) as new:
            progress(0.0, N_("Opening the file"))
            tally = _Tally(_expected(shards), progress, max_bytes, columns)
            _check_size(shards, max_bytes)
            _write(Path(path), new, tally)
            record = {
                "version": VERSION,
                "fingerprint": fingerprint,
                "source": Path(path).name,
                "papers": tally.rows,
                "damaged": tally.damaged,
                "places": [(damage.file.name, damage.line) for damage in tally.places],
                "skipped_lines": sum(map(arxiv_tables.skipped_lines, shards)),
                "columns": [name for name in OPTIONAL if name in tally.columns],
                "files": {shard.name: shard.stat().st_size for shard in shards},
                "seconds": round(time.monotonic() - tally.started, 2),
            }
            (new / CARD).write_text(json.dumps(record, indent=1), encoding="utf-8")
            progress(1.0, N_("{n:,} papers"), n=tally.rows)
            if folder.exists():
                folder.rename(new.parent / "old")
            new.rename(folder)
    except blocks.CorpusError:
        raise
    except OSError as error:
        if cached := find(path, home, columns):
            # Another process has converted it meanwhile.
            return cached
        full = "No space left" in str(error)
        raise CacheError(
            "The folder {folder} cannot take the converted corpus: {reason}",
            folder=home,
            reason=Message("the disk is full; it takes about as much as the papers' text")
            if full
            else str(error),
        ) from error
    return _read(folder)


def find(
    path: str | Path, home: Path | None = None, columns: Mapping[str, str] | None = None
) -> Cached | None:
    """The converted corpus of a path, if it is in the cache and the files are unchanged.

    Raises CorpusError where there are no files.
    """
    fingerprint = _fingerprint(arxiv.files(path), columns)
    folder = _folder(path, home or settings.statistics_folder())
    try:
        record = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if (record["version"], record["fingerprint"]) != (VERSION, fingerprint):
            return None
        names = (PAPERS, COUNTS, COMBINATIONS, ORIGINALS)
        complete = all((folder / name).is_file() for name in names)
        return _read(folder) if complete else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _folder(path: str | Path, home: Path) -> Path:
    """The cache folder of a path's converted corpus; it need not exist."""
    key = hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()[:16]
    name = re.sub(r"[^A-Za-z0-9]+", "-", Path(path).name).strip("-")[:40]
    return home / f"{name or 'corpus'}-{key}"


def _fingerprint(shards: list[Path], columns: Mapping[str, str] | None) -> list[list[Any]]:
    """Path, size and modification time of each file, and chosen columns, to detect changes."""
    stamps: list[list[Any]] = [
        [str(shard.resolve()), shard.stat().st_size, shard.stat().st_mtime_ns] for shard in shards
    ]
    return stamps + sorted(map(list, (columns or {}).items()))


def _read(folder: Path) -> Cached:
    content = (folder / CARD).read_bytes()
    record = json.loads(content)
    del record["version"], record["fingerprint"]
    record["places"] = tuple(arxiv.Damage(Path(name), line) for name, line in record["places"])
    record["columns"] = tuple(record["columns"])
    return Cached(folder, key=hashlib.sha256(content).hexdigest(), **record)


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A new folder within a locked one; the outer one is removed at the end."""
    outer = Path(tempfile.mkdtemp(dir=home, prefix=SCRATCH))
    lock = locks.lock_folder(outer)
    try:
        new = outer / "corpus"
        new.mkdir()
        yield new
    finally:
        lock.release()
        shutil.rmtree(outer, ignore_errors=True)


def clean(home: Path) -> None:
    """Remove the scratch folders of conversions whose process has ended."""
    for outer in home.glob(f"{SCRATCH}*"):
        if not locks.is_locked(outer, ABANDONED):
            shutil.rmtree(outer, ignore_errors=True)


def _check_size(shards: list[Path], max_bytes: int | None) -> None:
    """Refuse compressed files that are too large unpacked, before they are parsed."""
    for shard in shards if max_bytes is not None else ():
        try:
            check_unpacked(shard, max_bytes)
        except SizeLimitExceeded:
            raise _too_much(shard, max_bytes) from None
        except (OSError, pa.ArrowException):
            continue  # reported when it is read


def _too_much(file: Path, max_bytes: int) -> blocks.CorpusError:
    return blocks.CorpusError(
        "{file} is refused: it holds more than {most:,.0f} MB once unpacked; put it into the "
        "data folder instead.",
        file=file,
        most=max_bytes / 1e6,
    )


def _expected(shards: list[Path]) -> int:
    """The approximate number of papers, estimated from the first lines."""
    total = 0.0
    for shard in shards:
        try:
            if shard.name.lower().endswith(".parquet"):
                total += pq.read_metadata(shard).num_rows
                continue
            packed = compression(shard)
            with shard.open("rb") as raw:
                stream = pa.CompressedInputStream(raw, packed) if packed else raw
                lines = stream.read(HEAD_BYTES).count(b"\n")
                total += shard.stat().st_size * lines / max(1, raw.tell())
        except (OSError, pa.ArrowException):
            continue  # reported when it is read
    return max(1, round(total))


def _write(path: Path, new: Path, tally: _Tally) -> None:
    """Write the four files of a converted corpus."""
    config = {
        "memory_limit": MEMORY,
        "preserve_insertion_order": False,
        "temp_directory": str(new.parent / "spill"),
    }
    with (
        closing(duckdb.connect(config=config)) as connection,
        pq.ParquetWriter(new / ORIGINALS, ORIGINALS_SCHEMA, **ORIGINALS_FORMAT) as originals,
        closing(_arriving(path, originals, tally)) as batches,
    ):
        # The progress bar would be written to standard error, beside ours.
        connection.execute("SET enable_progress_bar = false")
        connection.register("arriving", pa.RecordBatchReader.from_batches(SCHEMA, batches))
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
            raise CacheError(str(error).strip().splitlines()[0]) from error
    texts = pa.array(tally.combinations, pa.string())
    pq.write_table(pa.table({"categories": texts}), new / COMBINATIONS, compression="zstd")


def _arriving(path: Path, originals: pq.ParquetWriter, tally: _Tally) -> Iterator[pa.RecordBatch]:
    """The corpus's rows, numbered, with the number of each row's combination."""
    try:
        for block in arxiv.blocks(path, COLUMNS, OPTIONAL, tally.chosen):
            tally.bytes += block.table.nbytes
            if tally.max_bytes is not None and tally.bytes > tally.max_bytes:
                raise _too_much(block.file, tally.max_bytes)
            block = replace(block, table=_with_plain_ids(block.table))
            originals.write_table(block.table.select(ORIGINAL))
            yield from _numbered(block, tally).to_batches()
            spent = time.monotonic() - tally.started
            tally.progress(
                min(0.99, tally.rows / tally.expected),
                N_("{n:,} papers read, {speed:,.0f} a second"),
                n=tally.rows,
                speed=tally.rows / max(spent, 1e-9),
            )
    except Exception as error:
        # DuckDB sometimes hangs if its source raises. So the source just ends, and `_write` raises
        # this error.
        tally.error = error


def _with_plain_ids(table: pa.Table) -> pa.Table:
    """The rows with their ids as `arxiv_ids.normalise` gives them."""
    ids = pc.ascii_trim_whitespace(table["id"])
    if not pc.all(pc.match_substring_regex(ids, PLAIN_ID)).as_py():
        plain = [id and arxiv_ids.normalise(id) for id in ids.to_pylist()]
        ids = pa.array(plain, pa.string())
    return table.set_column(table.column_names.index("id"), "id", ids)


def _numbered(block: blocks.Block, tally: _Tally) -> pa.Table:
    count = block.table.num_rows
    tally.damaged += len(block.damaged)
    for _, line in block.damaged[: MAX_DAMAGE_LISTED - len(tally.places)]:
        tally.places.append(arxiv.Damage(Path(block.file.name), line))
    tally.columns.update(n for n in OPTIONAL if block.table[n].null_count < count)
    coded = block.table["categories"].combine_chunks().dictionary_encode()
    numbers = np.array([tally.number(text) for text in [*coded.dictionary.to_pylist(), None]])
    codes = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    columns = [
        pa.array(np.arange(tally.rows, tally.rows + count, dtype=np.int32)),
        pa.array(numbers[codes].astype(np.int32)),
        *(pc.ascii_trim_whitespace(block.table[name]) for name in OPTIONAL),
    ]
    tally.rows += count
    return pa.table(columns, schema=SCHEMA)
