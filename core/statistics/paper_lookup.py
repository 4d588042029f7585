"""Looks up papers by their arXiv id: in the corpora on disk, then at arXiv."""

from contextlib import closing
from pathlib import Path

import duckdb

from core.corpora import arxiv_api, blocks
from core.corpora.arxiv_api import DISK, FoundPaper
from core.statistics import conversion, data_folder
from core.taxonomy import split_categories

QUERY = """
SELECT id, title, abstract, categories FROM read_parquet($files)
WHERE id = $id AND title <> '' ORDER BY length(abstract) DESC NULLS LAST LIMIT 1
"""


def look_up(id: str) -> FoundPaper:
    """A paper by its normalised id, from disk, else from arXiv's API, which takes seconds.

    Call it only where somebody asked for it: the id leaves this machine. Raises what
    `arxiv_api.look_up` does.
    """
    return find_on_disk(id) or arxiv_api.look_up(id)


def find_on_disk(id: str) -> FoundPaper | None:
    """A paper by its normalised id from the converted corpora of the data folder, None if none."""
    files = [str(file) for path in data_folder.corpora() if (file := _originals(path))]
    if not files:
        return None
    with closing(duckdb.connect(config={"memory_limit": conversion.MEMORY})) as connection:
        connection.execute("SET enable_progress_bar = false")
        try:
            row = connection.execute(QUERY, {"files": files, "id": id}).fetchone()
        except duckdb.Error:
            # A corpus was converted anew or removed meanwhile.
            return None
    if not row:
        return None
    title, abstract = (" ".join((text or "").split()) for text in row[1:3])
    return FoundPaper(row[0], title, abstract, split_categories(row[3] or ""), DISK)


def _originals(path: Path) -> Path | None:
    """The papers of a converted corpus as they were; None where it is not converted."""
    try:
        cached = conversion.find(path)
    except (blocks.CorpusError, OSError):
        return None
    return cached.folder / conversion.ORIGINALS if cached else None
