"""One box for whatever somebody has of a paper; or two fields, or a file."""

import streamlit as st

from core.i18n import _
from core.prediction import intake
from pages.classify import paper_text
from pages.classify.paper_text import FORM
from pages.components import inputs, kept, visitor_files

FILE = "paper-file"
"""The session key of the file's error; that of the uploader has a number behind it."""


def show_box() -> None:
    """The examples and the form."""
    FORM.show_examples(paper_text.show_example)
    paper_text.catch_up()
    if paper_text.has_two_fields():
        show_fields()
    else:
        hint = _(
            "Paste a title and an abstract, an arXiv id or link, BibTeX or RIS. LaTeX is fine; a "
            "title alone works, less reliably."
        )
        label = _("Your paper")
        kept.field(st.text_area, label, "box", FORM.unpick, height=140, placeholder=hint)
    show_buttons()


def show_fields(height: int = 170) -> None:
    """Title and abstract, to type or to edit."""
    kept.field(
        st.text_input,
        _("Title"),
        "title",
        FORM.unpick,
        placeholder=_("The title of the paper"),
    )
    kept.field(
        st.text_area,
        _("Abstract"),
        "abstract",
        FORM.unpick,
        height=height,
        placeholder=_("The abstract, if there is one"),
    )


def show_buttons() -> None:
    """The buttons, the switch to two fields, and the place for a file."""
    with st.container(horizontal=True, vertical_alignment="center"):
        FORM.submit_button(paper_text.submit)
        st.button(_("Clear"), type="tertiary", on_click=paper_text.clear)
        inputs.toggle(_("Two fields"), key=paper_text.TWO_FIELDS)
        with st.popover(_("From a file"), icon=":material/upload_file:", type="tertiary"):
            st.file_uploader(
                _("A PDF (its first page), a text, LaTeX, BibTeX or RIS file"),
                type=intake.ENDINGS,
                key=uploader(),
                on_change=on_file,
            )
    visitor_files.show_error(FILE)


def uploader() -> str:
    """The uploader's key; a new one empties it."""
    return f"{FILE}-{st.session_state.get(FILE, 0)}"


def on_file() -> None:
    """Put a file's text into the box."""
    file = st.session_state[uploader()]
    if file is None:
        return
    with visitor_files.capture_errors(FILE):
        text = intake.text_of_file(file.name, file.getvalue())
        paper_text.set_aside()
        kept.put(box=text, paper=[])
        st.session_state[paper_text.TWO_FIELDS] = False
        FORM.unpick()
    st.session_state[FILE] = st.session_state.get(FILE, 0) + 1
