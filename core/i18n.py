"""What Paperlens says, in English or in Chinese.

English stands in the code: `say("{n:,} papers", n=3)`. The Chinese stands in `chinese.json` beside
this file, a line a text; `tests/core/test_i18n.py` holds that none is missing and none unused.
The command line speaks English; pages speak the language of their visitor.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from core.messages import Message

CATALOGUE = Path(__file__).with_name("chinese.json")
LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages by code, each in its own words."""

DEFERRED = "deferred"
"""Stands for a language where texts are to be translated by whoever shows them."""

NAME = "Language · 语言"

P = ParamSpec("P")
R = TypeVar("R")

# Which language the visitor at work has chosen; set once, by the pages.
_asked: list[Callable[[], str]] = []
_carried: ContextVar[str | None] = ContextVar("language", default=None)


def follow(ask: Callable[[], str]) -> None:
    """Have `ask` tell the code of the language whenever something is said."""
    _asked[:] = [ask]


def use(code: str | None) -> None:
    """Speak one language in this thread, whoever is at work; None ends that."""
    _carried.set(code)


def spoken() -> str:
    """The code of the language in use."""
    return _carried.get() or (_asked[0]() if _asked else "en")


def carry(work: Callable[P, R]) -> Callable[P, R]:
    """The function, to speak in another thread the language that is spoken here.

    The thread speaks its own again afterwards: one of a pool goes on to work for others.
    """
    return _in_language(spoken(), work)


def deferred(work: Callable[P, R]) -> Callable[P, R]:
    """The function, with each text that it says a `Message`: English, and can be translated later.

    For work whose words are shown to visitors of several languages.
    """
    return _in_language(DEFERRED, work)


def _in_language(code: str, work: Callable[P, R]) -> Callable[P, R]:
    @wraps(work)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        before = _carried.set(code)
        try:
            return work(*args, **kwargs)
        finally:
            _carried.reset(before)

    return carried


def translated(text: object) -> str:
    """A text, or an error's, in the language in use, if it is a `Message` or in the catalogue."""
    if isinstance(text, BaseException) and len(text.args) == 1:
        text = text.args[0]
    if not isinstance(text, Message):
        return say(str(text))
    parts = {
        name: translated(value) if isinstance(value, Message | BaseException) else value
        for name, value in text.fields.items()
    }
    return say(text.template, **parts)


@lru_cache(maxsize=1)
def chinese() -> Mapping[str, str]:
    """The catalogue: Chinese by English."""
    return json.loads(CATALOGUE.read_text(encoding="utf-8"))


def say(text: str, /, **values: object) -> str:
    """A text in the language in use, with values put where it names them, as str.format does.

    `text` is a literal, or was marked by `phrase` where it was written. What the catalogue does not
    have is said in English.
    """
    code = spoken()
    if code == DEFERRED:
        return Message(text, **values)
    found = chinese().get(text, text) if code == "zh" else text
    return found.format(**values) if values else found


@lru_cache(maxsize=1)
def english() -> Mapping[str, str]:
    """English by Chinese; of several English texts the first."""
    return {chinese_text: text for text, chinese_text in reversed(chinese().items())}


def localised(text: str) -> str:
    """A text of either language in the language in use; others as they are."""
    return say(english().get(text, text))


def listed(items: Iterable[str]) -> str:
    """Things in a row, as the language in use puts them."""
    return say(", ").join(items)


def phrase(text: str) -> str:
    """The text itself: marks a constant that is said later."""
    return text


def phrases(*texts: str) -> tuple[str, ...]:
    """The texts themselves: marks constants that are said later."""
    return texts
