"""Shipped counts of corpora, without the papers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import settings
from core.corpora import arxiv
from core.files import checksum, export
from core.statistics import conversion
from core.statistics.corpus import CorpusDatabase
from core.statistics.label_counts import Combinations, Counts, StatisticsError

AGGREGATE, MONTHLY = "counts.parquet", "monthly.parquet"
FOLDER = "statistics"
"""The folder of the shipped aggregates, within the models folder."""


@dataclass(frozen=True, eq=False)
class Aggregate:
    """Counts read from a file, and their card.

    monthly: counts of recent years by month, where `counts` has no months: two sources that do not
    add up. Such counts are listings: a paper counts in each of its categories by itself.
    """

    counts: Counts
    card: dict[str, Any] = field(default_factory=dict)
    monthly: Counts | None = None

    @property
    def listings(self) -> bool:
        """Whether categories were counted each by itself, not papers with their combinations."""
        return self.monthly is not None


def write_aggregate(path: Path, out: Path, title: str, warning: str = "", note: str = "") -> Path:
    """Write a corpus's papers by month and combination of categories to a folder, with a card.

    warning: a sentence shown before the counts; note: further remarks.
    Raises what `conversion.convert` raises, and ExportError if the folder cannot be created.
    """
    cached = conversion.convert(path)
    corpus = CorpusDatabase(cached)
    counts = corpus.counts()
    corpus.close()
    categories = [counts.table.texts[i] for i in counts.combinations]
    card = {
        "title": title,
        "counts": "papers by month (12 times the year and the month less one, by the id; 0 where "
        "it tells none) and by their categories in arXiv's order",
        "warning": warning,
        "note": note,
        "papers": counts.total,
        "sources": {shard.name: checksum.sha256(shard) for shard in arxiv.files(path)},
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    return write_tables(
        out, card, {AGGREGATE: count_table(counts.months, categories, counts.papers)}
    )


def count_table(
    months: Sequence[int] | np.ndarray,
    categories: Sequence[str],
    papers: Sequence[int] | np.ndarray,
) -> pa.Table:
    """Papers by month and categories, three columns of one length, as they are stored."""
    table = pa.table(
        {
            "month": pa.array(months, pa.uint16()),
            "categories": pa.array(categories, pa.string()),
            "papers": pa.array(papers, pa.uint32()),
        }
    )
    return table.sort_by([("categories", "ascending"), ("month", "ascending")])


def write_tables(out: Path, card: dict[str, Any], tables: dict[str, pa.Table]) -> Path:
    """Write tables of counts by file name, and their card with the files' checksums.

    Raises ExportError if the folder cannot be created.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise export.ExportError(
            "The folder {folder} cannot be made: {reason}.", folder=out, reason=error.strerror
        ) from error
    for name, table in tables.items():
        with export.atomic_write(out / name) as scratch:
            pq.write_table(table, scratch, compression="zstd", compression_level=19)
    files = {name: checksum.sha256(out / name) for name in tables}
    with export.atomic_write(out / conversion.CARD) as scratch:
        text = json.dumps(card | {"files": files}, indent=1, ensure_ascii=False) + "\n"
        scratch.write_text(text, encoding="utf-8")
    return out


def read_aggregate(folder: Path) -> Aggregate:
    """The counts in a folder.

    Raises StatisticsError where their checksum is not the card's, or they cannot be read.
    """
    try:
        card = json.loads((folder / conversion.CARD).read_text(encoding="utf-8"))
        counts = _read_counts(folder, AGGREGATE, card)
        monthly = _read_counts(folder, MONTHLY, card) if MONTHLY in card["files"] else None
        return Aggregate(counts, card, monthly)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        pa.ArrowException,
    ) as error:
        if isinstance(error, StatisticsError):
            raise
        raise StatisticsError(
            "The counts in {folder} cannot be read: {reason}.", folder=folder, reason=error
        ) from error


def _read_counts(folder: Path, name: str, card: dict[str, Any]) -> Counts:
    if checksum.sha256(folder / name) != card["files"][name]:
        raise StatisticsError(
            "The counts in {folder} are not those that their card describes (the checksum "
            "differs); restore them from the checkout.",
            folder=folder,
        )
    table = pq.read_table(folder / name)
    coded = table["categories"].combine_chunks()
    if not pa.types.is_dictionary(coded.type):
        coded = coded.dictionary_encode()
    return Counts(
        table["month"].to_numpy().astype(np.int64),
        coded.indices.to_numpy().astype(np.int64),
        table["papers"].to_numpy().astype(np.int64),
        Combinations(coded.dictionary.to_pylist()),
    )


def aggregates() -> list[Path]:
    """The folders of the shipped aggregates."""
    return sorted(
        p.parent for p in (settings.models_folder() / FOLDER).glob(f"*/{conversion.CARD}")
    )
