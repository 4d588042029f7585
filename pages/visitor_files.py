"""The files that visitors upload, found again after a lost connection and after a reload.

A page keeps the id of its upload in the session and in its address.
"""

from typing import TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.files.upload_store import TIME_TO_LIVE, StoredFile, UploadStore
from core.i18n import say

PARAMETER = "upload"
"""Of the address: the id of the page's upload."""

T = TypeVar("T", bound=StoredFile)


def is_connected(session: str) -> bool:
    """Whether a browser holds a session at the moment."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)


STORE = UploadStore(is_connected)
"""All uploads of this server. Not in a cache of Streamlit's, which any visitor can clear."""


def session_id() -> str:
    """The session whose page runs."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def keep(kind: type[T], key: str, file: UploadedFile) -> T:
    """Keep a file of an uploader as the page's upload. Raises what `UploadStore.add` raises."""
    upload = STORE.add(kind, file.name, file, session_id())
    _remember(key, upload.id)
    return upload


def current(kind: type[T], key: str) -> T | None:
    """The page's upload, by its address or by the session; tells the visitor if it has expired."""
    known = st.query_params.get(PARAMETER), st.session_state.get(key)
    for upload_id in filter(None, known):
        if upload := STORE.get(upload_id, kind, session_id()):
            _remember(key, upload_id)
            return upload
    if any(known):
        st.info(
            say(
                "The file is no longer here: it was removed, or nobody used it for {minutes} "
                "minutes. Please upload it again.",
                minutes=round(TIME_TO_LIVE / 60),
            ),
            icon=":material/timer_off:",
        )
    remove(key)
    return None


def remove(key: str) -> None:
    """Forget the page's upload at once; what works on it is stopped and it is deleted."""
    if upload_id := st.session_state.pop(key, None):
        STORE.remove(upload_id)
    hide()


def remove_button(key: str) -> None:
    """A button that removes the page's upload."""
    st.button(
        say("Remove the file"),
        icon=":material/delete:",
        key=f"{key}-remove",
        on_click=remove,
        args=(key,),
    )


def hide() -> None:
    """Take the upload out of the address, where another part of the page is shown."""
    st.query_params.pop(PARAMETER, None)


def _remember(key: str, upload_id: str) -> None:
    st.session_state[key] = upload_id
    if st.query_params.get(PARAMETER) != upload_id:
        st.query_params[PARAMETER] = upload_id
