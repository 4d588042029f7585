"""Downloads arXiv's newest papers by its API into a file with the snapshot's columns."""

import json
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from core import settings, taxonomy
from core.corpora import arxiv_api
from core.corpora.archives import DiskError, DownloadError
from core.corpora.arxiv_api import Offline
from core.files.export import ExportError, atomic_write
from core.files.locks import LOCK
from core.messages import N_, Message, Progress

if TYPE_CHECKING:
    import arxiv

FILE = "arxiv-newest.jsonl.zst"
UNFINISHED = ".arxiv-newest"
"""The folder, beside the file, of unfinished downloads."""
PAPERS, MAX_PAPERS = 5_000, 30_000
"""The default and maximum number; the API gives no more results of one search."""
MAX_AGE = 24 * 3600.0
"""Seconds after which an unfinished download begins anew: its papers are the newest no more."""
REPORT = 100
"""A report of progress for every so many papers."""
MINUTE = timedelta(minutes=1)
_VERSION = re.compile(r"v(\d+)$")


class AlreadyFetching(DownloadError):
    """Another process fetches the newest papers into the same folder."""


class NoPapers(DownloadError):
    """arXiv answered without papers."""


def fetch(to: Path, progress: Progress, archives: Sequence[str] = (), papers: int = PAPERS) -> Path:
    """Download the newest papers; their file, `<to>/arxiv/arxiv-newest.jsonl.zst`.

    to: the data folder; archives: live archives, all by default; papers: at most `MAX_PAPERS`.
    The file appears complete, in place of an older one. A download that was stopped or failed less
    than `MAX_AGE` ago is resumed. Raises Offline and UnexpectedAnswer as `arxiv_api.results` does,
    DownloadError where the folder cannot be written or arXiv has no papers, DiskFull, and what
    `progress` raises.
    """
    if not settings.online():
        raise _offline(arxiv_api.SWITCHED_OFF)
    folder = to / "arxiv"
    unfinished = folder / UNFINISHED
    part = unfinished / f"{'+'.join(sorted(archives)) or 'all'}.jsonl"
    try:
        with _alone(unfinished):
            count = _fetch_rest(part, archives, papers, progress)
            _compress(part, folder / FILE, papers)
    except ExportError:
        raise
    except OSError as error:
        raise DiskError(
            "The newest papers cannot be saved as {to}: {reason}.",
            to=folder / FILE,
            reason=error.strerror or str(error),
        ) from None
    shutil.rmtree(unfinished, ignore_errors=True)
    progress(1.0, N_("{n:,} papers"), n=min(count, papers))
    return folder / FILE


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which no two processes can."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0, thread_local=False):
            yield
    except Timeout:
        raise AlreadyFetching(
            "The newest papers are being fetched already; wait until that has ended."
        ) from None


def _fetch_rest(part: Path, archives: Sequence[str], papers: int, progress: Progress) -> int:
    """Complete a part up to a number of papers, if arXiv has so many; how many it has then."""
    ids, until = _read_part(part)
    if len(ids) >= papers:
        return len(ids)
    progress(len(ids) / papers, N_("asking arXiv for its newest papers"))
    result = None
    try:
        with part.open("a", encoding="utf-8") as file:
            for result in arxiv_api.results(_search(archives, until)):
                record = _record(result)
                if not record or record["id"] in ids:
                    continue
                ids.add(record["id"])
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                if len(ids) % REPORT == 0 or len(ids) == papers:
                    file.flush()
                    text = N_("{n:,} of {papers:,} papers fetched")
                    progress(len(ids) / papers, text, n=len(ids), papers=papers)
                if len(ids) == papers:
                    break
    except Offline as problem:
        raise _offline(problem.fields["reason"], len(ids)) from None
    if result is None or not ids:
        # Even a resumed download gets its oldest paper again.
        raise NoPapers("arXiv answered without papers; try again later.")
    return len(ids)


def _offline(reason: Message, kept: int = 0) -> Offline:
    if not kept:
        return Offline("The newest papers cannot be fetched: {reason}.", reason=reason)
    return Offline(
        "The newest papers cannot be fetched: {reason}. {n:,} papers are kept; begin again later "
        "to go on from there.",
        reason=reason,
        n=kept,
    )


def _read_part(part: Path) -> tuple[set[str], datetime | None]:
    """The ids in an unfinished download, and when the oldest was submitted; empty without one.

    An old or damaged download is removed, and a last line that was cut short.
    """
    if not part.exists():
        return set(), None
    try:
        content = part.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        records = [json.loads(line) for line in whole.splitlines()]
        if not records or time.time() - part.stat().st_mtime > MAX_AGE:
            raise ValueError
        oldest = parsedate_to_datetime(records[-1]["versions"][0]["created"])
        ids = {record["id"] for record in records}
    except (ValueError, LookupError, TypeError):
        part.unlink()
        return set(), None
    if len(whole) < len(content):
        part.write_bytes(whole)
    return ids, oldest


def _search(archives: Sequence[str], until: datetime | None) -> "arxiv.Search":
    """The search for the archives' papers, newest first, of those submitted until a time.

    By time and not by position: new papers move all positions.
    """
    import arxiv

    last = (until + MINUTE).strftime("%Y%m%d%H%M") if until else "210001010000"
    query = f"submittedDate:[199101010000 TO {last}]"
    if archives:
        codes = " OR ".join(f"cat:{_pattern(archive)}" for archive in archives)
        query = f"({codes}) AND {query}"
    return arxiv.Search(query, max_results=None, sort_by=arxiv.SortCriterion.SubmittedDate)


def _pattern(archive: str) -> str:
    """An archive's categories in arXiv's query language."""
    return archive if archive in taxonomy.SUBJECTS else f"{archive}.*"


def _record(result: "arxiv.Result") -> dict[str, Any] | None:
    """A result with the columns of arXiv's snapshot, None for an error.

    The API gives the dates of the first and the last version only, and no licence.
    """
    paper = arxiv_api.paper_of(result)
    if not paper:
        return None
    version = _VERSION.search(result.entry_id)
    versions: list[dict[str, str]] = [
        {"version": f"v{number}"} for number in range(1, (int(version[1]) if version else 1) + 1)
    ]
    versions[-1]["created"] = format_datetime(result.updated, usegmt=True)
    versions[0]["created"] = format_datetime(result.published, usegmt=True)
    return {
        "id": paper.id,
        "authors": ", ".join(author.name for author in result.authors),
        "title": paper.title,
        "comments": result.comment,
        "journal-ref": result.journal_ref,
        "doi": result.doi,
        "categories": " ".join(paper.categories),
        "abstract": paper.abstract,
        "versions": versions,
        "update_date": result.updated.date().isoformat(),
    }


def _compress(part: Path, file: Path, papers: int) -> None:
    """Write the first papers of a part into the file, compressed."""
    import pyarrow as pa

    with (
        atomic_write(file) as scratch,
        part.open("rb") as lines,
        pa.CompressedOutputStream(str(scratch), "zstd") as packed,
    ):
        for line in islice(lines, papers):
            packed.write(line)
