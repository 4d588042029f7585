"""What a corpus is made of: papers by category and time, categories that meet, lengths, words.

Everything about categories is counted from `Counts`: the papers of each month and combination of
categories, a table of some thousand rows even for all of arXiv. A `Corpus` adds what takes its
papers: a search in the text, lengths, authors, versions, licences and words.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core import settings, taxonomy
from core.files.compression import corpus_files
from core.i18n import phrases, say
from core.messages import PaperlensError

if TYPE_CHECKING:
    import scipy.sparse as sp

LEVELS = ("archive", "subject")
UNITS = ("month", "year")
NUMBERS = ("title_length", "abstract_length", "authors", "versions")
"""The columns of numbers a paper; lengths are in characters."""


FEWEST_SHARED = 5
"""With fewer papers shared, and fewer expected, chance alone gives any lift."""


class StatisticsError(PaperlensError, ValueError):
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
    from core.embeddings.clustering import cluster

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


# Aggregates: counts that travel without the papers.


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
