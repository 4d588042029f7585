"""Swivel: the counts against a double loop, the loss against NumPy, and a training that resumes."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from core import cards
from core.classifiers import store
from core.corpora.blocks import CorpusError
from core.embeddings import hub_module, swivel
from core.embeddings.swivel import END, State, SwivelOptions
from core.files import checksum
from core.training import swivel_recipe

SMALL = SwivelOptions(dimension=8, vocabulary=40, shard=16, window=3, epochs=12, learning_rate=0.3)
A, B = ([f"{topic}{i}" for i in range(16)] for topic in "ab")


def silent(share: float, words: str = "") -> None:
    """Progress that nobody watches."""


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for trainings under way."""
    monkeypatch.setenv("PAPERLENS_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 150 papers, the words of each from one of two topics."""
    random = np.random.default_rng(1)
    path = tmp_path_factory.mktemp("swivel") / "corpus.jsonl"
    with path.open("w") as file:
        for i in range(150):
            lines = [" ".join(random.choice((A, B)[i % 2], 9)) for _ in range(4)]
            paper = {"title": lines[0], "abstract": "\n".join(lines[1:]) + f"\nrare{i} word{i}"}
            file.write(json.dumps(paper) + "\n")
    return path


def naive(contexts: list[list[int]], size: int, window: int) -> np.ndarray:
    """Co-occurrences by the definition."""
    cells = np.zeros((size, size))
    for words in contexts:
        for i, a in enumerate(words):
            for j, b in enumerate(words):
                if 0 < abs(i - j) <= window:
                    cells[a, b] += 1 / abs(i - j)
    return cells


def encoded(contexts: list[list[int]]) -> np.ndarray:
    return np.array([row for words in contexts for row in (*words, END)], np.int32)


# Counts.


def test_vocabulary_by_count_then_token_cut_to_whole_shards() -> None:
    contexts = [["b", "a", "c"], ["c", "a", "B"], ["c", "d", "é"]]
    options = SwivelOptions(vocabulary=100, shard=2)
    assert swivel.vocabulary(contexts, options) == ("c", "a", "B", "b", "d", "é")
    assert swivel.vocabulary(contexts, replace(options, vocabulary=5)) == ("c", "a", "B", "b")
    assert swivel.vocabulary(contexts, replace(options, shard=4)) == ("c", "a", "B", "b")
    with pytest.raises(ValueError):
        swivel.vocabulary(contexts, replace(options, shard=7))
    with pytest.raises(ValueError):
        swivel.vocabulary([], options)


def test_unknown_words_go_before_the_window_is_laid() -> None:
    contexts = [["a", "x", "b"], ["x", "a"], [], ["b", "b"], ["x", "y"]]
    rows = swivel.encode(contexts, ("a", "b"))
    assert rows.tolist() == [0, 1, END, 1, 1, END]
    assert rows.dtype == np.int32
    assert swivel.encode([["x"]], ("a",)).shape == (0,)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1_000])
@given(
    contexts=st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=9), max_size=8),
    window=st.integers(1, 6),
)
@settings(max_examples=40)
def test_counts_are_those_of_a_double_loop(
    chunk: int, contexts: list[list[int]], window: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swivel, "CHUNK", chunk)
        told: list[float] = []
        cells = swivel.cooccurrences(encoded(contexts), 5, window, told.append)
    assert cells.dtype == np.float32
    np.testing.assert_allclose(cells.toarray(), naive(contexts, 5, window), rtol=1e-5)
    assert (cells != cells.T).nnz == 0
    assert told == sorted(told)
    assert not told or told[-1] == 1


def test_every_cell_is_in_its_block_and_comes_back() -> None:
    shard, size = 3, 12
    dense = np.triu(np.random.default_rng(2).poisson(0.6, (size, size)).astype(np.float32))
    dense += dense.T
    found = swivel.blocks(sp.csr_matrix(dense), shard)
    shards = size // shard
    assert set(found) == {(i, j) for i in range(shards) for j in range(shards)}
    again = np.zeros_like(dense)
    for (i, j), (places, counts) in found.items():
        block = np.zeros(shard * shard, np.float32)
        block[places] = counts
        # Row and column r of the matrix are in shard r mod s.
        again[i::shards, j::shards] = block.reshape(shard, shard)
        assert (counts > 0).all()
        assert (places.dtype, counts.dtype) == (np.int32, np.float32)
    np.testing.assert_array_equal(again, dense)


