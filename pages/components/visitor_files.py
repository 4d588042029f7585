"""Visitors' uploads, whose ids are in the session and the URL to survive reloads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.files.formats import DOCUMENTS, FORMATS, PACKED
from core.files.upload_store import TIME_TO_LIVE, StoredFile, UploadStore
from core.i18n import _, translate
from core.messages import PaperlensError
from core.text import markdown
from core.text.documents import visible

PARAMETER = "upload"
"""The URL parameter with the id of the page's upload."""

FILE_TYPES = [ending[1:] for ending in (*FORMATS, *PACKED)]
CORPUS_TYPES = [ending[1:] for ending in (*FORMATS, *PACKED) if ending not in DOCUMENTS]
MINUTES = round(TIME_TO_LIVE / 60)
"""Minutes until an unused upload is deleted."""

T = TypeVar("T", bound=StoredFile)


def is_connected(session: str) -> bool:
    """Whether a browser is connected to a session."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)


STORE = UploadStore(is_connected)
"""All uploads of this server; not in Streamlit's cache, which any visitor can clear."""


def session_id() -> str:
    """The id of the current session."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


@contextmanager
def capture_errors(key: str) -> Iterator[None]:
    """Store an error of a callback for `show_error`; raised, it would replace the page."""
    st.session_state[f"{key}-error"] = ""
    try:
        yield
    except OSError as error:
        reason = error.strerror or translate(error)
        text = _("The file cannot be kept: {reason}").format(reason=reason)
        st.session_state[f"{key}-error"] = text
    except PaperlensError as error:
        st.session_state[f"{key}-error"] = translate(error)


def show_error(key: str) -> None:
    """Show the error that `capture_errors` stored, if any."""
    if error := st.session_state.get(f"{key}-error"):
        st.error(markdown.escape_markdown(error), icon=":material/error:")


def store(kind: type[StoredFile], key: str, uploader: str) -> None:
    """Store the file of an uploader as the page's upload, replacing an earlier one.

    A file that is refused replaces nothing. An emptied uploader removes nothing, for it is empty
    for a moment whenever another file is brought, too; `remove_button` does.
    """
    file = st.session_state[uploader]
    with capture_errors(key):
        if file is not None:
            new = STORE.add(kind, file.name, file, session_id())
            remove(key)
            _remember(key, new.id)


def current(kind: type[T], key: str) -> T | None:
    """The page's upload, by URL or session; shows a message if it has expired."""
    known = st.query_params.get(PARAMETER), st.session_state.get(key)
    for upload_id in filter(None, known):
        if upload := STORE.get(upload_id, kind, session_id()):
            _remember(key, upload_id)
            return upload
    if any(known):
        text = _(
            "The file is no longer here: it was removed, or nobody used it for {minutes} "
            "minutes. Please upload it again."
        ).format(minutes=MINUTES)
        st.info(text, icon=":material/timer_off:")
    remove(key)
    return None


def remove(key: str) -> None:
    """Stop the work on the page's upload and delete it."""
    if upload_id := st.session_state.pop(key, None):
        STORE.remove(upload_id)
    hide()


def is_in_uploader(upload: StoredFile, uploader: str) -> bool:
    """Whether the uploader shows the upload.

    It does not after a reload or a visit to another page, nor after a file that was refused.
    """
    file = st.session_state.get(uploader)
    return file is not None and visible(file.name) == upload.name


def remove_button(key: str, uploader: str) -> None:
    """A button that removes the upload, if the uploader does not show it."""
    upload = STORE.get(st.session_state.get(key, ""), StoredFile, session_id())
    if upload and not is_in_uploader(upload, uploader):
        st.button(
            _("Remove the file"),
            icon=":material/delete:",
            key=f"{key}-remove",
            on_click=remove,
            args=(key,),
        )


def hide() -> None:
    """Remove the upload from the URL, while another part of the page is shown."""
    st.query_params.pop(PARAMETER, None)


def _remember(key: str, upload_id: str) -> None:
    st.session_state[key] = upload_id
    if st.query_params.get(PARAMETER) != upload_id:
        st.query_params[PARAMETER] = upload_id
