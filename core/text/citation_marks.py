"""Citation masks of data sets and LaTeX's citations as the numbers that papers print."""

import re

_MASK = re.compile(
    r"@@CITATION(?:\.\d+)?|#(?:AUTHOR|TARGET|OTHERS?)_(?:TAG|REF)|#(?:CITATION_TAG|REFR?)\b"
    r"|[\[(<](?:CITATION|CITE|CIT|REF|REFERENCE)s?[\])>]|\b(?:CITATION|GTREF|TREF|CITSEG|OTHERCIT)\b"
    r"|<(cite|ref|xref)(?: [^<>]{0,200})?>[^<>]{0,300}</\1>"
    r"|\\[cC]ite[a-z]*\*?(?:\[[^\]\[]{0,100}\]){0,2}\{[^{}]{1,500}\}"
)
MARK = "[1]"


def with_marks(sentence: str) -> str:
    """A sentence with every citation that is masked or LaTeX as a number in brackets."""
    return _MASK.sub(MARK, sentence)
