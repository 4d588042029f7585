"""How long work reports, and how it is stopped."""

from collections.abc import Callable

Progress = Callable[..., None]
"""Called with the share done (0 to 1), what is being done, marked by `core.i18n.phrase`, and by
name the values that this names."""


class Stopped(Exception):
    """The run was asked to stop; the recipe lets it through."""
