"""The course's cleaning steps, which can be combined."""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_APOSTROPHE_IN_WORD = re.compile(r"(?<=\w)['’](?=\w)")
_PUNCTUATION = dict.fromkeys(map(ord, string.punctuation + "‘’“”„–—…"), " ")

MAX_CACHED_WORDS = 50_000
"""The number of stems and lemmas cached; stemming a word takes 0.1 ms."""


def strip_punctuation(text: str) -> str:
    """Remove English punctuation.

    A mark becomes a blank, so that "apple,what" and "carbon-oxygen" stay two words; an apostrophe
    inside a word is deleted, so that "don't" stays one word, "dont".
    """
    return _APOSTROPHE_IN_WORD.sub("", text).translate(_PUNCTUATION)


def lower(text: str) -> str:
    """Convert to lower case."""
    return text.lower()


def trim(text: str) -> str:
    """Remove white space at both ends."""
    return text.strip()


def split(text: str) -> list[str]:
    """Split at white space of any length; no word is empty."""
    return text.split()


def remove_stop_words(words: Sequence[str]) -> list[str]:
    """Remove scikit-learn's 318 English stop words, in any case."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return [word for word in words if word.lower() not in ENGLISH_STOP_WORDS]


def stem(words: Sequence[str]) -> list[str]:
    """Reduce each word to Snowball's English stem: "galaxies" to "galaxi"."""
    return [_stem(word) for word in words]


@lru_cache(MAX_CACHED_WORDS)
def _stem(word: str) -> str:
    import snowballstemmer

    # A stemmer has state, so threads must not share one; a new one takes 1 µs.
    return snowballstemmer.stemmer("english").stemWord(word)


def lemmatise(words: Sequence[str]) -> list[str]:
    """Replace each word by its dictionary form: "mice" becomes "mouse".

    By simplemma, whose English word list comes with the package. Capitals may become lower case.
    """
    return [_lemma(word) for word in words]


@lru_cache(MAX_CACHED_WORDS)
def _lemma(word: str) -> str:
    import simplemma

    return simplemma.lemmatize(word, lang="en")


def join(words: Sequence[str]) -> str:
    """Join the words with single blanks."""
    return " ".join(words)


@dataclass(frozen=True)
class Cleaning:
    """Which of the course's eight steps to apply, in this order.

    A step on words implies `split`. Without `join` the result has one word per line: it is
    one string either way. Stems are rarely in the dictionary, so `lemmatise` has little effect
    after `stem`.
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
            return self._clean_text(text)
        words = self.tokens(text)
        return join(words) if self.join else "\n".join(words)

    def tokens(self, text: str) -> list[str]:
        """The words of the cleaned text."""
        words = split(self._clean_text(text))
        if self.remove_stop_words:
            words = remove_stop_words(words)
        if self.stem:
            words = stem(words)
        if self.lemmatise:
            words = lemmatise(words)
        return words

    def _clean_text(self, text: str) -> str:
        """Apply the steps before the text is split."""
        if self.strip_punctuation:
            text = strip_punctuation(text)
        if self.lower:
            text = lower(text)
        if self.trim:
            text = trim(text)
        return text


_WORDS = {"strip_punctuation": True, "lower": True, "trim": True, "split": True}

PRESETS = {
    "none": Cleaning(),
    "lower": Cleaning(lower=True),
    "words": Cleaning(**_WORDS),
    "content": Cleaning(**_WORDS, remove_stop_words=True),
    "stems": Cleaning(**_WORDS, remove_stop_words=True, stem=True),
    "lemmas": Cleaning(**_WORDS, remove_stop_words=True, lemmatise=True),
    "all": Cleaning(**_WORDS, remove_stop_words=True, stem=True, lemmatise=True),
}
"""Cleanings by name, from no step to all eight."""
