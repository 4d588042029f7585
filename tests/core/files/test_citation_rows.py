"""Citations in files: rows of every format, the notes of a reader, and figures of one label."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from core.evaluation.metrics import evaluate_single
from core.files.readers import read_rows
from core.files.records import Row, citation
from core.prediction.reports import lines
from core.text import input_checks
from pages.classify.examples import CITATIONS

LABELS = ("method", "background", "result")

ROWS = [
    ("a", "Moss was weighed as in Osei (2004).", "2 Methods", "method"),
    ("b", 'A "quoted, odd" claim [3].', "", "background"),
    ("7", "Owls agree with us [4]; naïve ones do not.", "Discussion", "result"),
]


def write(path: Path, fields: tuple[str, str, str, str]) -> Path:
    """The three rows under the names of their fields, in the format of the file's ending."""
    records = [dict(zip(fields, row, strict=True)) for row in ROWS]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    else:
        import csv

        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            table.writerows([fields, *ROWS])
    return path


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "in.tsv", "in.parquet"])
@pytest.mark.parametrize("sentence", ["string", "text"])
@pytest.mark.parametrize("section", ["sectionName", "section"])
def test_every_format_reads_the_same(
    name: str, sentence: str, section: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, ("id", sentence, section, "label"))
    found = list(read_rows(path, "intent"))
    assert [(row.id, row.text, row.truth, row.note) for row in found] == [
        (number, f"{where}\n{said}", label, "") for number, said, where, label in ROWS
    ]


def cited(**record: Any) -> Row:
    """The row of one record."""
    return citation(record, 5)


def test_a_sentence_becomes_one_line_and_hidden_characters_go() -> None:
    row = cited(string="Fog\r\nwas \u202emeasured\x00 [1].", section="Mat.\n Met.")
    assert row.text == "Mat. Met.\nFog was measured [1]."
    assert (row.id, row.truth, row.note) == ("5", "", "")


@pytest.mark.parametrize("nothing", [None, "", "  \n", float("nan")])
def test_a_row_without_a_sentence_has_a_note(nothing: Any) -> None:
    row = cited(id="x", string=nothing, label="method")
    assert row == Row("x", "", note="row 5 has no sentence in string or text")


def test_a_sentence_is_looked_for_in_both_columns() -> None:
    assert cited(string="", text="As in [2].").text == "\nAs in [2]."
    assert cited(string=" ", text="As in [2].").text == "\nAs in [2]."
    assert cited(string="First [1].", text="Second [2].").text == "\nFirst [1]."


def test_a_section_is_not_needed() -> None:
    for record in ({}, {"sectionName": None}, {"sectionName": float("nan")}, {"section": ""}):
        assert cited(string="As in [2].", **record).text == "\nAs in [2]."
    row = cited(string="As in [2].", sectionName="", section="Results")
    assert row.text == "Results\nAs in [2]."
    row = cited(string="As in [2].", sectionName=float("nan"), section="Results")
    assert row.text == "Results\nAs in [2]."


def test_papers_are_read_as_before(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("title,abstract,categories\nKnots,A loop.,math.GT\n")
    assert [r.text for r in read_rows(tmp_path / "in.csv")] == ["Knots\nA loop."]
    noted = list(read_rows(tmp_path / "in.csv", "intent"))
    assert [r.note for r in noted] == ["row 1 has no sentence in string or text"]


# Figures where a text has one label.


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    """Truth and probabilities of 400 citations, right more often than not."""
    rng = np.random.default_rng(11)
    truth = rng.choice(3, 400, p=[0.3, 0.55, 0.15])
    raw = rng.gamma(1.0, size=(400, 3)) + 1.5 * np.eye(3)[truth] * rng.random((400, 1))
    return truth, raw / raw.sum(axis=1, keepdims=True)


def test_single_label_figures_equal_scikit_learns(scored: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = scored
    found = evaluate_single(LABELS, truth, scores)
    chosen = scores.argmax(axis=1)
    accuracy = metrics.accuracy_score(truth, chosen)
    assert 0.5 < accuracy < 0.95
    for name in ("accuracy", "micro_f1", "samples_f1", "subset_accuracy"):
        assert found[name] == pytest.approx(accuracy)
    for name, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        assert found[name] == pytest.approx(metrics.f1_score(truth, chosen, average=average))
    assert found["macro_f1_live"] == found["macro_f1"]
    assert found["binary_accuracy"] == pytest.approx(1 - (1 - accuracy) * 2 / 3)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(truth, scores))
    assert found["confusion"] == metrics.confusion_matrix(truth, chosen).tolist()
    assert found["top5_recall"] is None
    assert found["ece_top"] == found["ece"]
    assert found["n"] == 400
    table = metrics.precision_recall_fscore_support(truth, chosen)
    for i, label in enumerate(LABELS):
        wanted = {k: c[i] for k, c in zip(("precision", "recall", "f1", "support"), table)}  # noqa: B905
        assert found["per_label"][label] == pytest.approx(wanted, abs=5e-5)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_calibration_error_is_of_the_best_label() -> None:
    scores = np.array(
        [[0.9, 0.1, 0.0], [0.9, 0.05, 0.05], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.45, 0.1, 0.45]]
    )
    truth = np.array([0, 1, 0, 2, 2])
    # Bins of a fifteenth: two of 1.8 in sum and one right, two of 1.0 and both right, and one of
    # 0.45, wrong, for the first of two equal ones is predicted.
    wanted = (abs(1.8 - 1) + abs(1.0 - 2) + abs(0.45 - 0)) / 5
    assert evaluate_single(LABELS, truth, scores)["ece"] == pytest.approx(wanted)


