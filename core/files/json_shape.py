"""Checks of the shape of JSON values."""

import sys
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    """Whether a JSON value is a text."""
    return isinstance(value, str)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that a float can hold; NaN and infinity are not."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def is_count(value: Any) -> bool:
    """Whether a JSON value is a non-negative integer."""
    return type(value) is int and value >= 0


def optional(check: Check) -> Check:
    """A check that also accepts null."""
    return lambda value: value is None or check(value)


def list_of(check: Check, length: int | None = None) -> Check:
    """A check of lists whose items all pass a check; length: how many there must be."""
    return lambda value: (
        isinstance(value, list) and length in (None, len(value)) and all(map(check, value))
    )


def dict_of(check: Check) -> Check:
    """A check of objects whose values all pass a check."""
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def record_of(**checks: Check) -> Check:
    """A check of objects that have at least these fields."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and check(value[name]) for name, check in checks.items())
    )
