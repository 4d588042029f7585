"""Reads a text embedding module's tokens and vectors without TensorFlow."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.cards import ModelError
from core.embeddings.vectors import WordVectors
from core.messages import Message
from core.text.tokens import tokenise

TOKENS = "assets/tokens.txt"
TABLE = "table.json"
PRINTED = "assets/printed.tsv"
"""Optional: a token a line, a tab, and how texts print it."""


class ModuleError(ModelError):
    """A text module cannot be used; the message says which, why and what to do."""


def read_table(folder: Path) -> WordVectors:
    """A module's tokens and vectors, float32 (v, d), located by `table.json`.

    Raises ModuleError if a file is missing, truncated or inconsistent with the others.
    """
    tokens = read_tokens(folder)
    record = _table_record(folder)
    rows, dimension = record["rows"], record["dimension"]
    path = folder / record["file"]
    if rows < len(tokens):
        raise ModuleError(
            "{file} has {tokens:,} tokens and {path} only {rows:,} vectors; restore the module.",
            file=folder / TOKENS,
            tokens=len(tokens),
            path=path,
            rows=rows,
        )
    size = path.stat().st_size if path.is_file() else 0
    if size < record["offset"] + rows * dimension * 4:
        raise ModuleError(
            "{path} is missing or cut off: {size:,} bytes cannot hold the {rows:,} vectors "
            "that {table} tells of; restore the module.",
            path=path,
            size=size,
            rows=rows,
            table=TABLE,
        )
    vectors = np.fromfile(path, "<f4", len(tokens) * dimension, offset=record["offset"])
    if not np.isfinite(vectors).all():
        raise ModuleError(
            "{path} holds vectors that are not finite; restore the module.", path=path
        )
    vectors = vectors.reshape(-1, dimension).astype(np.float32, copy=False)
    return WordVectors(tokens, vectors, _printed_forms(folder))


def write_printed_forms(forms: Mapping[str, str], folder: Path) -> None:
    """Write how texts print words into a module's folder."""
    lines = (f"{token}\t{form}\n" for token, form in forms.items())
    (folder / PRINTED).write_text("".join(lines), encoding="utf-8")


def _printed_forms(folder: Path) -> dict[str, str]:
    """What `write_printed_forms` wrote, empty without it. Raises ModuleError."""
    path = folder / PRINTED
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        forms = dict(line.split("\t") for line in lines)
        if any(tokenise(form) != [token] for token, form in forms.items()):
            raise ValueError("a form is of another word")
    except (OSError, ValueError) as error:
        raise ModuleError(
            "The file {path} cannot be read: {error}.", path=path, error=error
        ) from None
    return forms


def _table_record(folder: Path) -> dict[str, Any]:
    """The content of `table.json`, with every field checked. Raises ModuleError."""
    path = folder / TABLE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        numbers = [record[name] for name in ("offset", "rows", "dimension")]
        valid = all(type(n) is int and n >= low for n, low in zip(numbers, (0, 1, 1), strict=True))
        inside = (folder / record["file"]).resolve().parent == (folder / "variables").resolve()
        if valid and inside and record["dtype"] == "float32":
            return record
        reason = Message("it does not tell of a float32 table in variables/")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
    raise ModuleError(
        "{path} cannot be used ({reason}); delete it, then the module is read with TensorFlow.",
        path=path,
        reason=reason,
    )


def read_tokens(folder: Path) -> tuple[str, ...]:
    """The tokens of a module, by row. Raises ModuleError."""
    path = folder / TOKENS
    try:
        # As in TensorFlow, only \n ends a line.
        lines = path.read_bytes().decode("utf-8").replace("\r", "").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ModuleError(
            "The tokens {path} cannot be read: {error}.", path=path, error=error
        ) from None
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise ModuleError("{path} holds no tokens; restore the module.", path=path)
    return tuple(lines)