def test_a_label_that_nobody_has_counts_as_zero() -> None:
    found = evaluate_single(LABELS, np.array([0, 0, 1]), np.eye(3)[[0, 1, 1]])
    assert found["per_label"]["result"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert found["macro_f1"] == pytest.approx(4 / 9)
    assert np.isfinite(found["log_loss"])


# What a reader notices of a sentence.

SENTENCE = "The rate of fog that we saw was higher than that reported earlier (Quill et al., 1998)."


@pytest.mark.parametrize("example", CITATIONS, ids=lambda example: example.name)
def test_the_examples_need_no_note(example: Any) -> None:
    found = input_checks.read_citation(example.sentence, example.section)
    assert found.usable
    assert found.notes == ()
    assert found.text == f"{example.section}\n{example.sentence}"


@pytest.mark.parametrize("blank", ["", " \n\t", "\x00\x07", "\u202e", "\u3000"])
def test_no_sentence(blank: str) -> None:
    found = input_checks.read_citation(blank, "Methods")
    assert not found.usable
    assert found.notes == ("Paste a sentence that cites something.",)


def test_a_sentence_without_a_marker_is_answered_with_a_note() -> None:
    found = input_checks.read_citation("We used the sieve that others have used before us.", "")
    assert found.usable
    assert "No citation was found" in found.notes[0]
    for marker in ("[3]", "(Osei, 2003)", "by Osei et al."):
        assert input_checks.read_citation(f"We used the sieve {marker}", "").notes == ()


def test_a_long_text_is_read_in_part() -> None:
    found = input_checks.read_citation(f"{SENTENCE} " * 100, "Results")
    assert found.usable
    assert f"That is {100 * (len(SENTENCE) + 1):,} characters" in found.notes[0]
    assert "The first 3,000 were read." in found.notes[0]
    assert 2_990 <= len(found.text) - len("Results\n") <= 3_000
    assert input_checks.read_citation("x" * 2_996 + " [1]", "").notes == ()


def test_other_scripts_and_languages() -> None:
    found = input_checks.read_citation("我们采用了先前的方法 [3]。", "方法")
    assert not found.usable
    assert "no word in Latin letters" in found.notes[0]
    french = (
        "La fréquence des brouillards que nous avons observés dans notre vallée dépasse nettement "
        "celle que rapportent les travaux plus anciens sur cette même région (Quill et Brandt, "
        "1998), ce que pourrait expliquer le temps humide de cette année."
    )
    found = input_checks.read_citation(french, "")
    assert found.usable
    assert any("does not read like English" in note for note in found.notes)


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_is_read(sentence: str, section: str) -> None:
    found = input_checks.read_citation(sentence, section)
    assert found.usable or found.notes
    assert found.text.count("\n") == 1
    found.text.encode()


def test_the_five_best_count_where_there_are_more_labels() -> None:
    labels = [f"label {i}" for i in range(7)]
    # The first text's label is the fifth of seven, the second's the last.
    scores = np.array([[0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.05]] * 2)
    assert evaluate_single(labels, np.array([4, 6]), scores)["top5_recall"] == 0.5


def test_a_figure_that_means_nothing_is_not_printed() -> None:
    report = evaluate_single(LABELS, np.array([0, 1, 2]), np.eye(3)[[1, 2, 0]])
    assert (report["accuracy"], report["top5_recall"]) == (0, None)
    assert "top5_recall" not in lines(report)
    assert "accuracy" in lines(report)
