"""Files of one paper: its title and abstract, and the file's name as its identifier."""

import re
from abc import abstractmethod
from pathlib import Path

from core.files.base import Layout, Numbered, Reader, Select
from core.files.bibtex_text import plain
from core.files.errors import SizeLimitExceeded
from core.files.formats import PACKED, kind_of
from core.files.limits import MAX_CELL_LENGTH
from core.files.text_reader import TextReader
from core.text import pasted

COLUMNS = ("id", "title", "abstract")

_COMMENT = re.compile(r"(?<!\\)%.*")
_TITLE = re.compile(r"\\title\s*(?:\[[^\]]*\])?\s*\{")
_ABSTRACT = re.compile(r"\\begin\{abstract\*?\}(.*?)\\end\{abstract\*?\}", re.DOTALL)
_ABSTRACT_COMMAND = re.compile(r"\\abstract\s*\{")
_BODY = re.compile(r"\\begin\{document\}(.*)", re.DOTALL)
_NOTE = re.compile(r"\\(?:thanks|footnote)\s*\{[^{}]*\}|\\\\")


def name_of(file: Path) -> str:
    """A file's name without its extension and that of a compression."""
    return (file.with_suffix("") if file.suffix.lower() in PACKED else file).stem


class PaperReader(Reader):
    """One record, the paper of the file."""

    def _read_layout(self) -> Layout:
        return Layout(kind_of(self.path), columns=COLUMNS)

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        values = (name_of(self.path), *self._paper())
        yield 1, {name: values[i] for name, i in select(COLUMNS).items()}

    @abstractmethod
    def _paper(self) -> tuple[str, str]:
        """The paper's title and abstract."""


class PlainTextReader(PaperReader, TextReader):
    """A paper as plain text."""

    def _read_layout(self) -> Layout:
        _, encoding = self._start()
        return Layout(kind_of(self.path), encoding, columns=COLUMNS)

    def _paper(self) -> tuple[str, str]:
        return pasted.split_title(self._content())

    def _content(self) -> str:
        with self._unpacked() as stream, self._text(stream, None) as text:
            content = text.read(MAX_CELL_LENGTH + 1)
        if len(content) > MAX_CELL_LENGTH:
            raise SizeLimitExceeded(
                "it has more than {most:,} characters, too many for one paper",
                most=MAX_CELL_LENGTH,
            )
        return content.lstrip("\ufeff").replace("\0", "")


class LatexReader(PlainTextReader):
    """A paper as LaTeX: its title and abstract, else the beginning of its text."""

    def _paper(self) -> tuple[str, str]:
        source = _COMMENT.sub("", self._content())
        title = plain(_NOTE.sub(" ", _argument(source, _TITLE)))
        found = _ABSTRACT.search(source)
        abstract = found[1] if found else _argument(source, _ABSTRACT_COMMAND)
        if title or abstract:
            return title, plain(abstract)
        body = _BODY.search(source)
        return pasted.split_title(plain(body[1] if body else source))


def _argument(source: str, command: re.Pattern[str]) -> str:
    """The argument of the first such command, whose braces are balanced; empty without one."""
    start = command.search(source)
    if not start:
        return ""
    depth = 1
    for brace in re.finditer(r"(?<!\\)[{}]", source[start.end() :]):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return source[start.end() : start.end() + brace.start()]
    return ""
