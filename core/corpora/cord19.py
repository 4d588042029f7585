"""COVID-19 literature, as CORD-19 publishes it: contexts of words to learn an embedding from.

Papers come in the formats that `core.corpora.arxiv` reads, with `title`, `abstract` and, where
there are any, `body` and `ref_titles` (the titles of references). CORD-19's own `metadata.csv` is
such a table.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.corpora import arxiv
from core.corpora.blocks import MissingCorpusColumn
from core.text.tokens import tokenise

NEEDED = ("title", "abstract")
MORE = (("body", "ref_titles"), ("body",), ("ref_titles",), ())
"""Columns that a corpus may have besides."""

FOLDER = "cord19"


def files(data: Path) -> list[Path]:
    """The corpus files at a path: itself, its `cord19` folder's, or its own.

    Raises CorpusError where there is none.
    """
    return arxiv.files(data / FOLDER if (data / FOLDER).is_dir() else data)


def contexts(files: Iterable[Path]) -> Iterator[list[str]]:
    """The words of each line of text, punctuation deleted, case kept.

    A line that has come before is left out: preprint servers print the same licence on every page.
    Raises CorpusError for a file that cannot be read.
    """
    seen: set[int] = set()
    for line in itertools.chain.from_iterable(map(_lines, files)):
        words = tokenise(" ".join(line.split()))
        words = [word for word in words if word]
        key = hash(tuple(words))
        if len(words) > 1 and key not in seen:
            seen.add(key)
            yield words


def _lines(file: Path) -> Iterator[str]:
    for more in MORE:
        try:
            for papers in arxiv.batches(file, (*NEEDED, *more)):
                for title, abstract, *rest in papers.fillna("").itertuples(index=False):
                    yield title
                    yield from abstract.split("\n")
                    for column, text in zip(more, rest, strict=True):
                        yield from text.split("\n") if column == "body" else _references(text)
            return
        except MissingCorpusColumn:
            if not more:
                raise


def _references(text: str) -> list[str]:
    """The titles in a JSON list; none where it is no such list."""
    try:
        titles = json.loads(text or "[]")
    except ValueError:
        return []
    return [title for title in titles if isinstance(title, str)] if isinstance(titles, list) else []
