"""Terms over invented word vectors: every figure by hand or beside a naive way to it."""

import itertools
import math
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.hierarchy import is_valid_linkage, leaves_list

from core.embeddings.clustering import cluster
from core.embeddings.projection import group_means, project
from core.embeddings.similarity import (
    Neighbour,
    ParsedTerms,
    analogy,
    neighbours,
    odd_one_out,
    parse_terms,
    ranks,
    similarity,
)
from core.embeddings.vectors import TermError, WordVectors
from core.embeddings.word_pairs import WordSimilarity, read_word_pairs, word_similarity
from core.text.tokens import PUNCTUATION, tokenise

# The first call of a function imports its library, which no deadline allows for.
unhurried = settings(max_examples=50)

PETS = {"dog": [1, 2, 3], "cat": [3, 0, -4], "Dog": [0, 1, 0], "DOG": [0, 0, 2], "nil": [0, 0, 0]}
WORDS = ("dog", "cat", "Dog", "nil", "lizard", "", "!?", "dog.", "🦎", "e\u0301")


def table_of(words: dict[str, list[float]]) -> WordVectors:
    return WordVectors(tuple(words), np.array(list(words.values()), np.float32))


@pytest.fixture
def pets() -> WordVectors:
    return table_of(PETS)


@pytest.fixture
def some() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(9, 5)).astype(np.float32)


def tree(count: int, seed: int) -> np.ndarray:
    """Similarities without any order to them, on both sides of the diagonal the same."""
    half = np.random.default_rng(seed).uniform(-1, 1, (count, count))
    return (half + half.T) / 2


# Words of a term


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", [""]),
        (" ", ["", ""]),
        ("...", [""]),
        ("chest  pain", ["chest", "", "pain"]),
        ("COVID-19", ["COVID19"]),
        ("SARS-CoV-2, MERS!", ["SARSCoV2", "MERS"]),
        ("a\tb\nc", ["a\tb\nc"]),
        ("a\u00a0b", ["a\u00a0b"]),
        ("«¿α_β?» (γ)", ["αβ", "γ"]),
        ("p<0.05 ~10$ a+b=c^d|e", ["p<005", "~10$", "a+b=c^d|e"]),
        ("🦠 e\u0301", ["🦠", "e\u0301"]),
    ],
)
def test_terms_are_split_as_the_exporter_does(text: str, words: list[str]) -> None:
    assert tokenise(text) == words


def test_punctuation_is_all_of_unicodes() -> None:
    wanted = {i for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i))[0] == "P"}
    assert set(PUNCTUATION) == wanted


@given(st.text())
def test_words_are_what_is_left_between_blanks(text: str) -> None:
    words = tokenise(text)
    kept = "".join(c for c in text if not unicodedata.category(c).startswith("P"))
    assert " ".join(words) == kept
    assert len(words) == 1 + text.count(" ")
    assert not any(" " in word for word in words)


# Vectors of terms


def naive(words: dict[str, list[float]], term: str) -> list[float]:
    tokens = tokenise(term)
    known = [words[token] for token in tokens if token and token in words]
    return [sum(v[i] for v in known) / math.sqrt(len(tokens)) for i in range(3)]


def test_documented_examples(pets: WordVectors) -> None:
    found = pets.embed(["lizard. dog", "", "cat cat", "dog"])
    assert found.dtype == np.float32
    dog, cat = np.array(PETS["dog"]), np.array(PETS["cat"])
    wanted = [dog / math.sqrt(2), [0, 0, 0], math.sqrt(2) * cat, dog]
    assert found == pytest.approx(np.array(wanted), rel=1e-6)


@pytest.mark.parametrize(
    ("term", "vector"),
    [
        ("!?…", [0, 0, 0]),
        ("lizard 🦎", [0, 0, 0]),
        ("dog  ", [1 / math.sqrt(3), 2 / math.sqrt(3), math.sqrt(3)]),
        ("d-o'g", [1, 2, 3]),
        ("Dog DOG", [0, 1 / math.sqrt(2), math.sqrt(2)]),
        ("dog\tcat", [0, 0, 0]),
        ("dog\u0301", [0, 0, 0]),
        (" ".join(["dog", "lizard"] * 5_000), [50, 100, 150]),
        (" ".join(["cat"] * 10_000), [300, 0, -400]),
    ],
)
def test_odd_terms(pets: WordVectors, term: str, vector: list[float]) -> None:
    assert pets.embed([term])[0] == pytest.approx(np.array(vector), rel=1e-6)


