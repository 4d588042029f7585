"""LaTeX in fields of BibTeX as plain text: accents, braces, commands around words."""

import re
import unicodedata

_ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323",
    "b": "\u0331", "r": "\u030a", "k": "\u0328",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "ldots": "…", "dots": "…",
    "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘",
}  # fmt: skip
_DOTLESS = str.maketrans("ıȷ", "ij")
_MATH = re.compile(r"(?<!\\)(\$\$?.+?(?<!\\)\$\$?|\\\(.+?\\\)|\\\[.+?\\\])", re.DOTALL)
_ACCENT = re.compile(
    r"""\\(?:(["'`^~=.])\s*|([uvHcdbrk])(?:\s+|(?=\{)))(?:\{\s*(\\?[A-Za-zıȷ])\s*\}|(\\?[A-Za-z]))"""
)
_LETTER = re.compile(rf"\\({'|'.join(sorted(_LETTERS, key=len, reverse=True))})(?![A-Za-z])\s*")
_REFERENCE = re.compile(r"~?\\(?:cite[a-z]*|ref|eqref|label)\*?(?:\[[^\]]*\])*\{[^{}]*\}")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?\s*(?=\{)|\\(?:emph?|bf|it|rm|sc|tt|sl|sf)(?![A-Za-z])\s*")
_ESCAPED = re.compile(r"\\([&%$#_{}])")


def plain(text: str) -> str:
    """Text without LaTeX, formulas as they are; blanks and line ends become one blank."""
    if any(mark in text for mark in "\\{}~") or "--" in text:
        parts = _MATH.split(text)
        parts[::2] = map(_plain, parts[::2])
        text = "".join(parts)
    return " ".join(text.split())


def _plain(text: str) -> str:
    if "\\" in text:
        text = _ACCENT.sub(_accented, text)
        text = _LETTER.sub(lambda match: _LETTERS[match[1]], text)
        text = _COMMAND.sub("", _REFERENCE.sub("", text))
        text = _ESCAPED.sub(lambda match: {"{": "\0", "}": "\1"}.get(match[1], match[1]), text)
    text = text.replace("{", "").replace("}", "").replace("~", " ")
    text = text.replace("---", "—").replace("--", "–")
    return text.replace("\0", "{").replace("\1", "}")


def _accented(match: re.Match[str]) -> str:
    letter = (match[3] or match[4]).removeprefix("\\").translate(_DOTLESS)
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1] or match[2]])
