"""Words that distinguish some papers from the others, by log-odds."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.corpora import blocks
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
    table = pq.read_table(cached.folder / WORDS).combine_chunks()
    lists = table["words"].chunk(0) if table.num_rows else pa.array([], pa.list_(pa.int32()))
    vocabulary = pq.read_table(cached.folder / VOCABULARY)["word"].to_pylist()
    return WordSample(
        *(table[name].to_numpy() for name in ("paper", "month", "combination")),
        np.asarray(lists.offsets) if table.num_rows else np.zeros(1, int),
        np.asarray(lists.flatten()),
        np.array(vocabulary, object),
    )


TOKENS = "regexp_extract_all(text, '[a-z][a-z-]*[a-z]')"


def _count_words(folder: Path, database: "duckdb.DuckDBPyConnection") -> None:
    """Write the words of `SAMPLE` papers, without stop words and rare words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    # The hash depends on the paper's number only: the same corpus always has the same sample.
    max_hash = database.execute(
        f"SELECT max(h) FROM (SELECT hash(paper) AS h FROM papers ORDER BY h LIMIT {SAMPLE})"  # noqa: S608
    ).fetchall()[0][0]
    sampled = database.sql(
        f"SELECT paper, month, combination, {TOKENS} AS words FROM papers "  # noqa: S608
        f"WHERE hash(paper) <= {max_hash or 0}"
    )
    numbers: dict[str, int] = {}
    parts, words, sizes = [], [np.array([], np.int64)], [np.array([], np.int64)]
    for batch in sampled.to_arrow_reader(blocks.BLOCK_ROWS):
        parts.append(batch.select(["paper", "month", "combination"]))
        batch_words, lengths = _coded(batch["words"], numbers)
        words.append(batch_words)
        sizes.append(lengths)
    flat, lengths = np.concatenate(words), np.concatenate(sizes)
    counts = np.bincount(flat, minlength=len(numbers))
    min_papers = MIN_PAPERS if len(lengths) >= 1_000 else 1
    kept = (counts >= min_papers) & np.array([w not in ENGLISH_STOP_WORDS for w in numbers], bool)
    in_vocabulary = kept[flat]
    papers_of_words = np.repeat(np.arange(len(lengths)), lengths)[in_vocabulary]
    starts = np.concatenate([[0], np.cumsum(np.bincount(papers_of_words, minlength=len(lengths)))])
    lists = pa.ListArray.from_arrays(
        pa.array(starts.astype(np.int32)),
        pa.array((np.cumsum(kept) - 1)[flat[in_vocabulary]].astype(np.int32)),
    )
    vocabulary = pa.array([w for w, keep in zip(numbers, kept, strict=True) if keep], pa.string())
    papers = pa.Table.from_batches(parts, None if parts else sampled.to_arrow_table().schema)
    papers = papers.select(["paper", "month", "combination"]).append_column("words", lists)
    tables = {VOCABULARY: pa.table({"word": vocabulary}), WORDS: papers}
    for name, table in tables.items():
        with export.atomic_write(folder / name) as scratch:
            pq.write_table(table, scratch, compression="zstd")


def _coded(lists: pa.ListArray, numbers: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of each paper's distinct words, concatenated, and how many each paper has.

    A word not yet in `numbers` gets the next number.
    """
    flat = lists.flatten().dictionary_encode()
    ids = [numbers.setdefault(word, len(numbers)) for word in flat.dictionary.to_pylist()]
    codes = np.array(ids, np.int64)[flat.indices.to_numpy()] if ids else np.array([], np.int64)
    papers_of_words = np.repeat(np.arange(len(lists)), pc.list_value_length(lists).to_numpy())
    # A word counts once per paper.
    distinct = np.unique(papers_of_words * max(1, len(numbers)) + codes)
    papers_of_words, codes = np.divmod(distinct, max(1, len(numbers)))
    return codes, np.bincount(papers_of_words, minlength=len(lists))
