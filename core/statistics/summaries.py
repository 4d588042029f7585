"""A corpus as text and tables, for the command line and downloads."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from core.statistics.conversion import Cached
from core.statistics.corpus import CorpusDatabase
from core.statistics.distributions import quartiles
from core.statistics.label_counts import (
    ALL,
    LEVELS,
    NUMBERS,
    UNITS,
    Counts,
    Filter,
    by_label,
    co_occurrence,
    over_time,
    pair_table,
    per_paper,
)


def summary(counts: Counts, cached: Cached) -> list[str]:
    """A corpus and the papers that pass a filter, in a few lines."""
    lines = [f"{cached.source}: {cached.papers:,} papers, {counts.total:,} of them counted"]
    if counts.years:
        lines.append(f"years by id: {counts.years[0]} to {counts.years[1]}")
    if counts.undated:
        lines.append(f"without a month in their id: {counts.undated:,}")
    if n := unlabelled(counts):
        lines.append(f"without categories: {n:,}")
    if cached.skipped_lines:
        lines.append(f"lines before the header, left out: {cached.skipped_lines:,}")
    if cached.damaged:
        locations = "; ".join(map(str, cached.places))
        lines.append(f"damaged lines left out: {cached.damaged:,} ({locations})")
    return lines


def unlabelled(counts: Counts) -> int:
    """Papers without any category."""
    return int(counts.weights[counts.labels("subject").primary < 0].sum())


def tables(
    counts: Counts, corpus: CorpusDatabase | None = None, wanted: Filter = ALL
) -> dict[str, Any]:
    """Functions that compute the page's tables, by file name."""
    builders: dict[str, Callable[[], pd.DataFrame]] = {}
    for level in LEVELS:
        builders[f"{level}s"] = lambda level=level: by_label(counts, level)
        builders[f"{level}s-per-paper"] = lambda level=level: per_paper(counts, level)
        builders[f"{level}-pairs"] = lambda level=level: pair_table(co_occurrence(counts, level))
    for unit in UNITS:
        builders[f"archives-by-{unit}"] = lambda unit=unit: format_periods(
            over_time(counts, "archive", unit), unit
        )
    if corpus is None:
        return builders
    for column in filter(corpus.has, NUMBERS):
        builders[column.replace("_", "-")] = lambda column=column: corpus.numbers(column, wanted)
        builders[f"{column.replace('_', '-')}-by-archive"] = lambda column=column: quartiles(
            corpus.numbers_by_archive(column, wanted)
        )
    if corpus.has("license"):
        builders["licences"] = lambda: corpus.licences(wanted)
    if corpus.has("text"):
        builders["words-by-archive"] = lambda: distinctive_words(corpus, counts, wanted)
    return builders


def format_periods(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """A table over time with its periods as `2019` or `2019-02`."""
    form = "%Y" if unit == "year" else "%Y-%m"
    return table.assign(period=table["period"].dt.strftime(form))


def distinctive_words(
    corpus: CorpusDatabase, counts: Counts, wanted: Filter, top: int = 20
) -> pd.DataFrame:
    """The most characteristic words of each archive: archive, rank, word, papers, shares, z."""
    rows = []
    for archive in by_label(counts, "archive")["code"]:
        words = corpus.words(wanted, "archive", archive).nlargest(top, "z")
        words.insert(0, "archive", archive)
        words.insert(1, "rank", np.arange(1, len(words) + 1))
        rows.append(words)
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
