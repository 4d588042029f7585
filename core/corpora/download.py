"""Resumable downloads, and the corpora that can be downloaded."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import requests

from core.corpora import scicite as corpus
from core.corpora.archives import MAX_UNPACKED, DiskError, DownloadError, UnexpectedContent, unpack
from core.files import checksum
from core.messages import Progress

SCICITE = "https://s3-us-west-2.amazonaws.com/ai2-s2-research/scicite/scicite.tar.gz"
SCICITE_SHA256 = "711ece2c4e61d116c8ae5bb07e9fbb2ee9ff7bba004b4cab7fbd0ac3af499193"
ARXIV = "https://www.kaggle.com/api/v1/datasets/download/Cornell-University/arxiv"
ARXIV_HANDLE = "Cornell-University/arxiv"
ARXIV_FILES = "arxiv-metadata*.json"
ARXIV_MAX_UNPACKED = 20 << 30
"""The maximum unpacked size of arXiv's snapshot: 5 GB in 2025, and growing. It changes each week,
so there is no checksum."""

KAGGLE_CACHE = "KAGGLEHUB_CACHE"

SECONDS = 30.0
"""The timeout for a server's response."""

CHUNK = 1 << 18
MEGABYTE = 1_000_000


class Unreachable(DownloadError):
    """An address cannot be used, or the network or server behind it fails.

    Fields: `size`: the MB downloaded so far, to resume from; `code`: the HTTP status.
    """


class WrongChecksum(DownloadError):
    """A file is not the one expected."""


def fetch(url: str, to: Path, *, sha256: str | None = None, progress: Progress) -> None:
    """Download a file unless it is there; an incomplete download in `<to>.part` is resumed.

    Raises DownloadError where the network, the server or the disk fails, and for a file whose
    SHA-256 is not the one given.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        file = to if to.exists() else part
        if file is part:
            _fetch_rest(url, part, progress)
        _check_sum(url, file, sha256)
        file.replace(to)
    except requests.RequestException as error:
        raise _unreachable(url, part, error) from None
    except OSError as error:
        raise DiskError(
            "{url} cannot be saved as {to}: {reason}.", url=url, to=to, reason=error.strerror
        ) from None


def _fetch_rest(url: str, part: Path, progress: Progress) -> None:
    """Complete a part; if the server cannot resume it, start over."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "Paperlens", "Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={start}-"} if start else {}
    with requests.get(url, headers=headers, stream=True, timeout=SECONDS) as response:
        if start and response.status_code == requests.codes.range_not_satisfiable:
            part.unlink()
            _fetch_rest(url, part, progress)
            return
        response.raise_for_status()
        resumed = response.status_code == requests.codes.partial_content
        done = start if resumed else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with part.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(min(1.0, done / total) if total else 0.0, _words(done, total))


def _words(done: int, total: int | None) -> str:
    if total is None:
        return f"{done / MEGABYTE:.1f} MB"
    return f"{done / MEGABYTE:.1f} of {total / MEGABYTE:.1f} MB"


def _unreachable(url: str, part: Path, error: requests.RequestException) -> Unreachable:
    server = urlsplit(url).netloc
    if error.response is not None:
        return Unreachable(
            "{server} answered {code} {reason} to {url}; check the address, or try again later.",
            server=server,
            code=error.response.status_code,
            reason=error.response.reason,
            url=url,
        )
    # requests and urllib3 wrap the reason in long sentences of their own.
    cause: BaseException = error
    while cause.__context__:
        cause = cause.__context__
    reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    if part.exists() and part.stat().st_size:
        return Unreachable(
            "{server} could not be reached or broke off ({reason}); the first {size:.1f} MB are "
            "kept: run the command again to go on from there.",
            server=server,
            reason=reason,
            size=part.stat().st_size / MEGABYTE,
        )
    return Unreachable(
        "{server} could not be reached or broke off ({reason}), nothing was downloaded: run the "
        "command again once it can be reached.",
        server=server,
        reason=reason,
    )


def _check_sum(url: str, part: Path, expected: str | None) -> None:
    if expected is None:
        return
    actual = checksum.sha256(part)
    if actual != expected.lower():
        part.unlink()
        raise WrongChecksum(
            "{url} is not the file that was expected (SHA-256 {actual}, not {expected}); it was "
            "removed: run the command again, and if it fails again the file has changed.",
            url=url,
            actual=actual,
            expected=expected,
        )


