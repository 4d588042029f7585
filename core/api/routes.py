"""The routes of the API, and how an answer or an error goes out."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from core import settings
from core.api import schema
from core.api.answers import HANDLERS
from core.api.requests import APIError, check_token, read_body, read_query
from core.api.schema import BASE, EXAMPLES, GETS, POSTS
from core.cards import ModelError, UnknownModelError
from core.embeddings.module_table import ModuleError
from core.embeddings.vectors import TermError
from core.files.errors import BatchError

AT_ONCE = 1
"""Requests whose models run at the same time. With two the API is no faster; pages wait longer."""
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Read = Callable[[str, Request], Awaitable[dict[str, Any]]]


def routes() -> list[BaseRoute]:
    """The API's routes; a token is wanted where `PAPERLENS_API_TOKEN` is set."""
    token = settings.api_token()
    limiter = anyio.CapacityLimiter(AT_ONCE)

    def route(name: str, method: str, read: Read) -> Route:
        endpoint = partial(answer, name, read, token, limiter)
        return Route(f"{BASE}/{name}", endpoint, methods=[method])

    examples = constant(HTMLResponse(page()))
    return [
        *(route(name, "POST", read_body) for name in POSTS),
        *(route(name, "GET", read_query) for name in GETS),
        Route(f"{BASE}/openapi.json", constant(as_json(schema.openapi(bool(token))))),
        *(Route(path, examples) for path in (BASE, f"{BASE}/")),
        # Streamlit would answer with its own page.
        Route(f"{BASE}/{{rest:path}}", refuse, methods=METHODS),
    ]


async def answer(
    name: str, read: Read, token: str, limiter: anyio.CapacityLimiter, request: Request
) -> Response:
    """Check a request, answer it in a thread, and turn what fails into an error."""
    try:
        check_token(request, token)
        asked = await read(name, request)
        found = await anyio.to_thread.run_sync(HANDLERS[name], asked, limiter=limiter)
    except APIError as error:
        return as_error(error)
    except UnknownModelError as error:
        return as_error(APIError(404, "unknown", str(error), "model"))
    except TermError as error:
        return as_error(APIError(404, "unknown", str(error), "term"))
    except (ModelError, ModuleError, BatchError) as error:
        return as_error(APIError(503, "unavailable", str(error)))
    return as_json(found)


def as_json(value: Any, status: int = 200) -> Response:
    """A response; in ASCII, as texts may hold characters that UTF-8 has not."""
    content = json.dumps(value, separators=(",", ":"))
    return Response(content, status, media_type="application/json")


def as_error(error: APIError) -> Response:
    """The response of a refused request, always of one shape."""
    fields = {"code": error.code, "message": error.message}
    response = as_json(
        {"error": fields | ({"field": error.field} if error.field else {})}, error.status
    )
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def constant(response: Response) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that always gives the same response."""

    async def endpoint(_: Request) -> Response:
        return response

    return endpoint


async def refuse(request: Request) -> Response:
    """What is not there, or not for this method."""
    name = request.path_params["rest"]
    if name in HANDLERS:
        method = "POST" if name in POSTS else "GET"
        response = as_error(APIError(405, "wrong_method", f"Ask this by {method}."))
        response.headers["Allow"] = "POST" if method == "POST" else "GET, HEAD"
        return response
    names = ", ".join([*POSTS, *GETS])
    return as_error(APIError(404, "unknown", f"There is no such address; there are {names}."))


def page() -> str:
    """A page of examples, in HTML."""
    environment = Environment(
        loader=PackageLoader("core.api", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    posts = {
        name: (summary, json.dumps(EXAMPLES[name], indent=1))
        for name, (_, _, summary) in POSTS.items()
    }
    gets = {name: (summary, EXAMPLES[name]) for name, (_, summary) in GETS.items()}
    return environment.get_template("page.html").render(base=BASE, posts=posts, gets=gets)
