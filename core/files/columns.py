"""Which column holds which field: exact names, usual other ones, and names like them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from core import taxonomy

PAPER_FIELDS = ("id", "title", "abstract", "categories")
CITATION_FIELDS = ("id", "string", "section", "label")

NAMES = {
    "id": (
        *("id", "arxivid", "identifier", "entryid", "paperid", "uniqueid", "arxiv", "eprint"),
        *("doi", "key", "citationkey", "编号"),
    ),
    "title": (
        *("title", "titles", "papertitle", "articletitle", "documenttitle", "papertitles"),
        *("heading", "headings", "headline", "ti", "标题", "题名", "题目", "篇名", "论文标题"),
    ),
    "abstract": (
        *("abstract", "abstracts", "abstractnote", "abstracttext", "paperabstract"),
        *("summary", "summaries", "summarytext", "description", "descriptions", "ab"),
        *("摘要", "论文摘要", "text", "string"),
    ),
    "categories": (
        *("categories", "arxivcategories", "categorycodes", "categorycode", "category", "terms"),
        *("subjects", "subject", "primarycategory", "primaryclass", "primarysubject"),
        *("分类", "类别"),
    ),
    "string": (
        *("string", "text", "sentence", "sentences", "citationsentence", "citingsentence"),
        *("citationtext", "citationcontext", "citation", "citance", "context"),
    ),
    "section": ("sectionname", "section", "sectiontitle", "sectionheading"),
    "label": ("label", "labels", "intent", "intents", "citationintent", "citationfunction"),
}
"""Usual names of each field's column, letters and digits only, the best first."""
LIKE = {
    "title": ("title", "titles", "heading"),
    "abstract": (
        *("abstract", "abstracts", "summary", "summaries", "description", "descriptions"),
    ),
    "categories": ("categories", "category"),
    "string": ("sentence",),
}
"""Words that name a field within a longer column name, the best first."""
ABOUT = frozenset(
    "url link href id ids no length len count chars words tokens language lang date year score "
    "vector embedding embeddings has is journal book source publication conference series "
    "proceedings container website short host venue meeting sub".split()
)
"""Words of column names that are about something else, such as `Publication Title`."""
SECTIONS = ("sectionname", "section")
"""Names of a citation's section; the first that is not blank counts."""
TEXTS = ("string", "text")
"""Names of a text that counts where a row has no title and no abstract, or no sentence."""
ONE_HOT = "="
"""Before a category's code: the field of a column that says whether a paper has it."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_BY_NAME = {name: field for field, names in NAMES.items() for name in names}
_CATEGORIES = {
    **{row.name.lower(): code for code, row in taxonomy.RETIRED.items()},
    **{name.lower(): code for code, name in taxonomy.SUBJECTS.items()},
    **{name.lower(): code for code, name in taxonomy.ARCHIVES.items()},
}
"""Codes by name in lower case; of an archive and a subject of one name the archive counts."""


def is_known(name: str) -> bool:
    """Whether a column has a usual name; the header of a table is recognised by such names."""
    return _plain(name) in _BY_NAME


def guess(names: Sequence[str], field: str) -> str | None:
    """The column that holds a field: one of its usual names, else one like them, else None."""
    plain = [_plain(name) for name in names]
    for usual in NAMES[field]:
        if usual in plain:
            return names[plain.index(usual)]
    words = [frozenset(word.lower() for word in _WORD.findall(name)) for name in names]
    for word in LIKE.get(field, ()):
        for name, found in zip(names, words, strict=True):
            if word in found and found.isdisjoint(ABOUT):
                return name
    return None


def mapping(names: Sequence[str], task: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """The column of each field of a task, empty where none holds it.

    chosen: columns chosen for fields, in any case, empty for none; the other ones are guessed.
    """
    lower = {name.strip().lower(): name for name in reversed(names)}
    fields = CITATION_FIELDS if task == "intent" else PAPER_FIELDS
    return {
        field: lower.get(chosen[field].strip().lower(), "")
        if field in chosen
        else guess(names, field) or ""
        for field in fields
    }


def one_hot(names: Sequence[str]) -> dict[str, str]:
    """Columns that each stand for a category, by name or code, with the code; empty for one."""
    found = {name: code for name in names if (code := _category(name))}
    return found if len(found) > 1 else {}


@lru_cache(256)
def select(
    names: tuple[str, ...], task: str, chosen: tuple[tuple[str, str], ...]
) -> dict[str, int]:
    """The index of the column of each field, and of the names that count where it is blank."""
    taken = dict(chosen)
    found = {f: names.index(name) for f, name in mapping(names, task, taken).items() if name}
    return dict(_others(names, task, taken)) | found


def _others(
    names: tuple[str, ...], task: str, chosen: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    """Further names of a text or a section, and one column a category, with their indices."""
    lower = [name.strip().lower() for name in names]
    more = SECTIONS if task == "intent" and "section" not in chosen else ()
    for name in (*TEXTS, *more):
        if name in lower and name not in chosen:
            yield name, lower.index(name)
    if task != "intent" and "categories" not in chosen:
        for name, code in one_hot(names).items():
            yield ONE_HOT + code, names.index(name)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def _category(name: str) -> str | None:
    """The code that a column's name stands for."""
    return taxonomy.code_of(name) or _CATEGORIES.get(" ".join(name.lower().split()))
