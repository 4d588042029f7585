"""Swivel (Shazeer et al. 2016, arXiv:1602.02215): an embedding trained from co-occurrences."""

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
from core.embeddings import module_export, module_table, pair_counts, word_pairs
from core.embeddings.pair_counts import LEAST, PairCounts
from core.embeddings.vectors import WordVectors
from core.files import checksum
from core.files.export import atomic_write
from core.messages import Progress
from core.text.cleaning import remove_stop_words

if TYPE_CHECKING:
    import scipy.sparse as sp

CHUNK = 2_000_000  # words whose pairs are counted at once, about 20 million pairs
END = -1  # separates two contexts
FIRST_SUM = 1e-3  # Adagrad's initial sums: small enough that the first steps count
SETS = "eval"
"""The folder of word-similarity sets in the data folder."""


@dataclass(frozen=True)
class SwivelOptions:
    """Hyperparameters; the shipped embedding was trained with the defaults.

    vocabulary: the maximum number of tokens, rounded down to a multiple of `shard`.
    """

    dimension: int = 128
    vocabulary: int = 45_056
    shard: int = 4_096
    window: int = 10
    epochs: int = 40
    learning_rate: float = 0.3
    seed: int = 0


@dataclass(frozen=True)
class CoOccurrences:
    """Tokens of a corpus by frequency, and their co-occurrences, float32 (v, v), symmetric."""

    tokens: tuple[str, ...]
    cells: "sp.csr_matrix"
    words: int


@dataclass(frozen=True)
class Swivel:
    """A trained embedding, as `core.classifiers.store` saves it."""

    table: WordVectors
    pairs: PairCounts | None = None
    name: str = "swivel"
    task: str = cards.EMBEDDING
    labels: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()

    def save(self, folder: Path) -> None:
        """Write it as a TF-Hub text module, with its words' printed forms and counts."""
        module_export.export(self.table.tokens, self.table.vectors, folder)
        if self.pairs:
            pair_counts.write_pairs(self.pairs, folder)
        if self.table.printed_forms:
            module_table.write_printed_forms(self.table.printed_forms, folder)


def vocabulary(contexts: Iterable[Sequence[str]], options: SwivelOptions) -> tuple[str, ...]:
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

    A window thus extends over unknown words, as in Swivel's own preprocessing.
    """
    row = {token: i for i, token in enumerate(tokens)}
    parts = []
    for words in contexts:
        known = [row[word] for word in words if word in row]
        if len(known) > 1:
            parts.append(np.array([*known, END], np.int32))
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def cooccurrences(
    rows: np.ndarray, size: int, window: int, report: Callable[[float], None]
) -> "sp.csr_matrix":
    """Weighted co-occurrences of encoded contexts; float32 (size, size), symmetric.

    Two words k apart in one context add 1/k to both their cells, for k up to `window`.
    """
    weights = [1 / distance for distance in range(1, window + 1)]
    return _symmetric(*_by_context(rows), size, weights, report)


def count_pairs(
    rows: np.ndarray,
    counted: np.ndarray,
    window: int,
    report: Callable[[float], None],
    least: int = LEAST,
) -> PairCounts:
    """How often words of encoded contexts stand at most `window` words apart in one context.

    counted: bool (v,), false for words whose pairs are left out.
    """
    words, context = _by_context(rows)
    lengths = np.bincount(context)
    pairs = sum(int((lengths - apart).clip(0).sum()) for apart in range(1, window + 1))
    # Words that are left out keep their places, each in a context of its own.
    context = np.where(counted[words], context, -1 - np.arange(len(words), dtype=np.int32))
    cells = _symmetric(words, context, len(counted), [1.0] * window, report)
    frequencies = np.bincount(words, minlength=len(counted))
    return pair_counts.of_cells(cells, frequencies, counted, pairs, window, least)


def _by_context(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The words of encoded contexts, and the number of each one's context; int32 (n,)."""
    return rows[rows != END], np.cumsum(rows == END, dtype=np.int32)[rows != END]


def _symmetric(
    words: np.ndarray,
    context: np.ndarray,
    size: int,
    weights: Sequence[float],
    report: Callable[[float], None],
) -> "sp.csr_matrix":
    """The sums of pairs' weights, which are by distance from 1; float32 (size, size)."""
    import scipy.sparse as sp

    half = sp.csr_matrix((size, size), dtype=np.float32)
    for start in range(0, len(words), CHUNK):
        half += _half(words, context, start, size, weights)
        report(min(1.0, (start + CHUNK) / len(words)))
    return (half + half.T).tocsr()


