"""Counts of pairs of words: by hand on a small text, in a file, and those that ship."""

import json
from pathlib import Path

import numpy as np
import pytest

from core import settings
from core.embeddings import hub_module, swivel
from core.embeddings.module_table import ModuleError, read_tokens
from core.embeddings.pair_counts import LEAST, PAIRS, PairCounts, read_pairs, write_pairs

FEVER, COUGH, THE, RASH = range(4)
LINES = [
    [FEVER, THE, COUGH, FEVER],
    [RASH, RASH, THE, THE, FEVER],
    [COUGH, FEVER],
]


def counted(least: int = 1, window: int = 2) -> PairCounts:
    """The counts of the small text, whose word “the” is left out."""
    rows = np.array([row for line in LINES for row in (*line, swivel.END)], np.int32)
    pairs = np.array([True, True, False, True])
    return swivel.count_pairs(rows, pairs, window, lambda share: None, least)


def test_words_and_pairs_are_counted_as_by_hand() -> None:
    counts = counted()
    assert counts.frequencies.tolist() == [4, 2, 3, 2]
    # fever the cough: two apart; cough fever; and cough fever once more in the last line.
    assert counts.meetings(FEVER, COUGH) == counts.meetings(COUGH, FEVER) == 3
    # Three and four apart: out of the window, in a wider one.
    assert counts.meetings(RASH, FEVER) == 0
    assert counted(window=3).meetings(RASH, FEVER) == 1
    assert counted(window=4).meetings(RASH, FEVER) == 2
    # Windows end with their line, and words that are left out have no pairs.
    assert counts.meetings(RASH, COUGH) == 0
    assert not any(counts.meetings(THE, other) for other in (FEVER, COUGH, RASH))
    # Of 4, 5 and 2 words: one apart 3, 4 and 1 pairs, two apart 2, 3 and none.
    assert counts.pairs == 13


def test_by_chance_a_pair_occurs_as_often_as_its_words_do() -> None:
    # 11 words: a pair is fever and cough, in one order or the other, 2 · 4/11 · 2/11 of the time.
    assert counted().by_chance(FEVER, COUGH) == pytest.approx(13 * 2 * 4 / 11 * 2 / 11)


def test_rare_pairs_are_left_out() -> None:
    assert counted(least=3).meetings(FEVER, COUGH) == 3
    assert counted(least=4).meetings(FEVER, COUGH) == 0


def test_the_file_holds_the_same(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    assert read_pairs(tmp_path, 4) is None
    counts = counted(least=1, window=4)
    write_pairs(counts, tmp_path)
    again = read_pairs(tmp_path, 4)
    assert again is not None
    for name, value in vars(counts).items():
        np.testing.assert_array_equal(getattr(again, name), value)
    assert again.others.dtype == again.times.dtype == np.int32
    with pytest.raises(ModuleError, match="vocabulary"):
        read_pairs(tmp_path, 5)
    content = (tmp_path / PAIRS).read_bytes()
    for damaged in (b"", content[:-40], content[:200]):
        (tmp_path / PAIRS).write_bytes(damaged)
        with pytest.raises(ModuleError):
            read_pairs(tmp_path, 4)


def test_numbers_letters_and_stop_words_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    texts = ["The fever of 2019 T cells", "fever cells", "fever of cells, the"]
    lines = (json.dumps({"title": text, "abstract": ""}) for text in texts)
    path.write_text("\n".join(lines) + "\n")
    tokens = ("fever", "The", "of", "2019", "T", "cells", "the")
    counts = swivel.pairs_of_files([path], tokens, 10, lambda *_: None)
    assert counts.frequencies.tolist() == [3, 1, 2, 1, 1, 3, 1]
    assert counts.counted.tolist() == [True, False, False, False, False, True, False]
    assert (counts.window, counts.least) == (10, LEAST)


def test_the_shipped_counts_are_plausible() -> None:
    folder = settings.ROOT / "models" / "embedding" / "swivel"
    tokens = read_tokens(folder)
    counts = read_pairs(folder, len(tokens))
    assert counts is not None
    row = {token: i for i, token in enumerate(tokens)}
    card = json.loads((folder / "card.json").read_text())
    assert counts.window == card["parameters"]["window"]
    assert counts.frequencies.sum() == card["data"]["words"]
    # A word has at most twenty neighbours.
    assert 5 * card["data"]["words"] < counts.pairs < 10 * card["data"]["words"]
    assert counts.frequencies.argmax() == row["the"]
    for pair in (("fever", "cough"), ("Italy", "Spain"), ("SARS", "MERS"), ("ACE2", "receptor")):
        a, b = (row[word] for word in pair)
        assert counts.meetings(a, b) > 20 * counts.by_chance(a, b)
        assert counts.meetings(a, b) < 20 * counts.frequencies[[a, b]].min()
    a, b = row["throat"], row["Spain"]
    assert counts.meetings(a, b) == 0
    assert not counts.counted[row["the"]]
    assert (folder / PAIRS).stat().st_size < 3_000_000
    assert hub_module.load(folder).table is not None
