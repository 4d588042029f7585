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


class MissingFile(BatchError):
    """There is no file of that name."""


class IsFolder(BatchError):
    """A file is expected, and there is a folder."""


class NoDataFiles(BatchError):
    """A folder holds no file that can be read."""


class UnknownEnding(BatchError):
    """The ending of a file's name tells no format that can be read."""


class EmptyFile(BatchError):
    """A file holds no rows."""


class OtherFormat(BatchError):
    """A file is neither a table nor JSON; `what` says what it is."""


class NotText(BatchError):
    """A file of text holds bytes that are no text."""


class NotJsonLines(BatchError):
    """No line of a file is a JSON object."""


class NoHeader(BatchError):
    """The header of a table cannot be read."""


class MissingColumn(BatchError):
    """A file lacks a column that is asked for, or every column that could be classified."""


class TooLarge(BatchError):
    """A file has more bytes, rows or columns than it may."""


class Unreadable(BatchError):
    """A file is damaged, cut short, or the system cannot read it; `reason` says why."""


class NotParquet(Unreadable):
    """A file whose name ends in .parquet is something else."""
