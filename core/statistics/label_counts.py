"""Papers by category, by month, and by categories that occur together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core import taxonomy
from core.i18n import _, translate
from core.messages import Message, PaperlensError

if TYPE_CHECKING:
    import scipy.sparse as sp

LEVELS = ("archive", "subject")
UNITS = ("month", "year")
NUMBERS = ("title_length", "abstract_length", "authors", "versions")
"""Numeric columns; lengths are in characters."""
MIN_SHARED = 50
"""Lifts are unreliable where fewer papers are shared and fewer are expected."""


class StatisticsError(PaperlensError, ValueError):
    """Something cannot be counted; the message says why and what to do."""


@dataclass(frozen=True)
class Filter:
    """Which papers count.

    years: first and last, by id, inclusive; archives: any of these; text: a phrase in title or
    abstract, ignoring case; merged: whether retired archives count as their successors.
    """

    years: tuple[int, int] | None = None
    archives: tuple[str, ...] = ()
    text: str = ""
    merged: bool = False


ALL = Filter()


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of k combinations at one level.

    codes: s labels, sorted; member: bool CSR (k, s); primary: int (k,), the index of each
    combination's first label in `codes`, -1 where it has none.
    """

    codes: tuple[str, ...]
    member: "sp.csr_matrix"
    primary: np.ndarray

    def index(self, code: str) -> int | None:
        """The index of a code, None if no paper has it."""
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
        name = {code: taxonomy.archive_of(successor) for code, successor in name.items()}
    codes = tuple(sorted(set(name.values())))
    index = {code: i for i, code in enumerate(codes)}
    flat = np.array([index[name[code]] for text_codes in lists for code in text_codes], np.int32)
    ends = np.cumsum([0, *map(len, lists)])
    primary = np.full(len(texts), -1)
    labelled = np.diff(ends) > 0
    primary[labelled] = flat[ends[:-1][labelled]]
    # Sorting the matrix's indices sorts `flat` with them.
    member = sp.csr_matrix((np.ones(len(flat), np.int64), flat, ends), (len(texts), len(codes)))
    member.sum_duplicates()
    member.data[:] = 1
    return Labels(codes, member, primary)


