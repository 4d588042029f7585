"""The paper in the form: what is typed, what was understood of it, and what was submitted."""

import hashlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.i18n import translate
from core.messages import PaperlensError
from core.prediction import intake
from core.prediction.intake import BIBTEX, NOTHING, RIS, TEXT, Understood
from core.statistics.paper_lookup import look_up as find_paper
from core.text.input_checks import MAX_CHARACTERS
from pages.classify.examples import EXAMPLES
from pages.classify.forms import TextForm
from pages.components import kept

FORM = TextForm(
    ("title", "abstract"),
    "paper",
    "example",
    {example.name: (example.title, example.abstract) for example in EXAMPLES},
)
TWO_FIELDS = "fields"
"""The session key and URL parameter of the switch to two fields."""
ENTRY = "entry"
"""The session key of the picked entry of a bibliography."""
FIELDS = ("box", "title", "abstract")
MAX_ANSWERS = 10


def digest(text: str) -> str:
    """A short form of a text, to know it again."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def has_two_fields() -> bool:
    """Whether title and abstract are typed in fields of their own."""
    in_url = st.query_params.get(TWO_FIELDS) == "true"
    return bool(st.session_state.get(TWO_FIELDS, in_url))


def source() -> str:
    """What was brought: the box, or in two fields what stands there."""
    return "\n".join(filter(str.strip, FORM.typed())) if has_two_fields() else kept.get("box", "")


def understood() -> Understood:
    """What was understood of `source`; with two fields filled they are what they are called."""
    if has_two_fields() and all(map(str.strip, FORM.typed())):
        return Understood(TEXT, *FORM.typed())
    text, known = source(), st.session_state.get("understood")
    if not known or known[0] != text:
        known = st.session_state.understood = text, intake.understand(text)
    return known[1]


def catch_up() -> None:
    """Take title and abstract from the box, once for each text that it holds."""
    kept.sync()
    if not has_two_fields() and digest(kept.get("box", "")) != kept.get("read", digest("")):
        kept.put(read=digest(kept.get("box")))
        st.session_state.pop(ENTRY, None)
        take_understood()


def take_understood() -> None:
    """Take what was understood: the text, or the only entry of a bibliography."""
    found = understood()
    if len(found.records) == 1:
        take_entry(found.records[0])
    else:
        take(found)


def take(found: Understood, categories: Sequence[str] = ()) -> None:
    """Put a paper into title and abstract; categories: those that it is known to have."""
    kept.replace(title=found.title, abstract=found.abstract)
    kept.put(known=[found.title, *categories])


def choose() -> None:
    """Take the picked entry of a bibliography."""
    if (index := st.session_state[ENTRY]) is not None:
        take_entry(understood().records[index])


def take_entry(record: dict[str, Any]) -> None:
    """Take an entry of a bibliography, with its categories."""
    take(intake.from_record(understood(), record), intake.categories_of(record))


def submit() -> None:
    """Submit the paper, unless there is only an identifier or the like."""
    catch_up()
    if has_two_fields() and understood().kind in (BIBTEX, RIS):
        take_understood()
    kept.put(paper=FORM.typed() if is_paper() else [])
    FORM.unpick()


def is_paper() -> bool:
    """Whether title and abstract are words, or nothing was brought at all."""
    filled = [text for text in FORM.typed() if text.strip()]
    if not filled:
        return understood().kind == NOTHING
    return len(filled) == 2 or intake.understand(filled[0]).kind == TEXT


def look_up(paper_id: str) -> None:
    """Take the paper of an arXiv id from the corpora here or from arXiv, and submit it."""
    st.session_state["look-up-error"] = ""
    try:
        paper = find_paper(paper_id)
    except PaperlensError as error:
        st.session_state["look-up-error"] = translate(error)
        return
    kept.put(title=paper.title, abstract=paper.abstract, known=[paper.title, *paper.categories])
    kept.put(paper=FORM.typed())
    FORM.unpick()


def known_categories() -> list[str]:
    """The categories that the submitted paper is known to have, the primary one first."""
    title, *codes = kept.get("known") or [""]
    return codes if kept.get("paper", [])[:1] == [title] else []


def fill(title: str, abstract: str, box: str | None = None) -> None:
    """Put a paper into the form; box: as it was brought, where that is known."""
    box = "\n\n".join(filter(None, (title, abstract))) if box is None else box
    kept.put(box=box, title=title, abstract=abstract, read=digest(box), known=[])


def show_example(texts: Sequence[str]) -> None:
    """Put an example into the form and submit it; the visitor's own text is set aside."""
    set_aside()
    fill(*texts)
    FORM.fill(texts)


def open_paper(title: str, abstract: str) -> None:
    """Show an earlier answer or a row of a file; a text not yet submitted is set aside."""
    if FORM.typed() != kept.get("paper"):
        set_aside()
    fill(title, abstract)
    FORM.fill((title, abstract))
    FORM.unpick()


def is_own_text() -> bool:
    """Whether the form holds something that is no example."""
    kept.sync()
    filled = any(kept.get(name, "").strip() for name in FIELDS)
    return filled and not is_example(FORM.typed())


def is_example(texts: Sequence[str]) -> bool:
    """Whether a title and an abstract are those of an example."""
    return tuple(texts) in FORM.examples.values()


def set_aside() -> None:
    """Keep the visitor's own text while another takes its place."""
    if is_own_text():
        kept.put(aside=[kept.get(name, "") for name in FIELDS])


def restore() -> None:
    """Put back what was set aside, and submit it."""
    box, title, abstract = kept.get("aside")
    kept.put(aside=[])
    set_aside()
    fill(title, abstract, box)
    kept.put(paper=FORM.typed() if is_paper() else [])
    FORM.unpick()


def forget_aside() -> None:
    """Let go of what was set aside."""
    kept.put(aside=[])


def clear() -> None:
    """Empty the form; what stood there can be restored."""
    set_aside()
    fill("", "")
    kept.put(paper=[])
    FORM.unpick()


def remember(label: str) -> None:
    """Add the submitted paper and its category to the visit's last answers, the newest first."""
    entry = [text[:MAX_CHARACTERS] for text in kept.get("paper")] + [label]
    others = [one for one in kept.get("answers", []) if one[:2] != entry[:2]]
    kept.put(answers=[entry, *others][:MAX_ANSWERS])
