"""Reads CORD-19's papers as contexts of words, to train embeddings."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from core.corpora import arxiv
from core.text.tokens import PUNCTUATION, tokenise

NEEDED = ("title", "abstract")
OPTIONAL = ("body", "ref_titles")
"""Optional columns of a corpus; `ref_titles` are the titles of references."""

FOLDER = "cord19"

# Words with a letter, joined by hyphens, slashes, points or apostrophes: no numbers or addresses.
_PRINTED = re.compile(r"(?!https?:)(?=.*[^\W\d])[^\W_]+(?:[-/.'’]+[^\W_]+)*")
_OUTER = "".join(map(chr, PUNCTUATION))
_HYPHENS = str.maketrans("‐‑–", "---")


def files(data: Path) -> list[Path]:
    """The corpus files at a path: a file, its `cord19` folder's files, or its own files.

    They have a format of `core.corpora.arxiv` and the columns `NEEDED`. Raises CorpusError where
    there is none.
    """
    return arxiv.files(data / FOLDER if (data / FOLDER).is_dir() else data)


def contexts(files: Iterable[Path]) -> Iterator[list[str]]:
    """The words of each line of text, without punctuation, case preserved.

    Repeated lines are left out: preprint servers print the same licence on every page.
    Raises CorpusError for a file that cannot be read.
    """
    keys: set[int] = set()
    for line in itertools.chain.from_iterable(map(_lines, files)):
        words = tokenise(" ".join(line.split()))
        words = [word for word in words if word]
        key = hash(tuple(words))
        if len(words) > 1 and key not in keys:
            keys.add(key)
            yield words


def printed_forms(files: Iterable[Path], tokens: Sequence[str]) -> dict[str, str]:
    """How texts print words: the most frequent form of each token that it differs from.

    Raises CorpusError for a file that cannot be read.
    """
    counts: dict[str, Counter[str]] = {token: Counter() for token in tokens}
    for line in itertools.chain.from_iterable(map(_lines, files)):
        for word in line.translate(_HYPHENS).split():
            of_token = counts.get(word.translate(PUNCTUATION))
            if of_token is not None:
                of_token[word.strip(_OUTER)] += 1
    usual = {token: forms.most_common(1)[0][0] for token, forms in counts.items() if forms}
    return {t: form for t, form in usual.items() if form != t and _PRINTED.fullmatch(form)}


def _lines(file: Path) -> Iterator[str]:
    for block in arxiv.blocks(file, NEEDED, OPTIONAL):
        columns = (column.to_pylist() for column in block.table.columns)
        for title, abstract, body, references in zip(*columns, strict=True):
            yield title or ""
            yield from (abstract or "").split("\n")
            yield from (body or "").split("\n")
            yield from _references(references)


def _references(text: str | None) -> list[str]:
    """The titles in a JSON list; empty if it is not such a list."""
    try:
        titles = json.loads(text or "[]")
    except ValueError:
        return []
    return [title for title in titles if isinstance(title, str)] if isinstance(titles, list) else []
