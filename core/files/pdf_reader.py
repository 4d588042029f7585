"""The text of PDF files."""

import io

from core.files.errors import Unreadable


def first_page_text(data: bytes) -> str:
    """The text of a PDF's first page. Raises Unreadable for a scanned, locked or damaged file."""
    import pypdf

    try:
        text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    except (pypdf.errors.PyPdfError, IndexError, ValueError, OSError) as error:
        raise Unreadable("the PDF cannot be read: {reason}", reason=error) from error
    if not text.strip():
        raise Unreadable("the PDF's first page holds no text: it may be scanned")
    return text
