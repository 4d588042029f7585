"""How the tokens of a text embedding are made of a text."""

import sys
import unicodedata

# Planes 0 and 1 hold all of Unicode's punctuation (a test holds that so); looking at all of its
# seventeen planes would cost a tenth of a second at the start.
PUNCTUATION: dict[int, None] = dict.fromkeys(
    i for i in range(min(0x20000, sys.maxunicode + 1)) if unicodedata.category(chr(i))[0] == "P"
)
"""Deletes every punctuation character (general category P) by `str.translate`."""


def tokenise(text: str) -> list[str]:
    """The words of a term: punctuation deleted anywhere, split at every single blank.

    Tabs and line ends do not split; doubled blanks and an empty text give empty words.
    """
    return text.translate(PUNCTUATION).split(" ")
