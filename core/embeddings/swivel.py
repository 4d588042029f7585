"""Swivel: train an embedding from the co-occurrences of a corpus.

Shazeer, Doherty, Evans and Waterson 2016, "Swivel: Improving Embeddings by Noticing What's
Missing", arXiv:1602.02215. Words i and j of one context that stand k words apart (k up to the
window) add 1/k to the co-occurrence x_ij. Row vectors w and column vectors c are fitted so that
w_i · c_j comes near pmi_ij = log x_ij + log |D| - log x_i* - log x_*j where the words were seen
together, and stays below the pmi of a single co-occurrence where they were not. The matrix is cut
into square blocks, row i and column j belonging to shard i mod s and j mod s, so that each block
mixes frequent and rare words; an epoch is one step a block. The vector of a word is w + c.
"""

import collections
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import cards, settings
from core.corpora import cord19
from core.embeddings import module_export, word_pairs
from core.embeddings.vectors import Table
from core.files import checksum
from core.files.export import atomic_write
from core.messages import Progress

if TYPE_CHECKING:
    import scipy.sparse as sp

CHUNK = 2_000_000  # words whose pairs are counted at once: about 20 million pairs
END = -1  # stands between two contexts
SETS = "eval"
"""The folder of word-similarity sets in the data folder."""


@dataclass(frozen=True)
class Options:
    """How to train; the defaults are what ships.

    vocabulary: at most so many tokens, cut to a multiple of `shard`.
    """

    dimension: int = 128
    vocabulary: int = 45_056
    shard: int = 4_096
    window: int = 10
    epochs: int = 40
    learning_rate: float = 0.3
    seed: int = 0


@dataclass(frozen=True)
class Counts:
    """What the corpus says: tokens by frequency, and co-occurrences, float32 (v, v), symmetric."""

    tokens: tuple[str, ...]
    cells: "sp.csr_matrix"
    words: int


@dataclass(frozen=True)
class Swivel:
    """A trained embedding, in the form that `core.classifiers.store` saves."""

    table: Table
    name: str = "swivel"
    task: str = cards.EMBEDDING
    labels: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()

    def save(self, folder: Path) -> None:
        """Write it as a TF-Hub text module."""
        module_export.export(self.table.tokens, self.table.vectors, folder)


def vocabulary(contexts: Iterable[Sequence[str]], options: Options) -> tuple[str, ...]:
    """The most frequent tokens, by count and then by token, a multiple of the shard size.

    Raises ValueError for a corpus with fewer tokens than a shard.
    """
    counts: collections.Counter[str] = collections.Counter()
    for words in contexts:
        counts.update(words)
    size = min(options.vocabulary, len(counts)) // options.shard * options.shard
    if not size:
        raise ValueError(
            f"the corpus has {len(counts):,} different words, fewer than one shard of "
            f"{options.shard:,}"
        )
    return tuple(sorted(counts, key=lambda token: (-counts[token], token))[:size])


def encode(contexts: Iterable[Sequence[str]], tokens: Sequence[str]) -> np.ndarray:
    """The contexts as rows of the vocabulary, int32 (n,), END after each; unknown words left out.

    A window therefore reaches over an unknown word, as in Swivel's own preparation.
    """
    row = {token: i for i, token in enumerate(tokens)}
    parts = []
    for words in contexts:
        known = [row[word] for word in words if word in row]
        if len(known) > 1:
            parts.append(np.array([*known, END], np.int32))
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def cooccurrences(
    rows: np.ndarray, size: int, window: int, tell: Callable[[float], None]
) -> "sp.csr_matrix":
    """Weighted co-occurrences of encoded contexts; float32 (size, size), symmetric.

    Two words k apart in one context add 1/k to both their cells, for k up to `window`.
    """
    import scipy.sparse as sp

    context = np.cumsum(rows == END, dtype=np.int32)[rows != END]
    words = rows[rows != END]
    # Sums of matrices of like size, as in merge sort, so that a cell is copied log n times.
    sums: list[tuple[int, sp.csr_matrix]] = []
    for start in range(0, len(words), CHUNK):
        sums.append((0, _half(words, context, start, size, window)))
        while len(sums) > 1 and sums[-1][0] == sums[-2][0]:
            (level, last), (_, before) = sums.pop(), sums.pop()
            sums.append((level + 1, last + before))
        tell(min(1.0, (start + CHUNK) / len(words)))
    half = sum((cells for _, cells in sums), sp.csr_matrix((size, size), dtype=np.float32))
    return (half + half.T).tocsr()


