"""Translatable messages, errors and progress."""

from collections.abc import Callable, Mapping
from typing import Any

Progress = Callable[..., None]
"""Called with the share done (0 to 1), the template of the current step, and its fields."""


def N_(text: str) -> str:
    """The text itself, marked for translation where it is shown."""
    return text


class Message(str):
    """An English text that keeps its template and fields, so that a page can translate it.

    `Message("row {row} is empty", row=3)` reads "row 3 is empty". A field may itself be a Message
    or an error.
    """

    template: str
    fields: Mapping[str, Any]

    def __new__(cls, template: str, /, **fields: Any) -> "Message":
        """The template formatted with its fields."""
        message = super().__new__(cls, template.format(**fields) if fields else template)
        message.template, message.fields = template, fields
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        """The arguments to unpickle the message in another process."""
        return (self.template,), dict(self.fields)


class Counted(Message):
    """A message about a number `n` of things, with a template for one and a template for more.

    `Counted("{n} word", "{n} words", n=2)` reads "2 words".
    """

    templates: tuple[str, str]

    def __new__(cls, singular: str, plural: str, /, *, n: int, **fields: Any) -> "Counted":
        """The template for `n` formatted with it and the other fields."""
        message = super().__new__(cls, singular if n == 1 else plural, n=n, **fields)
        message.templates = singular, plural
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        """The arguments to unpickle the message in another process."""
        return self.templates, dict(self.fields)


class PaperlensError(Exception):
    """An error to show to users, with a template and fields as in a Message.

    `str()` is English; `core.i18n.translate` translates it.
    """

    def __init__(self, template: str, /, **fields: Any) -> None:
        message = template if isinstance(template, Message) else Message(template, **fields)
        super().__init__(message)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The values in the text, by name."""
        return self.args[0].fields


class Stopped(Exception):
    """The work was asked to stop; code that reports progress must not catch it."""
