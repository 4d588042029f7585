"""The course's cleaning steps, one by one and together."""

import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import cleaning
from core.text.cleaning import CLEANINGS, clean_words, step_by_step


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I like apple, what about you?", "I like apple what about you"),
        ("apple,what", "apple what"),
        ("don't", "dont"),
        ("Einstein’s “field” equations", "Einsteins field equations"),
        ("'quoted'", "quoted"),
        ("carbon-oxygen (CO)", "carbon oxygen CO"),
        ("", ""),
    ],
)
def test_strip_punctuation(text: str, words: str) -> None:
    assert cleaning.strip_punctuation(text).split() == words.split()


def test_each_step_by_itself() -> None:
    assert cleaning.lower("White Dwarf") == "white dwarf"
    assert cleaning.trim(" \n a b\t") == "a b"
    assert cleaning.split("a  b\nc") == ["a", "b", "c"]
    assert cleaning.remove_stop_words(["The", "merger", "of", "stars"]) == ["merger", "stars"]
    assert cleaning.stem(["galaxies", "merging"]) == ["galaxi", "merg"]
    assert cleaning.lemmatise(["galaxies", "mice", "was"]) == ["galaxy", "mouse", "be"]
    assert cleaning.join(["a", "b"]) == "a b"


def test_the_steps_follow_one_another() -> None:
    assert dict(step_by_step(" Don't the Galaxies, merged.")) == {
        "strip_punctuation": " Dont the Galaxies  merged ",
        "lower_case": " dont the galaxies  merged ",
        "trim": "dont the galaxies  merged",
        "split": "dont | the | galaxies | merged",
        "remove_stop_words": "dont | galaxies | merged",
        "stem": "dont | galaxi | merg",
        "lemmatise": "do | galaxi | merg",
        "join": "do galaxi merg",
    }


def test_cleanings_of_words() -> None:
    words = ["the", "galaxies", "merging"]
    assert {name: clean_words(words, name) for name in CLEANINGS} == {
        "none": words,
        "content": ["galaxies", "merging"],
        "stems": ["galaxi", "merg"],
        "lemmas": ["galaxy", "merge"],
    }


@given(st.text())
def test_steps_on_the_whole_text_are_idempotent(text: str) -> None:
    for step in (cleaning.strip_punctuation, cleaning.lower, cleaning.trim):
        assert step(step(text)) == step(text)


@given(st.text())
def test_no_punctuation_is_left(text: str) -> None:
    assert not set(string.punctuation) & set(cleaning.strip_punctuation(text))


def test_importing_the_steps_imports_no_library_they_use() -> None:
    code = (
        "import sys, core.text.cleaning; "
        "sys.exit(bool({'sklearn', 'snowballstemmer', 'simplemma'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
