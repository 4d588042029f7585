"""Texts that say nothing of a paper's subject: identifiers, addresses, entries, withdrawals."""

import re

from core.messages import Message
from core.text import arxiv_ids
from core.text.tokens import paper_tokens

ARXIV_ID = Message("This is an arXiv id and no text. Paste the paper's title and abstract.")
ADDRESS = Message(
    "This is an address or a number and no text. Paste the paper's title and abstract."
)
BIBTEX = Message("This is a BibTeX entry and no text. Paste the paper's title and abstract.")
RIS = Message("This is a RIS entry and no text. Paste the paper's title and abstract.")
WITHDRAWN = Message("This paper was withdrawn, and its abstract says only that.")
NO_SUBJECT = Message("No word here says what the paper is about.")

_BIBTEX = re.compile(r"^\s*@\s*[A-Za-z]{3,20}\s*[{(]\s*[^\s,{}]*\s*,", re.MULTILINE)
_RIS = re.compile(r"^\s*TY {1,2}- ?[A-Z]\w*", re.MULTILINE)

_LONGEST_REFERENCE = 2_000
_AROUND = "<>()\"'.,; "
_ADDRESS = re.compile(
    r"(?:https?|ftp)://\S+|www\.\S+|10\.\d{4,9}/\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[a-z0-9-]+\.)+(?:org|com|net|edu|gov|io|info|ai|eu|uk|de|fr|cn|ch|jp|it|ru)(?:/\S*)?"
    r"|(?:doi|arxiv|pmid|pmcid|isbn|issn|oai|hal|wos|eprint):\S+|PMC\d+|hal-\d+\S*|[A-Z]?\d{5,}v?\d?"
    r"|\d[\d-]{7,}[\dx]",
    re.IGNORECASE,
)
_BESIDE_ADDRESS = re.compile(
    r"(?:doi|arxiv|pmid|pmcid|isbn|issn|url|link|id|eprint|e-?mail|s2cid|see|at|and|available):?"
    r"|\[[a-z-]+(?:\.[a-z-]+)?\]?",
    re.IGNORECASE,
)
_MARK_OF_ADDRESS = re.compile(r"[.:/@\d]")

_PAPER = r"(?:paper|article|manuscript|submission|preprint|version|work|draft)"
_WITHDRAWN = re.compile(
    rf"\b{_PAPER}\b.{{0,40}}\b(?:withdrawn|retracted)\b|(?:^|:)\W*(?:withdrawn|retracted)\b"
    rf"|\b(?:withdr[ae]wn?|withdrawing|retract(?:ed|s)?)\b.{{0,20}}"
    rf"\b(?:this|the|our) (?:\w+ )?{_PAPER}\b",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_FEW_WORDS_LEFT = 12

_STOCK = frozenset(
    "note notes remark remarks comment comments erratum errata corrigendum addendum reply paper "
    "article untitled title abstract withdrawn retracted none null nan na tba tbd test".split()
)
_SHORT = 80
_COMMON = frozenset("a an the of on in for to and or with some this that is it its no".split())


def kind_of_reference(text: str) -> Message | None:
    """What a text is that only points to a paper, as a reason for no answer; None for others."""
    if "@" in text and _BIBTEX.search(text):
        return BIBTEX
    if "TY " in text and _RIS.search(text):
        return RIS
    if len(text) > _LONGEST_REFERENCE or not _may_be_address(text):
        return None
    if arxiv_ids.find(text):
        return ARXIV_ID
    words = [word.strip(_AROUND) for word in text.split()]
    addresses = [word for word in words if _ADDRESS.fullmatch(word) or arxiv_ids.find(word)]
    others = len(words) - len(addresses)
    if not addresses or others > sum(bool(_BESIDE_ADDRESS.fullmatch(word)) for word in words):
        return None
    return ARXIV_ID if any(map(arxiv_ids.find, addresses)) else ADDRESS


def _may_be_address(text: str) -> bool:
    """Whether the first word is one of an address; those of titles and abstracts are not."""
    first = text.split(None, 1)[0] if text.strip() else ""
    return bool(_MARK_OF_ADDRESS.search(first) or _BESIDE_ADDRESS.fullmatch(first))


def without_references(title: str, abstract: str) -> tuple[str, str, Message | None]:
    """Title and abstract, each empty where it only points to a paper, and what it is."""
    of_title, of_abstract = kind_of_reference(title), kind_of_reference(abstract)
    return (
        "" if of_title else title,
        "" if of_abstract else abstract,
        of_abstract or of_title,
    )


def reason(title: str, abstract: str) -> Message | None:
    """Why a tidied paper says nothing of its subject; None if it does."""
    if is_withdrawn(abstract):
        return WITHDRAWN
    if len(title) + len(abstract) > _SHORT:
        return None
    words = [w for w in paper_tokens(f"{title} {abstract}") if len(w) > 1 and w not in _COMMON]
    return NO_SUBJECT if words and _STOCK.issuperset(words) else None


def is_withdrawn(abstract: str) -> bool:
    """Whether an abstract says that the paper was withdrawn, and little else."""
    # Asked of every paper: a search for letters is faster than one for a pattern.
    if "ithdr" not in abstract and "etract" not in abstract and "WITHDR" not in abstract:
        return False
    sentences = _SENTENCE_END.split(abstract)
    others = [sentence for sentence in sentences if not _WITHDRAWN.search(sentence)]
    return len(others) < len(sentences) and len(" ".join(others).split()) < _FEW_WORDS_LEFT
