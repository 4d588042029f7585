"""The course's cleaning steps, one by one and together."""

import string
import subprocess
import sys
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import cleaning
from core.text.cleaning import PRESETS, Cleaning

cleanings = st.builds(Cleaning, **{field.name: st.booleans() for field in fields(Cleaning)})


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


@pytest.mark.parametrize(
    ("step", "result"),
    [
        ("strip_punctuation", " The  galaxies  merged "),
        ("lower", " the  galaxies, merged."),
        ("trim", "The  galaxies, merged."),
        ("split", "The galaxies, merged."),
        ("remove_stop_words", "galaxies, merged."),
        ("stem", "The galaxies, merged."),
        ("lemmatise", "the galaxies, merged."),
        ("join", " The  galaxies, merged."),
    ],
)
def test_each_switch_by_itself(step: str, result: str) -> None:
    assert Cleaning(**{step: True}).apply(" The  galaxies, merged.") == result


def test_presets() -> None:
    text = "Don't the Galaxies merge?"
    assert {name: preset.apply(text) for name, preset in PRESETS.items()} == {
        "none": text,
        "lower": "don't the galaxies merge?",
        "words": "dont the galaxies merge",
        "content": "dont galaxies merge",
        "stems": "dont galaxi merg",
        "lemmas": "do galaxy merge",
        "all": "do galaxi merg",
    }


def test_without_join_words_stand_one_to_a_line() -> None:
    assert replace(PRESETS["words"], join=False).apply("White, dwarf") == "white\ndwarf"


@given(cleanings, st.text())
def test_any_cleaning_gives_one_string_and_its_words(cleaner: Cleaning, text: str) -> None:
    result = cleaner.apply(text)
    assert isinstance(result, str)
    assert all(word and not word.isspace() for word in cleaner.tokens(text))
    assert cleaning.split(result) == cleaner.tokens(text)


@given(st.text())
def test_steps_on_the_whole_text_are_idempotent(text: str) -> None:
    for step in (cleaning.strip_punctuation, cleaning.lower, cleaning.trim):
        assert step(step(text)) == step(text)
    words = PRESETS["content"]
    assert words.apply(words.apply(text)) == words.apply(text)


@given(st.text())
def test_no_punctuation_is_left(text: str) -> None:
    assert not set(string.punctuation) & set(cleaning.strip_punctuation(text))


def test_importing_the_steps_imports_no_library_they_use() -> None:
    code = (
        "import sys, core.text.cleaning; "
        "sys.exit(bool({'sklearn', 'snowballstemmer', 'simplemma'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
