"""Supported file formats, by extension, with or without that of a compression."""

import re
from pathlib import Path

from core.files.errors import NoDataFiles, OtherFormat
from core.messages import Message

FORMATS = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "table",
    ".tsv": "table",
    ".parquet": "parquet",
    ".xlsx": "workbook",
    ".bib": "bibtex",
    ".ris": "ris",
    ".pdf": "pdf",
    ".txt": "text",
    ".tex": "latex",
}
"""The extensions of data files, and the kind of reader of each."""
DOCUMENTS = frozenset({".pdf", ".txt", ".tex"})
"""The extensions of files that each hold one paper; a folder's count where it has no others."""
PACKED = (".gz", ".zst")
OWN_KEYS = frozenset({"json", "bibtex", "ris"})
"""Kinds of readers whose records each have keys of their own, as objects of JSON do."""

OTHER_FORMATS = {
    b"\x89PNG": Message("a PNG image"),
    b"\xff\xd8\xff": Message("a JPEG image"),
    b"GIF8": Message("a GIF image"),
    b"%PDF": Message("a PDF document; its name must end in .pdf"),
    b"PK\x03\x04": Message("a ZIP archive or an Excel workbook; unpack it, or name it .xlsx"),
    b"BZh": Message("a bzip2 archive; unpack it first"),
    b"\xfd7zXZ": Message("an xz archive; unpack it first"),
    b"\xd0\xcf\x11\xe0": Message("an old Office document; save it as CSV first"),
    b"SQLite format 3": Message("an SQLite database"),
    b"PAR1": Message("a Parquet file; its name must end in .parquet"),
}
"""First bytes of files that are neither a table nor JSON."""


def ending(file: Path) -> str:
    """A file's extension in lower case, without that of a compression."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def endings(name: str) -> str:
    """The one or two extensions of an uploaded file's name, safe in a path.

    An extension with characters other than letters and digits does not count.
    """
    match = re.search(r"(\.[a-z0-9]{1,7}){1,2}\Z", name.lower())
    return match[0] if match else ""


def kind_of(path: Path) -> str:
    """A file's kind, by its extension. Raises OtherFormat for one that is not in FORMATS."""
    if ending(path) not in FORMATS:
        raise OtherFormat(
            "{name} should end in one of {endings}.", name=path.name, endings=", ".join(FORMATS)
        )
    return ending(path)


def has_own_keys(kind: str) -> bool:
    """Whether each record of a file of a kind has keys of its own."""
    return FORMATS[kind] in OWN_KEYS


def is_document(file: Path) -> bool:
    """Whether a file holds one paper, by its extension."""
    return ending(file) in DOCUMENTS


def data_files(path: Path, documents: bool = True) -> list[Path]:
    """The file itself, or a folder's files with an extension of FORMATS, sorted by name.

    Names that begin with a dot or `_` are left out, and DOCUMENTS beside files of other formats, or
    always unless `documents`. Raises NoDataFiles for a folder without any.
    """
    if not path.is_dir():
        return [path]
    files = sorted(
        file
        for file in path.iterdir()
        if file.is_file() and not file.name.startswith((".", "_")) and ending(file) in FORMATS
    )
    others = [file for file in files if not is_document(file)]
    files = others or (files if documents else [])
    if not files:
        raise NoDataFiles(
            "{path} is a folder without a file ending in {endings}.",
            path=path,
            endings=", ".join(FORMATS),
        )
    return files


def detect_other_format(start: bytes) -> Message | None:
    """The format of a file with these first bytes, if it is certainly neither a table nor JSON."""
    return next((what for magic, what in OTHER_FORMATS.items() if start.startswith(magic)), None)
