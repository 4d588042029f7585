"""Errors of reading and writing files."""

from typing import Self

from core.messages import PaperlensError


class BatchError(PaperlensError, ValueError):
    """A file cannot be read or written; the message says which and why."""

    def renamed(self, name: object) -> Self:
        """The same error with another file name, such as the visitor's name for it."""
        template, fields = self.args[0].template, dict(self.fields)
        return type(self)(template, **fields | ({"name": name} if "name" in fields else {}))


class SizeLimitExceeded(PaperlensError, OSError):
    """A file is larger than the limit."""


class NoDataFiles(BatchError):
    """A folder contains no file of a supported format."""


class OtherFormat(BatchError):
    """A file's format is not supported, or not the one that its extension promises."""


class EmptyFile(BatchError):
    """A file contains no rows."""


class NoHeader(BatchError):
    """The header of a table cannot be read."""


class MissingColumn(BatchError):
    """A file lacks a requested column, or has no column that can be classified."""


class TooLarge(BatchError):
    """A file exceeds a limit on bytes, rows or columns."""


class Unreadable(BatchError):
    """A file is missing, damaged or truncated, or the system cannot read it."""


class NoPdf(BatchError):
    """A file is not a PDF, or a damaged one."""


class LockedPdf(BatchError):
    """A PDF needs a password."""


class NoText(BatchError):
    """The first page of a PDF has no text, as of one that was scanned."""
