"""A pasted text as Markdown that shows it and does nothing else: only formulas are set."""

import re
import string

# $...$ and $$...$$ on one paragraph; an escaped dollar sign is a dollar sign.
_FORMULA = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<!\\)\$([^$\n]+?)(?<!\\)\$", re.DOTALL)
_PUNCTUATION = str.maketrans({c: f"\\{c}" for c in string.punctuation})


def _plain(text: str) -> str:
    """Text in which no character means anything to Markdown: links, HTML, directives are shown."""
    return text.translate(_PUNCTUATION)


def as_markdown(text: str) -> str:
    """Markdown of a text with its LaTeX formulas set and everything else as it stands."""
    text = re.sub(r"\s*\n\s*", " ", text)
    out, position = [], 0
    for formula in _FORMULA.finditer(text):
        out.append(_plain(text[position : formula.start()]))
        body = (formula[1] or formula[2]).strip()
        out.append(f"${body}$" if body else _plain(formula[0]))
        position = formula.end()
    out.append(_plain(text[position:]))
    return "".join(out)