@unhurried
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=6))
def test_vectors_equal_sums_by_hand(terms: list[str]) -> None:
    found = table_of(PETS).embed(terms)
    assert found.shape == (len(terms), 3)
    for row, term in zip(found, terms, strict=True):
        assert row == pytest.approx(naive(PETS, term), rel=1e-6, abs=1e-6)


def test_many_terms_at_once(pets: WordVectors) -> None:
    found = pets.embed(["dog cat", "lizard"] * 5_000)
    assert found.shape == (10_000, 3)
    wanted = np.array([4, 2, -1]) / math.sqrt(2)
    assert np.abs(found[::2] - wanted).max() < 1e-6
    assert not found[1::2].any()


def test_a_table_without_words_embeds_to_zeros() -> None:
    empty = WordVectors((), np.empty((0, 4), np.float32))
    assert empty.embed(["dog", ""]).tolist() == [[0] * 4] * 2
    assert empty.dimension == 4
    assert empty.unit.shape == (0, 4)


def test_an_empty_token_in_the_table_has_no_say() -> None:
    table = table_of({"": [9, 9, 9], "dog": [1, 2, 3]})
    assert not table.knows("")
    assert table.embed(["", "dog "]) == pytest.approx(
        np.array([[0, 0, 0], np.array([1, 2, 3]) / math.sqrt(2)])
    )


@pytest.mark.parametrize("shape", [(2, 3), (4, 3), (3,), (3, 1, 1)])
def test_tables_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="3 tokens"):
        WordVectors(("a", "b", "c"), np.zeros(shape, np.float32))


def test_unit_vectors(pets: WordVectors) -> None:
    assert pets.unit.dtype == np.float32
    wanted = [np.array([1, 2, 3]) / math.sqrt(14), [0.6, 0, -0.8], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert pets.unit == pytest.approx(np.array(wanted))


def test_tiny_and_great_vectors_have_directions() -> None:
    table = WordVectors(("a", "b"), np.array([[3e-30, 4e-30], [3e30, 4e30]], np.float32))
    assert table.unit == pytest.approx(np.array([[0.6, 0.8]] * 2))


def test_words_are_known_exactly_as_written(pets: WordVectors) -> None:
    assert pets.knows("dog")
    assert not any(pets.knows(word) for word in ("dOg", "dog.", " dog", "", "lizard"))
    assert pets.rows("cat, lizard dog! cat") == [1, 0, 1]


@pytest.mark.parametrize(
    ("term", "unknown"),
    [
        ("dog", ()),
        ("", ()),
        (" ?! ", ()),
        ("liz-ard  Cat dog liz,ard 🦎", ("lizard", "Cat", "🦎")),
        ("nil", ()),
    ],
)
def test_unknown_words(pets: WordVectors, term: str, unknown: tuple[str, ...]) -> None:
    assert pets.unknown_words(term) == unknown


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("dOG", "dog"),
        ("CAT", "cat"),
        ("C-a-t!", "cat"),
        ("Dog", None),
        ("DOG.", None),
        ("dogs", None),
        ("", None),
        ("?", None),
    ],
)
def test_another_spelling_is_found(pets: WordVectors, word: str, known: str | None) -> None:
    assert pets.spelling(word) == known


def test_the_most_frequent_spelling_is_found() -> None:
    table = table_of({"Sars": [1, 0, 0], "SARS": [0, 1, 0], "STRASSE": [0, 0, 1]})
    assert table.spelling("sars") == "Sars"
    assert table.spelling("straße") == "STRASSE"


# Similarity


def test_inner_is_the_notebooks_correlation(some: np.ndarray) -> None:
    wanted = np.inner(some, some)
    wanted /= np.max(wanted)
    found = similarity(some, "inner")
    assert found.dtype == np.float32
    assert (found == wanted).all()
    assert found.max() == 1
    assert (np.diag(found) == 1).sum() == 1


def test_inner_by_hand() -> None:
    found = similarity(np.array([[1.0, 0], [0, 2], [1, 1], [0, 0]]), "inner")
    wanted = np.array([[1, 0, 1, 0], [0, 4, 2, 0], [1, 2, 2, 0], [0, 0, 0, 0]]) / 4
    assert found.tolist() == wanted.tolist()