# Training.


def numpy_loss(
    rows: np.ndarray, columns: np.ndarray, counts: np.ndarray, sums: list[np.ndarray], total: float
) -> float:
    """The loss of a block cell by cell; counts dense, (r, c)."""
    loss = 0.0
    for i, j in np.ndindex(*counts.shape):
        score = float(rows[i] @ columns[j])
        single = np.log(total) - np.log(sums[0][i]) - np.log(sums[1][j])
        if counts[i, j]:
            x = counts[i, j]
            loss += 0.5 * np.sqrt(x) * (score - (np.log(x) + single)) ** 2
        else:
            loss += np.log1p(np.exp(score - single))
    return loss / np.sqrt(counts.size)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_the_papers(share: float) -> None:
    import tensorflow as tf

    random = np.random.default_rng(3)
    rows, columns = random.standard_normal((2, 5, 4)).astype(np.float32)
    counts = (random.random((5, 5)) < share) * random.uniform(0.1, 9, (5, 5))
    sums = [random.uniform(5, 50, 5) for _ in range(2)]
    places = np.flatnonzero(counts).astype(np.int32)
    found = swivel.block_loss(
        tf.constant(rows),
        tf.constant(columns),
        tf.constant(places),
        tf.constant(counts.ravel()[places], tf.float32),
        (
            tf.constant(np.log(300.0), tf.float32),
            *(tf.constant(np.log(s), tf.float32) for s in sums),
        ),
    )
    assert float(found) == pytest.approx(numpy_loss(rows, columns, counts, sums, 300.0), rel=1e-4)


def test_a_start_is_of_the_papers_spread_and_the_same_each_time() -> None:
    options = replace(SMALL, dimension=64, seed=4)
    state = swivel.start(32, options)
    assert [part.shape for part in state.vectors] == [(2, 16, 64)] * 2
    assert state.vectors[0].dtype == np.float32
    assert np.std(state.vectors[0]) == pytest.approx(1 / 8, rel=0.05)
    np.testing.assert_array_equal(swivel.start(32, options).vectors, state.vectors)
    assert (swivel.start(32, replace(options, seed=5)).vectors[0] != state.vectors[0]).all()


def test_words_come_out_in_the_vocabularys_order() -> None:
    # Word r is in shard r mod 3 at place r div 3; its row is r and its column 100 r.
    order = np.arange(6, dtype=np.float32).reshape(2, 3).T[:, :, None]
    state = State([order, 100 * order], [], [])
    assert swivel.words_of(state).tolist() == [[101.0 * r] for r in range(6)]


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def test_fit_lowers_the_loss_and_separates_topics(corpus: Path) -> None:
    counts = swivel.count([corpus], SMALL, silent)
    assert set(counts.tokens) == {*A, *B}
    assert counts.words == 150 * 4 * 9
    losses: list[float] = []
    vectors = swivel.fit(
        counts.cells,
        SMALL,
        swivel.start(32, SMALL),
        lambda state: losses.append(state.history[-1]["loss"]),
    )
    assert vectors.shape == (32, 8)
    assert vectors.dtype == np.float32
    assert len(losses) == SMALL.epochs
    assert losses[-1] < losses[1] < losses[0]
    assert losses[-1] < 0.5 * losses[0]
    topic = np.array([token[0] for token in counts.tokens])
    alike = topic[:, None] == topic
    found = cosines(vectors)
    np.fill_diagonal(found, np.nan)
    assert np.nanmean(found[alike]) > 0.5
    assert np.nanmean(found[~alike]) < 0


def test_a_word_never_seen_with_another_does_no_harm() -> None:
    cells = np.zeros((4, 4), np.float32)
    cells[0, 1] = cells[1, 0] = 3
    options = replace(SMALL, shard=2, epochs=3)
    vectors = swivel.fit(sp.csr_matrix(cells), options, swivel.start(4, options), lambda s: None)
    assert np.isfinite(vectors).all()


# The recipe: from a file to a module.


class Stop(Exception):
    """The power fails."""


def stop_at(words: str) -> Callable[[float, str], None]:
    def progress(share: float, said: str) -> None:
        if said.startswith(words):
            raise Stop

    return progress


