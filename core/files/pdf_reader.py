"""PDF: the first page of a paper, two columns in their order."""

import io
import logging
from collections import Counter
from itertools import groupby, pairwise
from typing import NamedTuple

from core.files.compression import Unpacked
from core.files.errors import BatchError, LockedPdf, NoPdf, NoText, SizeLimitExceeded
from core.files.paper_reader import PaperReader
from core.messages import Message
from core.text import pasted

MAX_BYTES = 100 << 20
"""The maximum size of a PDF, which is in memory completely."""
MAX_TEXT = 100_000
"""The maximum number of characters of a first page."""
MIDDLE = (0.42, 0.62)
"""Where a second column begins, as a share of the page's width."""
SAME_START = 3.0
"""Points within which lines of a column begin."""
MIN_LINES = 3
"""The number of lines that make a second column."""
CHARACTER = 0.45
"""About the width of a character, as a share of its height."""


class Piece(NamedTuple):
    """Text at a position in points; width: estimated."""

    text: str
    x: float
    y: float
    width: float


class PdfReader(PaperReader):
    """The paper whose first page a PDF shows."""

    def _paper(self) -> tuple[str, str]:
        with io.BufferedReader(Unpacked(self.path, MAX_BYTES)) as stream:
            data = stream.read()
        try:
            return pasted.split_title(first_page_text(data))
        except BatchError as error:
            raise error.renamed(self.path.name) from None


def first_page_text(data: bytes) -> str:
    """The text of a PDF's first page, without what stands upright in the margin.

    Raises NoPdf for a file that is none or is damaged, LockedPdf, NoText.
    """
    import pypdf

    # What pypdf warns of is either mended or raised.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    name = Message("The PDF")
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise LockedPdf("{name} is locked with a password.", name=name)
        text = _text(reader.pages[0])
    except BatchError:
        raise
    except pypdf.errors.DependencyError:
        raise LockedPdf("{name} is locked with a password.", name=name) from None
    # Damaged PDFs make pypdf raise errors of many classes.
    except Exception as error:
        raise NoPdf(
            "{name} is not a PDF that can be read: {reason}.",
            name=name,
            reason=str(error)[:200].rstrip(".") or type(error).__name__,
        ) from None
    if not any(map(str.isalpha, text)):
        raise NoText("{name} has no text on its first page; it may be a picture of it.", name=name)
    return text


def _text(page: object) -> str:
    """The text of a page, in the order in which it is read."""
    pieces: list[Piece] = []
    size = 0

    def add(text: str, cm: list[float], tm: list[float], font: object, height: float) -> None:
        nonlocal size
        size += len(text)
        if size > MAX_TEXT:
            raise SizeLimitExceeded("its first page has more than {most:,} letters", most=MAX_TEXT)
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            height *= abs(tm[3] * cm[3]) or 1
            pieces.append(Piece(text, x, y, CHARACTER * height * len(text.strip())))

    text = page.extract_text(orientations=(0,), visitor_text=add)  # type: ignore[attr-defined]
    left, width = float(page.mediabox.left), float(page.mediabox.width)  # type: ignore[attr-defined]
    gutter = second_column([piece._replace(x=piece.x - left) for piece in pieces], width)
    if gutter is None:
        return text
    return in_columns(pieces, gutter + left)


def second_column(pieces: list[Piece], width: float) -> float | None:
    """Where the second of two columns begins whose lines alternate; None where they do not."""
    starts = Counter(
        round(piece.x / SAME_START)
        for piece in pieces
        if MIDDLE[0] * width < piece.x < MIDDLE[1] * width
    )
    if not starts:
        return None
    ((start, _),) = starts.most_common(1)
    gutter = (start - 1) * SAME_START
    right = {round(p.y) for p in pieces if gutter <= p.x <= gutter + 2 * SAME_START}
    beside = [p for p in pieces if p.x < gutter and round(p.y) in right]
    across = sum(piece.x + piece.width > gutter + SAME_START for piece in beside)
    columns = [piece.x >= gutter for piece in pieces]
    returns = sum(before and not after for before, after in pairwise(columns))
    if len(right) < MIN_LINES or returns < MIN_LINES or across > 0.1 * len(beside):
        return None
    return gutter


def in_columns(pieces: list[Piece], gutter: float) -> str:
    """The text left of the gutter, then that right of it, each line by line."""
    ordered = sorted(pieces, key=lambda piece: piece.x >= gutter)
    lines = groupby(ordered, key=lambda piece: (piece.x >= gutter, round(piece.y)))
    return "\n".join("".join(p.text.strip("\n") for p in line) for _, line in lines)