def _half(
    words: np.ndarray, context: np.ndarray, start: int, size: int, window: int
) -> "sp.csr_matrix":
    """The pairs whose first word is in one chunk, each counted once."""
    import scipy.sparse as sp

    left, right, weight = [], [], []
    for apart in range(1, window + 1):
        first = np.arange(start, min(start + CHUNK, len(words) - apart))
        first = first[context[first] == context[first + apart]]
        left.append(words[first])
        right.append(words[first + apart])
        weight.append(np.full(len(first), 1 / apart, np.float32))
    cells = (np.concatenate(left), np.concatenate(right))
    return sp.csr_matrix((np.concatenate(weight), cells), shape=(size, size))


def count(files: Sequence[Path], options: Options, progress: Progress) -> Counts:
    """The vocabulary and co-occurrences of corpus files."""
    progress(0.0, "reading the corpus for its vocabulary")
    tokens = vocabulary(cord19.contexts(files), options)
    progress(0.03, f"reading the corpus again for {len(tokens):,} tokens")
    rows = encode(cord19.contexts(files), tokens)
    cells = cooccurrences(
        rows,
        len(tokens),
        options.window,
        lambda share: progress(0.06 + 0.04 * share, "counting co-occurrences"),
    )
    return Counts(tokens, cells, int((rows != END).sum()))


def blocks(cells: "sp.csr_matrix", shard: int) -> dict[tuple[int, int], tuple[np.ndarray, ...]]:
    """The observed cells of each block: places in the flattened block, int32, and counts."""
    shards = cells.shape[0] // shard
    found = {}
    for i in range(shards):
        band = cells[i::shards].tocsc()
        for j in range(shards):
            block = band[:, j::shards].tocoo()
            places = block.row.astype(np.int32) * shard + block.col
            found[i, j] = (places.astype(np.int32), block.data.astype(np.float32))
    return found


@dataclass
class State:
    """Where a training stands: row and column vectors and Adagrad's sums, (s, shard, d) each."""

    vectors: list[np.ndarray]
    sums: list[np.ndarray]
    history: list[dict[str, float]]