def test_a_stopped_training_goes_on_where_it_was(corpus: Path, runs: Path) -> None:
    options = replace(SMALL, epochs=5)
    whole = swivel_recipe.train(corpus, cards.EMBEDDING, silent, options)
    assert [whole.scratch] == list(runs.iterdir())
    shutil.rmtree(whole.scratch)
    for place in ("counting", "epoch 1 of 5", "epoch 3 of 5"):
        with pytest.raises(Stop):
            swivel_recipe.train(corpus, cards.EMBEDDING, stop_at(place), options)
    assert len(list(runs.iterdir())) == 1
    said: list[str] = []
    again = swivel_recipe.train(
        corpus, cards.EMBEDDING, lambda _, words: said.append(words), options
    )
    assert said[:2] == [line for line in said if line.startswith("epoch")]
    assert said[0].startswith("epoch 4 of 5, loss ")
    np.testing.assert_allclose(
        again.model.table.vectors, whole.model.table.vectors, rtol=1e-4, atol=1e-6
    )
    assert [record["epoch"] for record in again.history] == [1, 2, 3, 4, 5]
    losses = [[record["loss"] for record in made.history] for made in (again, whole)]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_another_corpus_or_other_options_start_anew(
    corpus: Path, runs: Path, tmp_path: Path
) -> None:
    with pytest.raises(Stop):
        swivel_recipe.train(corpus, cards.EMBEDDING, stop_at("epoch 2"), SMALL)
    changed = tmp_path / "corpus.jsonl"
    changed.write_text(corpus.read_text() + '{"title": "a1 a2", "abstract": ""}\n')
    for file, options in ((changed, SMALL), (corpus, replace(SMALL, seed=9))):
        said: list[str] = []

        def note(share: float, words: str, said: list[str] = said) -> None:
            said.append(words)
            stop_at("epoch")(share, words)

        with pytest.raises(Stop):
            swivel_recipe.train(file, cards.EMBEDDING, note, options)
        assert said[0].startswith("reading the corpus")
        assert said[-1].startswith("epoch 1 of 12")
    assert len(list(runs.iterdir())) == 3


def test_from_a_corpus_to_a_module(corpus: Path, runs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "cord19").mkdir(parents=True)
    (data / "cord19" / corpus.name).write_bytes(corpus.read_bytes())
    (data / "eval").mkdir()
    pairs = [("a1", "a2", 9), ("a1", "b1", 1), ("b1", "b2", 8), ("a3", "b3", 2), ("a1", "zz", 5)]
    (data / "eval" / "invented.txt").write_text("".join(f"{a}\t{b}\t{s}\n" for a, b, s in pairs))
    made = swivel_recipe.train(data, cards.EMBEDDING, silent, replace(SMALL, epochs=6))
    assert set(made.metrics) in ({"swivel"}, {"swivel", "skip-gram"})
    figures = made.metrics["swivel"]["invented"]
    assert (figures["pairs"], figures["total"]) == (4, 5)
    assert figures["rho"] > 0.5
    out = tmp_path / "out" / cards.EMBEDDING / "swivel"
    assert list(runs.iterdir())
    card = store.save(made, swivel_recipe.RECIPES[0], out)
    assert not list(runs.iterdir())
    assert (card.task, card.name, card.family) == ("embedding", "swivel", "swivel")
    assert card.data["files"] == {corpus.name: checksum.sha256(corpus)}
    assert card.data["words"] == 150 * 4 * 9
    assert card.parameters["dimension"] == 8
    assert card.parameters["tokens"] == 32
    assert [record["epoch"] for record in card.history] == [1, 2, 3, 4, 5, 6]
    assert card.metrics == made.metrics
    assert "assets/tokens.txt" in card.files
    loaded = hub_module.load(out)
    assert loaded.label == card.label
    assert loaded.trained_on == card.data["corpus"]
    assert loaded.table is not None
    assert loaded.table.tokens == made.model.table.tokens
    np.testing.assert_array_equal(loaded.table.vectors, made.model.table.vectors)


def test_skipgram_learns_the_same_vocabulary(corpus: Path) -> None:
    pytest.importorskip("gensim")
    tokens = (*A, *B, "never")
    table = swivel.skipgram([corpus], tokens, replace(SMALL, dimension=5))
    assert table.tokens == tokens
    assert table.vectors.shape == (33, 5)
    assert table.vectors[:32].any(axis=1).all()
    assert not table.vectors[32].any()


def test_a_corpus_smaller_than_a_shard(corpus: Path, runs: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        swivel_recipe.train(corpus, cards.EMBEDDING, silent)
    assert caught.value.fields["path"] == corpus
    assert not runs.exists()
