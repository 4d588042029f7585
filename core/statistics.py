"""What a corpus is made of: papers by category and time, categories that meet, lengths, words.

Everything about categories is counted from `Counts`: the papers of each month and combination of
categories, a table of some thousand rows even for all of arXiv. A `Corpus` adds what takes its
papers: a search in the text, lengths, authors, versions, licences and words.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core import export, settings, store, taxonomy
from core.corpora import arxiv, cache
from core.corpora.cache import Cached, CacheError
from core.files import corpus_files
from core.language import phrases, say

if TYPE_CHECKING:
    import duckdb
    import scipy.sparse as sp

LEVELS = ("archive", "subject")
UNITS = ("month", "year")
NUMBERS = ("title_length", "abstract_length", "authors", "versions")
"""The columns of numbers a paper; lengths are in characters."""

SAMPLE = 50_000
"""So many papers, chosen by a hash of their place, have their words counted."""

FEWEST = 5
"""A word in fewer papers of the sample is left out of the tables."""

FEWEST_SHARED = 5
"""With fewer papers shared, and fewer expected, chance alone gives any lift."""

ERROR = 0.05
"""How likely a list of words without any difference may hold one that is called distinctive."""

PRIOR = 1_000.0
SEARCHES_KEPT = 3
WORDS = "words.parquet"
VOCABULARY = "vocabulary.parquet"
AGGREGATE = "counts.parquet"
FOLDER = "statistics"
"""Of the shipped aggregates, within the models folder."""


class StatisticsError(ValueError):
    """What was asked cannot be counted; one sentence says why and what to do."""


@dataclass(frozen=True)
class Filter:
    """Which papers count.

    years: first and last, by id, both included; archives: any of these; text: words that title and
    abstract hold side by side, in any case; merged: retired archives count as their successors.
    """

    years: tuple[int, int] | None = None
    archives: tuple[str, ...] = ()
    text: str = ""
    merged: bool = False


ALL = Filter()


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of k combinations on one level.

    codes: s labels, sorted; member: bool CSR (k, s); primary: int (k,), the place of each
    combination's first label among the codes, -1 where it has none.
    """

    codes: tuple[str, ...]
    member: "sp.csr_matrix"
    primary: np.ndarray

    def place(self, code: str) -> int | None:
        """Where a code stands, None if no paper has it."""
        return self.codes.index(code) if code in self.codes else None


