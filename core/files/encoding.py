"""Detects encodings: by byte order mark, else UTF-8, else by charset-normalizer."""

import codecs
import re

WINDOWS = "paperlens-windows"
"""An error handler that decodes invalid bytes as Windows-1252."""

CANDIDATES = ("gb18030", "big5", "cp932", "euc_kr", "cp1251", "cp1252")
"""The encodings that charset-normalizer considers; with rarer ones it makes more mistakes."""
SAMPLE = 1 << 16
"""The number of bytes from which an encoding is guessed."""

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes as Windows-1252, and the position after them."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding.startswith("utf-16"):
        return codecs.replace_errors(error)
    bad = error.object[error.start : error.end]
    # As in browsers, the five bytes undefined in Windows-1252 are control characters.
    letters = (bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in bad)
    return "".join(letters), error.end


codecs.register_error(WINDOWS, _windows)


def detect_encoding(start: bytes) -> str:
    """The name of the encoding of a file's first bytes.

    A byte order mark decides; valid UTF-8, with or without a few stray bytes, is `utf-8-sig`.
    Otherwise charset-normalizer is asked about at most SAMPLE bytes; if it finds nothing, or there
    are only accents among English words, the result is Windows-1252.
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    # UTF-16 without a mark: every other byte of English is 0. LaTeX in it confuses
    # charset-normalizer.
    even, odd, half = start[::2].count(0), start[1::2].count(0), len(start) // 2
    if max(even, odd) > 0.6 * half and min(even, odd) < 0.1 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    if _is_utf8(start):
        return "utf-8-sig"
    lines = [line for line in start.split(b"\n") if not line.isascii()]
    sample = b"\n".join(lines)[:SAMPLE]
    if not _has_foreign_script(sample):
        return "cp1252"
    # The sample may end within a character, but no character contains one of these marks.
    cut = max(map(sample.rfind, (b"\n", b",", b" ", b'"')))
    return _guess(sample) or _guess(sample[:cut]) or "cp1252"


def _is_utf8(start: bytes) -> bool:
    """Whether the bytes are UTF-8; a character cut at the end and a few stray bytes are allowed."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        text = start.decode("utf-8", "replace")
        strays = text.count("\ufffd")
        return len(text) - strays - sum(map(str.isascii, text)) > strays
    return True


def _has_foreign_script(sample: bytes) -> bool:
    """Whether most non-ASCII bytes are in runs: those of accents, dashes and quotes are isolated.

    charset-normalizer is unreliable for a few bytes: it can take "Núñez" for Chinese.
    """
    runs = [len(run) for run in _NOT_ASCII.findall(sample)]
    return sum(length for length in runs if length > 3) > sum(runs) / 2


def _guess(sample: bytes) -> str | None:
    """The likeliest of CANDIDATES, the first of equally likely ones; None if no candidate fits."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=list(CANDIDATES))
    ranked = sorted(matches, key=lambda m: (m.chaos, -m.coherence, CANDIDATES.index(m.encoding)))
    return ranked[0].encoding.replace("_", "-") if ranked else None
