"""Downloads: files that go on where they broke off, and archives unpacked whole or not at all."""

import http.client
import logging
import os
import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.corpora import scicite as corpus
from core.files import checksum
from core.messages import PaperlensError, Progress

SCICITE = "https://s3-us-west-2.amazonaws.com/ai2-s2-research/scicite/scicite.tar.gz"
SCICITE_SHA256 = "711ece2c4e61d116c8ae5bb07e9fbb2ee9ff7bba004b4cab7fbd0ac3af499193"
ARXIV = "https://www.kaggle.com/api/v1/datasets/download/Cornell-University/arxiv"
ARXIV_HANDLE = "Cornell-University/arxiv"
ARXIV_FILES = "arxiv-metadata*.json"
ARXIV_LARGEST = 20 << 30
"""Bytes arXiv's snapshot may have unpacked: 5 GB in 2025, and growing. It changes each week, so it
has no checksum."""

KAGGLE_CACHE = "KAGGLEHUB_CACHE"
RECORD = "download.json"

SECONDS = 30.0
"""How long a silent server is waited for."""

CHUNK = 1 << 18
LARGEST = 2 << 30
"""Bytes an archive may hold once unpacked."""

MEGABYTE = 1_000_000
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class DownloadError(PaperlensError):
    """Something cannot be downloaded; the message is one sentence: what, why and what to do."""


class _Broken(Exception):
    """The network failed."""


class _NoRoom(DownloadError):
    """The disk failed while a sound archive was unpacked."""


def fetch(url: str, to: Path, *, sha256: str | None = None, progress: Progress) -> None:
    """Download a file whole; what a failed attempt left in `<to>.part` is not asked for again.

    Raises DownloadError where the network, the server or the disk fails, and for a file whose
    SHA-256 is not the one given.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url} cannot be downloaded: only http and https addresses can.")
    part = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        _fetch_rest(url, part, progress)
        _check_sum(url, part, sha256)
        part.replace(to)
    except _Broken as broken:
        raise DownloadError(_network_failure(url, part, str(broken))) from None
    except OSError as error:
        raise DownloadError(f"{url} cannot be saved as {to}: {_reason(error)}.") from None


def _network_failure(url: str, part: Path, reason: str) -> str:
    failed = f"{urlsplit(url).netloc} could not be reached or broke off ({reason})"
    if part.exists() and part.stat().st_size:
        size = f"{part.stat().st_size / MEGABYTE:.1f} MB"
        return f"{failed}; the first {size} are kept: run the command again to go on from there."
    return f"{failed}, nothing was downloaded: run the command again once it can be reached."


def _fetch_rest(url: str, part: Path, progress: Progress) -> None:
    """Bring a part to its full length; a part that the server does not know starts over, once."""
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
                raise DownloadError(
                    f"{urlsplit(url).netloc} answered {error.code} {error.reason} to {url}; check "
                    "the address, or try again later."
                ) from None


def _open(url: str, start: int) -> Any:
    """The server's answer to a request for a file from byte `start` on."""
    headers = {"User-Agent": "Paperlens"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=SECONDS)
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(_reason(error)) from None


def _append(response: Any, part: Path, progress: Progress) -> None:
    """Write what a server sends behind what a part has, or from the start where it sends all."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range") or "")
    resumed = response.status == 206 and part.exists()
    start = part.stat().st_size if resumed else 0
    if resumed and (not found or found[1] != str(start)):
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
    """The whole length in a Content-Range header."""
    found = _RANGE.fullmatch(content_range or "")
    return int(found[2]) if found and found[2] != "*" else None


def _words(done: int, total: int | None) -> str:
    if total is None:
        return f"{done / MEGABYTE:.1f} MB"
    return f"{done / MEGABYTE:.1f} of {total / MEGABYTE:.1f} MB"


def _reason(error: Exception) -> str:
    """Why something failed, without urllib's and the system's wrapping."""
    inner = getattr(error, "reason", None) or error
    return str(getattr(inner, "strerror", None) or inner or type(error).__name__)


def _check_sum(url: str, part: Path, expected: str | None) -> None:
    if expected is None:
        return
    found = checksum.sha256(part)
    if found != expected.lower():
        part.unlink()
        raise DownloadError(
            f"{url} is not the file that was expected (SHA-256 {found}, not {expected}); it was "
            "removed: run the command again, and if it fails again the file has changed."
        )


# Archives.


def unpack(archive: Path, to: Path, largest: int = LARGEST) -> None:
    """Unpack a .tar, .tar.gz or .zip as the folder `to`, in place of what was there.

    Raises DownloadError for a file that is no archive or is damaged, for one whose files would lie
    outside the folder, for one that holds more bytes than `largest` and where the disk fails; then
    `to` stays as it was.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".unpack-") as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        try:
            if zipfile.is_zipfile(archive):
                _unpack_zip(archive, new, largest)
            else:
                _unpack_tar(archive, new, largest)
        except tarfile.FilterError as error:
            raise DownloadError(f"{archive} is not unpacked, it is unsafe: {error}.") from None
        except _DAMAGED as error:
            # What is damaged is an OSError too, but none of the system's.
            if isinstance(error, OSError) and error.errno is not None:
                raise _NoRoom(
                    f"{archive} cannot be unpacked ({_reason(error)}); it is kept: run the command "
                    "again once there is room, or remove it to download it anew."
                ) from None
            raise DownloadError(
                f"{archive} cannot be unpacked ({error}): it is damaged or no archive."
            ) from None
        put_in_place(new, to)