def start(size: int, options: Options) -> State:
    """Vectors of standard deviation 1/√d, as in the paper."""
    random = np.random.default_rng(options.seed)
    shape = (size // options.shard, options.shard, options.dimension)
    vectors = [
        (random.standard_normal(shape) / np.sqrt(options.dimension)).astype(np.float32)
        for _ in range(2)
    ]
    return State(vectors, [np.full(shape, FIRST_SUM, np.float32) for _ in range(2)], [])


FIRST_SUM = 1e-3  # Adagrad's start: small enough that the first steps are not lost


def block_loss(
    rows: Any, columns: Any, places: Any, counts: Any, margins: tuple[Any, Any, Any]
) -> Any:
    """The loss of one block, a TensorFlow scalar.

    rows, columns: vectors, (shard, d); places, counts: the observed cells; margins: log |D|, and
    the logarithms of the row and column sums, (shard,). Observed cells cost ½ f(x) (w·c - pmi)²,
    the others softplus(w·c - pmi*), where pmi* takes the count for 1. f(x) = √x, as in the method's
    own code; the paper's 0.1 + ¼ √x did worse here.
    """
    import tensorflow as tf

    total, row_sums, column_sums = margins
    scores = tf.matmul(rows, columns, transpose_b=True)
    # Of a count of 1, so its logarithm is 0.
    single = total - row_sums[:, None] - column_sums[None, :]
    missing = tf.nn.softplus(scores - single)
    seen = [tf.gather(tf.reshape(table, [-1]), places) for table in (scores, single, missing)]
    pmi = tf.math.log(counts) + seen[1]
    observed = 0.5 * tf.sqrt(counts) * (seen[0] - pmi) ** 2
    whole = tf.reduce_sum(observed) + tf.reduce_sum(missing) - tf.reduce_sum(seen[2])
    return whole / tf.sqrt(tf.cast(tf.size(scores), tf.float32))


def fit(
    cells: "sp.csr_matrix",
    options: Options,
    state: State,
    after: Callable[[State], None],
) -> np.ndarray:
    """Train from a state to the last epoch; vectors of the words, float32 (v, d).

    `after` is called with the state after each epoch.
    """
    import tensorflow as tf

    size = cells.shape[0]
    shards = size // options.shard
    sums = np.asarray(cells.sum(axis=1), np.float64).ravel()
    total = tf.constant(np.log(sums.sum()), tf.float32)
    # A word that was never seen with another has no pmi; the floor keeps its logarithm finite.
    margins = tf.constant(np.log(np.maximum(sums, 1.0)).reshape(-1, shards).T, tf.float32)
    vectors = [tf.Variable(part) for part in state.vectors]
    squares = [tf.Variable(part) for part in state.sums]

    @tf.function(reduce_retracing=True)
    def step(i: Any, j: Any, places: Any, counts: Any) -> Any:
        rows, columns = vectors[0][i], vectors[1][j]
        with tf.GradientTape() as tape:
            tape.watch([rows, columns])
            known = (total, margins[i], margins[j])
            loss = block_loss(rows, columns, places, counts, known)
        slopes = tape.gradient(loss, [rows, columns])
        for side, shard, slope in zip((0, 1), (i, j), slopes, strict=True):
            summed = squares[side][shard] + slope**2
            moved = vectors[side][shard] - options.learning_rate * slope / tf.sqrt(summed)
            squares[side].scatter_nd_update([[shard]], summed[None])
            vectors[side].scatter_nd_update([[shard]], moved[None])
        return loss

    observed = blocks(cells, options.shard)
    for epoch in range(len(state.history) + 1, options.epochs + 1):
        order = np.random.default_rng([options.seed, epoch]).permutation(list(observed))
        losses = [
            step(tf.constant(i), tf.constant(j), *map(tf.constant, observed[int(i), int(j)]))
            for i, j in order
        ]
        record = {"epoch": epoch, "loss": float(np.mean(losses))}
        state = State(
            [part.numpy() for part in vectors],
            [part.numpy() for part in squares],
            [*state.history, record],
        )
        after(state)
    return words_of(state)


def words_of(state: State) -> np.ndarray:
    """Row plus column vector of each word, in the vocabulary's order; float32 (v, d)."""
    both = state.vectors[0] + state.vectors[1]
    return both.transpose(1, 0, 2).reshape(-1, both.shape[2])


# Resuming. Counting and training take long; what is done is kept until the module is complete.


def run_folder(files: Sequence[Path], options: Options) -> Path:
    """One folder a corpus and set of options."""
    told = json.dumps([*map(checksum.sha256, files), asdict(options)])
    return settings.runs_folder() / f"swivel-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def write_counts(folder: Path, counts: Counts) -> None:
    """Keep the vocabulary and the co-occurrences in a folder."""
    import scipy.sparse as sp

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokens.txt").write_text("\n".join(counts.tokens), encoding="utf-8")
    (folder / "words.json").write_text(json.dumps(counts.words))
    # Last, for it is looked for.
    with atomic_write(folder / "cells.npz") as scratch, scratch.open("wb") as file:
        sp.save_npz(file, counts.cells, compressed=False)


def read_counts(folder: Path) -> Counts | None:
    """What `write_counts` wrote; None where there is nothing."""
    import scipy.sparse as sp

    if not (folder / "cells.npz").exists():
        return None
    tokens = (folder / "tokens.txt").read_text(encoding="utf-8").split("\n")
    words = json.loads((folder / "words.json").read_text())
    return Counts(tuple(tokens), sp.load_npz(folder / "cells.npz").tocsr(), words)


def write_state(folder: Path, state: State) -> None:
    """Keep the vectors and the losses of the epochs done in a folder."""
    arrays = dict(zip(("rows", "columns"), state.vectors, strict=True))
    arrays |= dict(zip(("row_sums", "column_sums"), state.sums, strict=True))
    losses = np.array([record["loss"] for record in state.history])
    with atomic_write(folder / "state.npz") as scratch, scratch.open("wb") as file:
        np.savez(file, losses=losses, **arrays)


def read_state(folder: Path) -> State | None:
    """What `write_state` wrote; None where there is nothing."""
    if not (folder / "state.npz").exists():
        return None
    with np.load(folder / "state.npz", allow_pickle=False) as kept:
        history = [{"epoch": n, "loss": float(x)} for n, x in enumerate(kept["losses"], start=1)]
        return State(
            [kept["rows"], kept["columns"]], [kept["row_sums"], kept["column_sums"]], history
        )


# The recipe.


def evaluate(data: Path, table: Table) -> dict[str, Any]:
    """Spearman's rho on each word-similarity set in the data folder; empty where there are none."""
    found = {}
    for file in sorted((data / SETS).glob("*.txt")) if data.is_dir() else []:
        result = word_pairs.word_similarity(table, word_pairs.read_word_pairs(file))
        found[file.stem] = asdict(result)
    return found


def skipgram(files: Sequence[Path], tokens: Sequence[str], options: Options) -> Table:
    """Gensim's skip-gram on the same contexts, vocabulary and dimension, else as it comes.

    Raises ImportError where Gensim is not installed.
    """
    from gensim.models import Word2Vec

    known = set(tokens)

    class Contexts:
        def __iter__(self) -> Any:
            for words in cord19.contexts(files):
                yield [word for word in words if word in known]

    model = Word2Vec(
        Contexts(), sg=1, vector_size=options.dimension, min_count=1, workers=2, seed=options.seed
    )
    vectors = np.zeros((len(tokens), options.dimension), np.float32)
    for row, token in enumerate(tokens):
        if token in model.wv:
            vectors[row] = model.wv[token]
    return Table(tuple(tokens), vectors)
