"""SciCite's splits as texts, what a card says of them, and the figures on the test split."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from core.classifiers.base import Classifier
from core.corpora import scicite
from core.corpora.blocks import CorpusError
from core.evaluation.decisions import softmax
from core.text.documents import citation_text, split_citation
from core.training import citations


class Guess(Classifier):
    """A classifier whose logits follow from the letters of a text alone."""

    name, task, labels, multilabel = "guess", "intent", scicite.LABELS, False
    thresholds = np.ones(3, np.float32)

    def predict_scores(self, texts: list[str]) -> np.ndarray:
        """Probabilities."""
        logits = [[text.count(letter) for letter in "usr"] for text in texts]
        return softmax(np.array(logits, float) / 2).astype(np.float32)

    def count_known_words(self, text: str) -> tuple[int, int]:
        """Every word."""
        return len(text.split()), len(text.split())

    def save(self, folder: Path) -> None:
        """Write nothing."""

    @classmethod
    def load(cls, folder: Path, card: object) -> "Guess":
        """Read nothing."""
        return cls()


def test_every_split_is_read_under_tensorflow_datasets_name(small_scicite: Path) -> None:
    found = citations.read(small_scicite)
    assert {split: len(rows) for split, rows in found.items()} == {
        "train": 120,
        "validation": 24,
        "test": 42,
    }
    truth = citations.truth(found["test"])
    assert [scicite.LABELS[i] for i in truth] == found["test"]["label"].tolist()
    with pytest.raises(CorpusError):
        citations.read(small_scicite / "none")


def test_texts_with_and_without_their_section(small_scicite: Path) -> None:
    rows = citations.read(small_scicite)["train"]
    bare, told = citations.texts(rows, "sentence"), citations.texts(rows, "section")
    assert len(bare) == len(told) == 120
    for row, plain, whole in zip(rows.itertuples(), bare, told, strict=True):
        assert split_citation(plain) == (row.string, "")
        assert split_citation(whole) == (row.string, row.section)
    # Every fourth has no section, and then both texts are the same.
    assert sum(a == b for a, b in zip(bare, told, strict=True)) == 30


@given(st.text(max_size=80), st.text(max_size=40))
def test_a_citation_text_splits_into_what_it_was_made_of(sentence: str, section: str) -> None:
    found = split_citation(citation_text(sentence, section))
    assert found == (" ".join(sentence.split()), " ".join(section.split()))
    assert citation_text(*found) == citation_text(sentence, section)


def test_a_text_without_a_line_end_is_a_sentence() -> None:
    assert split_citation("as in [1]") == ("as in [1]", "")
    assert split_citation("") == ("", "")
    assert citation_text(None, float("nan")) == "\n"
    assert citation_text("a\n b\t[1]", "Mat.\nand  Met.") == "Mat. and Met.\na b [1]"


def test_facts_name_the_version_and_every_file(small_scicite: Path) -> None:
    found = citations.facts(small_scicite)
    assert "TensorFlow Datasets" in found["corpus"]
    folder = small_scicite / "scicite"
    assert found["files"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("train.jsonl", "dev.jsonl", "test.jsonl")
    }


def test_measure_gives_figures_and_curves_of_each_kind(small_scicite: Path) -> None:
    rows = citations.read(small_scicite)["test"]
    figures, drawn = citations.measure(Guess(), rows)
    assert list(figures) == list(drawn) == ["sentence", "section"]
    truth = citations.truth(rows)
    for kind in citations.KINDS:
        scores = Guess().predict_scores(citations.texts(rows, kind))
        accuracy = metrics.accuracy_score(truth, scores.argmax(axis=1))
        assert figures[kind]["accuracy"] == pytest.approx(accuracy, abs=1e-5)
        loss = metrics.log_loss(truth, scores)
        assert figures[kind]["log_loss"] == pytest.approx(loss, abs=1e-5)
        assert figures[kind]["n"] == 42
    assert figures["sentence"] != figures["section"]
    only, curves = citations.measure(Guess(), rows, ("sentence",))
    assert only == {"sentence": figures["sentence"]}
    assert curves == {"sentence": drawn["sentence"]}