@contextmanager
def unpacked(
    url: str,
    archive: Path,
    *,
    sha256: str | None = None,
    max_bytes: int = MAX_UNPACKED,
    progress: Progress,
) -> Iterator[Path]:
    """Download an archive; a temporary folder beside it with its files, for the block.

    Then the archive is removed, also if it proves invalid. After a disk error or an interruption
    it stays, for another attempt. Raises DownloadError.
    """
    fetch(url, archive, sha256=sha256, progress=progress)
    progress(1.0, "unpacking")
    with TemporaryDirectory(dir=archive.parent, prefix=".new-") as scratch:
        new = Path(scratch) / "new"
        try:
            unpack(archive, new, max_bytes)
            yield new
        except DiskError:
            raise
        except DownloadError:
            archive.unlink()
            raise
    archive.unlink()


def _move_files(files: Path, pattern: str, folder: Path, source: str) -> None:
    """Move the files that match a pattern. Raises UnexpectedContent if there are none.

    source: the name of the archive or data set that they come from.
    """
    matching = sorted(files.glob(pattern))
    if not matching:
        raise UnexpectedContent(
            "{source} holds no {pattern}, so it is not what was expected.",
            source=source,
            pattern=pattern,
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file in matching:
        shutil.move(file, folder / file.name)


# The corpora.


def scicite(
    to: Path, progress: Progress, url: str = SCICITE, sha256: str | None = SCICITE_SHA256
) -> Path:
    """Download SciCite's official archive; the folder of its three files, `<to>/scicite`.

    to: the data folder. Raises DownloadError where it cannot be downloaded or is another file.
    """
    folder = to / "scicite"
    if corpus.installed(to):
        progress(1.0, f"already downloaded: {folder}")
        return folder
    archive = to / "scicite.tar.gz"
    with unpacked(url, archive, sha256=sha256, progress=progress) as new:
        _move_files(new / "scicite", "[a-z]*.jsonl", folder, archive.name)
    return folder


def arxiv(to: Path, progress: Progress, url: str | None = None) -> Path:
    """Download arXiv's metadata snapshot from Kaggle; its folder, `<to>/arxiv`.

    Uses Kaggle's client if it is installed and no URL is given.
    to: the data folder. Raises DownloadError where it cannot be downloaded.
    """
    folder = to / "arxiv"
    if any(folder.glob(ARXIV_FILES)):
        progress(1.0, f"already downloaded: {folder}")
        return folder
    if url is None and find_spec("kagglehub"):
        _from_kaggle(ARXIV_HANDLE, to / "kaggle", ARXIV_FILES, folder, progress)
        return folder
    archive = to / "arxiv.zip"
    with unpacked(url or ARXIV, archive, max_bytes=ARXIV_MAX_UNPACKED, progress=progress) as new:
        _move_files(new, ARXIV_FILES, folder, archive.name)
    return folder


def _from_kaggle(handle: str, cache: Path, pattern: str, folder: Path, progress: Progress) -> None:
    """Download a data set by Kaggle's client and move its files as `_move_files` does.

    cache: the client's folder, for the rest of this process; incomplete downloads in it are
    resumed.
    """
    import kagglehub
    from kagglehub import exceptions

    logging.getLogger("kagglehub").setLevel(logging.ERROR)
    progress(0.0, f"asking Kaggle for {handle}")
    os.environ[KAGGLE_CACHE] = str(cache)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _move_files(Path(kagglehub.dataset_download(handle)), pattern, folder, f"Kaggle's {handle}")
        shutil.rmtree(cache)
    except (
        OSError,
        ValueError,
        exceptions.BackendError,
        exceptions.CredentialError,
        exceptions.DataCorruptionError,
        exceptions.UnauthenticatedError,
    ) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise Unreachable(
            "Kaggle gave no {handle} ({reason}); check the network and, where Kaggle asks for "
            "them, your credentials (~/.kaggle/kaggle.json), and run the command again.",
            handle=handle,
            reason=reason,
        ) from None
