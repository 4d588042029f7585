"""The default intent model: features beside scikit-learn's, explanations, and its recipe."""

import json
import math
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from core import cards
from core.classifiers import intent, store
from core.classifiers.base import Explanation
from core.classifiers.intent import Intent, Weights
from core.cli import main
from core.evaluation import curves
from core.evaluation.decisions import softmax
from core.text import citation_features
from core.text.citation_features import FeatureBlock, Features, pieces
from core.text.documents import citation_text, split_citation
from core.training import citations
from core.training.recipe import Recipe, TrainingResult

ODD = ("", " ", "\n", "zzqx vvkw", "[3]", "(Osei, 2004)", "@", "'", "量子 [3]", "½ İ ß", "a\nb\nc")


def seen(sentence: str) -> list[str]:
    """What the model sees of a sentence."""
    return [piece.text for piece in pieces(sentence)]


# Pieces.


@pytest.mark.parametrize(
    ("sentence", "marker", "kind"),
    [
        ("as Osei (2004) says", "Osei (2004)", "@txt"),
        ("as Osei and Tarn (1999a) say", "Osei and Tarn (1999a)", "@txt"),
        ("as Osei et al. (2004) say", "Osei et al. (2004)", "@txt"),
        ("as Osei et al. say", "Osei et al.", "@txt"),
        ("as Osei, Tarn, and Velkov (2011) say", "Osei, Tarn, and Velkov (2011)", "@txt"),
        ("as known (Osei, 2004)", "(Osei, 2004)", "@par"),
        ("as known (e.g. Osei, 2004; Tarn, 2001)", "(e.g. Osei, 2004; Tarn, 2001)", "@par"),
        ("as known [3]", "[3]", "@num"),
        ("as known [3, 5-7]", "[3, 5-7]", "@num"),
        ("as known [3][4]", "[3][4]", "@num"),
        ("as known (12)", "(12)", "@num"),
        ("as known (1, 2–4)", "(1, 2–4)", "@num"),
    ],
)  # fmt: skip
def test_a_marker_is_one_piece(sentence: str, marker: str, kind: str) -> None:
    found = [piece for piece in pieces(sentence) if piece.text == kind]
    assert [sentence[piece.start : piece.end] for piece in found] == [marker]


@pytest.mark.parametrize("sentence", ["(see below)", "[a]", "in 2004", "(12345)", "[1", "(Osei"])
def test_what_looks_like_a_marker_but_is_none(sentence: str) -> None:
    assert not {"@txt", "@par", "@num"} & set(seen(sentence))


def test_digits_fold_and_letters_turn_small() -> None:
    assert seen("COVID19 rose by 12.5% in 2020.") == [
        *("covid0", "rose", "by", "0.0%", "in", "0."),
    ]


def test_pieces_point_into_the_sentence() -> None:
    sentence = "We  used\tthe sieve of Osei (2004), twice [1]."
    found = {piece.text: sentence[piece.start : piece.end] for piece in pieces(sentence)}
    assert found == {
        "we": "We",
        "used": "used",
        "the": "the",
        "sieve": "sieve",
        "of": "of",
        "@txt": "Osei (2004)",
        ",": ",",
        "twice": "twice",
        "@num": "[1]",
        ".": ".",
    }


MARKED = st.lists(
    st.sampled_from(
        ["Osei", " et al.", " (2004)", "[1", ", 2]", "(", ")", " and ", "we", "7", "\n", " ", "İ"]
    ),
    max_size=25,
).map("".join)


@given(st.text(max_size=120) | MARKED)
def test_pieces_of_any_text_are_in_order_and_cover_it(sentence: str) -> None:
    found = pieces(sentence)
    position = 0
    for piece in found:
        assert position <= piece.start < piece.end <= len(sentence)
        assert not sentence[position : piece.start].strip()
        assert piece.text.strip()
        position = piece.end
    assert not sentence[position:].strip()