def test_cosine_by_hand() -> None:
    found = similarity(np.array([[1.0, 0], [0, 2], [3, 3], [0, 0], [-5, 0]]), "cosine")
    h = math.sqrt(0.5)
    wanted = [[1, 0, h, 0, -1], [0, 1, h, 0, 0], [h, h, 1, 0, -h], [0] * 5, [-1, 0, -h, 0, 1]]
    assert found == pytest.approx(np.array(wanted))
    assert np.diag(found).tolist() == [1, 1, 1, 0, 1]


@given(
    arrays(
        np.float32, st.tuples(st.integers(0, 6), st.just(3)), elements=st.floats(-9, 9, width=32)
    )
)
def test_cosines_keep_their_bounds(vectors: np.ndarray) -> None:
    found = similarity(vectors, "cosine")
    assert found.shape == (len(vectors), len(vectors))
    assert found.dtype == np.float32
    assert (np.abs(found) <= 1).all()
    for i, j in itertools.combinations(range(len(vectors)), 2):
        x, y = vectors[i].astype(float), vectors[j].astype(float)
        length = np.linalg.norm(x) * np.linalg.norm(y)
        assert found[i, j] == pytest.approx(x @ y / length if length else 0, abs=1e-5)


@pytest.mark.parametrize("measure", ["inner", "cosine"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_zero_vectors_are_like_nothing(measure: str, count: int) -> None:
    found = similarity(np.zeros((count, 4), np.float32), measure)
    assert found.shape == (count, count)
    assert not found.any()


@pytest.mark.parametrize("measure", ["", "Cosine", "euclid"])
def test_other_measures_are_refused(measure: str) -> None:
    with pytest.raises(ValueError, match="no measure") as caught:
        similarity(np.eye(2), measure)
    assert not isinstance(caught.value, TermError)


# Neighbours


def test_neighbours_by_hand(pets: WordVectors) -> None:
    found = neighbours(pets, "dog")
    assert [(n.word, n.rank) for n in found] == [("DOG", 1), ("Dog", 2), ("nil", 3), ("cat", 4)]
    wanted = [3 / math.sqrt(14), 2 / math.sqrt(14), 0, -9 / (5 * math.sqrt(14))]
    assert [n.similarity for n in found] == pytest.approx(wanted)
    assert neighbours(pets, "dog", top=2) == found[:2]
    assert neighbours(pets, "dog", top=0) == neighbours(pets, "dog", top=-1) == ()


def test_only_a_terms_own_words_are_left_out(pets: WordVectors) -> None:
    found = neighbours(pets, "Dog, lizard (DOG)")
    assert {n.word for n in found} == {"dog", "cat", "nil"}
    h = math.sqrt(1 / 5)
    wanted = (PETS["dog"][1] * h + PETS["dog"][2] * 2 * h) / math.sqrt(14)
    assert found[0] == Neighbour("dog", pytest.approx(wanted), 1)


def test_neighbours_are_the_best_of_all() -> None:
    vectors = np.random.default_rng(1).normal(size=(500, 8)).astype(np.float32)
    table = WordVectors(tuple(f"w{i}" for i in range(500)), vectors)
    target = (vectors[7] + vectors[40]).astype(float)
    cosines = vectors @ target / np.linalg.norm(vectors, axis=1) / np.linalg.norm(target)
    order = [i for i in np.argsort(-cosines) if i not in (7, 40)]
    found = neighbours(table, "w7 w40", top=25)
    assert [n.word for n in found] == [f"w{i}" for i in order[:25]]
    assert [n.similarity for n in found] == pytest.approx(cosines[order[:25]], abs=1e-5)
    assert [n.rank for n in found] == list(range(1, 26))
    assert len(neighbours(table, "w7", top=9_999)) == 499


def test_of_equally_near_words_the_more_frequent_comes_first() -> None:
    vectors = np.array([[1, 0]] * 3 + [[0, 1]] * 40, np.float32)
    table = WordVectors(tuple(f"w{i}" for i in range(43)), vectors)
    found = neighbours(table, "w0", top=5)
    assert [n.word for n in found] == ["w1", "w2", "w3", "w4", "w5"]


@pytest.mark.parametrize("term", ["lizard", "", " ", "?!", "🦎 dOg", "x" * 10_000])
def test_terms_without_a_known_word_have_no_neighbours(pets: WordVectors, term: str) -> None:
    with pytest.raises(TermError, match=r"^No word of '.*' has a vector\.$") as caught:
        neighbours(pets, term)
    assert term[:50] in str(caught.value)
    assert len(str(caught.value)) < 120


def test_a_zero_vector_has_no_neighbours(pets: WordVectors) -> None:
    with pytest.raises(TermError, match="'nil' is zero"):
        neighbours(pets, "nil")


# Analogies

GRID = {
    "man": [1, 0, 0],
    "woman": [1, 1, 0],
    "king": [1, 0, 2],
    "queen": [1, 1, 2],
    "tea": [0, 5, 0],
}


def test_analogy_by_hand() -> None:
    table = table_of(GRID)
    units = {word: np.array(v) / np.linalg.norm(v) for word, v in GRID.items()}
    target = units["woman"] - units["man"] + units["king"]
    target /= np.linalg.norm(target)
    found = analogy(table, "man", "woman", "king")
    assert [n.word for n in found] == ["queen", "tea"]
    assert [n.similarity for n in found] == pytest.approx(
        [units["queen"] @ target, units["tea"] @ target]
    )
    assert [n.rank for n in found] == [1, 2]
    assert analogy(table, "man", "woman", "king", top=1) == found[:1]


def test_the_length_of_vectors_does_not_move_an_analogy() -> None:
    longer = GRID | {"woman": [7, 7, 0], "king": [0.5, 0, 1]}
    assert analogy(table_of(longer), "man", "woman", "king")[0].word == "queen"


def test_analogies_take_terms_of_more_words() -> None:
    found = analogy(table_of(GRID), "man", "woman (unheard of)", "king king")
    assert {n.word for n in found} == {"queen", "tea"}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_analogy_names_the_unknown_term(place: int) -> None:
    terms = ["man", "woman", "king"]
    terms[place] = "duke"
    with pytest.raises(TermError, match=r"No word of 'duke' has a vector\."):
        analogy(table_of(GRID), *terms)


def test_an_analogy_that_cancels_out_is_refused() -> None:
    side = math.sqrt(0.75)
    table = table_of({"a": [1, 0, 0], "b": [0.5, side, 0], "c": [0.5, -side, 0], "d": [0, 0, 1]})
    with pytest.raises(TermError, match="'b' - 'a' \\+ 'c' cancel out"):
        analogy(table, "a", "b", "c")


# The odd one out


def test_odd_one_out_by_hand() -> None:
    vectors = np.array([[2.0, 0], [1, 0], [0, 3], [1, 1]])
    h = math.sqrt(0.5)
    assert odd_one_out(vectors) == pytest.approx(
        [(1 + 0 + h) / 3, (1 + 0 + h) / 3, (0 + 0 + h) / 3, h]
    )
    assert odd_one_out(vectors).argmin() == 2


def test_unknown_terms_are_not_the_odd_one_out() -> None:
    vectors = np.array([[0, 0], [2.0, 0], [1, 0], [1, 1], [0, 0]], np.float32)
    found = odd_one_out(vectors)
    assert np.isnan(found).tolist() == [True, False, False, False, True]
    assert found[1:4] == pytest.approx(odd_one_out(vectors[1:4]))
    assert np.nanargmin(found) == 3


@pytest.mark.parametrize("known", [0, 1, 2])
def test_the_odd_one_out_takes_three_known_terms(known: int) -> None:
    verb = "is" if known == 1 else "are"
    with pytest.raises(TermError, match=f"at least 3 known terms; there {verb} {known}"):
        odd_one_out(np.eye(5)[: known + 2] * (np.arange(known + 2) < known)[:, None])


# Clusters


def orders(linkage: np.ndarray, count: int, node: int) -> list[list[int]]:
    """Every order of the leaves below a node that the tree allows."""
    if node < count:
        return [[node]]
    left, right = (orders(linkage, count, int(child)) for child in linkage[node - count, :2])
    pairs = list(itertools.product(left, right))
    return [a + b for a, b in pairs] + [b + a for a, b in pairs]


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_order_of_the_tree_has_nearer_neighbours(count: int, seed: int) -> None:
    similarities = tree(count, seed)
    distances = 1 - similarities
    found = cluster(similarities)
    every = orders(found.linkage, count, 2 * count - 2)
    assert len(every) == 2 ** (count - 1)

    def length(order: list[int]) -> float:
        return sum(distances[i, j] for i, j in itertools.pairwise(order))

    assert leaves_list(found.linkage).tolist() == found.order.tolist()
    assert found.order.tolist() in every
    assert length(found.order.tolist()) == pytest.approx(min(map(length, every)))


def test_average_linkage_by_hand() -> None:
    s = np.array([[1, 0.9, 0.2], [0.9, 1, 0.4], [0.2, 0.4, 1]])
    found = cluster(s)
    # 0 and 1 at 0.1, then 2 at the mean of 0.8 and 0.6; 1 stands next to 2, the nearer one.
    assert found.linkage[:, 2:] == pytest.approx(np.array([[0.1, 2], [0.7, 3]]))
    assert found.order.tolist() in ([0, 1, 2], [2, 1, 0])


def test_clusters_stand_together() -> None:
    generator = np.random.default_rng(2)
    centres = np.eye(3)[np.arange(18) % 3]
    vectors = centres + generator.normal(scale=0.1, size=(18, 3))
    found = cluster(similarity(vectors, "cosine"))
    assert sorted(found.order.tolist()) == list(range(18))
    assert len(list(itertools.groupby(found.order % 3))) == 3


def test_a_tree_as_deep_as_it_has_leaves() -> None:
    # Each term is a little farther from the ones before it than they are from one another.
    far = np.maximum.outer(np.arange(300), np.arange(300)) / 300
    found = cluster(1 - far)
    assert found.linkage[:, 3].tolist() == list(range(2, 301))
    assert is_valid_linkage(found.linkage)
    assert sorted(found.order.tolist()) == list(range(300))
    assert leaves_list(found.linkage).tolist() == found.order.tolist()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_similarities_that_are_no_numbers_do_not_cluster(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        cluster(np.full((3, 3), -value))


@pytest.mark.parametrize("count", [0, 1])
def test_without_two_terms_there_is_no_tree(count: int) -> None:
    found = cluster(np.ones((count, count)))
    assert found.order.tolist() == list(range(count))
    assert found.linkage.shape == (0, 4)


def test_two_terms_make_one_branch() -> None:
    found = cluster(np.array([[1, 0.25], [0.25, 1]], np.float32))
    assert sorted(found.order.tolist()) == [0, 1]
    assert found.linkage == pytest.approx(np.array([[0, 1, 0.75, 2]]))


def test_the_diagonal_and_sides_of_a_matrix_do_not_matter() -> None:
    s = tree(6, 4)
    other = s + np.triu(np.full((6, 6), 0.1), 1) - np.tril(np.full((6, 6), 0.1), -1)
    np.fill_diagonal(other, 0.3)
    assert cluster(other).linkage == pytest.approx(cluster(s).linkage)
    assert cluster(other).order.tolist() == cluster(s).order.tolist()


@pytest.mark.parametrize("value", [0.0, 1.0, 1.5])
def test_equal_similarities_cluster_the_same_each_time(value: float) -> None:
    first, second = (cluster(np.full((12, 12), value)) for _ in range(2))
    assert first.order.tolist() == second.order.tolist()
    assert sorted(first.order.tolist()) == list(range(12))
    assert (first.linkage[:, 2] == max(1 - value, 0)).all()


# Ranks


def test_ranks_by_hand() -> None:
    s = np.array([[0.1, 0.9, 0.5, 0.5], [0.9, 1, 1.0, 2], [0, 0, 0, 0], [-1, -3, -2, 5]])
    assert ranks(s).tolist() == [[0, 1, 2, 3], [3, 0, 2, 1], [1, 2, 0, 3], [1, 3, 2, 0]]
    assert ranks(np.empty((0, 0))).shape == (0, 0)
    assert ranks(np.ones((1, 1))).tolist() == [[0]]


@given(st.integers(1, 6), st.data())
def test_ranks_equal_counting(count: int, data: st.DataObject) -> None:
    s = data.draw(arrays(np.float32, (count, count), elements=st.sampled_from([-1, 0, 0.5, 1])))
    found = ranks(s)
    for i, j in itertools.product(range(count), repeat=2):
        before = [k for k in range(count) if k != i and (-s[i, k], k) < (-s[i, j], j)]
        assert found[i, j] == (0 if i == j else 1 + len(before))


# Maps


def test_pca_by_hand() -> None:
    # At length one: two pairs of opposite ends, 2 apart along x, and the middle.
    vectors = np.array([[5.0, 0, 0], [-1, 0, 0], [0, 0, 0]])
    points, shares = project(vectors, "PCA", 2)
    assert points == pytest.approx(np.array([[1, 0], [-1, 0], [0, 0]]))
    assert shares == pytest.approx((1, 0))


def test_pca_equals_scikit_learns(some: np.ndarray) -> None:
    from sklearn.decomposition import PCA

    unit = some / np.linalg.norm(some, axis=1, keepdims=True)
    model = PCA(3).fit(unit.astype(np.float64))
    points, shares = project(some, "PCA", 3)
    assert np.abs(points) == pytest.approx(np.abs(model.transform(unit)), abs=1e-6)
    assert shares == pytest.approx(model.explained_variance_ratio_, rel=1e-6)
    flat, two = project(some, "PCA", 2)
    assert flat.tolist() == points[:, :2].tolist()
    assert two == shares[:2]


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_pca_of_few_terms_is_filled_with_zeros(count: int, dimensions: int) -> None:
    vectors = np.random.default_rng(4).normal(size=(count, 7)).astype(np.float32)
    points, shares = project(vectors, "PCA", dimensions)
    assert points.shape == (count, dimensions)
    assert not points[:, max(count - 1, 0) :].any()
    assert shares == pytest.approx(([1.0] if count == 2 else [0.0]) + [0.0] * (dimensions - 1))


def test_pca_of_terms_of_one_direction_is_a_point() -> None:
    vectors = np.outer([1, math.sqrt(2), 7], [0.3, -0.7, 0.2]).astype(np.float32)
    points, shares = project(vectors, "PCA", 2)
    assert not points.any()
    assert shares == (0, 0)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("count", [4, 5, 40])
def test_tsne_gives_the_same_map_each_time(count: int, dimensions: int) -> None:
    vectors = np.random.default_rng(5).normal(size=(count, 6)).astype(np.float32)
    points, shares = project(vectors, "t-SNE", dimensions)
    assert points.shape == (count, dimensions)
    assert np.isfinite(points).all()
    assert shares is None
    assert (project(vectors, "t-SNE", dimensions)[0] == points).all()


def test_tsne_keeps_clusters_together() -> None:
    group = np.arange(20) % 2
    vectors = np.eye(2)[group] + np.random.default_rng(6).normal(scale=0.05, size=(20, 2))
    points, _ = project(vectors, "t-SNE", 2)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (group[apart.argmin(axis=1)] == group).all()


@pytest.mark.parametrize("vectors", [np.zeros((5, 3)), np.ones((5, 3)), np.eye(5)[:, :3]])
def test_tsne_of_odd_vectors_has_numbers(vectors: np.ndarray) -> None:
    assert np.isfinite(project(vectors, "t-SNE", 2)[0]).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_tsne_takes_four_terms(count: int) -> None:
    with pytest.raises(TermError, match=f"at least 4 terms; there are {count}"):
        project(np.ones((count, 3)), "t-SNE", 2)


@pytest.mark.parametrize(
    ("method", "dimensions"), [("UMAP", 2), ("pca", 2), ("PCA", 1), ("PCA", 4)]
)
def test_other_maps_are_refused(method: str, dimensions: int) -> None:
    with pytest.raises(ValueError, match="map"):
        project(np.eye(5), method, dimensions)


# Groups


def test_group_means_by_hand() -> None:
    s = np.array([[1, 0.8, 0.1, 0.2], [9, 1, 0.3, 0.4], [9, 9, 1, 0.6], [9, 9, 9, 1]])
    within, between = group_means(s, ["virus", "virus", "region", "region"])
    assert within == pytest.approx(0.7)
    assert between == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("groups", "nan"),
    [
        ([], (True, True)),
        (["a"], (True, True)),
        (["a", "a"], (False, True)),
        (["a", "b"], (True, False)),
    ],
)
def test_groups_without_pairs_have_no_mean(groups: list[str], nan: tuple[bool, bool]) -> None:
    found = group_means(np.full((len(groups), len(groups)), 0.5), groups)
    assert tuple(map(math.isnan, found)) == nan
    assert all(math.isnan(mean) or mean == 0.5 for mean in found)


# Pasted terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        (" \n,;\t , \r\n", ()),
        ("coronavirus, SARS;MERS\nItaly\tSpain", ("coronavirus", "SARS", "MERS", "Italy", "Spain")),
        ("a\r\nb\rc\x0bd\x85e\u2028f", ("a", "b", "c", "d", "e", "f")),
        ("  chest \u00a0\u2009 pain ", ("chest pain",)),
        ("\"chest pain\", 'cough', “fever”, «grippe», „Fieber“, ' \"throat\" '",
         ("chest pain", "cough", "fever", "grippe", "Fieber", "throat")),
        ("Crohn's, 5', \"half, \"", ("Crohn's", "5'", '"half', '"')),
        ("''; \"\"; \" \"", ()),
        ("S\u200bARS\ufeff\x00\x07, \u202eMERS\u00ad", ("SARS", "MERS")),
        ("cafe\u200b\u0301", ("caf\u00e9",)),
        ("\u200d\u200c, \u200b", ()),
        ("👩\u200d🔬, 🦠\u200d", ("👩\u200d🔬", "🦠")),
        ("SARS-CoV-2, (+)-JQ1", ("SARS-CoV-2", "(+)-JQ1")),
        ("\ud800x", ("x",)),
        ("肺炎，SARS、 MERS；cough", ("肺炎", "SARS", "MERS", "cough")),
    ],
)  # fmt: skip
def test_pasted_terms(text: str, terms: tuple[str, ...]) -> None:
    assert parse_terms(text) == ParsedTerms(terms, (), 0)


