"""Notes on odd texts, papers and citations, before and after they are classified."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classifiers.linear import Linear
from core.text.input_checks import (
    FEW_WORDS,
    MAX_CHARACTERS,
    MAX_SENTENCE_CHARACTERS,
    Reading,
    on_known_words,
    read,
    read_citation,
)
from pages.classify.examples import CITATIONS

ENGLISH = (
    "We study the spreading of an epidemic between towns, and show how the number of infected "
    "hosts depends on the roads that connect them. Our model has two parameters."
)
FRENCH = (
    "Nous étudions la propagation d'une épidémie entre plusieurs villes et nous montrons comment "
    "le nombre des personnes infectées dépend des routes qui relient ces villes entre elles "
    "(Quill et al., 1998)."
)
GERMAN = (
    "Wir untersuchen die Ausbreitung einer Epidemie zwischen mehreren Orten und zeigen, wie die "
    "Zahl der Erkrankten von den Wegen abhängt, die diese Orte miteinander verbinden [3]."
)
CHINESE = "我们研究流行病在城镇之间的传播，并说明感染人数如何取决于道路 [3]。"
SENTENCE = "The rate of fog that we saw was higher than that reported earlier (Quill et al., 1998)."

Reader = Callable[[str, str], Reading]
READERS = [lambda text, other: read(other, text), read_citation]
both = pytest.mark.parametrize("reader", READERS, ids=["paper", "citation"])


@both
@pytest.mark.parametrize(
    "blank", ["", "   ", "\n\t \r\n", "\x00\x07", "\u202e\u2066", "\u3000\xa0"]
)
def test_nothing_to_read(reader: Reader, blank: str) -> None:
    for reading in (reader(blank, ""), read(blank, ""), read(blank, blank)):
        assert not reading.usable
        assert len(reading.notes) == 1


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (read("Epidemics in towns", ENGLISH), f"Epidemics in towns\n{ENGLISH}"),
        (read("Spiral galaxies", ""), "Spiral galaxies\n"),
        # Keywords are not called foreign.
        (read("", "galaxies dust stars spiral arms"), "\ngalaxies dust stars spiral arms"),
        (read("Kn\u202eots\x00", "A\x07 loop\u2069 of\r\nrope\ud800"), "Knots\nA loop of\nrope"),
        *((read_citation(e.sentence, e.section), f"{e.section}\n{e.sentence}") for e in CITATIONS),
        *(
            (read_citation(f"We used the sieve {marker}", ""), f"\nWe used the sieve {marker}")
            for marker in ("[3]", "(Osei, 2003)", "by Osei et al.")
        ),
    ],
)
def test_an_ordinary_text_needs_no_note(reading: Reading, text: str) -> None:
    assert (reading.text, reading.usable, reading.notes) == (text, True, ())


@both
@pytest.mark.parametrize("text", [FRENCH, GERMAN, CHINESE * 3 + " of the model in towns with" * 3])
def test_other_languages_are_noted(reader: Reader, text: str) -> None:
    reading = reader(text, "")
    assert reading.usable
    assert len(reading.notes) == 1


@both
def test_chinese_with_a_few_latin_words_is_noted(reader: Reader) -> None:
    reading = reader(f"{CHINESE} BERT 与 Transformer", "")
    assert reading.usable
    assert len(reading.notes) == 1


def test_it_is_told_what_was_tidied() -> None:
    reading = read("On spec-\ntra", "of \\emph{dwarf} gal-\naxies")
    assert reading.text == "On spectra\nof dwarf galaxies"
    assert reading.notes == ()
    assert [note.fields for note in reading.done] == [{"n": 2}, {"n": 1}]


def test_citations_are_tidied_but_keep_their_mark() -> None:
    reading = read_citation("We used the si-\neve of \\citet{osei}.", "\\emph{Methods}")
    assert (reading.text, reading.notes) == ("Methods\nWe used the sieve of [1].", ())


@both
@pytest.mark.parametrize("text", ["我们 。", "αβγ δεζ", "....", "$$", "😀 🎉"])
def test_a_text_without_latin_words_cannot_be_placed(reader: Reader, text: str) -> None:
    reading = reader(text, "")
    assert not reading.usable
    assert len(reading.notes) == 1


def test_the_number_of_a_citation_is_no_word() -> None:
    assert not read_citation(CHINESE, "方法").usable


def test_a_sentence_without_a_citation_is_answered_with_a_note() -> None:
    reading = read_citation("We used the sieve that others have used before us.", "")
    assert (reading.usable, len(reading.notes)) == (True, 1)


@pytest.mark.parametrize(
    ("reading", "length", "most"),
    [
        (read("Epidemics", ENGLISH * 6_500), 9 + len(ENGLISH) * 6_500, MAX_CHARACTERS),
        (read("knot " * 200_000, ENGLISH), 1_000_000 + len(ENGLISH), MAX_CHARACTERS),
        (
            read_citation(f"{SENTENCE} " * 100, ""),
            100 * (len(SENTENCE) + 1),
            MAX_SENTENCE_CHARACTERS,
        ),
    ],
)
def test_a_long_text_is_read_in_part(reading: Reading, length: int, most: int) -> None:
    assert reading.usable
    assert reading.notes[0].fields == {"length": length, "most": most}
    assert most - 10 <= len(reading.text) <= most + 1


def test_a_text_of_the_greatest_length_is_read_completely() -> None:
    assert read_citation("x" * (MAX_SENTENCE_CHARACTERS - 4) + " [1]", "").notes == ()


@both
@given(text=st.text(max_size=300), other=st.text(max_size=200))
def test_any_text_is_read(reader: Reader, text: str, other: str) -> None:
    reading = reader(text, other)
    assert reading.usable or reading.notes
    assert not set(reading.text) & {"\0", "\x07", "\u202e", "\ud800"}
    assert reading.text.count("\n") >= 1
    reading.text.encode()


@pytest.mark.parametrize(
    ("known", "words", "fields"),
    [
        (0, 1_200, {"words": 1_200}),
        (6, 6, {"n": 6}),
        (FEW_WORDS - 1, 16, {"n": 14}),
        (FEW_WORDS, 16, None),
        (20, 50, {"known": 20, "words": 50}),
        (100, 120, None),
    ],
)
def test_notes_on_known_words(known: int, words: int, fields: dict[str, Any] | None) -> None:
    note = on_known_words(known, words)
    assert (note.fields if note else None) == fields


def test_a_french_paper_has_few_known_words(model: Linear) -> None:
    assert on_known_words(*model.count_known_words(read("", FRENCH).text))
