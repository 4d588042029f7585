"""Languages: English in the code, translations in `locale/*/LC_MESSAGES/paperlens.po`.

`_("{name} is empty")` and `ngettext("{n:,} paper", "{n:,} papers", n)` give a text in the visitor's
language, `.format` puts its values in; `translate` does both for what `core.messages` holds.
`python -m docs.translations` adds new texts to the catalogues.
"""

import gettext as stdlib_gettext
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core import taxonomy
from core.messages import Message

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALE = Path(__file__).with_name("locale")
LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages by code, each in its own words."""
LANGUAGE_LABEL = "Language · 语言"

_sources: list[Callable[[], str]] = []
_forced: ContextVar[str | None] = ContextVar("language", default=None)


def set_language_source(source: Callable[[], str]) -> None:
    """Have `source` give the code of the visitor's language from now on; the pages set it once."""
    _sources[:] = [source]


def current_language() -> str:
    """The code of the language in use; English where nobody has chosen one."""
    return _forced.get() or (_sources[0]() if _sources else "en")


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """One language within a `with` block, in this thread, whatever the visitor has chosen."""
    token = _forced.set(code)
    try:
        yield
    finally:
        _forced.reset(token)


def catalogue_file(code: str) -> Path:
    """Where the translations into a language stand."""
    return LOCALE / code / "LC_MESSAGES" / "paperlens.po"


@lru_cache
def catalogue(code: str) -> "Catalog":
    """The translations into a language; none into English."""
    # Here, so that English, the usual language of the first page, does not pay for it.
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if code == "en":
        return Catalog(locale=code)
    with catalogue_file(code).open("rb") as file:
        return read_po(file, locale=code)


@lru_cache
def _translations(code: str) -> stdlib_gettext.NullTranslations:
    """The same, compiled in memory so that a checkout needs no build."""
    if code == "en":
        return stdlib_gettext.NullTranslations()
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


def gettext(text: str) -> str:
    """A text in the language in use; English where there is no translation."""
    # The translation of "" is the catalogue's header.
    return _translations(current_language()).gettext(text) if text else ""


_ = gettext


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form of a text for a number of things, in the language in use."""
    return _translations(current_language()).ngettext(singular, plural, n)


def translate(text: object) -> str:
    """A message or an error in the language in use; a plain text where it is in the catalogue."""
    if isinstance(text, BaseException) and len(text.args) == 1:
        text = text.args[0]
    if not isinstance(text, Message):
        return gettext(str(text))
    fields = {
        name: translate(value) if isinstance(value, Message | BaseException) else value
        for name, value in text.fields.items()
    }
    template = gettext(text.template)
    return template.format(**fields) if fields else template


def label_title(label: str) -> str:
    """A label's name and code in the language in use; `taxonomy.title` has them in English."""
    return translate(taxonomy.title(label))


def join_list(items: Iterable[str]) -> str:
    """Items in a row, separated as in the language in use."""
    return _(", ").join(items)


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    """English by its translations; of several English texts for one the first."""
    messages = [message for code in LANGUAGES for message in catalogue(code)]
    return {str(message.string): str(message.id) for message in reversed(messages)}


def localised(text: str) -> str:
    """A text of any of the languages in the language in use; others as they are."""
    return gettext(_english().get(text, text))
