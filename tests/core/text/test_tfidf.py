"""TF-IDF: beside scikit-learn's, attributed to the words of a text, and the same every time."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import text as sklearn_text

from core.text.documents import course_from_paper, split_paper
from core.text.tfidf import TfidfVectorizer, learn, learn_course
from core.text.tokens import paper_tokens

small = {"min_words": 2, "min_titles": 2, "min_pairs": 2}


def analyse(text: str) -> list[str]:
    """Words, title words and pairs of neighbours, spelt so that none can be taken for another."""
    title, abstract = (paper_tokens(half) for half in split_paper(text))
    pairs = [f"pair:{a}+{b}" for half in (title, abstract) for a, b in zip(half, half[1:])]  # noqa: B905, RUF007
    return [f"word:{w}" for w in title + abstract] + [f"title:{w}" for w in title] + pairs


def spelling(bag: TfidfVectorizer) -> list[str]:
    """The columns of a vocabulary as `analyse` spells them."""
    words = [f"word:{w}" for w in bag.words]
    titles = [f"title:{bag.words[i]}" for i in bag.title_words]
    return words + titles + [f"pair:{bag.words[a]}+{bag.words[b]}" for a, b in bag.pairs]


def test_course_vocabulary_equals_scikit_learns(texts: list[str]) -> None:
    bag = learn_course(texts, 40)
    theirs = sklearn_text.TfidfVectorizer(max_features=40)
    rows = theirs.fit_transform([course_from_paper(text) for text in texts])
    assert bag.words == tuple(theirs.get_feature_names_out())
    assert bag.idf == pytest.approx(theirs.idf_, rel=1e-6)
    assert bag.transform(texts).toarray() == pytest.approx(rows.toarray(), abs=1e-6)


def test_words_may_be_cleaned(texts: list[str]) -> None:
    bag = learn_course(texts, 40, "stems")
    text = "Galaxies\nof the merging galaxies"
    # The title runs into the abstract, as in the course.
    assert [token.word for token in bag.spans(text)] == ["galaxiesof", "merg", "galaxi"]
    assert [text[t.start : t.end] for t in bag.spans(text)][1:] == ["merging", "galaxies"]
    assert not {"the", "of"} & set(bag.words)
    again = replace(bag)
    assert bag.transform([text]).nnz == again.transform([text]).nnz > 0


def test_words_titles_and_pairs_equal_scikit_learns(texts: list[str]) -> None:
    texts = [*texts, "Knots knots KNOTS\nA knot, a knot; a knot!"]
    bag = learn(texts, **small)
    assert len(bag.words) > 30
    assert len(bag.title_words) > 5
    assert len(bag.pairs) > 5
    columns = spelling(bag)
    theirs = sklearn_text.TfidfVectorizer(analyzer=analyse, vocabulary=columns, sublinear_tf=True)
    rows = theirs.fit_transform(texts)
    assert bag.idf == pytest.approx(theirs.idf_, rel=1e-6)
    assert bag.transform(texts).toarray() == pytest.approx(rows.toarray(), abs=1e-6)


def test_vocabulary_holds_exactly_the_frequent_columns(texts: list[str]) -> None:
    frequency = Counter(column for text in texts for column in set(analyse(text)))
    bag = learn(texts, min_words=3, min_titles=4, min_pairs=2)
    known = set(bag.words)
    wanted = {c for c, n in frequency.items() if c.startswith("word:") and n >= 3}
    wanted |= {
        c for c, n in frequency.items() if c.startswith("title:") and n >= 4 and c[6:] in known
    }
    wanted |= {
        c
        for c, n in frequency.items()
        if c.startswith("pair:") and n >= 2 and set(c[5:].split("+")) <= known
    }
    assert set(spelling(bag)) == wanted
    assert len(spelling(bag)) == len(wanted)


def test_counts_are_how_often_a_column_occurs() -> None:
    bag = TfidfVectorizer(
        ("a", "b"), np.ones(4, np.float32), np.array([1], np.int32), np.array([[0, 1]], np.int32)
    )
    counts = bag.counts(["B a b\nb, a b a b c a", "", "c\nd"]).toarray()
    # b a b | b a b a b c a: a 4 times, b 5 times, of which 2 in the title, "a b" 3 times.
    assert counts.tolist() == [[4, 5, 2, 3], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_pairs_are_of_neighbours_in_one_field() -> None:
    bag = TfidfVectorizer(("a", "b"), np.ones(3, np.float32), pairs=np.array([[0, 1]], np.int32))
    texts = ["x\na b", "x a\nb y", "x\na", "b", "a x b"]
    assert bag.counts(texts)[:, 2].toarray().ravel().tolist() == [1, 0, 0, 0, 0]
    shares = bag.attribute_to_tokens("x a\nb y", np.array([0.0, 0.0, 8.0]))
    assert [share for _, share in shares] == [0, 0, 0, 0]


def test_spans_of_a_paper_point_into_the_whole_text() -> None:
    bag = learn(["On Erd\\H{o}s\nGraphs of Erdős"] * 2, **small)
    text = "On Erd\\H{o}s\nGraphs of Erdős"
    result = [(text[t.start : t.end], t.word, t.in_title) for t in bag.spans(text)]
    assert result == [
        ("On", "on", True),
        ("Erd\\H{o}s", "erdos", True),
        ("Graphs", "graphs", False),
        ("of", "of", False),
        ("Erdős", "erdos", False),
    ]


words_of_papers = st.lists(
    st.sampled_from("knot knots loop torus Torus, galaxies we a of strings zzz".split()),
    max_size=12,
).map(" ".join)


@given(words_of_papers, words_of_papers, st.integers(0, 2**32 - 1))
def test_attribution_sums_to_the_contributions(title: str, abstract: str, seed: int) -> None:
    bag = learn(
        [
            "Knots of a torus\nWe knot a torus of knots",
            "A loop of knots\nWe loop a torus of strings",
        ]
        * 2,
        **small,
    )
    text = f"{title}\n{abstract}"
    contributions = np.random.default_rng(seed).normal(size=bag.size)
    columns = np.unique(bag.counts([text]).indices)
    shares = bag.attribute_to_tokens(text, contributions)
    assert sum(share for _, share in shares) == pytest.approx(contributions[columns].sum())
    assert [token for token, _ in shares] == bag.spans(text)


def test_attribution_shares_by_hand() -> None:
    bag = TfidfVectorizer(
        ("a", "b"), np.ones(4, np.float32), np.array([0], np.int32), np.array([[0, 1]], np.int32)
    )
    shares = bag.attribute_to_tokens("a\na b", np.array([4.0, 10.0, 100.0, 1000.0]))
    assert [(t.word, s) for t, s in shares] == [("a", 102), ("a", 502), ("b", 510)]


def test_attribution_of_the_course_sums_too(texts: list[str]) -> None:
    bag = learn_course(texts, 60)
    contributions = np.linspace(-1, 1, bag.size)
    for text in texts:
        columns = np.unique(bag.counts([text]).indices)
        made = np.zeros(bag.size)
        made[columns] = contributions[columns]
        total = sum(share for _, share in bag.attribute_to_tokens(text, made))
        assert total == pytest.approx(made.sum())


def test_known_counts_words_not_columns(texts: list[str]) -> None:
    bag = learn(texts, **small)
    assert bag.count_known_words("Knots, knots and blah\nof GALAXIES") == (5, 6)
    assert bag.count_known_words("blah") == (0, 1)
    assert bag.count_known_words("") == (0, 0)


def test_rows_have_length_one_or_zero(texts: list[str]) -> None:
    bag = learn(texts, **small)
    rows = bag.transform([*texts, "", "\n", "zzz\nqqq"])
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    assert lengths[:-3] == pytest.approx(np.ones(len(texts)), abs=1e-6)
    assert lengths[-3:].tolist() == [0, 0, 0]
    assert rows.dtype == np.float32


def test_no_texts_make_no_rows(texts: list[str]) -> None:
    bag = learn(texts, **small)
    assert bag.transform([]).shape == (0, bag.size)
    assert list(bag.batches([])) == []


@pytest.mark.parametrize("texts", [["one\ntwo"] * 4, ["", "\n"], ["a\nb", "c"]])
def test_texts_without_pairs_can_be_learnt(texts: list[str]) -> None:
    bag = learn(texts, 2, 2, 2)
    assert bag.pairs.shape == (0, 2)
    assert bag.transform(texts).shape == (len(texts), bag.size)


def test_batches_do_not_change_anything(texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = learn(texts, **small)
    rows = whole.transform(texts).toarray()
    monkeypatch.setattr("core.text.tfidf.BATCH", 7)
    again = learn(texts, **small)
    assert again.words == whole.words
    assert again.pairs.tolist() == whole.pairs.tolist()
    assert again.idf.tolist() == whole.idf.tolist()
    assert again.transform(texts).toarray().tolist() == rows.tolist()


def test_names_of_columns() -> None:
    bag = TfidfVectorizer(
        ("dark", "matter"),
        np.ones(4, np.float32),
        np.array([1], np.int32),
        np.array([[0, 1]], np.int32),
    )
    names = [bag.name(column) for column in range(bag.size)]
    assert names == ["dark", "matter", "matter (in the title)", "dark matter"]


def test_ties_go_by_the_alphabet(texts: list[str]) -> None:
    bag = learn(texts, **small)
    frequency = Counter(word for text in texts for word in set(paper_tokens(text)))
    assert list(bag.words) == sorted(bag.words, key=lambda word: (-frequency[word], word))


def test_a_vocabulary_is_the_same_whatever_the_hash_seed(texts: list[str]) -> None:
    program = (
        "import json, sys; from core.text.tfidf import learn\n"
        "bag = learn(json.load(sys.stdin), 2, 2, 2)\n"
        "print(json.dumps([bag.words, bag.title_words.tolist(), bag.pairs.tolist()]))"
    )
    result = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(texts),
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(result) == 1
    assert result != {"[[], [], []]\n"}
