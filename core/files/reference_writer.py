"""RIS and BibTeX entries with categories as keywords, as reference managers read them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from core.files import own_columns
from core.files.base import Record

FIELDS = {
    "AU": "author",
    "PY": "year",
    "JO": "journal",
    "T2": "booktitle",
    "VL": "volume",
    "IS": "number",
    "PB": "publisher",
    "SN": "issn",
    "DO": "doi",
    "UR": "url",
}
"""BibTeX's name of the field that RIS has under a tag."""
ALIASES = {
    "authors": "AU",
    "first_authors": "AU",
    "journal_name": "JO",
    "secondary_title": "T2",
    "urls": "UR",
}
TAGS = {name: tag for tag, name in FIELDS.items()} | ALIASES
"""The tag of a field, by BibTeX's name, rispy's or that of a table's column."""
RIS_TYPES = {
    "article": "JOUR",
    "book": "BOOK",
    "inbook": "CHAP",
    "incollection": "CHAP",
    "inproceedings": "CONF",
    "conference": "CONF",
    "mastersthesis": "THES",
    "phdthesis": "THES",
    "techreport": "RPRT",
}
"""RIS's type of a BibTeX entry; all others are unpublished."""
BIBTEX_TYPES = {tag: name for name, tag in reversed(RIS_TYPES.items())}
UNPUBLISHED = "UNPB"
ENTRY_TYPES = ("entry_type", "entrytype", "ENTRYTYPE")
"""Keys of a BibTeX entry's type; the type of an RIS entry is in `type_of_reference`."""
OURS = frozenset({"title", "abstract", "id", "categories", "keywords", "type_of_reference"})
"""Fields that are written from the paper and its answer, or that give the entry's type."""
AUTHORS = r"\s*;\s*|\sand\s"
"""What separates authors."""

_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f\ufffe\uffff]")
_BRACE = re.compile(r"\\?[{}]")
# The character comes first: a search for it is fast.
_SPECIAL = re.compile(r"[&%#](?<!\\.)")
_SPECIAL_OUTSIDE_FORMULAS = re.compile(r"_(?<!\\.)")
_FORMULA = re.compile(r"(\$[^$]*\$)")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def ris(record: Record, keywords: Sequence[str], note: str) -> str:
    """A paper as an RIS entry, a line a field.

    record: `title`, `abstract` and `id`, and the fields of an entry that was read, or columns of a
    table, of which those are kept that a reference has; note: on the answer, empty for none.
    """
    lines = [
        ("TY", _ris_type(record)),
        ("ID", _line(record.get("id"))),
        ("TI", _line(record.get("title"))),
        *_ris_fields(record),
        ("AB", _line(record.get("abstract"))),
        *(("KW", word) for word in _keywords(record, keywords)),
        ("N1", _line(note)),
    ]
    body = "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value)
    return f"{body}ER  - \r\n\r\n"


def bibtex(record: Record, keywords: Sequence[str], note: str) -> str:
    """A paper as a BibTeX entry, a line a field; as for `ris`.

    Special characters are escaped where they are not, and each brace has its partner.
    """
    fields = {
        "title": record.get("title"),
        **_bibtex_fields(record),
        "abstract": record.get("abstract"),
        "keywords": ", ".join(_keywords(record, keywords)),
    }
    if note:
        fields["note"] = f"{_line(fields.get('note'))} {note}".strip()
    lines = [(name, _tex(_line(value))) for name, value in fields.items()]
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in lines if value)
    kind = _entry_type(record) or BIBTEX_TYPES.get(_ris_type(record), "misc")
    return f"@{kind}{{{_key(record)},\n{body}}}\n\n"


