"""The course's eight cleaning steps, one by one, and cleanings of words made of them."""

import re
import string
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

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


STEPS: dict[str, Callable[[Any], Any]] = {
    "strip_punctuation": strip_punctuation,
    "lower_case": lower,
    "trim": trim,
    "split": split,
    "remove_stop_words": remove_stop_words,
    "stem": stem,
    "lemmatise": lemmatise,
    "join": join,
}
"""The eight steps in order; the first three and the last take or give a text, the others words."""

CLEANINGS: dict[str, tuple[Callable[[Sequence[str]], list[str]], ...]] = {
    "none": (),
    "content": (remove_stop_words,),
    "stems": (remove_stop_words, stem),
    "lemmas": (remove_stop_words, lemmatise),
}
"""Ways to clean words that are split already and in lower case, by name."""


def step_by_step(text: str) -> Iterator[tuple[str, str]]:
    """Each step's name and the text after it; a list of words is written with bars between."""
    value: Any = text
    for name, step in STEPS.items():
        value = step(value)
        yield name, value if isinstance(value, str) else " | ".join(value)


def clean_words(words: Sequence[str], cleaning: str) -> list[str]:
    """Words after the steps of a cleaning of that name. Raises KeyError for another name."""
    for step in CLEANINGS[cleaning]:
        words = step(words)
    return list(words)
