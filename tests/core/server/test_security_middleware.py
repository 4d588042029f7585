"""The server's edge: headers, foreign WebSockets, metrics."""

import asyncio
import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.types import ASGIApp

from core.server.security import HEADERS, PAGE_SCRIPT, SecurityMiddleware, same_host

Messages = list[dict[str, Any]]


async def streaming(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers in two pieces, and accepts every WebSocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    given = [(b"x-frame-options", b"DENY")] if scope["path"] == "/own" else []
    await send({"type": "http.response.start", "status": 200, "headers": given})
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await send({"type": "http.response.body", "body": b"two"})


def sent(app: ASGIApp, kind: str = "http", path: str = "/", **headers: str) -> Messages:
    """What an application sends for a request; underscores in names of headers are hyphens."""
    messages: Messages = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing is read")

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    # In a thread of its own: where tests drive a browser, a loop runs in this one already.
    with ThreadPoolExecutor(1) as pool:
        request = {"type": kind, "path": path, "headers": pairs}
        pool.submit(lambda: asyncio.run(app(request, receive, send))).result()
    return messages


def accepted(app: ASGIApp, **headers: str) -> bool:
    """Whether an application accepts a WebSocket; if not, it closes it as a matter of policy."""
    (message,) = sent(app, "websocket", "/_stcore/stream", **headers)
    if message["type"] == "websocket.accept":
        return True
    assert message == {"type": "websocket.close", "code": 1008}
    return False


def names(message: dict[str, Any]) -> dict[bytes, bytes]:
    assert len({name.lower() for name, _ in message["headers"]}) == len(message["headers"])
    return {name.lower(): value for name, value in message["headers"]}


def test_headers_are_added_and_pieces_pass_one_by_one() -> None:
    start, *pieces = sent(SecurityMiddleware(streaming))
    assert {name.decode(): value.decode() for name, value in start["headers"]} == HEADERS
    assert pieces == sent(streaming)[1:]


def test_a_header_that_an_answer_sets_itself_stays() -> None:
    assert names(sent(SecurityMiddleware(streaming), path="/own")[0])[b"x-frame-options"] == b"DENY"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/app/_stcore/metrics"])
def test_metrics_are_hidden_until_switched_on(path: str) -> None:
    hidden = sent(SecurityMiddleware(streaming), path=path)[0]
    assert hidden["status"] == 404
    assert b"x-content-type-options" in names(hidden)
    assert sent(SecurityMiddleware(streaming, metrics=True), path=path)[0]["status"] == 200


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
        ("http://localhost:9000", "localhost:9000", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("http://papers.example.org", "papers.example.org", True),
        ("http://papers.example.org", "papers.example.org:80", True),
        ("https://Papers.example.org", "papers.EXAMPLE.org:443", True),
        ("http://localhost:3000", "localhost:8501", False),
        ("http://localhost:8501", "127.0.0.1:8501", False),
        ("http://papers.example.org:8080", "papers.example.org", False),
        ("https://evil.example", "papers.example.org", False),
        ("https://papers.example.org.evil.example", "papers.example.org", False),
        ("https://papers.example.org@evil.example", "papers.example.org", False),
        ("null", "papers.example.org", False),
        ("null", "", False),
        ("http://papers.example.org:x", "papers.example.org", False),
        ("http://papers.example.org", "papers.example.org:99999", False),
    ],
)
def test_an_origin_is_the_hosts(origin: str, host: str, same: bool) -> None:
    assert same_host(origin, host) is same
    assert accepted(SecurityMiddleware(streaming), origin=origin, host=host) is same


def test_a_proxy_may_keep_the_visitors_host_in_a_header_of_its_own() -> None:
    app = SecurityMiddleware(streaming)
    inside = {"origin": "https://papers.example.org", "host": "127.0.0.1:8501"}
    assert not accepted(app, **inside)
    assert accepted(app, **inside, x_forwarded_host="papers.example.org")
    assert accepted(app, **inside, x_forwarded_host="papers.example.org, inner.example.org")
    assert not accepted(app, **inside, x_forwarded_host="other.example.org")


def test_origins_of_the_configuration_are_let_in_with_their_port_alone() -> None:
    app = SecurityMiddleware(streaming, origins=[" https://papers.example.org "])
    assert accepted(app, origin="https://papers.example.org", host="127.0.0.1:8501")
    assert not accepted(app, origin="https://papers.example.org:444", host="127.0.0.1:8501")


def test_without_the_check_every_origin_is_let_in() -> None:
    app = SecurityMiddleware(streaming, origins=None)
    assert accepted(app, origin="https://evil.example", host="127.0.0.1:8501")


def test_a_program_that_names_no_origin_is_let_in() -> None:
    assert accepted(SecurityMiddleware(streaming), host="127.0.0.1:8501")


def test_the_policy_knows_the_scripts_in_streamlits_page() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert [f"'sha256-{one}'" for one in hashes] == [PAGE_SCRIPT]
