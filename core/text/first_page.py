"""The title and the abstract in one pasted text: a first page, a web page, LaTeX or plain lines."""

import re

from core.text import documents, front_matter, hyphens
from core.text.front_matter import is_names, is_sentence

_LATEX_SOURCE = re.compile(r"\\(?:documentclass|begin\{document\}|begin\{abstract\}|maketitle)")
_LATEX_TITLE = re.compile(r"\\(?:title|icmltitle)\*?\s*(?:\[[^\]\[]*\])?\s*(?=\{)")
_LATEX_ABSTRACT = re.compile(r"\\begin\{abstract\}((?:[^\\]|\\(?!end\{abstract\}))*+)")
_ABSTRACT_COMMAND = re.compile(r"\\abstract\s*(?=\{)")
_COMMENT = re.compile(r"%(?<!\\%)[^\n]*")

_LABEL = re.compile(
    r"[ \t]*(title|authors?|abstract|comments?|subjects?|categories|cite as|journal(?:[ -]ref\w*)?"
    r"|doi|date|msc[ -]class(?:es)?|acm[ -]class(?:es)?|report[ -](?:no|number)|licen[cs]e|from|url"
    r"|affiliations?)[ \t]*:(?!\w*//)[ \t]*",
    re.IGNORECASE,
)
_LABELLED_LINES = 12