def _half(
    words: np.ndarray, context: np.ndarray, start: int, size: int, weights: Sequence[float]
) -> "sp.csr_matrix":
    """The pairs whose first word is in one chunk, each counted once."""
    import scipy.sparse as sp

    left, right, weight = [], [], []
    for distance, of_distance in enumerate(weights, 1):
        first = np.arange(start, min(start + CHUNK, len(words) - distance))
        first = first[context[first] == context[first + distance]]
        left.append(words[first])
        right.append(words[first + distance])
        weight.append(np.full(len(first), of_distance, np.float32))
    cells = (np.concatenate(left), np.concatenate(right))
    return sp.csr_matrix((np.concatenate(weight), cells), shape=(size, size))


def count(files: Sequence[Path], options: SwivelOptions, progress: Progress) -> CoOccurrences:
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
    return CoOccurrences(tokens, cells, int((rows != END).sum()))


def pairs_of_files(
    files: Sequence[Path], tokens: Sequence[str], window: int, progress: Progress
) -> PairCounts:
    """The pairs of a vocabulary's words in corpus files; not of numbers, letters and stop words."""
    known = {word for word in remove_stop_words(tokens) if len(word) > 1 and not word.isdecimal()}
    counted = np.array([token in known for token in tokens])
    progress(0.0, "reading the corpus for pairs of words")
    rows = encode(cord19.contexts(files), tokens)
    return count_pairs(
        rows, counted, window, lambda share: progress(share, "counting pairs of words")
    )


def blocks(cells: "sp.csr_matrix", shard: int) -> dict[tuple[int, int], tuple[np.ndarray, ...]]:
    """The observed cells of each block: indices in the flattened block, int32, and counts.

    Row i and column j belong to shard i mod s and j mod s, so that each block mixes frequent and
    rare words.
    """
    shards = cells.shape[0] // shard
    observed = {}
    for i in range(shards):
        band = cells[i::shards].tocsc()
        for j in range(shards):
            block = band[:, j::shards].tocoo()
            indices = block.row.astype(np.int32) * shard + block.col
            observed[i, j] = (indices.astype(np.int32), block.data.astype(np.float32))
    return observed


@dataclass
class State:
    """The state of training: row and column vectors and Adagrad's sums, (s, shard, d) each."""

    vectors: list[np.ndarray]
    sums: list[np.ndarray]
    history: list[dict[str, float]]


