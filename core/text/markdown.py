"""Text escaped for Markdown, with or without rendered formulas."""

import re
import string

# $...$ and $$...$$ in one paragraph; an escaped dollar sign is a dollar sign, and so is one before
# a digit ("$5 or $10"). No formula contains a dollar sign: Markdown would end it there.
_FORMULA = re.compile(r"(?<!\\)\$\$([^$]+)(?<!\\)\$\$(?!\d)|(?<!\\)\$([^$]+)(?<!\\)\$(?!\d)")
_PUNCTUATION = str.maketrans({c: f"\\{c}" for c in string.punctuation})
# Streamlit looks for icons, URLs and mail addresses after Markdown has removed the backslashes;
# a word joiner inside prevents a match.
_AUTOLINKS = re.compile(
    r"(?<=:)(?=material_|streamlit:)|(?<=http:|ttps:)(?=//)|(?<=www)(?=\.)|(?<=[-.\w+])(?=@)", re.I
)


def escape_markdown(text: str) -> str:
    """Text with all Markdown escaped: links and HTML are shown as they are written."""
    return _AUTOLINKS.sub("\u2060", text).translate(_PUNCTUATION)


def as_markdown(text: str) -> str:
    """Markdown of a text with LaTeX formulas rendered and everything else escaped."""
    text = re.sub(r"\s*[\r\n]\s*", " ", text)
    out, position = [], 0
    for formula in _FORMULA.finditer(text):
        between = text[position : formula.start()]
        # Adjacent dollar signs of two formulas would be read as one delimiter.
        out.append(" " if position and not between else escape_markdown(between))
        body = (formula[1] or formula[2]).strip()
        out.append(f"${body}$" if body else escape_markdown(formula[0]))
        position = formula.end()
    out.append(escape_markdown(text[position:]))
    return "".join(out)