class Combinations:
    """The distinct lists of categories of a corpus, as blank-separated texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self._labels: dict[tuple[str, bool], Labels] = {}

    def labels(self, level: str, merged: bool = False) -> Labels:
        """Their archives or subjects, retired archives as their successors if merged."""
        if (level, merged) not in self._labels:
            self._labels[level, merged] = _labels(self.texts, level, merged)
        return self._labels[level, merged]


def _labels(texts: tuple[str, ...], level: str, merged: bool) -> Labels:
    import scipy.sparse as sp

    lists = [taxonomy.split_categories(text) for text in texts]
    raw = {code for codes in lists for code in codes}
    name = {code: taxonomy.successor(code) if merged else code for code in raw}
    if level == "archive":
        name = {code: taxonomy.archive_of(found) for code, found in name.items()}
    codes = tuple(sorted(set(name.values())))
    place = {code: i for i, code in enumerate(codes)}
    flat = np.array([place[name[code]] for listed in lists for code in listed], np.int32)
    ends = np.cumsum([0, *map(len, lists)])
    primary = np.full(len(texts), -1)
    some = np.diff(ends) > 0
    primary[some] = flat[ends[:-1][some]]
    # Sorting the matrix's indices sorts `flat` with them.
    member = sp.csr_matrix((np.ones(len(flat), np.int64), flat, ends), (len(texts), len(codes)))
    member.sum_duplicates()
    member.data[:] = 1
    return Labels(codes, member, primary)


@dataclass(frozen=True, eq=False)
class Counts:
    """Papers by month and combination: three int arrays of one length.

    months: 12 times the year and the month less one, 0 where the id tells none; combinations:
    places in `table`; papers: how many.
    """

    months: np.ndarray
    combinations: np.ndarray
    papers: np.ndarray
    table: Combinations
    merged: bool = False

    @property
    def total(self) -> int:
        """All papers."""
        return int(self.papers.sum())

    @property
    def undated(self) -> int:
        """Papers whose id tells no month."""
        return int(self.papers[self.months == 0].sum())

    @property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year; None where no id tells any."""
        dated = self.months[self.months > 0]
        return (int(dated.min()) // 12, int(dated.max()) // 12) if len(dated) else None

    def labels(self, level: str) -> Labels:
        """The labels on a level, by the filter's reading of retired archives."""
        return self.table.labels(level, self.merged)

    @cached_property
    def weights(self) -> np.ndarray:
        """Papers of each combination, int (k,)."""
        sums = np.bincount(self.combinations, self.papers, len(self.table.texts))
        return sums.astype(np.int64)

    def kept(self, wanted: Filter) -> "Counts":
        """The counts of a filter's years and archives; its text is not looked at."""
        counts = replace(self, merged=wanted.merged)
        mask = np.ones(len(counts.papers), bool)
        if wanted.years:
            first, last = wanted.years
            mask &= (counts.months >= 12 * first) & (counts.months < 12 * (last + 1))
        if wanted.archives:
            mask &= in_archives(counts.table, wanted)[counts.combinations]
        return replace(
            counts,
            months=counts.months[mask],
            combinations=counts.combinations[mask],
            papers=counts.papers[mask],
        )


def in_archives(table: Combinations, wanted: Filter) -> np.ndarray:
    """Which combinations have any of the filter's archives, bool (k,); all where it has none."""
    if not wanted.archives:
        return np.ones(len(table.texts), bool)
    labels = table.labels("archive", wanted.merged)
    places = [i for i, code in enumerate(labels.codes) if code in wanted.archives]
    return np.asarray(labels.member[:, places].sum(axis=1)).ravel() > 0


# Tables from counts.


def by_label(counts: Counts, level: str) -> pd.DataFrame:
    """A row a label, most papers first: code, name, status, papers, share of papers, primary.

    `papers` counts a paper under each of its labels, `primary` under its first alone.
    """
    labels = counts.labels(level)
    papers = labels.member.T @ counts.weights
    some = labels.primary >= 0
    primary = np.bincount(labels.primary[some], counts.weights[some], len(labels.codes))
    table = pd.DataFrame(
        {
            "code": labels.codes,
            "name": [taxonomy.name(code) for code in labels.codes],
            "status": [status(code) for code in labels.codes],
            "papers": papers,
            "share": papers / max(1, counts.total),
            "primary": primary.astype(np.int64),
        }
    )
    table = table[table["papers"] > 0]
    return table.sort_values(["papers", "code"], ascending=[False, True], ignore_index=True)


LIVE, RETIRED, UNKNOWN = phrases("live", "retired, now {successor}", "not in the taxonomy")


def status(code: str, tell: Callable[..., str] = str.format) -> str:
    """Whether a label is live, retired (and into what it went) or unknown to arXiv's taxonomy.

    tell: what puts values into the words; `say` does so in the language in use.
    """
    archive = taxonomy.archive_of(code)
    if taxonomy.is_retired(archive):
        return tell(RETIRED, successor=taxonomy.successor(archive))
    known = code in taxonomy.SUBJECTS or code in taxonomy.ARCHIVES
    return tell(LIVE if known else UNKNOWN)


def on_screen(table: pd.DataFrame) -> pd.DataFrame:
    """A table with its names and statuses in the language in use; files have them in English."""
    said = {
        name: [say(value) for value in table[name]]
        for name in ("name", "first name", "second name")
        if name in table
    }
    if "status" in table:
        said["status"] = [status(code, say) for code in table["code"]]
    return table.assign(**said)


def per_paper(counts: Counts, level: str) -> pd.DataFrame:
    """How many papers have one label, two, and so on: labels, papers, share."""
    sizes = np.diff(counts.labels(level).member.indptr)
    papers = np.bincount(sizes, counts.weights).astype(np.int64)
    table = pd.DataFrame({"labels": np.arange(len(papers)), "papers": papers})
    table["share"] = table["papers"] / max(1, counts.total)
    return table[table["papers"] > 0].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Together:
    """How often labels share a paper.

    codes: n labels; papers: int (n, n), on the diagonal the label's own; expected: float (n, n),
    the papers that two labels would share were they independent.
    """

    codes: tuple[str, ...]
    papers: np.ndarray
    expected: np.ndarray

    @property
    def lift(self) -> np.ndarray:
        """The papers that two labels share over those expected, float (n, n); NaN on the diagonal.

        Whatever their number: a single paper of two rare labels has a huge lift.
        """
        lift = self.papers / self.expected
        np.fill_diagonal(lift, np.nan)
        return lift

    @property
    def reliable_lift(self) -> np.ndarray:
        """The lift where `FEWEST_SHARED` papers are shared or expected, NaN elsewhere."""
        enough = (self.papers >= FEWEST_SHARED) | (self.expected >= FEWEST_SHARED)
        return np.where(enough, self.lift, np.nan)

    def ordered(self, places: Iterable[int]) -> "Together":
        """The same in another order."""
        at = np.array(list(places), int)
        codes = tuple(self.codes[i] for i in at)
        return Together(codes, self.papers[np.ix_(at, at)], self.expected[np.ix_(at, at)])


def together(counts: Counts, level: str, most: int | None = None) -> Together:
    """Which labels meet, of the `most` with most papers."""
    import scipy.sparse as sp

    labels = counts.labels(level)
    shared = (
        labels.member.T @ sp.diags_array(counts.weights, dtype=np.int64) @ labels.member
    ).toarray()
    own = shared.diagonal()
    order = np.lexsort((np.arange(len(own)), -own))
    places = order[own[order] > 0][:most]
    shared = shared[np.ix_(places, places)].astype(np.int64)
    own = own[places].astype(float)
    expected = np.outer(own, own) / max(1, counts.total)
    return Together(tuple(labels.codes[i] for i in places), shared, expected)


def clustered(found: Together) -> Together:
    """Labels that often meet side by side: the leaves of a tree by the log of the lift.

    A pair too rare to tell counts as independent.
    """
    from core.embeddings.terms import cluster

    if len(found.codes) < 3:
        return found
    lift = np.nan_to_num(found.reliable_lift, nan=1)
    # From "never meet" to "a hundred times as often as by chance", as similarities from 0 to 1.
    near = (np.log10(np.clip(lift, 0.01, 100)) + 2) / 4
    np.fill_diagonal(near, 1)
    return found.ordered(cluster(near).order)


def pairs(found: Together) -> pd.DataFrame:
    """A row a pair that shares a paper, commonest first: codes, papers, lift, names."""
    rows, columns = np.nonzero(np.triu(found.papers, 1))
    table = pd.DataFrame(
        {
            "first": [found.codes[i] for i in rows],
            "second": [found.codes[i] for i in columns],
            "papers": found.papers[rows, columns],
            "lift": found.lift[rows, columns],
            "first name": [taxonomy.name(found.codes[i]) for i in rows],
            "second name": [taxonomy.name(found.codes[i]) for i in columns],
        }
    )
    return table.sort_values("papers", ascending=False, kind="stable", ignore_index=True)


def over_time(counts: Counts, level: str, unit: str) -> pd.DataFrame:
    """Papers by month or year: `period` (timestamps), `papers`, then a column a label.

    Every period between the first and the last has a row. Papers without a month are left out. A
    paper counts under each of its labels, so the labels' columns may add up to more than `papers`.
    """
    import scipy.sparse as sp

    dated = counts.months > 0
    labels = counts.labels(level)
    periods = counts.months[dated] // (12 if unit == "year" else 1)
    if not len(periods):
        return pd.DataFrame({"period": pd.to_datetime([]), "papers": np.array([], np.int64)})
    first = int(periods.min())
    shape = (int(periods.max()) - first + 1, len(counts.table.texts))
    at = (periods - first, counts.combinations[dated])
    grid = sp.csr_matrix((counts.papers[dated], at), shape)
    numbers = first + np.arange(shape[0])
    if unit == "year":
        numbers = numbers * 12
    dates = [datetime(n // 12, n % 12 + 1, 1) for n in numbers.tolist()]
    values = (grid @ labels.member).toarray()
    there = values.sum(axis=0) > 0
    table = pd.DataFrame(values[:, there], columns=np.array(labels.codes, object)[there])
    table.insert(0, "period", pd.to_datetime(dates))
    table.insert(1, "papers", np.asarray(grid.sum(axis=1)).ravel())
    return table


def hierarchy(counts: Counts) -> pd.DataFrame:
    """Papers by primary category, each once: archive, subject, papers."""
    labels = counts.labels("subject")
    some = labels.primary >= 0
    papers = np.bincount(labels.primary[some], counts.weights[some], len(labels.codes))
    table = pd.DataFrame(
        {
            "archive": [taxonomy.archive_of(code) for code in labels.codes],
            "subject": labels.codes,
            "papers": papers.astype(np.int64),
        }
    )
    table = table[table["papers"] > 0]
    return table.sort_values(["archive", "papers"], ascending=[True, False], ignore_index=True)


# A corpus.


class Corpus:
    """A converted corpus, opened for questions; several threads may ask.

    Closed, it holds no file and no search; the next question opens it again, so that whoever still
    has it may go on. Raises CacheError where the cache cannot be read.
    """

    def __init__(self, cached: Cached) -> None:
        self.cached = cached
        self._lock = threading.Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None
        self._searches: OrderedDict[str, str] = OrderedDict()
        self._made = 0
        with _reading():
            texts = pq.read_table(cached.folder / cache.COMBINATIONS)["categories"].to_pylist()
            table = pq.read_table(cached.folder / cache.COUNTS)
            self._opened = _open(cached)
        self.table = Combinations(texts)
        self._counts = _counts(table, self.table)

    @property
    def _database(self) -> "duckdb.DuckDBPyConnection":
        """The connection, to be used with the lock held."""
        if self._opened is None:
            with _reading():
                self._opened = _open(self.cached)
        return self._opened

    @property
    def name(self) -> str:
        """The file's or folder's own."""
        return self.cached.source

    def counts(self, wanted: Filter = ALL) -> Counts:
        """The papers of a filter by month and combination."""
        if not wanted.text.strip():
            return self._counts.kept(wanted)
        with self._lock:
            source = self._source(wanted)
            query = f"SELECT month, combination, count(*) AS papers FROM {source} GROUP BY ALL"  # noqa: S608
            table = self._database.sql(query).to_arrow_table()
        return _counts(table, self.table).kept(wanted)

    def has(self, column: str) -> bool:
        """Whether the source told of this: a column of numbers, a licence, a text."""
        needs = {
            "title_length": {"title"},
            "abstract_length": {"abstract"},
            "authors": {"authors", "authors_parsed"},
            "text": {"title", "abstract"},
        }
        return bool(needs.get(column, {column}) & set(self.cached.columns))

    def numbers(self, column: str, wanted: Filter = ALL) -> pd.DataFrame:
        """How many papers have each value of a column of numbers: value, papers, by value."""
        return self._grouped(column, wanted).sort_values("value", ignore_index=True)

    def numbers_by_archive(self, column: str, wanted: Filter = ALL) -> pd.DataFrame:
        """The same for each archive: archive, value, papers. A paper counts in each of its own."""
        found = self._grouped(column, wanted, ("combination",))
        labels = self.table.labels("archive", wanted.merged)
        import scipy.sparse as sp

        shape = (int(found["value"].max()) + 1 if len(found) else 1, len(self.table.texts))
        grid = sp.csr_matrix((found["papers"], (found["value"], found["combination"])), shape)
        sums = (grid @ labels.member).T.tocoo()
        return pd.DataFrame(
            {
                "archive": np.array(labels.codes, object)[sums.row],
                "value": sums.col,
                "papers": sums.data.astype(np.int64),
            }
        ).sort_values(["archive", "value"], ignore_index=True)

    def licences(self, wanted: Filter = ALL) -> pd.DataFrame:
        """How many papers have each licence, commonest first: value, papers."""
        found = self._grouped("license", wanted)
        return found.sort_values("papers", ascending=False, kind="stable", ignore_index=True)

    def _grouped(self, column: str, wanted: Filter, more: tuple[str, ...] = ()) -> pd.DataFrame:
        """Papers by the value of a column, NULL left out: value, the further columns, papers."""
        with self._lock:
            source = self._source(wanted)
            where, values = self._where(wanted)
            query = (
                f"SELECT {column} AS value, {''.join(f'{name}, ' for name in more)}"  # noqa: S608
                f"count(*) AS papers FROM {source} WHERE {column} IS NOT NULL{where} GROUP BY ALL"
            )
            return self._database.execute(query, values).df()

    def _where(self, wanted: Filter) -> tuple[str, list[int]]:
        """The filter's years and archives as a condition."""
        condition, values = "", []
        if wanted.years:
            first, last = wanted.years
            condition += " AND month >= ? AND month < ?"
            values += [12 * first, 12 * (last + 1)]
        if wanted.archives:
            places = np.flatnonzero(in_archives(self.table, wanted)).astype(np.int32)
            self._database.register("wanted", pa.table({"place": pa.array(places)}))
            condition += " AND combination IN (SELECT place FROM wanted)"
        return condition, values

    def _source(self, wanted: Filter) -> str:
        """The table to ask: all papers, or those whose text was found, which are kept a while."""
        text = " ".join(wanted.text.split())
        if not text:
            return "papers"
        if text not in self._searches:
            self._made += 1
            name = f"search_{self._made}"
            found = "SELECT * EXCLUDE (text) FROM papers WHERE contains(text, lower(?))"
            self._database.execute(f"CREATE TABLE {name} AS " + found, [text])
            self._searches[text] = name
            if len(self._searches) > SEARCHES_KEPT:
                _, old = self._searches.popitem(last=False)
                self._database.execute(f"DROP TABLE {old}")
        self._searches.move_to_end(text)
        return self._searches[text]

    def close(self) -> None:
        """Let go of the files and the memory, once the question under way is answered."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None
            self._searches.clear()
            self.__dict__.pop("_words", None)

    def release(self) -> None:
        """Close it in a thread of its own: whoever lets it go must not wait for a question."""
        threading.Thread(target=self.close, name="release", daemon=True).start()

    # Words.

    @cached_property
    def _words(self) -> "Words":
        with self._lock:
            return _words(self.cached, self._database)

    def words(self, wanted: Filter, level: str = "archive", code: str = "") -> pd.DataFrame:
        """The words of the sample's papers under a filter: word, papers, share, elsewhere, z.

        With a code, `papers` and `share` are of the papers with that label, `elsewhere` the share
        of the others', and z how much the word speaks for the label: the log-odds ratio with an
        informative Dirichlet prior over its standard error (Monroe, Colaresi and Quinn 2008,
        “Fightin' Words”), each word counted once a paper. Without a code `elsewhere` and z are NaN.
        Sorted by papers.
        """
        words = self._words
        mask = self._sampled(words, wanted)
        if not code:
            inside, outside = mask, np.zeros(len(mask), bool)
        else:
            labels = self.table.labels(level, wanted.merged)
            place = labels.place(code)
            own = np.zeros(len(self.table.texts), bool)
            if place is not None:
                own = np.asarray(labels.member[:, place].todense()).ravel() > 0
            inside, outside = mask & own[words.combinations], mask & ~own[words.combinations]
        ours, theirs = words.count(inside), words.count(outside)
        table = pd.DataFrame(
            {
                "word": words.vocabulary,
                "papers": ours,
                "share": ours / max(1, inside.sum()),
                "elsewhere": theirs / max(1, outside.sum()) if code else np.nan,
                "z": fightin_words(ours, theirs) if code else np.nan,
            }
        )
        table = table[table["papers"] > 0]
        return table.sort_values("papers", ascending=False, kind="stable", ignore_index=True)

    @property
    def vocabulary(self) -> int:
        """How many words of the sample are compared."""
        return len(self._words.vocabulary)

    def sample(self, wanted: Filter = ALL) -> int:
        """How many papers of the sample a filter leaves."""
        return int(self._sampled(self._words, wanted).sum())

    def _sampled(self, words: "Words", wanted: Filter) -> np.ndarray:
        """Which papers of the sample a filter leaves, bool (m,)."""
        mask = in_archives(self.table, wanted)[words.combinations]
        if wanted.years:
            first, last = wanted.years
            mask &= (words.months >= 12 * first) & (words.months < 12 * (last + 1))
        if wanted.text.strip():
            with self._lock:
                query = f"SELECT paper FROM {self._source(wanted)}"  # noqa: S608
                found = self._database.execute(query).fetchnumpy()["paper"]
            mask &= np.isin(words.papers, found)
        return mask


@contextmanager
def _reading() -> Iterator[None]:
    """Make a CacheError of what goes wrong with a converted corpus's files."""
    import duckdb

    try:
        yield
    except (OSError, pa.ArrowException, duckdb.Error) as error:
        reason = str(error).strip().split("\n")[0]
        raise CacheError(
            say("The converted corpus cannot be read: {reason}", reason=reason)
        ) from error


def _open(cached: Cached) -> "duckdb.DuckDBPyConnection":
    import duckdb

    database = duckdb.connect(config={"memory_limit": cache.MEMORY})
    # It would be drawn on the server's standard error.
    database.execute("SET enable_progress_bar = false")
    database.from_parquet(str(cached.folder / cache.PAPERS)).create_view("papers")
    return database


def _counts(table: pa.Table, combinations: Combinations) -> Counts:
    columns = (table[name].to_numpy() for name in ("month", "combination", "papers"))
    return Counts(*(column.astype(np.int64) for column in columns), combinations)


def fightin_words(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Log-odds ratios, as z, of words in two sets of texts (Monroe, Colaresi and Quinn 2008).

    ours, theirs: int (v,), how often each word occurs. The prior is spread as both together are
    and weighs as much as 1,000 words.
    """
    both = ours + theirs
    prior = PRIOR * both / max(1, both.sum())
    prior = np.where(both > 0, prior, 1e-9)
    a, b = ours + prior, theirs + prior
    all_a, all_b = ours.sum() + PRIOR, theirs.sum() + PRIOR
    ratio = np.log(a / np.maximum(all_a - a, 1e-9)) - np.log(b / np.maximum(all_b - b, 1e-9))
    return ratio / np.sqrt(1 / a + 1 / b)


def distinctive_z(compared: int) -> float:
    """The z from which a word tells a label from the others, where so many words are compared.

    Bonferroni's correction, one-sided: with no difference at all, at most in a share of `ERROR` of
    such lists does any word reach it. About 4.5 for 18,000 words. It is cautious twice over, as
    words of the same papers are not independent, and as the prior draws z towards 0.
    """
    from scipy.special import ndtri

    return float(-ndtri(ERROR / max(1, compared)))


@dataclass(frozen=True, eq=False)
class Words:
    """The words of m papers.

    papers, months, combinations: int (m,); starts: int (m + 1,), where each paper's words begin in
    `words`, places in the vocabulary, each once a paper.
    """

    papers: np.ndarray
    months: np.ndarray
    combinations: np.ndarray
    starts: np.ndarray
    words: np.ndarray
    vocabulary: np.ndarray

    def count(self, mask: np.ndarray) -> np.ndarray:
        """In how many of the papers each word stands, int (v,)."""
        each = np.repeat(mask, np.diff(self.starts))
        return np.bincount(self.words[each], minlength=len(self.vocabulary))


def _words(cached: Cached, database: "duckdb.DuckDBPyConnection") -> Words:
    """The words of the sample; counted at the first question and kept beside the corpus."""
    if not (cached.folder / WORDS).is_file() or not (cached.folder / VOCABULARY).is_file():
        _count_words(cached.folder, database)
    table = pq.read_table(cached.folder / WORDS).combine_chunks()
    lists = table["words"].chunk(0) if table.num_rows else pa.array([], pa.list_(pa.int32()))
    vocabulary = pq.read_table(cached.folder / VOCABULARY)["word"].to_pylist()
    return Words(
        *(table[name].to_numpy() for name in ("paper", "month", "combination")),
        np.asarray(lists.offsets) if table.num_rows else np.zeros(1, int),
        np.asarray(lists.flatten()),
        np.array(vocabulary, object),
    )


TOKENS = "regexp_extract_all(text, '[a-z][a-z-]*[a-z]')"


def _count_words(folder: Path, database: "duckdb.DuckDBPyConnection") -> None:
    """Write the words of `SAMPLE` papers, stop words and rare ones left out."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    # The hash depends on the paper's place alone: the same corpus always has the same sample.
    cut = database.execute(
        f"SELECT max(h) FROM (SELECT hash(paper) AS h FROM papers ORDER BY h LIMIT {SAMPLE})"  # noqa: S608
    ).fetchall()[0][0]
    found = database.sql(
        f"SELECT paper, month, combination, {TOKENS} AS words FROM papers "  # noqa: S608
        f"WHERE hash(paper) <= {cut or 0}"
    )
    numbers: dict[str, int] = {}
    parts, words, sizes = [], [np.array([], np.int64)], [np.array([], np.int64)]
    for batch in found.to_arrow_reader(arxiv.BLOCK_ROWS):
        parts.append(batch.select(["paper", "month", "combination"]))
        own, each = _coded(batch["words"], numbers)
        words.append(own)
        sizes.append(each)
    flat, each = np.concatenate(words), np.concatenate(sizes)
    times = np.bincount(flat, minlength=len(numbers))
    least = FEWEST if len(each) >= 1_000 else 1
    kept = (times >= least) & np.array([w not in ENGLISH_STOP_WORDS for w in numbers], bool)
    inside = kept[flat]
    owners = np.repeat(np.arange(len(each)), each)[inside]
    starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(each)))])
    lists = pa.ListArray.from_arrays(
        pa.array(starts.astype(np.int32)),
        pa.array((np.cumsum(kept) - 1)[flat[inside]].astype(np.int32)),
    )
    vocabulary = pa.array([w for w, keep in zip(numbers, kept, strict=True) if keep], pa.string())
    papers = pa.Table.from_batches(parts, None if parts else found.to_arrow_table().schema)
    papers = papers.select(["paper", "month", "combination"]).append_column("words", lists)
    tables = {VOCABULARY: pa.table({"word": vocabulary}), WORDS: papers}
    for name, table in tables.items():
        with export.whole(folder / name) as scratch:
            pq.write_table(table, scratch, compression="zstd")


def _coded(lists: pa.ListArray, numbers: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Each paper's distinct words by their numbers, one paper after the other, and how many.

    A word not yet in `numbers` gets the next one.
    """
    flat = lists.flatten().dictionary_encode()
    here = [numbers.setdefault(word, len(numbers)) for word in flat.dictionary.to_pylist()]
    codes = np.array(here, np.int64)[flat.indices.to_numpy()] if here else np.array([], np.int64)
    owners = np.repeat(np.arange(len(lists)), pc.list_value_length(lists).to_numpy())
    # A word counts once a paper.
    distinct = np.unique(owners * max(1, len(numbers)) + codes)
    owners, codes = np.divmod(distinct, max(1, len(numbers)))
    return codes, np.bincount(owners, minlength=len(lists))


def histogram(values: pd.DataFrame, width: int) -> pd.DataFrame:
    """Values in bins of a width: `from`, `to` (included), papers."""
    bins = values["value"] // width * width
    sums = values.groupby(bins)["papers"].sum()
    return pd.DataFrame(
        {"from": sums.index.to_numpy(), "to": sums.index.to_numpy() + width - 1,
         "papers": sums.to_numpy()}
    )  # fmt: skip


LOWER, MEDIAN, UPPER = phrases("lower quartile", "median", "upper quartile")
QUARTILES = {LOWER: 0.25, MEDIAN: 0.5, UPPER: 0.75}


def quantile(values: pd.DataFrame, share: float) -> float:
    """The value that so many of the papers do not exceed; NaN without papers."""
    total = values["papers"].sum()
    if not total:
        return float("nan")
    reached = values["papers"].cumsum().to_numpy() >= share * total
    return float(values["value"].to_numpy()[int(reached.argmax())])


def quartiles(values: pd.DataFrame) -> pd.DataFrame:
    """Of the values by archive a row an archive: archive, name, papers, quartiles, mean."""
    rows = []
    for archive, own in values.groupby("archive", sort=True):
        papers = int(own["papers"].sum())
        rows.append(
            {"archive": archive, "name": taxonomy.name(str(archive)), "papers": papers}
            | {name: quantile(own, share) for name, share in QUARTILES.items()}
            | {"mean": round(float((own["value"] * own["papers"]).sum() / papers), 2)}
        )
    columns = ["archive", "name", "papers", *QUARTILES, "mean"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        MEDIAN, ascending=False, kind="stable", ignore_index=True
    )


# Aggregates: counts that travel without the papers.


@dataclass(frozen=True, eq=False)
class Aggregate:
    """Counts that came as a file, and the card that says what they count."""

    counts: Counts
    card: dict[str, Any] = field(default_factory=dict)


def aggregate(path: Path, out: Path, title: str, warning: str = "", note: str = "") -> Path:
    """Write a corpus's counts by month and combination to a folder, with a card; nothing else.

    warning: a sentence that whoever looks at the counts must read first; note: more to know.

    Raises what `cache.convert` raises, and export.ExportError where the folder cannot be made.
    """
    cached = cache.convert(path)
    corpus = Corpus(cached)
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
            say("The folder {folder} cannot be made: {reason}.", folder=out, reason=error.strerror)
        ) from error
    with export.whole(out / AGGREGATE) as scratch:
        pq.write_table(table, scratch, compression="zstd", compression_level=19)
    card = {
        "title": title,
        "counts": "papers by month (12 times the year and the month less one, by the id; 0 where "
        "it tells none) and by their categories in arXiv's order",
        "warning": warning,
        "note": note,
        "papers": counts.total,
        "sources": {shard.name: store.sha256(shard) for shard in arxiv.files(path)},
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "files": {AGGREGATE: store.sha256(out / AGGREGATE)},
    }
    with export.whole(out / cache.CARD) as scratch:
        text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
        scratch.write_text(text, encoding="utf-8")
    return out


def read_aggregate(folder: Path) -> Aggregate:
    """The counts in a folder.

    Raises StatisticsError where they are not those that the card describes, or cannot be read.
    """
    try:
        card = json.loads((folder / cache.CARD).read_text(encoding="utf-8"))
        if store.sha256(folder / AGGREGATE) != card["files"][AGGREGATE]:
            raise StatisticsError(
                say(
                    "The counts in {folder} are not those that their card describes (the checksum "
                    "differs); restore them from the checkout.",
                    folder=folder,
                )
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
            say("The counts in {folder} cannot be read: {reason}.", folder=folder, reason=error)
        ) from error


def aggregates() -> list[Path]:
    """The folders of the aggregates that ship."""
    return sorted(p.parent for p in (settings.models_folder() / FOLDER).glob(f"*/{cache.CARD}"))


# Corpora of the data folder.


def corpora() -> list[Path]:
    """The arXiv corpora of the data folder: files of a known ending in it and in `arxiv`."""
    home = settings.data_folder()
    found: list[Path] = []
    for folder in (home, home / "arxiv"):
        with suppress(OSError):
            found += corpus_files(folder)
    return found


def inside(text: str) -> Path:
    """A path that somebody typed, if it is a file or folder within the data folder.

    Raises StatisticsError for any other place, links out of the folder included; whether something
    is there is not told.
    """
    home = settings.data_folder().resolve()
    try:
        path = (home / text.strip()).resolve()
        if ".." not in Path(text).parts and path.is_relative_to(home) and path.exists():
            return path
    except (OSError, ValueError, RuntimeError):
        pass
    raise StatisticsError(say("There is no such file or folder in the data folder."))


# The command line.


def summary(counts: Counts, cached: Cached) -> list[str]:
    """A corpus and what a filter left of it, in a few lines."""
    lines = [f"{cached.source}: {cached.papers:,} papers, {counts.total:,} of them counted"]
    if counts.years:
        lines.append(f"years by id: {counts.years[0]} to {counts.years[1]}")
    if counts.undated:
        lines.append(f"without a month in their id: {counts.undated:,}")
    if bare := unlabelled(counts):
        lines.append(f"without categories: {bare:,}")
    if cached.skipped_lines:
        lines.append(f"lines before the header, left out: {cached.skipped_lines:,}")
    if cached.damaged:
        places = "; ".join(map(str, cached.places))
        lines.append(f"damaged lines left out: {cached.damaged:,} ({places})")
    return lines


def unlabelled(counts: Counts) -> int:
    """Papers without any category."""
    return int(counts.weights[counts.labels("subject").primary < 0].sum())


def tables(counts: Counts, corpus: Corpus | None = None, wanted: Filter = ALL) -> dict[str, Any]:
    """The tables behind the page by file name, each a function that counts it."""
    found: dict[str, Callable[[], pd.DataFrame]] = {}
    for level in LEVELS:
        found[f"{level}s"] = lambda level=level: by_label(counts, level)
        found[f"{level}s-per-paper"] = lambda level=level: per_paper(counts, level)
        found[f"{level}-pairs"] = lambda level=level: pairs(together(counts, level))
    for unit in UNITS:
        found[f"archives-by-{unit}"] = lambda unit=unit: dated(
            over_time(counts, "archive", unit), unit
        )
    if corpus is None:
        return found
    for column in filter(corpus.has, NUMBERS):
        found[column.replace("_", "-")] = lambda column=column: corpus.numbers(column, wanted)
        found[f"{column.replace('_', '-')}-by-archive"] = lambda column=column: quartiles(
            corpus.numbers_by_archive(column, wanted)
        )
    if corpus.has("license"):
        found["licences"] = lambda: corpus.licences(wanted)
    if corpus.has("text"):
        found["words-by-archive"] = lambda: telling_words(corpus, counts, wanted)
    return found


def dated(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """A table over time with its periods as `2019` or `2019-02`."""
    form = "%Y" if unit == "year" else "%Y-%m"
    return table.assign(period=table["period"].dt.strftime(form))


def telling_words(corpus: Corpus, counts: Counts, wanted: Filter, most: int = 20) -> pd.DataFrame:
    """The most characteristic words of each archive: archive, rank, word, papers, shares, z."""
    rows = []
    for archive in by_label(counts, "archive")["code"]:
        words = corpus.words(wanted, "archive", archive).nlargest(most, "z")
        words.insert(0, "archive", archive)
        words.insert(1, "rank", np.arange(1, len(words) + 1))
        rows.append(words)
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
