"""The cleaning steps one by one and together, and the text of a paper there and back."""

import string
import subprocess
import sys
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import documents as cleaning
from core.text.documents import PRESETS, Cleaning

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


@pytest.mark.parametrize(
    ("preset", "result"),
    [
        ("none", "Don't the Galaxies merge?"),
        ("lower", "don't the galaxies merge?"),
        ("words", "dont the galaxies merge"),
        ("content", "dont galaxies merge"),
        ("stems", "dont galaxi merg"),
        ("lemmas", "do galaxy merge"),
        ("all", "do galaxi merg"),
    ],
)
def test_presets(preset: str, result: str) -> None:
    assert PRESETS[preset].apply("Don't the Galaxies merge?") == result


def test_every_preset_is_tested_by_name() -> None:
    assert set(PRESETS) == {"none", "lower", "words", "content", "stems", "lemmas", "all"}


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
    for step in (cleaning.strip_punctuation, cleaning.lower, cleaning.trim, cleaning.visible):
        assert step(step(text)) == step(text)
    words = PRESETS["content"]
    assert words.apply(words.apply(text)) == words.apply(text)


@given(st.text())
def test_no_punctuation_is_left(text: str) -> None:
    assert not set(string.punctuation) & set(cleaning.strip_punctuation(text))


@given(st.text(), st.text())
def test_splitting_and_joining_lose_no_word(left: str, right: str) -> None:
    both = cleaning.split(left + " " + right)
    assert both == cleaning.split(left) + cleaning.split(right)
    assert cleaning.split(cleaning.join(both)) == both


@given(st.text(), st.text())
def test_title_and_abstract_come_back(title: str, abstract: str) -> None:
    text = cleaning.paper_text(title, abstract)
    assert cleaning.split_paper(text) == (" ".join(title.split()), abstract.strip())
    assert cleaning.paper_text(*cleaning.split_paper(text)) == text


@given(st.text(), st.text())
def test_title_and_abstract_never_run_together(title: str, abstract: str) -> None:
    text = cleaning.paper_text(title, abstract)
    assert text.split() == title.split() + abstract.split()


@given(st.text())
def test_a_text_of_one_line_is_all_abstract(text: str) -> None:
    line = text.replace("\n", " ")
    assert cleaning.split_paper(line) == ("", line)


@pytest.mark.parametrize("missing", [None, float("nan"), "", " \n "])
def test_a_missing_title_leaves_the_first_line_empty(missing: str | float | None) -> None:
    assert cleaning.paper_text(missing, " We study. \n") == "\nWe study."


def test_a_missing_abstract_leaves_the_title() -> None:
    assert cleaning.paper_text("A\n  title", None) == "A title\n"


def test_the_courses_text() -> None:
    assert cleaning.course_text("On Stars", "  We study\nstars.\n") == "on stars  we study stars. "
    assert cleaning.course_text("On Stars", "We study") == "on starswe study"
    assert cleaning.course_text(None, "We") == "we"


@given(st.text(), st.text())
def test_the_courses_text_from_a_paper(title: str, abstract: str) -> None:
    title, abstract = " ".join(title.split()), abstract.strip()
    text = cleaning.paper_text(title, abstract)
    assert cleaning.course_from_paper(text) == cleaning.course_text(title, abstract)


@pytest.mark.parametrize(
    ("pasted", "seen"),
    [
        ("a\x00b\x1b\x7f\x9fc", "abc"),
        ("line\r\nline\rline\x0cpage\ttab", "line\nline\nline\npage\ttab"),
        ("\u202eevil\u202c \u2066iso\u2069", "evil iso"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("Poincare\u0301", "Poincar\u00e9"),
        ("日本語 שלום 🙂", "日本語 שלום 🙂"),
    ],
)
def test_visible(pasted: str, seen: str) -> None:
    assert cleaning.visible(pasted) == seen


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_visible_can_be_written(text: str) -> None:
    seen = cleaning.visible(text)
    assert seen.encode("utf-8").decode("utf-8") == seen
    assert not [c for c in seen if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert unicodedata.is_normalized("NFC", seen)


def test_importing_the_steps_imports_no_library_they_use() -> None:
    code = (
        "import sys, core.text.documents; "
        "sys.exit(bool({'sklearn', 'snowballstemmer', 'simplemma'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