def test_duplicates_are_named_once_and_case_counts() -> None:
    found = parse_terms("SARS, sars, MERS; 'SARS'\nSARS, MERS")
    assert found == ParsedTerms(("SARS", "sars", "MERS"), ("SARS", "MERS"), 0)


def test_terms_over_the_limit_are_counted() -> None:
    text = "\n".join(f"t{i % 250}" for i in range(500))
    found = parse_terms(text)
    assert found.terms == tuple(f"t{i}" for i in range(200))
    assert found.dropped == 50
    assert len(found.duplicates) == 250
    assert parse_terms("a,b,a,c", limit=2) == ParsedTerms(("a", "b"), ("a",), 1)
    assert parse_terms("a,b", limit=0) == ParsedTerms((), (), 2)


def test_long_terms_are_cut() -> None:
    found = parse_terms("x" * 300 + "," + "x" * 200 + "," + "y" * 199 + " z," + "w " * 10_000)
    assert found.terms == ("x" * 200, "y" * 199, ("w " * 100).strip())
    assert found.duplicates == ("x" * 200,)


PASTED = st.text(
    st.sampled_from("abAB\"'“”«»`,;，；、\n\t\r \u00a0\u200b\u200d\u0301\x00\x85-.é🦠")
    | st.characters()
)


