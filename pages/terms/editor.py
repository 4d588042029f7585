"""The terms to compare, in the session and the URL, and their editor."""

import pandas as pd
import streamlit as st

from core.embeddings import term_list
from core.embeddings.term_list import NO_GROUP, NOTEBOOK, Change, Selection
from core.embeddings.vectors import TermError
from core.i18n import _, ngettext, translate
from core.plots.groups import group_name, stored_group
from pages.components import kept

PARAMETER = "terms"
"""The URL parameter with the terms, one line per group."""


def current_terms() -> Selection:
    """The terms: those of the URL where a link or the browser's history has changed it."""
    lines = st.query_params.get_all(PARAMETER)
    # A visit to another page takes them out of the URL, and changes nothing.
    opened = st.session_state.get("last-page") != "terms"
    if lines != st.session_state.get("terms-in-url", []) and (lines or not opened):
        replace_terms(term_list.from_lines(lines) if lines else Change(NOTEBOOK))
    elif "selection" not in st.session_state:
        apply_change(Change(NOTEBOOK))
    return st.session_state.selection


def apply_change(change: Change) -> None:
    """Apply a change of the terms to the session."""
    terms, groups = change.selection.terms, change.selection.groups
    st.session_state.selection = Selection(terms, tuple(map(stored_group, groups)))
    st.session_state.notes = change.notes
    # New keys reset the table and the text of the terms, which would otherwise keep their state.
    st.session_state.edition = st.session_state.get("edition", 0) + 1


def clear_notes() -> None:
    """Take away the notes on the last change."""
    st.session_state.notes = ()


def replace_terms(change: Change) -> None:
    """Apply a change that leaves none of the terms; a visitor's own can be brought back."""
    before = st.session_state.get("selection", NOTEBOOK)
    if before not in (NOTEBOOK, Selection(), change.selection):
        kept.put(terms=before.lines())
    apply_change(change)


def undo() -> None:
    """Bring back the terms that were replaced."""
    lines = kept.get("terms")
    kept.put(terms=[])
    replace_terms(term_list.from_lines(lines))


def show_undo() -> None:
    """How many terms were replaced, and the way back to them."""
    n = len(term_list.from_lines(kept.get("terms", [])).selection)
    if not n:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = ngettext("{n:,} term was replaced.", "{n:,} terms were replaced.", n)
        st.markdown(text.format(n=n), width="content")
        st.button(_("Undo"), icon=":material/undo:", on_click=undo)


def terms_to_url(terms: Selection) -> None:
    """Put the terms into the URL, which has lost them after a visit to another page."""
    # Without terms a URL shows the notebook's: an empty line means none.
    lines = [] if terms == NOTEBOOK else terms.lines() or [""]
    st.session_state["terms-in-url"] = lines
    if not lines:
        st.query_params.pop(PARAMETER, None)
    elif st.query_params.get_all(PARAMETER) != lines:
        st.query_params[PARAMETER] = lines


def add_terms(text: str, group: str) -> None:
    """Append the terms of a text to a group."""
    apply_change(term_list.add(current_terms(), text, group))


def on_table_edit() -> None:
    """Apply the edits made in the table of terms."""
    edits = st.session_state[f"table-{st.session_state.edition}"]
    has_new_term = any(cells.get("term") for cells in edits["added_rows"])
    if not (has_new_term or edits["edited_rows"] or edits["deleted_rows"]):
        # A new row is empty until its term is typed.
        return
    rows = [list(pair) for pair in current_terms()]
    for row, cells in edits["edited_rows"].items():
        term, group = rows[int(row)]
        rows[int(row)] = [cells.get("term", term), cells.get("group", group)]
    rows = [pair for i, pair in enumerate(rows) if i not in set(edits["deleted_rows"])]
    rows += [[cells.get("term"), cells.get("group")] for cells in edits["added_rows"]]
    apply_change(term_list.collect((term or "", group or NO_GROUP) for term, group in rows))


def on_text() -> None:
    """Take all terms from the text of groups."""
    lines = st.session_state[f"text-{st.session_state.edition}"].split("\n")
    replace_terms(term_list.from_lines(lines))


def on_file() -> None:
    """Take the terms of an uploaded file."""
    file = st.session_state.upload
    if file is None:
        return
    try:
        replace_terms(term_list.from_file(file.name, file.getvalue()))
    except TermError as problem:
        st.session_state.notes = (translate(problem),)


def show_editor(terms: Selection) -> None:
    """Controls that edit all terms and their groups at once, and the way back to replaced ones."""
    show_undo()
    with st.expander(_("Edit terms and groups"), icon=":material/table_edit:"):
        _show_table(terms)
    with st.expander(_("Paste or upload many"), icon=":material/upload:"):
        with st.form("text_form"):
            text, key = "\n".join(_named(terms).lines()), f"text-{st.session_state.edition}"
            hint = _("`Symptoms: cough, fever`. A line without a colon has no group.")
            st.text_area(_("One group per line"), text, key=key, height=150, help=hint)
            st.form_submit_button(_("Replace my terms"), on_click=on_text)
        st.file_uploader(
            _("CSV file: one term per row, its group in a second column if it has one"),
            type=["csv", "tsv", "txt"],
            key="upload",
            on_change=on_file,
        )
    with st.container(horizontal=True):
        for label, icon, selection in (
            (_("Example terms"), ":material/restart_alt:", NOTEBOOK),
            (_("Clear"), ":material/delete:", Selection()),
        ):
            st.button(label, icon=icon, on_click=replace_terms, args=(Change(selection),))


def _named(terms: Selection) -> Selection:
    """The terms with their groups' names as on screen."""
    return Selection(terms.terms, tuple(map(group_name, terms.groups)))


def _show_table(terms: Selection) -> None:
    """The terms and their groups as an editable table."""
    st.data_editor(
        pd.DataFrame({"term": terms.terms, "group": _named(terms).groups}, dtype=str),
        key=f"table-{st.session_state.edition}",
        num_rows="dynamic",
        hide_index=True,
        height=396,
        on_change=on_table_edit,
        column_config={
            "term": st.column_config.TextColumn(_("Term"), max_chars=200),
            "group": st.column_config.TextColumn(_("Group"), max_chars=term_list.MAX_GROUP_LENGTH),
        },
    )