@pytest.mark.parametrize(
    "unit",
    [
        *("(", "[", "A", "Ab", "A-", "Aa'", "1", "(1)", "(1 ", "[1,", "1,", "2010 ", "(2010 "),
        *("A and ", "Ab and Ab, ", "Ab et al", "Ab et al. ", "Ab (2010 ", "Ab, ", " ", "Ab ("),
    ],
)
@pytest.mark.parametrize("start", ["", "(", "["])
def test_no_text_takes_long(start: str, unit: str, growth: Callable[..., float]) -> None:
    def cut(length: int) -> None:
        pieces((start + unit * length)[:length])

    # Eight times the length takes some eight times as long; a pattern that looks again and again
    # takes sixty-four times as long.
    assert growth(cut, 2_000, 16_000) < 32


# Features.

SENTENCES = (
    "We used the sieve of Osei et al. (2004) to count moss.",
    "Moss counts agree with Tarn [3, 4], and with the sieve.",
    "a bb ccc, a bb (Osei, 2004) a.",
    "İstanbul'da 12 ½ naïve—dash",
)


@pytest.mark.parametrize("sentence", [*SENTENCES, "", "a"])
def test_characters_are_scikit_learns(sentence: str) -> None:
    parts = pieces(sentence)
    analyse = CountVectorizer(
        analyzer="char_wb", ngram_range=citation_features.CHARACTERS, lowercase=False
    ).build_analyzer()
    found = list(citation_features.characters(parts))
    assert [term for term, _ in found] == list(analyse(" ".join(part.text for part in parts)))
    for term, (place,) in found:
        assert term in f" {parts[place].text} "


@pytest.mark.parametrize("least", [1, 2, 3])
def test_a_block_is_scikit_learns(least: int) -> None:
    rng = np.random.default_rng(5)
    lists = [[f"t{j}" for j in rng.poisson(3, rng.integers(1, 20))] for _ in range(40)]
    theirs = TfidfVectorizer(analyzer=lambda terms: terms, min_df=least, sublinear_tf=True)
    wanted = theirs.fit_transform(lists).toarray()
    block = FeatureBlock.learn(lists, least)
    assert list(block.columns) == theirs.get_feature_names_out().tolist()
    assert block.idf == pytest.approx(theirs.idf_, rel=1e-6)
    for terms, row in zip(lists, wanted, strict=True):
        mine = np.zeros(len(block.columns))
        columns, values = block.row([*terms, "never seen"])
        mine[columns] = values
        assert mine == pytest.approx(row, abs=1e-6)


def test_a_block_of_unknown_terms_is_empty() -> None:
    block = FeatureBlock.learn([["a"], ["a", "b"]], 2)
    assert list(block.columns) == ["a"]
    for terms in ([], ["b", "c"]):
        columns, values = block.row(terms)
        assert len(columns) == len(values) == 0


def test_patterns_by_hand() -> None:
    words = [
        *(("we", 0), ("measured", 1), ("slowly", 2), ("quickly", 3), ("moss", 4), (",", 4)),
        *(("0", 5), ("@par", 6), ("testing", 7), ("xyz", 8), ("qrk", 9)),
    ]
    assert citation_features.pattern(words, frozenset({"we", "@par"})) == [
        *(("we", 0), ("~ed", 1), ("~ly", 2), ("~s", 4), ("#", 4)),
        *(("#", 5), ("@par", 6), ("~ing", 7), ("~x", 8)),
    ]
    assert citation_features.pattern([], frozenset()) == []


def test_grams_by_hand() -> None:
    words = [("a", 0), ("b", 0), ("c", 2)]
    assert list(citation_features.grams(words, 1, 3)) == [
        *(("a", (0,)), ("b", (0,)), ("c", (2,))),
        *(("a b", (0, 0)), ("b c", (0, 2)), ("a b c", (0, 0, 2))),
    ]
    assert list(citation_features.grams(words[:1], 2, 4)) == []


@pytest.mark.parametrize(
    ("section", "terms"),
    [
        (
            "2.1. Materials and Methods",
            ["materials", "and", "methods", "materials and", "and methods", "=methods"],
        ),
        ("RESULTS", ["results", "=results"]),
        (
            "Results & Discussion",
            ["results", "discussion", "results discussion", "=results and discussion"],
        ),
        ("5 Conclusions", ["conclusions", "=discussion"]),
        ("Related Work", ["related", "work", "related work", "=introduction"]),
        ("Moss", ["moss", "=other"]),
        ("3.2", ["=none"]),
        ("", ["=none"]),
        ("方法", ["=none"]),
    ],
)
def test_what_a_section_says(section: str, terms: list[str]) -> None:
    assert citation_features.section_terms(section) == terms


