"""ASGI middleware: security headers, and refusal of foreign origins."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_SCRIPT = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
"""The hash of the only inline script of Streamlit's page; it depends on Streamlit's version."""

POLICY = {
    "default-src": "'self'",
    "script-src": f"'self' {PAGE_SCRIPT}",
    # Streamlit and Plotly create styles in the browser.
    "style-src": "'self' 'unsafe-inline'",
    # Icons, and the pictures that Plotly draws for its download.
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
"""The content security policy; `connect-src` falls back to 'self', including the WebSocket."""

HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    # URLs contain what a visitor looks at, such as terms.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""The headers of every HTTP response that does not set them itself."""

METRICS = "/_stcore/metrics"
PORTS = {"http": 80, "https": 443}


class SecurityMiddleware:
    """Adds `HEADERS` to answers, refuses foreign WebSockets, and hides Streamlit's metrics.

    origins: further origins whose pages may open a session, such as `https://papers.example.org`;
    None for any origin; metrics: whether `METRICS` is served.

    Bodies and WebSocket messages are not changed.
    """

    def __init__(
        self, app: ASGIApp, origins: Iterable[str] | None = (), metrics: bool = False
    ) -> None:
        self.app, self.metrics = app, metrics
        self.origins = None if origins is None else frozenset(map(str.strip, origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket" and not self._may_connect(scope):
            # If it is closed before it is accepted, the server answers 403.
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not self.metrics and scope["path"].rstrip("/").endswith(METRICS):
            await PlainTextResponse("Not found", 404)(scope, receive, with_headers(send))
        else:
            await self.app(scope, receive, with_headers(send))

    def _may_connect(self, scope: Scope) -> bool:
        origin = next(values(scope, "origin"), None)
        # Browsers always send it; other programs can send any value.
        if origin is None or self.origins is None or origin in self.origins:
            return True
        # Other sites cannot set the second header; a proxy may put the visitor's host in it.
        # Streamlit's check, which ignores the port, comes after this one.
        hosts = [*values(scope, "host"), *values(scope, "x-forwarded-host")]
        return any(same_host(origin, host) for host in hosts)


def with_headers(send: Send) -> Send:
    """A `send` that adds `HEADERS` to a response, unless the response sets them itself."""

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return add


def values(scope: Scope, name: str) -> Iterable[str]:
    """The values of a request's header, with lists split."""
    for value in Headers(scope=scope).getlist(name):
        yield from map(str.strip, value.split(","))


def same_host(origin: str, host: str) -> bool:
    """Whether an origin matches a Host header, including the port.

    The default port of the origin's scheme may be omitted in either.
    """
    try:
        page = urlsplit(origin)
        served = urlsplit(f"//{host}")
        usual = PORTS.get(page.scheme)
        return bool(page.hostname) and (page.hostname, page.port or usual) == (
            served.hostname,
            served.port or usual,
        )
    except ValueError:  # an invalid port
        return False
