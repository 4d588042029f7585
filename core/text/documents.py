"""The cleaning steps, each on its own and composable, and how a paper becomes one text.

Inside Paperlens a paper is `paper_text`: the title on the first line, the abstract below it. The
course's way of joining the two, which runs them together, is kept for its recipe alone.
"""

import re
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_APOSTROPHE_IN_WORD = re.compile(r"(?<=\w)['’](?=\w)")
_PUNCTUATION = dict.fromkeys(map(ord, string.punctuation + "‘’“”„–—…"), " ")

# What ends a line or a page without being "\n"; dropped, it would run two words together.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85]")
# Control characters but for tab and line end, embeddings, overrides and isolates, surrogates.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

WORDS_KEPT = 50_000
"""Stems and lemmas remembered; a corpus repeats its words, and stemming one takes 0.1 ms."""


def strip_punctuation(text: str) -> str:
    """Take out English punctuation.

    A mark becomes a blank, so that "apple,what" and "carbon-oxygen" stay two words; an apostrophe
    inside a word goes without a trace, so that "don't" stays one word, "dont".
    """
    return _APOSTROPHE_IN_WORD.sub("", text).translate(_PUNCTUATION)


def lower(text: str) -> str:
    """Turn capital letters into small ones."""
    return text.lower()


def trim(text: str) -> str:
    """Take the white space off both ends."""
    return text.strip()


def split(text: str) -> list[str]:
    """Split at white space, however long; no word is empty."""
    return text.split()


def remove_stop_words(words: Sequence[str]) -> list[str]:
    """Leave out scikit-learn's 318 English stop words, in small or capital letters."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return [word for word in words if word.lower() not in ENGLISH_STOP_WORDS]


def stem(words: Sequence[str]) -> list[str]:
    """Reduce each word to Snowball's English stem: "galaxies" to "galaxi"."""
    return [_stem(word) for word in words]


@lru_cache(WORDS_KEPT)
def _stem(word: str) -> str:
    import snowballstemmer

    # A stemmer holds the word it works on, so threads must not share one; a new one takes 1 µs.
    return snowballstemmer.stemmer("english").stemWord(word)


def lemmatise(words: Sequence[str]) -> list[str]:
    """Give each word's dictionary form: "mice" becomes "mouse".

    By simplemma, whose English word list comes with the package. Capitals may turn small.
    """
    return [_lemma(word) for word in words]


@lru_cache(WORDS_KEPT)
def _lemma(word: str) -> str:
    import simplemma

    return simplemma.lemmatize(word, lang="en")


def join(words: Sequence[str]) -> str:
    """Make one text again, single blanks between the words."""
    return " ".join(words)


@dataclass(frozen=True)
class Cleaning:
    """Which of the course's eight steps to take; they follow one another in this order.

    A step on words implies `split`. Without `join` the words stand one to a line: the result is
    one string either way. Stems are seldom in the dictionary, so after `stem`, `lemmatise` does
    little.
    """

    strip_punctuation: bool = False
    lower: bool = False
    trim: bool = False
    split: bool = False
    remove_stop_words: bool = False
    stem: bool = False
    lemmatise: bool = False
    join: bool = True

    def apply(self, text: str) -> str:
        """Clean a text."""
        if not (self.split or self.remove_stop_words or self.stem or self.lemmatise):
            return self._whole(text)
        words = self.tokens(text)
        return join(words) if self.join else "\n".join(words)

    def tokens(self, text: str) -> list[str]:
        """Clean a text and give its words."""
        words = split(self._whole(text))
        if self.remove_stop_words:
            words = remove_stop_words(words)
        if self.stem:
            words = stem(words)
        if self.lemmatise:
            words = lemmatise(words)
        return words

    def _whole(self, text: str) -> str:
        """Take the steps that come before the text is split."""
        if self.strip_punctuation:
            text = strip_punctuation(text)
        if self.lower:
            text = lower(text)
        if self.trim:
            text = trim(text)
        return text


_PLAIN = {"strip_punctuation": True, "lower": True, "trim": True, "split": True}

PRESETS = {
    "none": Cleaning(),
    "lower": Cleaning(lower=True),
    "words": Cleaning(**_PLAIN),
    "content": Cleaning(**_PLAIN, remove_stop_words=True),
    "stems": Cleaning(**_PLAIN, remove_stop_words=True, stem=True),
    "lemmas": Cleaning(**_PLAIN, remove_stop_words=True, lemmatise=True),
    "all": Cleaning(**_PLAIN, remove_stop_words=True, stem=True, lemmatise=True),
}
"""Ways to clean by name, from nothing at all to all eight steps."""


def _given(field: str | float | None) -> str:
    """Give a field of a paper, empty for the None or NaN of a missing one."""
    return field if isinstance(field, str) else ""


def course_text(title: str | float | None, abstract: str | float | None) -> str:
    """Make the course's text: title + abstract, nothing between, no line ends, lower case.

    A title whose abstract does not begin with a blank runs into it, as in the course.
    """
    return lower((_given(title) + _given(abstract)).replace("\n", " "))


def paper_text(title: str | float | None, abstract: str | float | None) -> str:
    """Make one text of a paper: the title on the first line, be it empty, then the abstract."""
    return join(split(_given(title))) + "\n" + trim(_given(abstract))


def split_paper(text: str) -> tuple[str, str]:
    """Give title and abstract of a `paper_text`; a text without a line end is all abstract."""
    title, line_end, abstract = text.partition("\n")
    return (title, abstract) if line_end else ("", text)


def citation_text(sentence: str | float | None, section: str | float | None = "") -> str:
    """Make one text of a citation: its section's name on the first line, then the sentence."""
    return join(split(_given(section))) + "\n" + join(split(_given(sentence)))


def split_citation(text: str) -> tuple[str, str]:
    """Give sentence and section of a `citation_text`; a text without a line end has no section."""
    section, line_end, sentence = text.partition("\n")
    return (sentence, section) if line_end else (text, "")


def course_from_paper(text: str) -> str:
    """Make the course's text from a `paper_text`."""
    return course_text(*split_paper(text))


# Most texts have none of these and need no second look.
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def visible(text: str) -> str:
    """Keep what a reader sees of a pasted text.

    Control characters other than tab and line feed go, and so do characters that turn the
    direction of writing and lone surrogates, which no file can hold. Every line end becomes a
    line feed; accents are composed (Unicode NFC).
    """
    if text.isascii() and not _ASCII_CONTROL.search(text):
        return text
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_END.sub("\n", text)))