@given(PASTED, st.integers(0, 5))
def test_parsed_terms_hold_what_is_promised(text: str, limit: int) -> None:
    found = parse_terms(text, limit)
    every = parse_terms(text, sys.maxsize)
    assert found.terms == every.terms[:limit]
    assert len(found.terms) + found.dropped == len(every.terms)
    assert len(set(every.terms)) == len(every.terms)
    assert set(found.duplicates) <= set(every.terms)
    for term in every.terms:
        assert 0 < len(term) <= 200
        assert term == " ".join(term.split())
        assert not set(term) & set("\n\t\r,;，；、\x00\x85\u00a0\u200b\ufeff")
        term.encode()
    # What was parsed once stays as it is.
    assert parse_terms("\n".join(every.terms), sys.maxsize) == ParsedTerms(every.terms, (), 0)


# Beside people's scores


@pytest.fixture
def fan() -> WordVectors:
    angles = {"a": 0, "b": 10, "c": 30, "d": 60, "e": 100, "f": 150}
    rows = [[math.cos(math.radians(x)), math.sin(math.radians(x))] for x in angles.values()]
    return WordVectors(tuple(angles), np.array(rows, np.float32))


def test_rho_by_hand(fan: WordVectors) -> None:
    pairs = [("a", "b", 9.0), ("a", "c", 5.0), ("a", "d", 7.0), ("a", "e", 1.0), ("a", "f", 0.5)]
    # Two neighbours in rank are swapped: 1 - 6 · 2 / (5 · 24).
    assert word_similarity(fan, pairs) == WordSimilarity(pytest.approx(0.9), 5, 5)