def distinct_keys(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of BibTeX entries; a key that was there before gets a number."""
    seen: set[bytes] = set()
    for line in lines:
        if line.startswith(b"@"):
            kind, _, key = line.rstrip(b",\n").partition(b"{")
            free, number = key, 2
            while free in seen:
                free, number = b"%s-%d" % (key, number), number + 1
            seen.add(free)
            line = b"%s{%s,\n" % (kind, free)
        yield line


def _line(value: Any) -> str:
    """A value on one line."""
    return " ".join(own_columns.encodable(_CONTROL.sub("", own_columns.text(value))).split())


def _parts(value: Any, separator: str) -> list[str]:
    """The parts of a list, or of one as text."""
    parts = value if isinstance(value, list | tuple) else re.split(separator, _line(value))
    return [part for part in map(_line, parts) if part]


def _keywords(record: Record, keywords: Sequence[str]) -> list[str]:
    """The entry's own keywords, then those that are new."""
    own = _parts(record.get("keywords"), "[,;]")
    return list(dict.fromkeys((*own, *keywords)))


def _entry_type(record: Record) -> str:
    """The type of an entry that was read from BibTeX, empty for others."""
    name = next((_line(record[key]) for key in ENTRY_TYPES if record.get(key)), "")
    return name.lower() if _FIELD_NAME.fullmatch(name) else ""


def _ris_type(record: Record) -> str:
    own = _line(record.get("type_of_reference"))
    return own or RIS_TYPES.get(_entry_type(record), UNPUBLISHED)


def _ris_fields(record: Record) -> Iterator[tuple[str, str]]:
    texts = (record.get("title"), record.get("abstract"))
    tags = TAGS | _ris_tags() if "type_of_reference" in record else TAGS
    for name, value in record.items():
        tag = tags.get(name.lower())
        # RIS has titles and abstracts under two tags each.
        again = name in ("primary_title", "notes_abstract") and value in texts
        if name.lower() in OURS or again or isinstance(value, Mapping):
            continue
        if tag == "AU" or isinstance(value, list):
            yield from ((tag, part) for part in _parts(value, AUTHORS) if tag)
        elif tag:
            yield tag, _line(value)
        elif name.lower() == "pages":
            yield from zip(("SP", "EP"), _parts(value, r"\s*[-–—]+\s*"), strict=False)


@lru_cache
def _ris_tags() -> dict[str, str]:
    """The tags of the fields of an entry that rispy read."""
    from rispy.config import TAG_KEY_MAPPING

    return {name: tag for tag, name in TAG_KEY_MAPPING.items() if tag not in ("ER", "UK")}


def _bibtex_fields(record: Record) -> dict[str, Any]:
    if _entry_type(record):
        return {
            name: value
            for name, value in record.items()
            if name not in OURS and name not in ENTRY_TYPES and _FIELD_NAME.fullmatch(name)
        }
    found: dict[str, list[str]] = {}
    for name, value in record.items():
        if tag := TAGS.get(name.lower()):
            found.setdefault(FIELDS[tag], []).extend(_parts(value, AUTHORS if tag == "AU" else "$"))
    authors = " and ".join(found.pop("author", []))
    pages = [_line(record.get(name)) for name in ("start_page", "end_page")]
    return {
        "author": authors,
        **{name: values[0] for name, values in found.items() if values},
        "pages": "--".join(filter(None, pages)) or record.get("pages"),
    }


def _key(record: Record) -> str:
    """A citation key: the identifier without characters that end a key."""
    return re.sub(r"[^A-Za-z0-9_.:/+-]+", "-", _line(record.get("id"))).strip("-") or "paper"


def _tex(text: str) -> str:
    """Text for a field in braces; formulas and commands in it stay as they are."""
    text = _SPECIAL.sub(r"\\\g<0>", text)
    text = "".join(
        part if part.startswith("$") else _SPECIAL_OUTSIDE_FORMULAS.sub(r"\\_", part)
        for part in _FORMULA.split(text)
    )
    text = _with_partners(text)
    # A backslash before the brace that ends the field would escape it.
    return f"{text} " if text.endswith("\\") else text


def _with_partners(text: str) -> str:
    """The text with a command for each brace without a partner.

    Braces after a backslash are matched apart: BibTeX counts them, other readers do not.
    """
    if "{" not in text and "}" not in text:
        return text
    lonely: set[int] = set()
    for opening, closing in (("{", "}"), (r"\{", r"\}")):
        stack: list[int] = []
        for match in _BRACE.finditer(text):
            if match[0] == opening:
                stack.append(match.start())
            elif match[0] == closing:
                lonely.update(() if stack else (match.start(),))
                del stack[-1:]
        lonely.update(stack)
    commands = {"{": r"\lbrace{}", "}": r"\rbrace{}"}
    return _BRACE.sub(lambda m: commands[m[0][-1]] if m.start() in lonely else m[0], text)
