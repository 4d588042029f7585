"""Chooses a file's reader by its extension."""

from pathlib import Path

from core.files.base import IsKnown, Reader
from core.files.delimited_reader import DelimitedReader
from core.files.formats import FORMATS, kind_of
from core.files.json_reader import JsonReader
from core.files.limits import ON_DISK, Limits
from core.files.paper_reader import LatexReader, PlainTextReader
from core.files.parquet_reader import ParquetReader
from core.files.pdf_reader import PdfReader
from core.files.references_reader import BibtexReader, RisReader
from core.files.workbook_reader import WorkbookReader

READERS: dict[str, type[Reader]] = {
    "json": JsonReader,
    "table": DelimitedReader,
    "parquet": ParquetReader,
    "workbook": WorkbookReader,
    "bibtex": BibtexReader,
    "ris": RisReader,
    "pdf": PdfReader,
    "text": PlainTextReader,
    "latex": LatexReader,
}


def open_reader(
    path: Path, limits: Limits = ON_DISK, is_known: IsKnown = lambda name: False
) -> Reader:
    """A reader of a file's records; its layout is read at once.

    is_known: whether a name is one by which the header of a table is recognised.
    Raises BatchError for an extension that is not in FORMATS and for a file that cannot be read.
    """
    return READERS[FORMATS[kind_of(path)]](path, limits, is_known)
