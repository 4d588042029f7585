"""Shipped counts of corpora, without the papers."""

import json
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

AGGREGATE = "counts.parquet"
FOLDER = "statistics"
"""The folder of the shipped aggregates, within the models folder."""


@dataclass(frozen=True, eq=False)
class Aggregate:
    """Counts read from a file, and their card."""

    counts: Counts
    card: dict[str, Any] = field(default_factory=dict)


def write_aggregate(path: Path, out: Path, title: str, warning: str = "", note: str = "") -> Path:
    """Write a corpus's papers by month and combination of categories to a folder, with a card.

    warning: a sentence shown before the counts; note: further remarks.
    Raises what `conversion.convert` raises, and ExportError if the folder cannot be created.
    """
    cached = conversion.convert(path)
    corpus = CorpusDatabase(cached)
    counts = corpus.counts()
    corpus.close()
    table = pa.table(
        {
            "month": pa.array(counts.months, pa.uint16()),
            "categories": pa.array(
                [counts.table.texts[i] for i in counts.combinations], pa.string()
            ),
            "papers": pa.array(counts.papers, pa.uint32()),
        }
    ).sort_by([("categories", "ascending"), ("month", "ascending")])
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise export.ExportError(
            "The folder {folder} cannot be made: {reason}.", folder=out, reason=error.strerror
        ) from error
    with export.atomic_write(out / AGGREGATE) as scratch:
        pq.write_table(table, scratch, compression="zstd", compression_level=19)
    card = {
        "title": title,
        "counts": "papers by month (12 times the year and the month less one, by the id; 0 where "
        "it tells none) and by their categories in arXiv's order",
        "warning": warning,
        "note": note,
        "papers": counts.total,
        "sources": {shard.name: checksum.sha256(shard) for shard in arxiv.files(path)},
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "files": {AGGREGATE: checksum.sha256(out / AGGREGATE)},
    }
    with export.atomic_write(out / conversion.CARD) as scratch:
        text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
        scratch.write_text(text, encoding="utf-8")
    return out


def read_aggregate(folder: Path) -> Aggregate:
    """The counts in a folder.

    Raises StatisticsError where their checksum is not the card's, or they cannot be read.
    """
    try:
        card = json.loads((folder / conversion.CARD).read_text(encoding="utf-8"))
        if checksum.sha256(folder / AGGREGATE) != card["files"][AGGREGATE]:
            raise StatisticsError(
                "The counts in {folder} are not those that their card describes (the checksum "
                "differs); restore them from the checkout.",
                folder=folder,
            )
        table = pq.read_table(folder / AGGREGATE)
        coded = table["categories"].combine_chunks()
        if not pa.types.is_dictionary(coded.type):
            coded = coded.dictionary_encode()
        return Aggregate(
            Counts(
                table["month"].to_numpy().astype(np.int64),
                coded.indices.to_numpy().astype(np.int64),
                table["papers"].to_numpy().astype(np.int64),
                Combinations(coded.dictionary.to_pylist()),
            ),
            card,
        )
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


def aggregates() -> list[Path]:
    """The folders of the shipped aggregates."""
    return sorted(
        p.parent for p in (settings.models_folder() / FOLDER).glob(f"*/{conversion.CARD}")
    )
