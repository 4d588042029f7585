"""Which encoding a text file has."""

import codecs

WINDOWS = "paperlens-windows"


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not of an encoding, as Windows-1252 has them, and the place after them."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding.startswith("utf-16"):
        return codecs.replace_errors(error)
    bad = error.object[error.start : error.end]
    # As browsers do: the five bytes that Windows-1252 leaves open are control characters.
    found = (bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in bad)
    return "".join(found), error.end


codecs.register_error(WINDOWS, _windows)


def detect_encoding(start: bytes) -> str:
    """The encoding that a file's first bytes tell: UTF-8, UTF-16, or else Windows-1252.

    A stray byte in a text that has characters of UTF-8 does not make it another encoding.
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = len(start) // 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > 0.6 * half and min(even, odd) < 0.1 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        if start.decode("utf-8", "ignore").isascii():
            return "cp1252"
    return "utf-8-sig"