def test_pairs_with_an_unknown_word_do_not_count(fan: WordVectors) -> None:
    pairs = [("a", "b", 9.0), ("a", "c d", 5.0), ("e", "a", 1.0)]
    more = [("a", "A", 9.0), ("a x", "b", 0.0), ("?", "a", 0.0), ("", "", 3.0)]
    assert word_similarity(fan, pairs + more) == WordSimilarity(pytest.approx(1), 3, 7)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("a", "b", 1.0), ("a", "c", 0.5)],
        [("a", "b", 1.0), ("a", "c", 0.5), ("a", "x", 0.1)],
        [("a", "b", 2.0), ("a", "c", 2.0), ("a", "d", 2.0)],
        [("a", "a", 1.0), ("b", "b", 2.0), ("c c c", "c", 3.0)],
    ],
)
def test_rho_is_none_where_it_is_not_defined(
    fan: WordVectors, pairs: list[tuple[str, str, float]]
) -> None:
    found = word_similarity(fan, pairs)
    assert found.rho is None
    assert found.total == len(pairs)


def test_ties_share_their_rank(fan: WordVectors) -> None:
    pairs = [("a", "b", 3.0), ("b", "a", 3.0), ("a", "d", 2.0), ("a", "e", 1.0)]
    assert word_similarity(fan, pairs).rho == pytest.approx(1)