@pytest.fixture
def eager() -> Iterator[None]:
    """Threads that take turns some thousand times a second."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_threads_that_share_a_model_see_the_same_stems(eager: None) -> None:
    starts = ("fract", "organ", "compr", "probl", "modern", "crystall", "work", "gener")
    ends = ("ing", "isations", "ized", "fulness", "ability", "ously", "ement", "ically", "es")
    vowels = ("a", "e", "i", "o", "u", "ou", "ie", "ay")
    words = ["".join(parts) for parts in product(starts, vowels, starts, ends)]
    features = Features({}, frozenset())

    def seen_stems(order: int) -> dict[str, str]:
        mine = words.copy()
        random.Random(order).shuffle(mine)
        return {word: features.occurrences(word)["stems"][0][0] for word in mine}

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(seen_stems, range(4)))
    wanted = {word: snowballstemmer.stemmer("english").stemWord(word) for word in words}
    assert [stems == wanted for stems in found] == [True] * 4


# The model.


@pytest.fixture(scope="module")
def model(built_intent: Path) -> Intent:
    """The model that the recipe made, loaded."""
    found = store.load(cards.read_card(built_intent / "intent" / "intent"))
    assert isinstance(found, Intent)
    return found


@pytest.fixture(scope="module")
def texts(small_scicite: Path) -> list[str]:
    """The test split, half with sections, half without, and odd texts."""
    rows = citations.read(small_scicite)["test"]
    told, bare = citations.texts(rows, "section"), citations.texts(rows, "sentence")
    return [*told[:20], *bare[20:], *ODD, *(citation_text(odd, "Methods") for odd in ODD)]


@pytest.fixture(scope="module")
def linear_model(small_scicite: Path) -> Intent:
    """The linear part alone, learnt from the training split."""
    rows = citations.read(small_scicite)["train"]
    features = citation_features.learn_features(citations.texts(rows, "section"))
    weights = {}
    for kind in citations.KINDS:
        matrix = features.transform(citations.texts(rows, kind))
        weights[kind] = intent.fit(matrix, citations.truth(rows), intent.COST[kind])
    return Intent("linear-part", features, weights)


def test_features_of_no_text_and_of_odd_ones(model: Intent) -> None:
    features = model.features
    assert features.transform([]).shape == (0, features.width)
    rows = features.transform(ODD)
    assert rows.shape == (len(ODD), features.width)
    assert rows[0].nnz == rows[1].nnz == rows[2].nnz == 0
    assert np.isfinite(rows.data).all()
    assert rows.has_canonical_format or len(set(rows[7].indices)) == rows[7].nnz


def test_every_block_of_a_row_has_length_one(model: Intent) -> None:
    features = model.features
    text = citation_text("We measured fog with the sieve of Osei et al. (2004).", "Methods")
    row = features.transform([text]).toarray()[0]
    for name, block in features.blocks.items():
        start = int(features.starts[name])
        length = np.linalg.norm(row[start : start + len(block.columns)])
        wanted = citation_features.SECTION_WEIGHT if name == "section" else 1.0
        assert length == pytest.approx(wanted, rel=1e-6)
    bare = features.transform([citation_text(split_citation(text)[0])]).toarray()[0]
    start = int(features.starts["section"])
    assert not bare[start:].any()
    assert bare[:start] == pytest.approx(row[:start])


def add_up(why: Explanation, model: Intent, text: str, label: str) -> None:
    """Check that attributions make up the log-odds, and these the probabilities."""
    logits = model.logits([text])[0]
    mine = model.labels.index(label)
    others = {name: logits[i] for i, name in enumerate(model.labels) if i != mine}
    assert (why.label, why.against) == (label, max(others, key=others.__getitem__))
    assert why.log_odds == pytest.approx(logits[mine] - others[why.against], abs=1e-4)
    assert why.log_odds == pytest.approx(why.bias + sum(c.weight for c in why.tokens), abs=1e-6)
    assert why.log_odds == pytest.approx(why.bias + sum(r.weight for r in why.features), abs=1e-6)
    scores = model.predict_scores([text])[0]
    odds = scores[mine] / scores[model.labels.index(why.against)]
    assert why.log_odds == pytest.approx(math.log(odds), abs=1e-4)
    position = 0
    for token in why.tokens:
        assert position <= token.start <= token.end <= len(text)
        position = token.end


@given(st.text(max_size=60) | MARKED, st.sampled_from(["", "Methods", "xyz", "3"]))
def test_explanations_of_any_text_add_up(linear_model: Intent, sentence: str, section: str) -> None:
    text = citation_text(sentence, section)
    for label in linear_model.labels:
        add_up(linear_model.explain(text, label), linear_model, text, label)


def test_words_of_the_label_get_the_weight(linear_model: Intent) -> None:
    text = citation_text("Fog was analysed using the sonar protocol [7].", "Methods")
    why = linear_model.explain(text, "method")
    weights = {text[token.start : token.end]: token.weight for token in why.tokens}
    assert weights["Methods"] > 0
    assert weights["using"] > weights["Fog"]
    assert why.log_odds > 0
    assert linear_model.explain(text, "result").log_odds < 0


def test_a_text_with_a_section_takes_the_sections_weights(linear_model: Intent) -> None:
    nothing = np.zeros((linear_model.features.width, 3))
    made = Intent(
        "made",
        linear_model.features,
        {
            "sentence": Weights(nothing, np.array([2.0, 0.0, 0.0])),
            "section": Weights(nothing, np.array([0.0, 0.0, 3.0])),
        },
    )
    scores = made.predict_scores(["\nFog [1].", "Moss\nFog [1].", "Fog [1]."])
    bare = softmax(np.array([[2.0, 0, 0]]))[0]
    told = softmax(np.array([[0.0, 0, 3]]))[0]
    assert scores == pytest.approx(np.array([bare, told, bare]), abs=1e-6)
    assert made.explain("Moss\nFog [1].", "result").bias == 3
    assert made.explain("\nFog [1].", "method").bias == 2


def test_known_counts_words_by_their_stems(model: Intent) -> None:
    assert model.count_known_words("\nzzqx vvkw") == (0, 2)
    assert model.count_known_words("") == (0, 0)
    assert model.count_known_words("\n[3] (Osei, 2004)") == (0, 0)
    known, words = model.count_known_words("Methods\nSamples of fog were analyse zzqx [3].")
    assert words == 6
    assert known == 5


def test_save_and_load_keep_the_answers(
    linear_model: Intent, texts: list[str], tmp_path: Path
) -> None:
    before = linear_model
    recipe = Recipe("intent", "Intent", "", ("intent",), intent.train)
    card = store.save(TrainingResult(before, {}, {}, {}), recipe, tmp_path / "intent")
    again = store.load(card)
    assert isinstance(again, Intent)
    assert again.labels == before.labels
    assert again.features.common == before.features.common
    for name, block in before.features.blocks.items():
        assert again.features.blocks[name].columns == block.columns
        assert again.features.blocks[name].idf == pytest.approx(block.idf)
    # Half precision keeps eleven bits.
    assert again.logits(texts) == pytest.approx(before.logits(texts), abs=0.03)
    assert again.predict_scores(texts) == pytest.approx(before.predict_scores(texts), abs=0.01)
    add_up(again.explain(texts[0], "method"), again, texts[0], "method")
    assert {path.suffix for path in card.folder.iterdir()} <= {".json", ".npz", ".txt"}


def test_a_model_that_never_saw_a_section_is_saved_too(tmp_path: Path) -> None:
    sentences = [f"{word} [1] was seen by us" for word in ("Fog", "Moss", "Ice") for _ in range(4)]
    features = citation_features.learn_features([citation_text(sentence) for sentence in sentences])
    assert not features.blocks["section"].columns
    weights = {kind: Weights(np.ones((features.width, 3)), np.zeros(3)) for kind in citations.KINDS}
    before = Intent("intent", features, weights)
    recipe = Recipe("intent", "Intent", "", ("intent",), intent.train)
    again = store.load(store.save(TrainingResult(before, {}, {}, {}), recipe, tmp_path / "intent"))
    texts = ["Fog [1].", "Methods\nFog [1]."]
    assert again.predict_scores(texts) == pytest.approx(before.predict_scores(texts), abs=1e-3)
    assert isinstance(again, Intent)
    assert again.features.width == features.width


def test_features_are_learnt_from_what_is_common() -> None:
    texts = [citation_text(f"the fog was w{i} [1]", "Methods") for i in range(20)]
    features: Features = citation_features.learn_features(texts)
    assert {"the", "fog", "was", "@num"} <= features.common
    assert "w0" in features.common  # digits are folded first
    assert features.width == sum(len(block.columns) for block in features.blocks.values())
    assert "methods" in features.blocks["section"].columns
    assert "the fog was w0" in features.blocks["patterns"].columns
    assert "the fog" in features.blocks["stems"].columns


@pytest.mark.parametrize("wanted", [0.5, 1.0, 2.5])
def test_the_temperature_of_made_up_logits(wanted: float) -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 3, (20_000, 3))
    # Gumbel noise draws labels by their probabilities.
    truth = (logits / wanted + rng.gumbel(size=logits.shape)).argmax(axis=1)
    assert intent.temperature(logits, truth) == pytest.approx(wanted, rel=0.05)


def test_the_temperature_stays_finite_where_all_is_right_or_wrong() -> None:
    truth = np.array([0, 1, 2])
    for logits in (9 * np.eye(3), -9 * np.eye(3), np.zeros((3, 3))):
        assert math.exp(-3.01) <= intent.temperature(logits, truth) <= math.exp(3.01)


# The recipe.


def test_the_recipe_learns_the_invented_citations(built_intent: Path) -> None:
    card = cards.read_card(built_intent / "intent" / "intent")
    assert card.labels == ("method", "background", "result")
    assert set(card.thresholds) == {1.0}
    for kind in citations.KINDS:
        figures = card.metrics[kind]
        assert figures["n"] == 42
        assert figures["accuracy"] >= 0.9
        assert np.sum(figures["confusion"]) == 42
    assert card.data["trained on"] == 144
    assert set(card.data["files"]) == {"train.jsonl", "dev.jsonl", "test.jsonl"}
    assert set(card.parameters["temperature"]) == set(citations.KINDS)
    assert "fog" not in json.dumps(card.data)
    assert set(curves.read_curves(card)) == set(citations.KINDS)


def test_evaluate_equals_the_card(
    intent_models: Path, small_scicite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = small_scicite / "scicite" / "test.jsonl"
    assert main(["evaluate", str(source), "--task", "intent", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["task"], report["model"], report["n"]) == ("intent", "intent", 42)
    assert report["skipped"] == 0
    wanted = {
        *("task", "model", "n", "micro_f1", "macro_f1", "macro_f1_live", "samples_f1"),
        *("weighted_f1", "subset_accuracy", "binary_accuracy", "top5_recall", "log_loss", "ece"),
        *("ece_top", "per_label", "accuracy"),
    }
    assert wanted <= set(report)
    # The file names its sections. Half precision may turn no more than a close one around.
    figures = cards.read_card(intent_models / "intent" / "intent").metrics["section"]
    assert report["accuracy"] == pytest.approx(figures["accuracy"], abs=1 / 42)
    assert report["log_loss"] == pytest.approx(figures["log_loss"], abs=0.01)
    assert main(["evaluate", str(source), "--task", "intent"]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_classify_writes_an_intent_a_row(
    intent_models: Path, small_scicite: Path, tmp_path: Path
) -> None:
    lines = (small_scicite / "scicite" / "test.jsonl").read_text().splitlines()
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    odd = ['{"id": "empty", "string": " "}', "{", '{"id": "strange", "text": "zzqx vvkw"}']
    source.write_text("\n".join([*lines, *odd]))
    assert main(["classify", str(source), "--out", str(out), "--task", "intent"]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert all(list(row) == ["id", "predicted", "scores", "note"] for row in rows)
    assert len(rows) == 45
    right = 0
    for line, row in zip(lines, rows, strict=False):
        scores = row["scores"]
        assert set(scores) == {"method", "background", "result"}
        assert sum(scores.values()) == pytest.approx(1, abs=2e-4)
        assert list(scores.values()) == sorted(scores.values(), reverse=True)
        assert row["predicted"] == next(iter(scores))
        assert row["note"] == ""
        right += row["predicted"] == json.loads(line)["label"]
    assert right >= 38
    assert [row["id"] for row in rows[-3:]] == ["empty", "44", "strange"]
    assert all(row["note"] and not row["predicted"] for row in rows[-3:])
