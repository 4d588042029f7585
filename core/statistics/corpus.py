"""Queries on a converted corpus, by DuckDB."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.statistics import conversion
from core.statistics.conversion import Cached, CacheError
from core.statistics.distinctive_words import WordSample, log_odds_z, word_sample
from core.statistics.label_counts import ALL, Combinations, Counts, Filter, in_archives

if TYPE_CHECKING:
    import duckdb

MAX_SEARCHES = 3


class CorpusDatabase:
    """A converted corpus, open for queries from several threads.

    Once closed it holds no files and no cached searches; the next query reopens it. Raises
    CacheError if the cache cannot be read.
    """

    def __init__(self, cached: Cached) -> None:
        self.cached = cached
        self._lock = threading.Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None
        self._searches: OrderedDict[str, str] = OrderedDict()
        self._search_count = 0
        with _reading():
            texts = pq.read_table(cached.folder / conversion.COMBINATIONS)["categories"].to_pylist()
            table = pq.read_table(cached.folder / conversion.COUNTS)
            self._opened = _open(cached)
        self.table = Combinations(texts)
        self._counts = _counts(table, self.table)

    @property
    def _database(self) -> "duckdb.DuckDBPyConnection":
        """The connection; callers must hold the lock."""
        if self._opened is None:
            with _reading():
                self._opened = _open(self.cached)
        return self._opened

    def counts(self, wanted: Filter = ALL) -> Counts:
        """The papers of a filter by month and combination."""
        if not wanted.text.strip():
            return self._counts.filtered(wanted)
        with self._lock:
            source = self._source(wanted)
            query = f"SELECT month, combination, count(*) AS papers FROM {source} GROUP BY ALL"  # noqa: S608
            table = self._database.sql(query).to_arrow_table()
        return _counts(table, self.table).filtered(wanted)

    def has(self, column: str) -> bool:
        """Whether the source has the data for a column of numbers, "license" or "text"."""
        needs = {
            "title_length": {"title"},
            "abstract_length": {"abstract"},
            "authors": {"authors", "authors_parsed"},
            "text": {"title", "abstract"},
        }
        return bool(needs.get(column, {column}) & set(self.cached.columns))

    def numbers(self, column: str, wanted: Filter = ALL) -> pd.DataFrame:
        """Papers by value of a numeric column: value, papers, sorted by value."""
        return self._grouped(column, wanted).sort_values("value", ignore_index=True)

    def numbers_by_archive(self, column: str, wanted: Filter = ALL) -> pd.DataFrame:
        """The same by archive: archive, value, papers. A paper counts in each of its archives."""
        grouped = self._grouped(column, wanted, ("combination",))
        labels = self.table.labels("archive", wanted.merged)
        import scipy.sparse as sp

        shape = (int(grouped["value"].max()) + 1 if len(grouped) else 1, len(self.table.texts))
        grid = sp.csr_matrix((grouped["papers"], (grouped["value"], grouped["combination"])), shape)
        sums = (grid @ labels.member).T.tocoo()
        return pd.DataFrame(
            {
                "archive": np.array(labels.codes, object)[sums.row],
                "value": sums.col,
                "papers": sums.data.astype(np.int64),
            }
        ).sort_values(["archive", "value"], ignore_index=True)

    def licences(self, wanted: Filter = ALL) -> pd.DataFrame:
        """Papers by licence, the most frequent first: value, papers."""
        grouped = self._grouped("license", wanted)
        return grouped.sort_values("papers", ascending=False, kind="stable", ignore_index=True)

    def _grouped(self, column: str, wanted: Filter, extra: tuple[str, ...] = ()) -> pd.DataFrame:
        """Papers by value of a column, without NULL: value, the extra columns, papers."""
        with self._lock:
            source = self._source(wanted)
            where, values = self._where(wanted)
            query = (
                f"SELECT {column} AS value, {''.join(f'{name}, ' for name in extra)}"  # noqa: S608
                f"count(*) AS papers FROM {source} WHERE {column} IS NOT NULL{where} GROUP BY ALL"
            )
            return self._database.execute(query, values).df()

    def _where(self, wanted: Filter) -> tuple[str, list[int]]:
        """The filter's years and archives as an SQL condition and its parameters."""
        condition, values = "", []
        if wanted.years:
            first, last = wanted.years
            condition += " AND month >= ? AND month < ?"
            values += [12 * first, 12 * (last + 1)]
        if wanted.archives:
            combinations = np.flatnonzero(in_archives(self.table, wanted)).astype(np.int32)
            wanted_table = pa.table({"combination": pa.array(combinations)})
            self._database.register("wanted", wanted_table)
            condition += " AND combination IN (SELECT combination FROM wanted)"
        return condition, values

    def _source(self, wanted: Filter) -> str:
        """The table to query: all papers, or the cached result of a text search."""
        text = " ".join(wanted.text.split())
        if not text:
            return "papers"
        if text not in self._searches:
            self._search_count += 1
            name = f"search_{self._search_count}"
            query = "SELECT * EXCLUDE (text) FROM papers WHERE contains(text, lower(?))"
            self._database.execute(f"CREATE TABLE {name} AS " + query, [text])
            self._searches[text] = name
            if len(self._searches) > MAX_SEARCHES:
                _, old = self._searches.popitem(last=False)
                self._database.execute(f"DROP TABLE {old}")
        self._searches.move_to_end(text)
        return self._searches[text]

    def close(self) -> None:
        """Release files and memory, after the running query has ended."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None
            self._searches.clear()
            self.__dict__.pop("_words", None)

    def release(self) -> None:
        """Close it in a thread, so that the caller does not wait for a query."""
        threading.Thread(target=self.close, name="release", daemon=True).start()

    @cached_property
    def _words(self) -> WordSample:
        with self._lock:
            return word_sample(self.cached, self._database)

    def words(self, wanted: Filter, level: str = "archive", code: str = "") -> pd.DataFrame:
        """The words of the sampled papers that pass a filter: word, papers, share, elsewhere, z.

        With a code, `papers` and `share` are of the papers with that label, `elsewhere` is the
        share among the others, and z is `log_odds_z` of the label's papers against the others, each
        word counted once per paper. Without a code `elsewhere` and z are NaN. Sorted by papers.
        """
        words = self._words
        mask = self._sampled(words, wanted)
        if not code:
            inside, outside = mask, np.zeros(len(mask), bool)
        else:
            labels = self.table.labels(level, wanted.merged)
            column = labels.index(code)
            has_label = np.zeros(len(self.table.texts), bool)
            if column is not None:
                has_label = np.asarray(labels.member[:, column].todense()).ravel() > 0
            labelled = has_label[words.combinations]
            inside, outside = mask & labelled, mask & ~labelled
        papers_inside, papers_outside = words.count(inside), words.count(outside)
        table = pd.DataFrame(
            {
                "word": words.vocabulary,
                "papers": papers_inside,
                "share": papers_inside / max(1, inside.sum()),
                "elsewhere": papers_outside / max(1, outside.sum()) if code else np.nan,
                "z": log_odds_z(papers_inside, papers_outside) if code else np.nan,
            }
        )
        table = table[table["papers"] > 0]
        return table.sort_values("papers", ascending=False, kind="stable", ignore_index=True)

    @property
    def vocabulary(self) -> int:
        """The number of words in the sample's vocabulary."""
        return len(self._words.vocabulary)

    def sample(self, wanted: Filter = ALL) -> int:
        """How many papers of the sample pass a filter."""
        return int(self._sampled(self._words, wanted).sum())

    def _sampled(self, words: WordSample, wanted: Filter) -> np.ndarray:
        """Which papers of the sample pass a filter, bool (m,)."""
        mask = in_archives(self.table, wanted)[words.combinations]
        if wanted.years:
            first, last = wanted.years
            mask &= (words.months >= 12 * first) & (words.months < 12 * (last + 1))
        if wanted.text.strip():
            with self._lock:
                query = f"SELECT paper FROM {self._source(wanted)}"  # noqa: S608
                matches = self._database.execute(query).fetchnumpy()["paper"]
            mask &= np.isin(words.papers, matches)
        return mask


@contextmanager
def _reading() -> Iterator[None]:
    """Turn errors of reading a converted corpus into CacheError."""
    import duckdb

    try:
        yield
    except (OSError, pa.ArrowException, duckdb.Error) as error:
        reason = str(error).strip().split("\n")[0]
        raise CacheError("The converted corpus cannot be read: {reason}", reason=reason) from error


def _open(cached: Cached) -> "duckdb.DuckDBPyConnection":
    import duckdb

    database = duckdb.connect(config={"memory_limit": conversion.MEMORY})
    # The progress bar would be written to the server's standard error.
    database.execute("SET enable_progress_bar = false")
    database.from_parquet(str(cached.folder / conversion.PAPERS)).create_view("papers")
    return database


def _counts(table: pa.Table, combinations: Combinations) -> Counts:
    columns = (table[name].to_numpy() for name in ("month", "combination", "papers"))
    return Counts(*(column.astype(np.int64) for column in columns), combinations)
