"""Translation of texts: English in the code, others in `locale/*/LC_MESSAGES/paperlens.po`."""

import gettext as stdlib_gettext
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core import taxonomy
from core.messages import Counted, Message

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALE = Path(__file__).with_name("locale")
LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages by code, with their native names."""
LANGUAGE_LABEL = "Language · 语言"

_sources: list[Callable[[], str]] = []
_forced: ContextVar[str | None] = ContextVar("language", default=None)


def set_language_source(source: Callable[[], str]) -> None:
    """Set the function that returns the code of the visitor's language; the pages do so once."""
    _sources[:] = [source]


def current_language() -> str:
    """The code of the current language, English by default."""
    return _forced.get() or (_sources[0]() if _sources else "en")


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Use one language in a `with` block, in this thread, instead of the visitor's."""
    token = _forced.set(code)
    try:
        yield
    finally:
        _forced.reset(token)


def catalogue_file(code: str) -> Path:
    """The catalogue file of a language."""
    return LOCALE / code / "LC_MESSAGES" / "paperlens.po"


@lru_cache
def catalogue(code: str) -> "Catalog":
    """The translations into a language, empty for English."""
    # Imported here, so that English, the usual language of the first page, does not load it.
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if code == "en":
        return Catalog(locale=code)
    with catalogue_file(code).open("rb") as file:
        return read_po(file, locale=code)


@lru_cache
def _translations(code: str) -> stdlib_gettext.NullTranslations:
    """The same, compiled in memory, so that a checkout needs no build step."""
    if code == "en":
        return stdlib_gettext.NullTranslations()
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


def gettext(text: str) -> str:
    """A text in the current language; English if there is no translation."""
    # The translation of "" is the catalogue's header.
    return _translations(current_language()).gettext(text) if text else ""


_ = gettext


def ngettext(singular: str, plural: str, n: int) -> str:
    """The singular or plural of a text for n things, in the current language."""
    return _translations(current_language()).ngettext(singular, plural, n)


def translate(text: object) -> str:
    """A message or an error in the current language; a plain text if it is in the catalogue."""
    if isinstance(text, BaseException) and len(text.args) == 1:
        text = text.args[0]
    if not isinstance(text, Message):
        return gettext(str(text))
    fields = {
        name: translate(value) if isinstance(value, Message | BaseException) else value
        for name, value in text.fields.items()
    }
    if isinstance(text, Counted):
        template = ngettext(*text.templates, fields["n"])
    else:
        template = gettext(text.template)
    return template.format(**fields) if fields else template


def label_title(label: str) -> str:
    """A label's name and code in the current language; `taxonomy.title` is English."""
    return translate(taxonomy.title(label))


def join_list(items: Iterable[str]) -> str:
    """Items joined with the separator of the current language."""
    return _(", ").join(items)


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    """English texts by translation, the first if several have the same translation."""
    messages = [message for code in LANGUAGES for message in catalogue(code)]
    return {str(message.string): str(message.id) for message in reversed(messages)}


def localised(text: str) -> str:
    """A text in any of the languages, translated into the current one; others unchanged."""
    # Texts in ASCII are English already; looking them up would load every catalogue.
    return gettext(text if text.isascii() else _english().get(text, text))
