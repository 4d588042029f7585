"""Words that distinguish some papers from the others, by log-odds."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.files import export
from core.statistics.conversion import Cached

SAMPLE = 50_000
"""Papers whose words are counted, chosen by a hash of their number."""
ERROR = 0.05
"""The probability of any false positive among the words of one comparison."""

if TYPE_CHECKING:
    import duckdb


MIN_PAPERS = 5
"""Words in fewer papers of the sample are left out."""
PRIOR = 1_000.0
WORDS = "words.parquet"
VOCABULARY = "vocabulary.parquet"


def log_odds_z(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Log-odds ratios over their standard errors, for words in two sets of texts; float (v,).

    ours, theirs: int (v,), how often each word occurs. The Dirichlet prior is proportional to the
    sum of both, with a total of 1,000 words (Monroe, Colaresi and Quinn 2008, "Fightin' Words").
    """
    both = ours + theirs
    prior = PRIOR * both / max(1, both.sum())
    prior = np.where(both > 0, prior, 1e-9)
    a, b = ours + prior, theirs + prior
    all_a, all_b = ours.sum() + PRIOR, theirs.sum() + PRIOR
    ratio = np.log(a / np.maximum(all_a - a, 1e-9)) - np.log(b / np.maximum(all_b - b, 1e-9))
    return ratio / np.sqrt(1 / a + 1 / b)


def distinctive_z(compared: int) -> float:
    """The z from which a word is distinctive if `compared` words are compared.

    One-sided, with the Bonferroni correction: the family-wise error rate is at most `ERROR`. About
    4.5 for 18,000 words. It is conservative, as words of the same papers are not independent and
    the prior shrinks z towards 0.
    """
    from scipy.special import ndtri

    return float(-ndtri(ERROR / max(1, compared)))


@dataclass(frozen=True, eq=False)
class WordSample:
    """The words of m papers.

    papers, months, combinations: int (m,); words: indices into the vocabulary, each word once
    per paper; starts: int (m + 1,), where each paper's words begin in `words`.
    """

    papers: np.ndarray
    months: np.ndarray
    combinations: np.ndarray
    starts: np.ndarray
    words: np.ndarray
    vocabulary: np.ndarray

    def count(self, mask: np.ndarray) -> np.ndarray:
        """In how many papers of a mask each word occurs, int (v,)."""
        selected = np.repeat(mask, np.diff(self.starts))
        return np.bincount(self.words[selected], minlength=len(self.vocabulary))


def word_sample(cached: Cached, database: "duckdb.DuckDBPyConnection") -> WordSample:
    """The words of the sample, counted at the first query and stored beside the corpus."""
    if not (cached.folder / WORDS).is_file() or not (cached.folder / VOCABULARY).is_file():
        _count_words(cached.folder, database)
    table = pq.read_table(cached.folder / WORDS)
    lists = table["words"].combine_chunks()
    vocabulary = pq.read_table(cached.folder / VOCABULARY)["word"].to_pylist()
    return WordSample(
        *(table[name].to_numpy() for name in ("paper", "month", "combination")),
        lists.offsets.to_numpy(),
        lists.flatten().to_numpy(),
        np.array(vocabulary, object),
    )


TOKENS = "regexp_extract_all(text, '[a-z][a-z-]*[a-z]')"


def _count_words(folder: Path, database: "duckdb.DuckDBPyConnection") -> None:
    """Write the words of `SAMPLE` papers, without stop words and rare words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    # The hash depends on the paper's number only: the same corpus always has the same sample.
    papers = database.sql(
        f"SELECT paper, month, combination, list_distinct({TOKENS}) AS words FROM papers "  # noqa: S608
        f"WHERE paper IN (SELECT paper FROM papers ORDER BY hash(paper) LIMIT {SAMPLE})"
    ).to_arrow_table()
    lists = papers["words"].combine_chunks()
    words, counts = lists.flatten().value_counts().flatten()
    min_papers = MIN_PAPERS if len(lists) >= 1_000 else 1
    stop_words = pc.is_in(words, pa.array(ENGLISH_STOP_WORDS, pa.string()))
    kept = pc.and_(pc.greater_equal(counts, min_papers), pc.invert(stop_words))
    vocabulary = words.filter(kept).sort()
    codes = pc.index_in(lists.flatten(), vocabulary)
    paper_of_word = pc.list_parent_indices(lists).to_numpy()[codes.is_valid().to_numpy(False)]
    ends = np.cumsum(np.bincount(paper_of_word, minlength=len(lists)), dtype=np.int32)
    numbers = pa.ListArray.from_arrays(np.concatenate([[0], ends]), codes.drop_null())
    tables = {
        VOCABULARY: pa.table({"word": vocabulary}),
        WORDS: papers.drop_columns("words").append_column("words", numbers),
    }
    for name, table in tables.items():
        with export.atomic_write(folder / name) as scratch:
            pq.write_table(table, scratch, compression="zstd")