def put_in_place(new: Path, to: Path) -> None:
    """Rename a folder, in place of what was there."""
    if to.exists():
        shutil.rmtree(to)
    new.rename(to)


def _unpack_tar(archive: Path, folder: Path, largest: int) -> None:
    size = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            size += member.size
            _check_size(archive, size, largest)
            tar.extract(member, folder, filter="data")


def _unpack_zip(archive: Path, folder: Path, largest: int) -> None:
    with zipfile.ZipFile(archive) as zipped:
        _check_size(archive, sum(m.file_size for m in zipped.infolist()), largest)
        for name in zipped.namelist():
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise DownloadError(f"{archive} is not unpacked, it is unsafe: it holds {name!r}.")
        zipped.extractall(folder)


def _check_size(archive: Path, size: int, largest: int) -> None:
    if size > largest:
        raise DownloadError(
            f"{archive} is not unpacked: it holds more than {largest / 1e9:.1f} GB, far more than "
            "what is looked for."
        )


# The corpora and modules.


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
    _unpack_inner(archive, folder, "scicite", "train.jsonl", LARGEST)
    return folder


def arxiv(to: Path, progress: Progress, url: str | None = None) -> Path:
    """Download arXiv's metadata snapshot from Kaggle; its folder, `<to>/arxiv`.

    By Kaggle's own client where it is installed and no address is given.
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
    _unpack_inner(archive, folder, ".", ARXIV_FILES, ARXIV_LARGEST)
    return folder


def _from_kaggle(handle: str, cache: Path, folder: Path, wanted: str, progress: Progress) -> None:
    """Download a data set by Kaggle's client and keep its files of a name.

    cache: where the client works; what a failed attempt left there is not asked for again.
    """
    import kagglehub
    from kagglehub import exceptions

    logging.getLogger("kagglehub").setLevel(logging.ERROR)
    progress(0.0, f"asking Kaggle for {handle}")
    before = os.environ.get(KAGGLE_CACHE)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        os.environ[KAGGLE_CACHE] = str(cache)
        found = sorted(Path(kagglehub.dataset_download(handle)).glob(wanted))
        if not found:
            raise DownloadError(f"Kaggle's {handle} holds no {wanted}.")
        folder.mkdir(parents=True, exist_ok=True)
        for file in found:
            shutil.move(file, folder / file.name)
        shutil.rmtree(cache)
        progress(1.0, f"{len(found)} file{'s' * (len(found) != 1)} in {folder}")
    except (
        OSError,
        ValueError,
        exceptions.BackendError,
        exceptions.CredentialError,
        exceptions.DataCorruptionError,
        exceptions.UnauthenticatedError,
    ) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise DownloadError(
            f"Kaggle gave no {handle} ({reason}); check the network and, where Kaggle asks for "
            "them, your credentials (~/.kaggle/kaggle.json), and run the command again."
        ) from None
    finally:
        if before is None:
            os.environ.pop(KAGGLE_CACHE, None)
        else:
            os.environ[KAGGLE_CACHE] = before


def fetch_archive(
    url: str, archive: Path, *, sha256: str | None = None, progress: Progress
) -> None:
    """As `fetch`; an archive that an earlier attempt could not unpack is not asked for again."""
    if archive.exists():
        _check_sum(url, archive, sha256)
    else:
        fetch(url, archive, sha256=sha256, progress=progress)


@contextmanager
def discard_archive(archive: Path) -> Iterator[None]:
    """Remove an archive once it was unpacked, or proved to be of no use to another attempt.

    A disk that is full, and a stop, keep it.
    """
    try:
        yield
    except _NoRoom:
        raise
    except DownloadError:
        archive.unlink()
        raise
    archive.unlink()


def _unpack_inner(archive: Path, folder: Path, inner: str, wanted: str, largest: int) -> None:
    """Unpack an archive and keep its folder `inner`; files that were in `folder` stay.

    wanted: what one of its files must be called.
    """
    with (
        discard_archive(archive),
        tempfile.TemporaryDirectory(dir=archive.parent, prefix=".new-") as scratch,
    ):
        unpack(archive, Path(scratch) / "new", largest)
        found = Path(scratch) / "new" / inner
        if not any(found.glob(wanted)):
            raise DownloadError(
                f"{archive.name} holds no {wanted}, so it is not the file expected; it was removed."
            )
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(found.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                file.replace(folder / file.name)