@dataclass(frozen=True, eq=False)
class Counts:
    """Papers by month and combination: three int arrays of one length.

    months: 12 times the year plus the month less one, 0 where the id has none; combinations:
    indices into `table`; papers: how many.
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
        """Papers without a month in their id."""
        return int(self.papers[self.months == 0].sum())

    @property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year; None where no id has one."""
        dated = self.months[self.months > 0]
        return (int(dated.min()) // 12, int(dated.max()) // 12) if len(dated) else None

    def labels(self, level: str) -> Labels:
        """The labels at a level, with retired archives merged or not as in the filter."""
        return self.table.labels(level, self.merged)

    @cached_property
    def weights(self) -> np.ndarray:
        """Papers of each combination, int (k,)."""
        sums = np.bincount(self.combinations, self.papers, len(self.table.texts))
        return sums.astype(np.int64)

    def filtered(self, wanted: Filter) -> "Counts":
        """The counts of a filter's years and archives; its text is ignored."""
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
    columns = [i for i, code in enumerate(labels.codes) if code in wanted.archives]
    return np.asarray(labels.member[:, columns].sum(axis=1)).ravel() > 0


def by_label(counts: Counts, level: str) -> pd.DataFrame:
    """One row per label, most papers first: code, name, status, papers, share, primary.

    `papers` counts a paper under each of its labels, `primary` only under its first.
    """
    labels = counts.labels(level)
    papers = labels.member.T @ counts.weights
    labelled = labels.primary >= 0
    primary = np.bincount(labels.primary[labelled], counts.weights[labelled], len(labels.codes))
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


def status(code: str) -> Message:
    """Whether a label is live, retired (and its successor) or not in the taxonomy."""
    archive = taxonomy.archive_of(code)
    if taxonomy.is_retired(archive):
        return Message("retired, now {successor}", successor=taxonomy.successor(archive))
    if code in taxonomy.SUBJECTS or code in taxonomy.ARCHIVES:
        return Message("live")
    return Message("not in the taxonomy")


def on_screen(table: pd.DataFrame) -> pd.DataFrame:
    """A table with names and statuses in the current language; files have them in English."""
    columns = {
        name: [_(value) for value in table[name]]
        for name in ("name", "first name", "second name")
        if name in table
    }
    if "status" in table:
        columns["status"] = [translate(status(code)) for code in table["code"]]
    return table.assign(**columns)


def per_paper(counts: Counts, level: str) -> pd.DataFrame:
    """Papers by their number of labels: labels, papers, share."""
    sizes = np.diff(counts.labels(level).member.indptr)
    papers = np.bincount(sizes, counts.weights).astype(np.int64)
    table = pd.DataFrame({"labels": np.arange(len(papers)), "papers": papers})
    table["share"] = table["papers"] / max(1, counts.total)
    return table[table["papers"] > 0].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class CoOccurrence:
    """How often labels occur together on one paper.

    codes: n labels; papers: int (n, n), on the diagonal all papers of a label; expected: float
    (n, n), the papers that two labels would share if they were independent.
    """

    codes: tuple[str, ...]
    papers: np.ndarray
    expected: np.ndarray

    @property
    def lift(self) -> np.ndarray:
        """Shared over expected papers, float (n, n); NaN on the diagonal.

        Unreliable for small counts: a single paper of two rare labels has a huge lift.
        """
        lift = self.papers / self.expected
        np.fill_diagonal(lift, np.nan)
        return lift

    @property
    def reliable_lift(self) -> np.ndarray:
        """The lift where `MIN_SHARED` papers are shared or expected, NaN elsewhere."""
        enough = (self.papers >= MIN_SHARED) | (self.expected >= MIN_SHARED)
        return np.where(enough, self.lift, np.nan)

    def reordered(self, indices: Iterable[int]) -> "CoOccurrence":
        """The same with the labels in another order."""
        order = np.array(list(indices), int)
        grid = np.ix_(order, order)
        codes = tuple(self.codes[i] for i in order)
        return CoOccurrence(codes, self.papers[grid], self.expected[grid])


def co_occurrence(counts: Counts, level: str, max_labels: int | None = None) -> CoOccurrence:
    """How often the most frequent labels occur together; all of them if `max_labels` is None."""
    import scipy.sparse as sp

    labels = counts.labels(level)
    shared = (
        labels.member.T @ sp.diags_array(counts.weights, dtype=np.int64) @ labels.member
    ).toarray()
    papers = shared.diagonal()
    order = np.lexsort((np.arange(len(papers)), -papers))
    top = order[papers[order] > 0][:max_labels]
    shared = shared[np.ix_(top, top)].astype(np.int64)
    papers = papers[top].astype(float)
    expected = np.outer(papers, papers) / max(1, counts.total)
    return CoOccurrence(tuple(labels.codes[i] for i in top), shared, expected)


def clustered(pairs: CoOccurrence) -> CoOccurrence:
    """Reordered by hierarchical clustering on log-lift, so that related labels are adjacent.

    A pair that is too rare counts as independent.
    """
    from core.embeddings.clustering import cluster

    if len(pairs.codes) < 3:
        return pairs
    lift = np.nan_to_num(pairs.reliable_lift, nan=1)
    # Lifts from 0.01 to 100 become similarities from 0 to 1.
    near = (np.log10(np.clip(lift, 0.01, 100)) + 2) / 4
    np.fill_diagonal(near, 1)
    return pairs.reordered(cluster(near).order)


def pair_table(pairs: CoOccurrence) -> pd.DataFrame:
    """One row per pair that shares a paper, most frequent first: codes, papers, lift, names."""
    rows, columns = np.nonzero(np.triu(pairs.papers, 1))
    table = pd.DataFrame(
        {
            "first": [pairs.codes[i] for i in rows],
            "second": [pairs.codes[i] for i in columns],
            "papers": pairs.papers[rows, columns],
            "lift": pairs.lift[rows, columns],
            "first name": [taxonomy.name(pairs.codes[i]) for i in rows],
            "second name": [taxonomy.name(pairs.codes[i]) for i in columns],
        }
    )
    return table.sort_values("papers", ascending=False, kind="stable", ignore_index=True)


def over_time(counts: Counts, level: str, unit: str) -> pd.DataFrame:
    """Papers by month or year: `period` (timestamps), `papers`, then one column per label.

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
    cells = (periods - first, counts.combinations[dated])
    grid = sp.csr_matrix((counts.papers[dated], cells), shape)
    numbers = first + np.arange(shape[0])
    if unit == "year":
        numbers = numbers * 12
    dates = [datetime(n // 12, n % 12 + 1, 1) for n in numbers.tolist()]
    values = (grid @ labels.member).toarray()
    present = values.sum(axis=0) > 0
    table = pd.DataFrame(values[:, present], columns=np.array(labels.codes, object)[present])
    table.insert(0, "period", pd.to_datetime(dates))
    table.insert(1, "papers", np.asarray(grid.sum(axis=1)).ravel())
    return table


def hierarchy(counts: Counts) -> pd.DataFrame:
    """Papers by primary category, each once: archive, subject, papers."""
    labels = counts.labels("subject")
    labelled = labels.primary >= 0
    papers = np.bincount(labels.primary[labelled], counts.weights[labelled], len(labels.codes))
    table = pd.DataFrame(
        {
            "archive": [taxonomy.archive_of(code) for code in labels.codes],
            "subject": labels.codes,
            "papers": papers.astype(np.int64),
        }
    )
    table = table[table["papers"] > 0]
    return table.sort_values(["archive", "papers"], ascending=[True, False], ignore_index=True)
