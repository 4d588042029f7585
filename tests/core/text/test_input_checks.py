"""What a user is told of an odd text before and after it is classified."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classifiers.linear import Linear
from core.text import input_checks
from core.text.input_checks import LONGEST, on_known_words, read

ENGLISH = (
    "We study the spreading of an epidemic between towns, and show how the number of infected "
    "hosts depends on the roads that connect them. Our model has two parameters."
)
FRENCH = (
    "Nous étudions la propagation d'une épidémie entre plusieurs villes et nous montrons comment "
    "le nombre des personnes infectées dépend des routes qui relient ces villes entre elles."
)
GERMAN = (
    "Wir untersuchen die Ausbreitung einer Epidemie zwischen mehreren Orten und zeigen, wie die "
    "Zahl der Erkrankten von den Wegen abhängt, die diese Orte miteinander verbinden."
)
CHINESE = "我们研究流行病在城镇之间的传播，并说明感染人数如何取决于道路。"
FOREIGN = "This does not read like English."


@pytest.mark.parametrize(
    "blank", ["", "   ", "\n\t \r\n", "\x00\x07", "\u202e\u2066", "\u3000\xa0"]
)
def test_nothing_to_read(blank: str) -> None:
    for title, abstract in ((blank, ""), ("", blank), (blank, blank)):
        found = read(title, abstract)
        assert not found.usable
        assert found.notes == ("Paste a title, an abstract, or both.",)


def test_an_english_abstract_needs_no_note() -> None:
    found = read("Epidemics in towns", ENGLISH)
    assert found.usable
    assert found.notes == ()
    assert found.text == f"Epidemics in towns\n{ENGLISH}"


def test_a_title_alone_will_do() -> None:
    found = read("Spiral galaxies", "")
    assert (found.text, found.usable, found.notes) == ("Spiral galaxies\n", True, ())


def test_keywords_are_not_called_foreign() -> None:
    assert read("", "galaxies dust stars halos matter spiral arms disc bulge bar").notes == ()


@pytest.mark.parametrize("text", [FRENCH, GERMAN])
def test_other_languages_are_noted(text: str) -> None:
    found = read("", text)
    assert found.usable
    assert len(found.notes) == 1
    assert found.notes[0].startswith(FOREIGN)


@pytest.mark.parametrize("text", [CHINESE, "αβγ δεζ", "....", "$$", "😀 🎉"])
def test_a_text_without_latin_words_cannot_be_placed(text: str) -> None:
    found = read("", text)
    assert not found.usable
    assert "no word in Latin letters" in found.notes[0]


def test_mostly_foreign_letters_are_noted() -> None:
    found = read("", CHINESE * 3 + " model of the epidemic in towns with many roads and hosts")
    assert found.usable
    assert found.notes[0].startswith(FOREIGN)


def test_a_megabyte_is_cut_and_said_so() -> None:
    found = read("Epidemics", ENGLISH * 6_500)
    length = len(ENGLISH) * 6_500 + 9
    assert length > 1_000_000
    assert found.usable
    assert found.notes == (
        f"That is {length:,} characters; an abstract has under 2,000. The first 20,000 were read.",
    )
    assert LONGEST - 5 <= len(found.text) <= LONGEST + 1
    assert found.text.startswith("Epidemics\nWe study")
    assert len(read("knot " * 200_000, ENGLISH).text) <= LONGEST + 1


def test_control_and_bidi_characters_are_gone() -> None:
    found = read("Kn\u202eots\x00", "A\x07 loop\u2069 of\r\nrope\ud800")
    assert found.text == "Knots\nA loop of\nrope"
    assert found.usable


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read(title: str, abstract: str) -> None:
    found = read(title, abstract)
    assert found.usable or found.notes
    assert not set(found.text) & {"\0", "\x07", "\u202e", "\ud800"}
    assert found.text.count("\n") >= 1


@pytest.mark.parametrize(
    ("known", "words", "note"),
    [
        (0, 1_200, "None of the 1,200 words is known to the model"),
        (6, 6, "Words to go on: only 6; more text helps."),
        (input_checks.FEW_WORDS - 1, 16, "The model knows only 14 of the words: little to go on."),
        (input_checks.FEW_WORDS, 16, ""),
        (20, 50, "The model knows only 20 of 50 words; take the answer with care."),
        (100, 120, ""),
    ],
)
def test_notes_on_known_words(known: int, words: int, note: str) -> None:
    found = on_known_words(known, words)
    assert found.startswith(note)
    assert bool(found) == bool(note)


def test_a_french_paper_has_few_known_words(model: Linear) -> None:
    known, words = model.count_known_words(read("", FRENCH).text)
    assert on_known_words(known, words)
