"""The format of a file by its content, for input without a name."""

import io
import re
from pathlib import Path

from core.files import delimited
from core.files.columns import is_known
from core.files.compression import Unpacked
from core.files.encoding import WINDOWS, detect_encoding

START = 1 << 18
"""The number of unpacked bytes by which a format is recognised."""
MAGIC = {b"PAR1": ".parquet", b"%PDF": ".pdf", b"PK\x03\x04": ".xlsx"}
SAME_WIDTH = 5
"""The number of lines with equally many cells that make a table of unknown columns."""

_REFERENCES = {
    ".bib": re.compile(r"\s*@\s*\w+\s*[{(]", re.MULTILINE),
    ".ris": re.compile(r"\s*TY\s{1,2}-", re.MULTILINE),
}
_LATEX = re.compile(r"\\(?:documentclass|begin\{(?:document|abstract)\}|title\s*[\[{])")


def extension(file: Path) -> str:
    """The extension of the format that a file seems to have, compressed or not."""
    with io.BufferedReader(Unpacked(file, first=START), START) as stream:
        start = stream.read(START)
    for magic, ending in MAGIC.items():
        if start.startswith(magic):
            return ending
    text = start.decode(detect_encoding(start), WINDOWS).lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        return ".jsonl"
    for ending, pattern in _REFERENCES.items():
        if pattern.match(text):
            return ending
    if _LATEX.search(text):
        return ".tex"
    return ".csv" if _is_table(text) else ".txt"


def _is_table(text: str) -> bool:
    """Whether the first lines are a header with known names, or have equally many cells."""
    lines = [line or "" for line in delimited.lines(io.StringIO(text, newline=""))]
    delimiter, before = delimited.find_header(lines, is_known)
    rows = [row for row in delimited.csv_reader(lines[:100], delimiter) if row]
    if not rows:
        return False
    header = rows[min(before, len(rows) - 1)]
    known = sum(map(is_known, header))
    if known and (len(header) > 1 or header[0].strip().lower() in ("title", "text", "string")):
        return True
    widths = [len(row) for row in rows[:SAME_WIDTH]]
    return len(widths) > 1 and widths[0] > 1 and len(set(widths)) == 1
