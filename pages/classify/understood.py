"""What was understood of what was brought, to read and to edit."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.i18n import _, ngettext, translate
from core.messages import Message
from core.prediction import intake
from core.prediction.intake import ADDRESS, BIBTEX, ID, RIS, Understood
from core.text.markdown import escape_markdown
from pages.classify import paper_text
from pages.classify.box import show_fields

MAX_TITLE = 90
MAX_ENTRIES = 200


def show_understood() -> None:
    """The kind of what was brought where it is no text, then title and abstract."""
    found = paper_text.understood()
    if found.kind == ID:
        show_id(found.id)
    elif found.kind == ADDRESS:
        text = _(
            "This is an address or a number, and there is nothing to read in it. Paste the title "
            "and the abstract that it leads to."
        )
        st.info(text, icon=":material/link_off:")
    elif found.kind in (BIBTEX, RIS):
        found = show_entries(found)
    show_done(found.notes)
    if not paper_text.has_two_fields() and any(paper_text.FORM.typed()):
        with st.expander(summary(*paper_text.FORM.typed()), expanded=found.kind in (BIBTEX, RIS)):
            show_fields(height=150)


def show_id(paper_id: str) -> None:
    """An arXiv id, and a button that looks it up."""
    text = _("This is the arXiv id **{id}**.").format(id=escape_markdown(paper_id))
    with st.container(border=True):
        st.markdown(f":material/tag: {text}")
        hint = _("In the corpora on this server, else by a request to arXiv.")
        label = _("Look it up at arXiv")
        icon = ":material/travel_explore:"
        args = (paper_id,)
        st.button(label, icon=icon, help=hint, on_click=paper_text.look_up, args=args)
        if error := st.session_state.get("look-up-error"):
            st.warning(escape_markdown(error), icon=":material/wifi_off:")


def show_entries(found: Understood) -> Understood:
    """A bibliography: its only entry, or one to choose; what was understood of that one."""
    records = found.records[:MAX_ENTRIES]
    if not records:
        return found
    record = records[0] if len(records) == 1 else choose_entry(records, len(found.records))
    if record is None:
        return found
    chosen = intake.from_record(found, record)
    if chosen.id and not chosen.abstract:
        show_id(chosen.id)
    return chosen


def choose_entry(records: Sequence[dict[str, Any]], n: int) -> dict[str, Any] | None:
    """The chosen one of several entries."""
    text = ngettext(
        "There is {n:,} entry in it. Choose one, or bring the file to *Batch*.",
        "There are {n:,} entries in it. Choose one, or bring the file to *Batch*.",
        n,
    )
    st.markdown(text.format(n=n))
    index = st.selectbox(
        _("Entry"),
        range(len(records)),
        index=None,
        format_func=lambda index: str(records[index]["title"])[:MAX_TITLE],
        key=paper_text.ENTRY,
        on_change=paper_text.choose,
        placeholder=_("Choose an entry"),
        label_visibility="collapsed",
    )
    return None if index is None else records[index]


def show_done(notes: Sequence[Message]) -> None:
    """What was done to the text, or is wrong with it."""
    if notes:
        st.caption(" ".join(escape_markdown(translate(note)) for note in notes))


def summary(title: str, abstract: str) -> str:
    """What was understood, in a line."""
    title = title[:MAX_TITLE] + ("…" if len(title) > MAX_TITLE else "")
    n = len(abstract.split())
    words = ngettext("abstract of {n:,} word", "abstract of {n:,} words", n).format(n=n)
    if not title:
        return _("Read as: {abstract}, no title").format(abstract=words)
    title = escape_markdown(" ".join(title.split()))
    if not n:
        return _("Read as: **{title}**, no abstract").format(title=title)
    return _("Read as: **{title}**, {abstract}").format(title=title, abstract=words)
