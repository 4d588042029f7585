"""Terms chosen by a user, in groups: from text, a table or the URL."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.embeddings.similarity import MAX_TERMS, parse_terms
from core.embeddings.vectors import TermError
from core.messages import N_, Message
from core.text import documents as cleaning
from core.text.tokens import tokenise

MAX_GROUP_LENGTH = 40
MAX_FILE_BYTES = 1 << 20  # 200 terms take a few thousand
NO_GROUP, NEAREST = N_("Other"), N_("Neighbours")
EXAMPLES = (N_("Related viruses"), N_("Regions"), N_("Symptoms"))
GROUPS = (*EXAMPLES, NO_GROUP, NEAREST)
"""Groups that the dashboard gives names to; they are English, and translated where shown."""


@dataclass(frozen=True)
class Selection:
    """Terms in the order entered, each in one group; both tuples have the same length."""

    terms: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """`group: term, term`, one line per run of terms of the same group, to preserve order."""
        return [
            f"{group}: {', '.join(term for term, _ in run)}"
            for group, run in itertools.groupby(self, key=lambda pair: pair[1])
        ]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Pairs of term and group."""
        return zip(self.terms, self.groups, strict=True)

    def __len__(self) -> int:
        """The number of terms."""
        return len(self.terms)


@dataclass(frozen=True)
class Change:
    """A new selection, and notes to the user, one sentence each."""

    selection: Selection
    notes: tuple[Message, ...] = ()


NOTEBOOK = Selection(
    ("coronavirus", "SARS", "MERS", "Italy", "Spain", "Europe", "cough", "fever", "throat"),
    tuple(group for group in EXAMPLES for _ in range(3)),
)
"""The CORD-19 notebook's nine terms."""

ANALOGY = ("remdesivir", "SARS-CoV-2", "oseltamivir")
"""The default analogy."""

_COLON = re.compile("[:：]")


def group_name(text: str) -> str:
    """A group's name as stored: one line, without colons, not too long, never empty."""
    name = " ".join(_COLON.sub(" ", cleaning.visible(text)).split())
    # Again after the cut, which may leave a blank at the end.
    return name[:MAX_GROUP_LENGTH].strip() or NO_GROUP


def collect(pairs: Iterable[tuple[str, str]]) -> Change:
    """A selection from pairs of text and group; a text may contain several terms.

    Of a repeated term the first occurrence counts; terms beyond the limit are left out.
    """
    chosen: dict[str, str] = {}
    duplicates: dict[str, None] = {}
    dropped = 0
    for text, group in pairs:
        # No limit here: it applies to all pairs together.
        parsed = parse_terms(text, limit=10 * MAX_TERMS)
        duplicates.update(dict.fromkeys(parsed.duplicates))
        dropped += parsed.dropped
        for term in parsed.terms:
            if term in chosen:
                duplicates[term] = None
            elif len(chosen) < MAX_TERMS:
                chosen[term] = group_name(group)
            else:
                dropped += 1
    notes = []
    if duplicates:
        names = ", ".join(list(duplicates)[:5]) + (" …" if len(duplicates) > 5 else "")
        notes.append(Message("Entered twice and kept once: {names}.", names=names))
    if dropped:
        notes.append(
            Message(
                "A heatmap takes up to {most} terms; the first {most} are kept, {n:,} left out.",
                most=MAX_TERMS,
                n=dropped,
            )
        )
    return Change(Selection(tuple(chosen), tuple(chosen.values())), tuple(notes))


def add(selection: Selection, text: str, group: str) -> Change:
    """The selection with the terms of a text appended to a group."""
    return collect([*selection, (text, group)])


def replace_word(selection: Selection, word: str, better: str) -> Change:
    """The selection with another word in place of each that equals `word` without punctuation."""
    pairs = [
        (" ".join(better if tokenise(part) == [word] else part for part in term.split(" ")), group)
        for term, group in selection
    ]
    return collect(pairs)


def from_lines(lines: Sequence[str]) -> Change:
    """A selection from lines as in `Selection.lines`; a line without a colon has no group.

    The first colon, which may be Chinese, ends the group's name.
    """
    pairs = []
    for line in lines:
        group, *rest = _COLON.split(line, maxsplit=1)
        pairs.append((rest[0], group) if rest else (line, NO_GROUP))
    return collect(pairs)


def from_file(name: str, content: bytes) -> Change:
    """A selection from an uploaded list, or table of `term` or `term,group` rows.

    A header is optional. A file of one line is a list of terms. Bytes that are not UTF-8 are read
    as Windows-1252, the encoding of Excel's CSV. Raises TermError for a file that is too large,
    empty or not text.
    """
    if len(content) > MAX_FILE_BYTES:
        raise TermError(
            "{file} is larger than a list of {most} terms can be (1 MB at most).",
            file=name,
            most=MAX_TERMS,
        )
    if b"\0" in content:
        raise TermError(
            "{file} is not a text file in UTF-8; save the list as CSV first.", file=name
        )
    text = _decoded(content)
    head = text.lstrip("\r\n ").split("\n", 1)[0]
    delimiter = max("\t;,", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise TermError(
            "{file} cannot be read as a table: {problem}.", file=name, problem=problem
        ) from None
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if rows and rows[0][0].casefold() in ("term", "terms"):
        rows = rows[1:]
    elif len(rows) == 1:
        rows = [[cell] for cell in rows[0]]
    change = collect((row[0], row[1] if len(row) > 1 else NO_GROUP) for row in rows)
    if not len(change.selection):
        raise TermError("{file} holds no term.", file=name)
    if any(any(row[2:]) for row in rows):
        more = Message("Only the first two columns were read, as term and group.")
        return replace(change, notes=(*change.notes, more))
    return change


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
