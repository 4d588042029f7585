"""What a visitor typed and was answered: in the session, and in the storage of the browser window.

The window's own storage (`sessionStorage`) outlives reloads, lost connections and restarts of the
server, is seen by no other window, and ends with its window. The server stores nothing.
"""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from core.i18n import current_language

FIELDS = ("box", "title", "abstract", "sentence", "section", "start")
"""Keys of the text fields that are kept while somebody types."""

TEXT, TEXTS = 0, 1
SHAPES: dict[str, int] = {
    **dict.fromkeys((*FIELDS, "read"), TEXT),
    **dict.fromkeys(("known", "terms"), TEXTS),
    "paper": 2,
    "cited": 2,
    "aside": 3,
    "answers": -3,
}
"""Of each thing kept: a text, any number of texts, n texts or none, -n for a list of n texts each.
"""
KEY = "browser-storage"
_FOLDER = Path(__file__).with_name("browser")
_NAME = "paperlens.browser"


def values() -> dict[str, Any]:
    """What is kept of this visit, by name."""
    return st.session_state.setdefault("kept", {})


def get(name: str, default: Any = None) -> Any:
    """What is kept under a name."""
    return values().get(name, default)


def put(**changes: Any) -> None:
    """Keep texts; those of fields also appear in them. Only before the fields are drawn."""
    for name, value in changes.items():
        values()[name] = value
        if name in FIELDS:
            st.session_state[name] = value


def replace(**texts: str) -> None:
    """Put texts into fields in place of others, as `put` does.

    A click may send the earlier texts once more before the browser has these: they are not taken
    for typed.
    """
    replaced = st.session_state.setdefault("replaced", {})
    replaced |= {name: get(name, "") for name, text in texts.items() if get(name, "") != text}
    put(**texts)


def field(widget: Callable, label: str, key: str, then: Callable[[], None], **more: Any) -> str:
    """A text field whose text is kept; `then` is called after each change."""
    text = get(key, "")
    if key not in st.session_state:
        st.session_state[key] = text
    # The session's text is sent once, and a click may end the run before the browser has it: the
    # field would then be empty there, and send that.
    return widget(label, text, key=key, on_change=_on_change, args=(key, then), **more)


def _on_change(key: str, then: Callable[[], None]) -> None:
    if _take(key):
        st.session_state.get("replaced", {}).pop(key, None)
        then()


def sync() -> None:
    """Keep what stands in the fields; a button's callback may come before those of the fields."""
    for name in FIELDS:
        if name in st.session_state:
            _take(name)


def _take(name: str) -> bool:
    """Keep what stands in a field, unless it was replaced; then put the new text there again."""
    if st.session_state[name] == st.session_state.get("replaced", {}).get(name):
        st.session_state[name] = get(name)
        return False
    values()[name] = st.session_state[name]
    return True


def mark_edited(edited: bool) -> None:
    """Whether the answer on screen is to an earlier text; it is then dimmed."""
    st.session_state["edited"] = edited


def has_shape(value: Any, shape: int) -> bool:
    """Whether a value from the browser is what may be kept; see `SHAPES`."""
    if shape == TEXT:
        return isinstance(value, str)
    if not isinstance(value, list):
        return False
    if shape < 0:
        return all(one and has_shape(one, -shape) for one in value)
    right_length = shape == TEXTS or len(value) in (0, shape)
    return right_length and all(isinstance(one, str) for one in value)


def checked(kept: Any) -> dict[str, Any]:
    """The part of what the browser sent that has the right shape."""
    if not isinstance(kept, dict):
        return {}
    return {
        name: value
        for name, value in kept.items()
        if name in SHAPES and has_shape(value, SHAPES[name])
    }


def on_kept() -> None:
    """Take over what the browser kept: what the session does not know, and what was typed last."""
    sent = st.session_state[KEY].get("kept") or {}
    before, typed = checked(sent.get("state")), checked(sent.get("typed"))
    # A run before this one may have kept fields that are still empty.
    old = {name: value for name, value in before.items() if not get(name)}
    put(**old | {name: value for name, value in typed.items() if name in FIELDS})


def scroll_to(key: str) -> None:
    """Scroll to the element with this key once the page is drawn."""
    st.session_state.scroll = {"to": key, "id": secrets.token_hex(4)}


def show() -> None:
    """The storage, invisible; after the page, so that the window keeps what its run has changed."""
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(_NAME) is None:
        package, name = _NAME.split(".")
        manifest = ComponentManifest(package, "1", [ComponentConfig(name, _FOLDER.name)])
        manager.register_from_manifest(manifest, _FOLDER.parent)
    component = st.components.v2.component(
        _NAME, js="kept.js", css="kept.css", isolate_styles=False
    )
    session = st.session_state.setdefault("kept-session", secrets.token_hex(8))
    data = {
        "session": session,
        "lang": current_language(),
        "fields": FIELDS,
        "state": values() or None,
        "edited": st.session_state.pop("edited", False),
        "scroll": st.session_state.pop("scroll", None),
    }
    component(key=KEY, data=data, on_kept_change=on_kept)