def start(size: int, options: SwivelOptions) -> State:
    """Vectors of standard deviation 1/√d, as in the paper."""
    random = np.random.default_rng(options.seed)
    shape = (size // options.shard, options.shard, options.dimension)
    vectors = [
        (random.standard_normal(shape) / np.sqrt(options.dimension)).astype(np.float32)
        for _ in range(2)
    ]
    return State(vectors, [np.full(shape, FIRST_SUM, np.float32) for _ in range(2)], [])


def block_loss(
    rows: Any, columns: Any, indices: Any, counts: Any, margins: tuple[Any, Any, Any]
) -> Any:
    """The loss of one block, a TensorFlow scalar.

    rows, columns: vectors, (shard, d); indices, counts: the observed cells; margins: log |D|, and
    the logarithms of the row and column sums, (shard,). Observed cells cost ½ f(x) (w·c - pmi)²,
    the others softplus(w·c - pmi*), where pmi = log x_ij + log |D| - log x_i* - log x_*j, and pmi*
    is that of a count of 1. f(x) = √x, as in the authors' code; the paper's 0.1 + ¼ √x did worse.
    """
    import tensorflow as tf

    total, row_sums, column_sums = margins
    scores = tf.matmul(rows, columns, transpose_b=True)
    # The pmi of a count of 1, whose logarithm is 0.
    single = total - row_sums[:, None] - column_sums[None, :]
    missing = tf.nn.softplus(scores - single)
    gathered = [tf.gather(tf.reshape(table, [-1]), indices) for table in (scores, single, missing)]
    pmi = tf.math.log(counts) + gathered[1]
    observed = 0.5 * tf.sqrt(counts) * (gathered[0] - pmi) ** 2
    total_loss = tf.reduce_sum(observed) + tf.reduce_sum(missing) - tf.reduce_sum(gathered[2])
    return total_loss / tf.sqrt(tf.cast(tf.size(scores), tf.float32))


def fit(
    cells: "sp.csr_matrix",
    options: SwivelOptions,
    state: State,
    after_epoch: Callable[[State], None],
) -> np.ndarray:
    """Train from a state to the last epoch; vectors of the words, float32 (v, d).

    An epoch is one step per block. `after_epoch` is called with the state after each.
    """
    import tensorflow as tf

    size = cells.shape[0]
    shards = size // options.shard
    sums = np.asarray(cells.sum(axis=1), np.float64).ravel()
    total = tf.constant(np.log(sums.sum()), tf.float32)
    # A word that never co-occurs has no pmi; the lower bound makes its logarithm finite.
    margins = tf.constant(np.log(np.maximum(sums, 1.0)).reshape(-1, shards).T, tf.float32)
    vectors = [tf.Variable(part) for part in state.vectors]
    squares = [tf.Variable(part) for part in state.sums]

    @tf.function(reduce_retracing=True)
    def step(i: Any, j: Any, indices: Any, counts: Any) -> Any:
        rows, columns = vectors[0][i], vectors[1][j]
        with tf.GradientTape() as tape:
            tape.watch([rows, columns])
            block_margins = (total, margins[i], margins[j])
            loss = block_loss(rows, columns, indices, counts, block_margins)
        gradients = tape.gradient(loss, [rows, columns])
        for side, shard, gradient in zip((0, 1), (i, j), gradients, strict=True):
            summed = squares[side][shard] + gradient**2
            moved = vectors[side][shard] - options.learning_rate * gradient / tf.sqrt(summed)
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
        after_epoch(state)
    return words_of(state)


def words_of(state: State) -> np.ndarray:
    """Row plus column vector of each word, in the vocabulary's order; float32 (v, d)."""
    both = state.vectors[0] + state.vectors[1]
    return both.transpose(1, 0, 2).reshape(-1, both.shape[2])


# To resume, counts and state are stored until the module is complete.


def run_folder(files: Sequence[Path], options: SwivelOptions) -> Path:
    """The folder of intermediate results for a corpus and options."""
    key = json.dumps([*map(checksum.sha256, files), asdict(options)])
    return settings.runs_folder() / f"swivel-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def write_counts(folder: Path, counts: CoOccurrences) -> None:
    """Store the vocabulary and the co-occurrences in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens, cells = np.array(counts.tokens), counts.cells
    arrays = {"data": cells.data, "indices": cells.indices, "indptr": cells.indptr}
    with atomic_write(folder / "counts.npz") as scratch, scratch.open("wb") as file:
        np.savez(file, tokens=tokens, words=counts.words, **arrays)


def read_counts(folder: Path) -> CoOccurrences | None:
    """Read what `write_counts` wrote; None if nothing is stored."""
    import scipy.sparse as sp

    if not (folder / "counts.npz").exists():
        return None
    with np.load(folder / "counts.npz", allow_pickle=False) as stored:
        tokens = tuple(stored["tokens"].tolist())
        rows = (stored["data"], stored["indices"], stored["indptr"])
        cells = sp.csr_matrix(rows, shape=(len(tokens), len(tokens)))
        return CoOccurrences(tokens, cells, int(stored["words"]))


def write_state(folder: Path, state: State) -> None:
    """Store the vectors and the losses of the epochs so far in a folder."""
    arrays = dict(zip(("rows", "columns"), state.vectors, strict=True))
    arrays |= dict(zip(("row_sums", "column_sums"), state.sums, strict=True))
    losses = np.array([record["loss"] for record in state.history])
    with atomic_write(folder / "state.npz") as scratch, scratch.open("wb") as file:
        np.savez(file, losses=losses, **arrays)


def read_state(folder: Path) -> State | None:
    """Read what `write_state` wrote; None if nothing is stored."""
    if not (folder / "state.npz").exists():
        return None
    with np.load(folder / "state.npz", allow_pickle=False) as stored:
        history = [{"epoch": n, "loss": float(x)} for n, x in enumerate(stored["losses"], start=1)]
        vectors = [stored["rows"], stored["columns"]]
        return State(vectors, [stored["row_sums"], stored["column_sums"]], history)


def evaluate(data: Path, table: WordVectors) -> dict[str, Any]:
    """Spearman's rho on each word-similarity set in the data folder; empty where there are none."""
    results = {}
    for file in sorted((data / SETS).glob("*.txt")) if data.is_dir() else []:
        result = word_pairs.word_similarity(table, word_pairs.read_word_pairs(file))
        results[file.stem] = asdict(result)
    return results


def skipgram(files: Sequence[Path], tokens: Sequence[str], options: SwivelOptions) -> WordVectors:
    """Gensim's skip-gram with the same contexts, vocabulary and dimension, otherwise defaults.

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
    return WordVectors(tuple(tokens), vectors)
