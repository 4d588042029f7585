"""Resumable downloads, and the corpora that can be downloaded."""

import http.client
import logging
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.corpora import scicite as corpus
from core.corpora.archives import DiskError, DownloadError, UnexpectedContent, unpack_folder
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
RECORD = "download.json"

SECONDS = 30.0
"""The timeout for a server's response."""

CHUNK = 1 << 18
MEGABYTE = 1_000_000
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class Unreachable(DownloadError):
    """An address cannot be used, or the network or server behind it fails.

    Fields: `size`: the MB downloaded so far, to resume from; `code`: the HTTP status.
    """


class WrongChecksum(DownloadError):
    """A file is not the one expected."""


class _Broken(Exception):
    """The network failed."""


def fetch(url: str, to: Path, *, sha256: str | None = None, progress: Progress) -> None:
    """Download a file; an incomplete download in `<to>.part` is resumed.

    Raises DownloadError where the network, the server or the disk fails, and for a file whose
    SHA-256 is not the one given.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise Unreachable("{url} cannot be downloaded: only http and https addresses can.", url=url)
    part = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        _fetch_rest(url, part, progress)
        _check_sum(url, part, sha256)
        part.replace(to)
    except _Broken as broken:
        raise _unreachable(url, part, str(broken)) from None
    except OSError as error:
        raise DiskError(
            "{url} cannot be saved as {to}: {reason}.", url=url, to=to, reason=_reason(error)
        ) from None


def _unreachable(url: str, part: Path, reason: str) -> Unreachable:
    if part.exists() and part.stat().st_size:
        return Unreachable(
            "{server} could not be reached or broke off ({reason}); the first {size:.1f} MB are "
            "kept: run the command again to go on from there.",
            server=urlsplit(url).netloc,
            reason=reason,
            size=part.stat().st_size / MEGABYTE,
        )
    return Unreachable(
        "{server} could not be reached or broke off ({reason}), nothing was downloaded: run the "
        "command again once it can be reached.",
        server=urlsplit(url).netloc,
        reason=reason,
    )


def _fetch_rest(url: str, part: Path, progress: Progress) -> None:
    """Complete a part; if the server cannot resume it, start over, once."""
    for resumed in (part.exists(), False):
        if not resumed:
            part.unlink(missing_ok=True)
        start = part.stat().st_size if resumed else 0
        try:
            with _open(url, start) as response:
                _append(response, part, progress)
            return
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416 and start:
                    if _total(error.headers.get("Content-Range")) == start:
                        return
                    continue
                raise Unreachable(
                    "{server} answered {code} {reason} to {url}; check the address, or try again "
                    "later.",
                    server=urlsplit(url).netloc,
                    code=error.code,
                    reason=error.reason,
                    url=url,
                ) from None


def _open(url: str, start: int) -> Any:
    """The server's response to a request for a file from byte `start` on."""
    headers = {"User-Agent": "Paperlens"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=SECONDS)
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(_reason(error)) from None


def _append(response: Any, part: Path, progress: Progress) -> None:
    """Append a response to a part, or overwrite it if the server sends the complete file."""
    sent = _RANGE.fullmatch(response.headers.get("Content-Range") or "")
    resumed = response.status == 206 and part.exists()
    start = part.stat().st_size if resumed else 0
    if resumed and (not sent or sent[1] != str(start)):
        part.unlink()
        raise _Broken("it sent another piece than was asked for")
    length = response.headers.get("Content-Length")
    total = start + int(length) if length and length.isdigit() else None
    done = start
    with part.open("ab" if resumed else "wb") as file:
        for chunk in _chunks(response):
            file.write(chunk)
            done += len(chunk)
            progress(min(1.0, done / total) if total else 0.0, _words(done, total))
    if total is not None and done != total:
        raise _Broken(f"the connection ended after {_words(done, total)}")


def _chunks(response: Any) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _Broken(_reason(error)) from None
        if not chunk:
            return
        yield chunk


def _total(content_range: str | None) -> int | None:
    """The length of the complete file in a Content-Range header."""
    match = _RANGE.fullmatch(content_range or "")
    return int(match[2]) if match and match[2] != "*" else None


def _words(done: int, total: int | None) -> str:
    if total is None:
        return f"{done / MEGABYTE:.1f} MB"
    return f"{done / MEGABYTE:.1f} of {total / MEGABYTE:.1f} MB"


def _reason(error: Exception) -> str:
    """The reason of an error, without urllib's and the system's wrapping."""
    inner = getattr(error, "reason", None) or error
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)


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
    fetch_archive(url, archive, sha256=sha256, progress=progress)
    unpack_folder(archive, folder, "scicite", "train.jsonl")
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
        _from_kaggle(ARXIV_HANDLE, to / "kaggle", folder, ARXIV_FILES, progress)
        return folder
    archive = to / "arxiv.zip"
    fetch_archive(url or ARXIV, archive, progress=progress)
    progress(1.0, "unpacking")
    unpack_folder(archive, folder, ".", ARXIV_FILES, ARXIV_MAX_UNPACKED)
    return folder


def _from_kaggle(handle: str, cache: Path, folder: Path, wanted: str, progress: Progress) -> None:
    """Download a data set by Kaggle's client and move the wanted files to `folder`.

    cache: the client's folder; incomplete downloads in it are resumed.
    """
    import kagglehub
    from kagglehub import exceptions

    logging.getLogger("kagglehub").setLevel(logging.ERROR)
    progress(0.0, f"asking Kaggle for {handle}")
    previous = os.environ.get(KAGGLE_CACHE)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        os.environ[KAGGLE_CACHE] = str(cache)
        files = sorted(Path(kagglehub.dataset_download(handle)).glob(wanted))
        if not files:
            raise UnexpectedContent(
                "Kaggle's {handle} holds no {wanted}.", handle=handle, wanted=wanted
            )
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.move(file, folder / file.name)
        shutil.rmtree(cache)
        progress(1.0, f"{len(files)} file{'s' * (len(files) != 1)} in {folder}")
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
    finally:
        if previous is None:
            os.environ.pop(KAGGLE_CACHE, None)
        else:
            os.environ[KAGGLE_CACHE] = previous


def fetch_archive(
    url: str, archive: Path, *, sha256: str | None = None, progress: Progress
) -> None:
    """As `fetch`, but an archive that an earlier attempt could not unpack is reused."""
    if archive.exists():
        _check_sum(url, archive, sha256)
    else:
        fetch(url, archive, sha256=sha256, progress=progress)
