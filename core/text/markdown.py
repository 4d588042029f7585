"""Text escaped for Markdown, with or without rendered formulas."""

import re
import string

from core.text.latex import FORMULA, letters

_PUNCTUATION = str.maketrans({c: f"\\{c}" for c in string.punctuation})
# Streamlit looks for icons, URLs and mail addresses after Markdown has removed the backslashes;
# a word joiner inside prevents a match.
_AUTOLINKS = re.compile(
    r"(?<=:)(?=material_|streamlit:)|(?<=http:|ttps:)(?=//)|(?<=www)(?=\.)|(?<=[-.\w+])(?=@)", re.I
)


def escape_markdown(text: str) -> str:
    """Text with all Markdown escaped: links and HTML are shown as they are written."""
    return _AUTOLINKS.sub("\u2060", text).translate(_PUNCTUATION)


# Environments of several lines, which KaTeX sets inside a formula by these names.
_LINES = {
    "align": "aligned", "alignat": "aligned", "flalign": "aligned", "eqnarray": "aligned",
    "gather": "gathered", "multline": "gathered",
}  # fmt: skip
_NOT_SET = re.compile(r"\\(?:label\{[^{}]*\}|(?:nonumber|notag)(?![A-Za-z]))")


def as_markdown(text: str) -> str:
    r"""Markdown of a text with LaTeX formulas set, accents as letters and everything else escaped.

    Formulas are `$...$`, `$$...$$`, `\(...\)`, `\[...\]` and environments such as `equation`.
    """
    text = re.sub(r"\s*[\r\n]\s*", " ", text)
    out, position = [], 0
    for formula in FORMULA.finditer(text):
        between = letters(text[position : formula.start()])
        # Adjacent dollar signs of two formulas would be read as one delimiter.
        out.append(" " if position and not between else escape_markdown(between))
        body = _body(formula)
        out.append(f"${body}$" if body else escape_markdown(formula[0]))
        position = formula.end()
    out.append(escape_markdown(letters(text[position:])))
    return "".join(out)


def _body(formula: re.Match[str]) -> str:
    """A formula without its marks; empty where Markdown could not set it."""
    body = (formula[1] or formula[2] or formula[3] or formula[4] or formula[6]).strip()
    if environment := formula[5]:
        body = _NOT_SET.sub("", body).strip()
        if lines := _LINES.get(environment.rstrip("*")):
            body = f"\\begin{{{lines}}}{body}\\end{{{lines}}}"
    # Markdown would end a formula at a dollar sign.
    return "" if "$" in body else body