# Word-similarity sets


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "pairs.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("hen\tegg\t7.5\n", [("hen", "egg", 7.5)]),
        ("hen egg 7.5", [("hen", "egg", 7.5)]),
        (
            "hen   egg 7\nhay rack\tcart\t-1e2\r\n",
            [("hen", "egg", 7.0), ("hay rack", "cart", -100.0)],
        ),
        ("\ufeff# a remark\n\n  \nhen\tegg\t1\n#hen egg x\n", [("hen", "egg", 1.0)]),
        ("term1\tterm2\tscore\nhen\tegg\t1\n", [("hen", "egg", 1.0)]),
        ("# r\nterm 1\tterm 2\tscore (0-10)\nhen\tegg\t1\n", [("hen", "egg", 1.0)]),
        ("first second mean score\nhen egg 1", [("hen", "egg", 1.0)]),
        (" hen \t egg \t 1 \n", [("hen", "egg", 1.0)]),
        (b"h\xe9n\tegg\t1\n", [("h\ufffdn", "egg", 1.0)]),
        ("hen\u2028x\tegg\t1\n", [("hen\u2028x", "egg", 1.0)]),
    ],
)
def test_sets_are_read(
    tmp_path: Path, text: str | bytes, pairs: list[tuple[str, str, float]]
) -> None:
    path = written(tmp_path, text)
    assert read_word_pairs(path) == read_word_pairs(str(path)) == pairs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hen\tegg\t1\nhen\tegg\n", "pairs.txt, line 2: a pair is"),
        ("hen egg", "pairs.txt, line 1: a pair is"),
        ("hen egg 1\n\n# r\nhen egg pie 1\n", "pairs.txt, line 4: a pair is"),
        ("hen\t\t1\n", "pairs.txt, line 1: a pair is"),
        ("\thay\tegg\t1\n hen \t egg\t1\t2", "pairs.txt, line 2: a pair is"),
        ("hen egg 1\nhen egg 9,5", "pairs.txt, line 2: the score '9,5' is not a number."),
        ("hen egg 1\nhen egg " + "x" * 99, "pairs.txt, line 2: the score 'xxx"),
        ("hen egg nan", "line 1: the score 'nan' is not a number."),
        ("hen egg 1\nhen egg -inf", "line 2: the score '-inf' is not a number."),
        ("hen egg 1e999", "line 1: the score '1e999' is not a number."),
        ("one two three\nfour five six\n", "line 2: the score 'six' is not a number."),
        ("", "pairs.txt is empty"),
        (" \n\n# only a remark\n", "pairs.txt is empty"),
        ("term1 term2 score\n", "pairs.txt is empty"),
        (b"PK\x03\x04\x00\xff\xfe\n\x00", "pairs.txt, line 1: a pair is"),
    ],
)
def test_malformed_sets_are_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(TermError) as caught:
        read_word_pairs(written(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 150


def test_a_set_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TermError, match=r"^There is no file .*gone\.txt\.$"):
        read_word_pairs(tmp_path / "gone.txt")
    with pytest.raises(TermError, match="is a folder, not a file"):
        read_word_pairs(tmp_path)
    with pytest.raises(TermError, match="cannot be read"):
        read_word_pairs(tmp_path / ("x" * 5_000))


@given(st.binary())
def test_any_bytes_are_pairs_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = written(tmp_path_factory.mktemp("set"), data)
    try:
        pairs = read_word_pairs(path)
    except TermError:
        return
    assert pairs
    assert all(first and second and math.isfinite(score) for first, second, score in pairs)