# Lines of a page that belong to neither: stamps, dates, numbers of pages, buttons of arXiv's pages.
_RUNNING_HEAD = re.compile(
    r"[ \t]*(?:\[submitted on\b.*|(?:view|download) pdf\b.*|html \(experimental\)|tex source"
    r"|arxiv:\S+.*|[\w .-]+ > [\w .-]+|preprint\b.{0,60}|(?:accepted|received|submitted|published"
    r"|draft|dated?|revised|available online)\b[^.]{0,80}\.?|published as a conference paper.*|©.*"
    r"|\(c\) \d{4}.*|(?:https?://)?(?:dx\.)?doi(?:\.org|:).*|(?:page )?\d{1,4}(?: of \d+)?"
    r"|\(?(?:\d\d? )?[A-Z][a-z]{2,8}\.?(?: \d\d?,)? \d{4}\)?|(?:under review|in press)\b.*"
    r"|vol(?:\.|ume)\b.{0,80}|research article|original (?:article|paper)|letter)[ \t]*",
    re.IGNORECASE,
)
_AFTER_ABSTRACT = re.compile(
    r"[ \t]*(?:comments?|subjects?|cite as|journal[ -]ref\w*|msc[ -]class\w*|acm[ -]class\w*"
    r"|report number)[ \t]*:",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(
    r"[ \t]*(?:(?:\d|I)\.?[ \t]+)?(?:introduction|I\.? INTRODUCTION|contents)[ \t]*[.:]?[ \t]*",
    re.IGNORECASE,
)
_TITLE_LINES, _TITLE_LENGTH, _TITLE_WORDS = 4, 300, 25
_ABSTRACT_WORDS = 12
_FIRST_SENTENCE = re.compile(r"([^.?!\n]+(?:\.\d[^.?!\n]*)*)([.?!])\s+(?=[A-Z])")
_NO_TITLE = re.compile(
    r"(?:we|in this|in the|this|these|here|our|recent|recently|it|there)\b", re.I
)


def split(text: str) -> tuple[str, str]:
    """The title, on one line and possibly empty, and the abstract of a pasted text."""
    text = documents.visible(text)
    for way in (_of_latex, _of_labels):
        if found := way(text):
            return found
    numbered, _ = front_matter.without_numbers(text.split("\n"))
    lines = [line for line in numbered if not _RUNNING_HEAD.fullmatch(line)]
    lines = _before_introduction(lines)
    stripped = front_matter.strip("\n".join(lines))
    if stripped.heading:
        front, rest = stripped.lines[: stripped.heading], stripped.lines[stripped.heading :]
        return _one_line(_block(front)), "\n".join(rest).strip()
    title, rest = _guess(stripped.lines)
    return _one_line(title), "\n".join(rest).strip()


def _of_latex(text: str) -> tuple[str, str] | None:
    """Title and abstract of LaTeX source, still with its commands."""
    if not _LATEX_SOURCE.search(text) and not _LATEX_TITLE.search(text):
        return None
    text = _COMMENT.sub("", text)
    title = _argument(text, _LATEX_TITLE)
    abstract = _LATEX_ABSTRACT.search(text)
    found = abstract[1] if abstract else _argument(text, _ABSTRACT_COMMAND)
    if not title and not found:
        return None
    return _one_line(title.split("\n")), found.strip()


def _argument(text: str, command: re.Pattern[str]) -> str:
    """The argument of a command's first use; empty without one or where its brace never closes."""
    match = command.search(text)
    if not match:
        return ""
    depth = 0
    for brace in re.finditer(r"[{}](?<!\\.)", text[match.end() :]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return text[match.end() + 1 : match.end() + brace.start()]
    return ""


def _of_labels(text: str) -> tuple[str, str] | None:
    """Title and abstract of lines that begin with "Title:", "Authors:", "Abstract:" and so on."""
    fields: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(text.split("\n")):
        if label := _LABEL.match(line):
            current = fields.setdefault(label[1].lower(), [])
            current.append(line[label.end() :])
        elif line.strip() == r"\\":
            current = fields.setdefault("abstract", [])
        elif current is not None:
            current.append(line)
        elif number > _LABELLED_LINES:
            return None
    if "title" not in fields or "abstract" not in fields:
        return None
    return _one_line(_block(fields["title"])), "\n".join(fields["abstract"]).strip()


def _before_introduction(lines: list[str]) -> list[str]:
    """The lines up to the introduction, or to what arXiv's pages write below an abstract."""
    for i, line in enumerate(lines):
        if i and (_INTRODUCTION.fullmatch(line) or _AFTER_ABSTRACT.match(line)):
            return lines[:i]
    return lines


def _block(lines: list[str]) -> list[str]:
    """The first lines up to a blank one, as many as a title has."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    if not filled:
        return []
    start = filled[0]
    end = next((i for i in range(start, len(lines)) if not lines[i].strip()), len(lines))
    return lines[start : min(end, start + _TITLE_LINES)]


def _guess(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines of a title that no heading tells from the abstract, and the lines after it."""
    lines = "\n".join(lines).strip().split("\n")
    if len(lines) == 1 and lines[0].strip() and _is_title(lines[0]):
        return lines, []
    if len(lines) == 1:
        return _first_sentence(lines[0])
    block = _block(lines)
    is_apart = len(block) < len(lines) and not lines[len(block)].strip()
    if is_apart and _is_title(" ".join(block)):
        return block, _without_names(lines[len(block) :])
    following = next(line for line in lines[1:] if line.strip())
    if _is_title(lines[0]) and not lines[0].rstrip().endswith((",", "-")) and (
        following.lstrip()[:1].isupper() or is_names(following)
    ):  # fmt: skip
        return lines[:1], _without_names(lines[1:])
    return [], lines


def _is_title(line: str) -> bool:
    words = line.split()
    return (
        len(words) <= _TITLE_WORDS
        and len(line) <= _TITLE_LENGTH
        and not line.rstrip().endswith(".")
        and not _NO_TITLE.match(line.strip())
        and (not is_sentence(line) or line.rstrip().endswith("?"))
    )


def _without_names(lines: list[str]) -> list[str]:
    """Lines after a title without the names that come first."""
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    return lines[start + 1 :] if is_names(lines[start]) and lines[start + 1 :] else lines


def _first_sentence(line: str) -> tuple[list[str], list[str]]:
    """A title that is the first sentence of a line, and the rest."""
    match = _FIRST_SENTENCE.match(line)
    if not match or len(line[match.end() :].split()) < _ABSTRACT_WORDS or not _is_title(match[1]):
        return [], [line]
    title = match[1] + (match[2] if match[2] == "?" else "")
    return [title], [line[match.end() :]]


def _one_line(lines: list[str]) -> str:
    return " ".join(hyphens.join("\n".join(lines))[0].split())
