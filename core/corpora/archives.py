"""Unpacks archives, atomically and only within their folder."""

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.messages import PaperlensError

MAX_UNPACKED = 2 << 30
"""The maximum unpacked size of an archive in bytes."""

_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


class DownloadError(PaperlensError):
    """Something cannot be downloaded; the message says what, why and what to do."""


class DiskError(DownloadError):
    """A file cannot be written, because the disk failed or is full."""


class UnsafeArchive(DownloadError):
    """An archive contains files outside its folder, or is larger than the limit."""


class DamagedArchive(DownloadError):
    """A file is a damaged archive or not an archive."""


class UnexpectedContent(DownloadError):
    """An archive, or a data set, lacks the file that it was downloaded for."""


def unpack(archive: Path, to: Path, max_bytes: int = MAX_UNPACKED) -> None:
    """Unpack a .tar, .tar.gz or .zip as the folder `to`, which is replaced if it exists.

    Raises DownloadError for a file that is not an archive or is damaged, contains files outside the
    folder or more than `max_bytes`, and where the disk fails; then `to` stays unchanged.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".unpack-") as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        try:
            if zipfile.is_zipfile(archive):
                _unpack_zip(archive, new, max_bytes)
            else:
                _unpack_tar(archive, new, max_bytes)
        except tarfile.FilterError as error:
            raise UnsafeArchive(
                "{archive} is not unpacked, it is unsafe: {reason}.", archive=archive, reason=error
            ) from None
        except _DAMAGED as error:
            # Damage may be an OSError too, but without the system's errno.
            if isinstance(error, OSError) and error.errno is not None:
                raise DiskError(
                    "{archive} cannot be unpacked ({reason}); it is kept: run the command again "
                    "once there is room, or remove it to download it anew.",
                    archive=archive,
                    reason=error.strerror,
                ) from None
            raise DamagedArchive(
                "{archive} cannot be unpacked ({reason}): it is damaged or no archive.",
                archive=archive,
                reason=error,
            ) from None
        put_in_place(new, to)


def put_in_place(new: Path, to: Path) -> None:
    """Move a folder to `to`, which is replaced if it exists."""
    if to.exists():
        shutil.rmtree(to)
    new.rename(to)


def _unpack_tar(archive: Path, folder: Path, max_bytes: int) -> None:
    size = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            size += member.size
            _check_size(archive, size, max_bytes)
            tar.extract(member, folder, filter="data")


def _unpack_zip(archive: Path, folder: Path, max_bytes: int) -> None:
    with zipfile.ZipFile(archive) as zipped:
        _check_size(archive, sum(m.file_size for m in zipped.infolist()), max_bytes)
        for name in zipped.namelist():
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise UnsafeArchive(
                    "{archive} is not unpacked, it is unsafe: it holds {name!r}.",
                    archive=archive,
                    name=name,
                )
        zipped.extractall(folder)


def _check_size(archive: Path, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise UnsafeArchive(
            "{archive} is not unpacked: it holds more than {most:.1f} GB, far more than what is "
            "looked for.",
            archive=archive,
            most=max_bytes / 1e9,
        )


@contextmanager
def discard_archive(archive: Path) -> Iterator[None]:
    """Remove an archive after it was unpacked or proved invalid.

    After a disk error or an interruption it stays, for another attempt.
    """
    try:
        yield
    except DiskError:
        raise
    except DownloadError:
        archive.unlink()
        raise
    archive.unlink()


def unpack_folder(
    archive: Path, folder: Path, inner: str, wanted: str, max_bytes: int = MAX_UNPACKED
) -> None:
    """Unpack an archive and move the files of its folder `inner` into `folder`.

    wanted: a pattern that one of the files must match. The archive is removed as in
    `discard_archive`. Raises DownloadError as `unpack` does, and UnexpectedContent without the
    wanted file.
    """
    with (
        discard_archive(archive),
        tempfile.TemporaryDirectory(dir=archive.parent, prefix=".new-") as scratch,
    ):
        unpack(archive, Path(scratch) / "new", max_bytes)
        new = Path(scratch) / "new" / inner
        if not any(new.glob(wanted)):
            raise UnexpectedContent(
                "{archive} holds no {wanted}, so it is not the file expected; it was removed.",
                archive=archive.name,
                wanted=wanted,
            )
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(new.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                file.replace(folder / file.name)
