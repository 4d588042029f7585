"""The encoding of a text file: by its mark, else UTF-8, else what charset-normalizer finds."""

import codecs
import re

WINDOWS = "paperlens-windows"
"""An error handler: bytes that are not of an encoding are read as Windows-1252."""

CANDIDATES = ("gb18030", "big5", "cp932", "euc_kr", "cp1251", "cp1252")
"""Of the encodings that charset-normalizer knows, those of tables today; more confuse it."""
SAMPLE = 1 << 16
"""Bytes that are looked at where an encoding has to be guessed."""

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


def _windows(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes as Windows-1252, and the position after them."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding.startswith("utf-16"):
        return codecs.replace_errors(error)
    bad = error.object[error.start : error.end]
    # As browsers do: the five bytes that Windows-1252 leaves open are control characters.
    letters = (bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in bad)
    return "".join(letters), error.end


codecs.register_error(WINDOWS, _windows)


def detect_encoding(start: bytes) -> str:
    """The name of the encoding that a file's first bytes are in.

    A byte order mark decides, and what is valid UTF-8, or mostly so but for stray bytes, is UTF-8
    (`utf-8-sig`). Else charset-normalizer is asked about at most SAMPLE bytes; where it finds
    nothing, and where there are only accents among English words, it is Windows-1252.
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    # UTF-16 without a mark: every other byte of English is 0. LaTeX in it is noise to
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
    # The sample may end within a character; none has one of these marks in it.
    cut = max(map(sample.rfind, (b"\n", b",", b" ", b'"')))
    return _guess(sample) or _guess(sample[:cut]) or "cp1252"


def _is_utf8(start: bytes) -> bool:
    """Whether the bytes are UTF-8; a character cut at the end and a few stray bytes do no harm."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        text = start.decode("utf-8", "replace")
        strays = text.count("\ufffd")
        return len(text) - strays - sum(map(str.isascii, text)) > strays
    return True


def _has_foreign_script(sample: bytes) -> bool:
    """Whether most bytes beyond ASCII stand in runs: an accent, dash or quote stands alone.

    In a few bytes charset-normalizer reads anything: "Núñez" can be Chinese.
    """
    runs = [len(run) for run in _NOT_ASCII.findall(sample)]
    return sum(length for length in runs if length > 3) > sum(runs) / 2


def _guess(sample: bytes) -> str | None:
    """The likeliest of CANDIDATES, of equally likely ones the first; None where none fits."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_isolation=list(CANDIDATES))
    ranked = sorted(matches, key=lambda m: (m.chaos, -m.coherence, CANDIDATES.index(m.encoding)))
    return ranked[0].encoding.replace("_", "-") if ranked else None
