"""Archives unpacked completely or not at all, and not a byte outside their folder."""

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
"""Bytes an archive may hold once unpacked."""

_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


class DownloadError(PaperlensError):
    """Something cannot be downloaded; the message is one sentence: what, why and what to do."""


class DiskError(DownloadError):
    """The disk failed, or has no room, where a file should be written."""


class UnsafeArchive(DownloadError):
    """An archive holds files outside of its folder, or more bytes than it may."""


class DamagedArchive(DownloadError):
    """An archive is damaged, or is none."""


class UnexpectedContent(DownloadError):
    """An archive, or a data set, lacks the file that it was downloaded for."""


def unpack(archive: Path, to: Path, max_bytes: int = MAX_UNPACKED) -> None:
    """Unpack a .tar, .tar.gz or .zip as the folder `to`, in place of what was there.

    Raises DownloadError for a file that is no archive or is damaged, for one whose files would lie
    outside the folder, for one that holds more than `max_bytes` and where the disk fails; then `to`
    stays as it was.
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
            # What is damaged is an OSError too, but none of the system's.
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
    """Rename a folder, in place of what was there."""
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
    """Remove an archive once it was unpacked, or proved to be of no use to another attempt.

    A disk that is full, and a stop, keep it.
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
    """Unpack an archive and keep its folder `inner`; files that were in `folder` stay.

    wanted: what one of its files must be called. The archive is removed as `discard_archive` has
    it. Raises DownloadError as `unpack` does, and UnexpectedContent without the wanted file.
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
