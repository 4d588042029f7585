"""A client of Streamlit's WebSocket protocol, so that many sessions run without browsers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

LONGEST = 60.0
"""Seconds after which a rerun counts as failed."""
FIELDS = {
    "text_input": "string_value",
    "text_area": "string_value",
    "checkbox": "bool_value",
    "button": "trigger_value",
    "slider": "double_array_value",
    "selectbox": "string_value",
    "button_group": "string_array_value",
}
"""The field of `WidgetState` that holds the value of each kind of widget."""


class RerunError(Exception):
    """A rerun failed, or a page lacks what it should show; the message is a sentence."""


class Session:
    """One visitor: a WebSocket, the elements on the screen, and the states of the widgets."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.elements: dict[tuple[int, ...], Element] = {}
        """What the last rerun drew, by delta path."""
        self._page, self._query, self._pages = "", "", {}
        self._states: dict[str, WidgetState] = {}
        # As in the browser: large messages of the last rerun are cached and not sent again.
        self._kept: dict[str, ForwardMsg] = {}

    async def open(self, page: str, query: str = "") -> float:
        """Open a page by the name in its address, as the menu does; returns seconds."""
        self._states, self._query = {}, query
        message = BackMsg()
        if self._pages:
            self._page = self._pages[page]
        else:
            # A visitor who follows a link does not know the hash of any page yet.
            message.rerun_script.page_name = page
        return await self._rerun(message)

    async def act(self, *changes: tuple[str, str, Any]) -> float:
        """Change widgets, each given as (kind, label, new value); returns the seconds of the rerun.

        Raises RerunError if the page has no such widget.
        """
        message = BackMsg()
        for kind, label, value in changes:
            state = WidgetState(id=self._widget(kind, label).id)
            if isinstance(value, (list, tuple)):
                getattr(state, FIELDS[kind]).data.extend(value)
            else:
                setattr(state, FIELDS[kind], value)
            if kind == "button":
                message.rerun_script.widget_states.widgets.append(state)
            else:
                self._states[state.id] = state
        return await self._rerun(message)

    def all(self, kind: str) -> list[Any]:
        """Every element of a kind on the screen, in order."""
        return [
            getattr(self.elements[place], kind)
            for place in sorted(self.elements)
            if self.elements[place].WhichOneof("type") == kind
        ]

    def says(self, words: str) -> bool:
        """Whether a text on the screen contains these words."""
        return any(words in text.body for text in self.all("markdown"))

    def _widget(self, kind: str, label: str) -> Any:
        found = [widget for widget in self.all(kind) if widget.label == label]
        if not found:
            raise RerunError(f"the page has no {kind} “{label}”")
        return found[0]

    async def _rerun(self, message: BackMsg) -> float:
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self._query, self._page
        asked.widget_states.widgets.extend(self._states.values())
        asked.cached_message_hashes.extend(self._kept)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST):
                await self.socket.send(message.SerializeToString())
                await self._receive()
        except TimeoutError:
            raise RerunError(f"no answer within {LONGEST:.0f} s") from None
        except ConnectionClosed as closed:
            raise RerunError(f"the server closed the socket: {closed}") from closed
        seconds = time.perf_counter() - started
        if errors := self.all("exception"):
            raise RerunError(f"the page shows an error: {errors[0].type} {errors[0].message}")
        return seconds

    async def _receive(self) -> None:
        """Receive messages until the script has finished."""
        large: dict[str, ForwardMsg] = {}
        while True:
            message = ForwardMsg.FromString(await self.socket.recv(decode=False))
            kind = message.WhichOneof("type")
            place = tuple(message.metadata.delta_path)
            if kind == "ref_hash":
                message = self._kept[message.ref_hash]
                kind = message.WhichOneof("type")
            if message.hash and (message.metadata.cacheable or message.hash in self._kept):
                large[message.hash] = message
            if kind == "new_session":
                self.elements, self._page = {}, message.new_session.page_script_hash
            elif kind == "navigation":
                pages = message.navigation.app_pages
                self._pages = {page.url_pathname: page.page_script_hash for page in pages}
                self._page = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta":
                self._draw(place, message)
            elif kind == "script_finished":
                break
        if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
            status = ForwardMsg.ScriptFinishedStatus.Name(message.script_finished)
            raise RerunError(f"the rerun ended as {status}")
        self._kept = large
        there = {getattr(self._content(element), "id", "") for element in self.elements.values()}
        self._states = {id: state for id, state in self._states.items() if id in there}

    def _draw(self, place: tuple[int, ...], message: ForwardMsg) -> None:
        """Store a new element under its delta path."""
        if message.delta.WhichOneof("type") == "new_element":
            self.elements[place] = message.delta.new_element

    @staticmethod
    def _content(element: Element) -> Any:
        return getattr(element, element.WhichOneof("type") or "empty")


@asynccontextmanager
async def visiting(address: str) -> AsyncIterator[Session]:
    """A session of the dashboard at an address."""
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(
        stream, origin=address, subprotocols=["streamlit"], max_size=None, open_timeout=LONGEST
    ) as socket:
        yield Session(socket)
