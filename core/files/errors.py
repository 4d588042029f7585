"""What can be wrong with a file that is read or written, a class for each."""

from typing import Self

from core.messages import PaperlensError


class BatchError(PaperlensError, ValueError):
    """A file cannot be read or written; the message says which and why."""

    def renamed(self, name: object) -> Self:
        """The same error under another name of the file, such as the one a visitor gave it."""
        template, fields = self.args[0].template, dict(self.fields)
        return type(self)(template, **fields | ({"name": name} if "name" in fields else {}))


class SizeLimitExceeded(PaperlensError, OSError):
    """A file holds more bytes than it may."""


class NoDataFiles(BatchError):
    """A folder holds no file that can be read."""


class OtherFormat(BatchError):
    """A file is of another format than the ending of its name says, or of none that is read."""


class EmptyFile(BatchError):
    """A file holds no rows."""


class NoHeader(BatchError):
    """The header of a table cannot be read."""


class MissingColumn(BatchError):
    """A file lacks a column that is asked for, or every column that could be classified."""


class TooLarge(BatchError):
    """A file has more bytes, rows or columns than it may."""


class Unreadable(BatchError):
    """A file is missing, damaged or cut short, or the system cannot read it."""
