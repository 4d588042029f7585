"""Unpacks archives, only within their folder and up to a size."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from itertools import accumulate
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
    """Unpack a .tar, .tar.gz or .zip into a folder, which is made if necessary.

    Raises DownloadError for a file that is not an archive or is damaged, contains files outside the
    folder or more than `max_bytes`, and where the disk fails; some files may be there then.
    """
    try:
        _unpack(archive, to, max_bytes)
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


def _unpack(archive: Path, folder: Path, max_bytes: int) -> None:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            _check_size(archive, (member.file_size for member in zipped.infolist()), max_bytes)
            # It keeps every file within the folder.
            zipped.extractall(folder)
    else:
        with tarfile.open(archive) as tar:
            _check_size(archive, (member.size for member in tar), max_bytes)
            tar.extractall(folder, filter="data")


def _check_size(archive: Path, sizes: Iterable[int], max_bytes: int) -> None:
    if any(total > max_bytes for total in accumulate(sizes)):
        raise UnsafeArchive(
            "{archive} is not unpacked: it holds more than {most:.1f} GB, far more than what is "
            "looked for.",
            archive=archive,
            most=max_bytes / 1e9,
        )
