"""HTML and Markdown in pasted texts: the marks are taken off, the words stay."""

import html
import re

_INLINE = "i|b|em|strong|u|small|tt|code|span|a|sub|sup|font|italic|bold|mark"
_BLOCK = "p|br|div|h[1-6]|ul|ol|li|blockquote|pre|sec|title|abstract|body|html|table|tr|td|section"
_INLINE_TAG = re.compile(rf"</?(?:jats:)?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.I)
_BLOCK_TAG = re.compile(rf"</?(?:jats:)?(?:{_BLOCK})(?:\s[^<>]*)?/?>", re.I)
# A closing tag or a line break shows that it is HTML: "<p>" alone may be a mean momentum.
_IS_HTML = re.compile(rf"</(?:jats:)?(?:{_INLINE}|{_BLOCK})>|<br ?/?>", re.I)
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}[0-9]{0,2}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")

_EMPHASIS = re.compile(r"\*(?<![\w*\\]\*)(\*{0,2})(?=[^\s*])([^*\n]*[^\s*\\])\*\1(?![\w*])")
_UNDERLINED = re.compile(r"_(?<![\w\\]_)(_{0,2})(?=[^\s_])([^_\n]*[^\s_\\])_\1(?![\w_])")
_LINK = re.compile(
    r"!?\[([^\[\]\n]+)\]\(\s*(?:https?://|www\.|#|/|mailto:)[^()\s]*(?:\s\"[^\"]*\")?\)"
)
_CODE = re.compile(r"`(?<![`\\]`)([^`\n]+)`(?!`)")
_STRUCK = re.compile(r"~~([^~\n]+)~~")
_HEADING = re.compile(r"(\A|\n)[ \t]{0,3}#{1,6}[ \t]+([^\n]*?)[ \t]*#*(?=\n|\Z)")
_QUOTE = re.compile(r"(\A|\n)[ \t]{0,3}(?:>[ \t]?)+")
_BULLET = re.compile(r"\n[ \t]*[-*+\u2022\u25cf\u25aa][ \t]+")
_FIRST_BULLET = re.compile(r"\A\s*[-*+\u2022\u25cf\u25aa][ \t]+")


def without_html(text: str) -> tuple[str, int]:
    """A text without HTML's (and Crossref's JATS) tags and entities, and how many there were.

    A subscript is written on: "H<sub>2</sub>O" becomes "H2O".
    """
    count = 0
    if "<" in text and _IS_HTML.search(text):
        text, inline = _INLINE_TAG.subn("", text)
        text, block = _BLOCK_TAG.subn("\n", text)
        count = inline + block
    if "&" in text:
        text, entities = _ENTITY.subn(_character, text)
        count += entities
    return text, count


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def without_markdown(text: str) -> tuple[str, int]:
    """A text without Markdown's marks, and how many pairs or lines had some."""
    count = 0
    for mark, pattern, kept in _MARKS:
        if mark in text:
            text, found = pattern.subn(kept, text)
            count += found
    # A single dash at the start of a line may be one of the sentence.
    if "\n" in text and len(_BULLET.findall(text)) > 1:
        text, bullets = _BULLET.subn("\n", _FIRST_BULLET.sub("", text))
        count += bullets
    return text, count


_MARKS = (
    ("](", _LINK, r"\1"),
    ("*", _EMPHASIS, r"\2"),
    ("_", _UNDERLINED, r"\2"),
    ("`", _CODE, r"\1"),
    ("~~", _STRUCK, r"\1"),
    ("# ", _HEADING, r"\1\2"),
    (">", _QUOTE, r"\1"),
)
