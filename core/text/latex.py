"""LaTeX in pasted texts: formulas stay, accents become letters, commands their content."""

import re
import unicodedata
from collections.abc import Callable

_MATH = r"(?:equation|align|alignat|flalign|gather|multline|eqnarray|displaymath|math)\*?"

# $...$ and $$...$$ in one paragraph; an escaped dollar sign is a dollar sign, and so is one before
# a digit ("$5 or $10"). No formula contains its own marks, so that each search is short.
FORMULA = re.compile(
    r"\$(?<!\\\$)\$([^$]+)\$(?<!\\\$)\$(?!\d)|\$(?<!\\\$)([^$]+)\$(?<!\\\$)(?!\d)"
    r"|\\(?<!\\\\)\(((?:[^\\]|\\[^()])++)\\\)|\\(?<!\\\\)\[((?:[^\\]|\\[^\[\]])++)\\\]"
    rf"|\\begin\{{({_MATH})\}}((?:[^\\]|\\(?!(?:begin|end)\{{{_MATH}\}}))++)\\end\{{\5\}}"
)
"""A formula; groups 1 to 4 and 6 hold its body, 5 its environment."""

_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331", "t": "",
}  # fmt: skip

# Schr\"odinger, \'{e}, \'{\i}, \H{o}, \v{c}, \c c: one letter under an accent. Not "/\~user".
_LETTER = r"(?:\\([ij])(?![A-Za-z])\s?|([A-Za-z]))"
_ACCENT = re.compile(
    rf"\\(?<!/\\)(?:(?P<mark>[`'^\"~=.])\s?(?:\{{\s?{_LETTER}\s?\}}|{_LETTER})"
    rf"|(?P<name>[uvHtcdbkr])\s?\{{\s?{_LETTER}\s?\}}|(?P<spaced>[uvHck])\s{_LETTER})"
)
_BRACED_LETTER = re.compile(r"\{([^\x00-\x7f][\u0300-\u036f]?)\}")

_SYMBOLS = {
    "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "i": "ı", "j": "ȷ", "textendash": "–", "textemdash": "—", "ldots": "...",
    "dots": "...", "textellipsis": "...", "textquoteright": "’", "textquoteleft": "‘",
    "textquotedblleft": "“", "textquotedblright": "”", "LaTeX": "LaTeX", "TeX": "TeX",
}  # fmt: skip
_SYMBOL = re.compile(rf"\\({'|'.join(_SYMBOLS)})(?:\{{\}}|(?![A-Za-z])[ \t]?)")

_SHOWN = (
    "emph|textbf|textit|textsl|textsc|texttt|textrm|textsf|textnormal|textup|textmd|text|underline|"
    "mbox|hbox|url|uline|enquote|title|(?:sub)*section|paragraph|chapter|caption"
)
_HIDDEN = (
    "[cC]ite[a-z]*|nocite|(?:eq|auto|page|name|c|C)?ref|label|footnote|footnotetext|footnotemark|"
    "thanks|index|[hv]space|author|affiliation|affil|address|institute|email|date|keywords|"
    "usepackage|documentclass|bibliography|bibliographystyle|includegraphics|vskip"
)
_FONTS = "it|bf|em|sl|sc|rm|tt|sf|itshape|bfseries|small|large|Large|footnotesize"
_EMPTY = "noindent|centering|maketitle|par|newline|linebreak|smallskip|medskip|bigskip|item|indent"

_COMMENT = re.compile(r"\n[ \t]*%.*(?=\n)")
_NOT_SHOWN = re.compile(rf"\\(?:{_HIDDEN})\*?(?:\[[^\]\[]*\])*\{{[^{{}}]*\}}")
_GONE = "\0"
_WITH_BLANKS = re.compile(rf"[ \t~]*{_GONE}+")

# What each command leaves; braces inside an argument are gone after an earlier round.
_COMMANDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\\(?:href|textcolor|colorbox)\s?\{[^{}]*\}\s?\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:begin|end)\{[A-Za-z]+\*?\}(?:\[[^\]\[]*\])?"), " "),
    (re.compile(rf"\\(?:{_SHOWN})\*?\s?\{{([^{{}}]*)\}}"), r"\1"),
    (re.compile(rf"\{{\\(?:{_FONTS})(?![A-Za-z])\s*([^{{}}]*?)(?:\\/)?\}}"), r"\1"),
    (re.compile(rf"\\(?:{_FONTS})(?![A-Za-z])\s*"), ""),
    (re.compile(rf"\\(?:{_EMPTY})(?![A-Za-z])(?:\[[^\]\[]*\])?\s?"), " "),
    (re.compile(r"\\\\\*?(?:\[[^\]\[]*\])?|\\(?:quad|qquad)(?![A-Za-z])|\\[,;: ]"), " "),
    (re.compile(r"\\[-/!]"), ""),
    (re.compile(r"\\([%&_#])"), r"\1"),
)  # fmt: skip

_TIE = re.compile(r"~(?<=[\w.,;:)\]}$]~)(?=[\w\\(\[$])")
_PROTECTED = re.compile(r"\{(?<![\\\w}^_{$]\{)([^\W_]+(?:[- ][^\W_]+)*)\}")


def outside_formulas(text: str, change: Callable[[str], str]) -> str:
    """A text with everything but its formulas changed."""
    if "$" not in text and "\\" not in text:
        return change(text)
    out, position = [], 0
    for formula in FORMULA.finditer(text):
        out += [change(text[position : formula.start()]), formula[0]]
        position = formula.end()
    return "".join([*out, change(text[position:])])


def letters(text: str) -> str:
    """A text with LaTeX's accents, and its letters that have a name, as Unicode."""
    if "\\" not in text:
        return text
    return _letters(text)[0]


def _letters(text: str) -> tuple[str, int]:
    text, accents = _ACCENT.subn(_accented, text)
    text, symbols = _SYMBOL.subn(_symbol, text)
    if accents + symbols and "{" in text:
        text = _BRACED_LETTER.sub(r"\1", text)
    return text, accents + symbols


def _accented(match: re.Match[str]) -> str:
    groups = match.groupdict()
    mark = groups["mark"] or groups["name"] or groups["spaced"]
    letter = next(g for i, g in enumerate(match.groups(), 1) if g and i not in _NAMED)
    return unicodedata.normalize("NFC", letter + _COMBINING[mark])


_NAMED = frozenset(_ACCENT.groupindex.values())


def _symbol(match: re.Match[str]) -> str:
    return _SYMBOLS[match[1]]


def plain(text: str) -> tuple[str, int]:
    """A text without formulas in plain words, and how many commands and accents were changed.

    Commands nobody knows stay as they are. An argument in an argument takes another call.
    """
    count = 0
    if "\\" in text:
        text, count = _letters(text)
        text, hidden = _NOT_SHOWN.subn(_GONE, text)
        if hidden:
            text = _WITH_BLANKS.sub("", text)
        count += hidden
        if "%" in text:
            text = _COMMENT.sub("", text)
        for pattern, kept in _COMMANDS:
            text, found = pattern.subn(kept, text)
            count += found
    if "~" in text:
        text = _TIE.sub(" ", text)
    if "{" in text:
        text = _PROTECTED.sub(r"\1", text)
    return text, count
