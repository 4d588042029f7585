"""Reading requests, checking them against the schemas, and refusing them with one kind of error."""

import hmac
import json
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from starlette.requests import ClientDisconnect, Request

from core.api import schema
from core.api.schema import MAX_BYTES, PARAMETERS, POSTS, SCHEMAS


class APIError(Exception):
    """A request that is refused: an HTTP status, a code, a sentence, and the field if it is one."""

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field


def check_token(request: Request, token: str) -> None:
    """Raise APIError unless the request brings the token, if one is set."""
    given = request.headers.get("authorization", "")
    # Compared in constant time, so that it cannot be guessed letter by letter.
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        text = "This server wants a token: Authorization: Bearer TOKEN."
        raise APIError(401, "unauthorized", text)


async def read_body(name: str, request: Request) -> dict[str, Any]:
    """The JSON object of a request's body. Raises APIError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Browsers let pages from elsewhere send other types unasked.
    if kind != "application/json":
        text = "Send the header Content-Type: application/json."
        raise APIError(415, "wrong_type", text)
    content = bytearray()
    try:
        async for part in request.stream():
            content += part
            if len(content) > MAX_BYTES:
                text = f"The body has more than {MAX_BYTES >> 20} MB; send fewer texts at once."
                raise APIError(413, "too_large", text)
    except ClientDisconnect:
        raise APIError(400, "invalid", "The connection ended within the body.") from None
    try:
        body = json.loads(content, parse_constant=_refuse)
    # A number of five thousand digits is a ValueError, ten thousand brackets a RecursionError.
    except (ValueError, RecursionError):
        raise APIError(400, "invalid", "The body is not JSON in UTF-8.") from None
    check(body, SCHEMAS[POSTS[name][0]])
    return body


async def read_query(name: str, request: Request) -> dict[str, Any]:
    """The query parameters by name. Raises APIError."""
    known = PARAMETERS[name]
    query: dict[str, Any] = {}
    for key in dict.fromkeys(request.query_params):
        values = request.query_params.getlist(key)
        kind = known.get(key, {}).get("type")
        if kind == "array":
            query[key] = values
        elif len(values) > 1:
            raise APIError(422, "invalid", f"{key} is given more than once.", key)
        else:
            is_number = kind == "integer" and values[0].isascii() and values[0].isdecimal()
            query[key] = int(values[0][:9]) if is_number else values[0]
    check(query, schema.closed(known, ("term",) if "term" in known else ()))
    return query


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not in JSON")


def check(value: Any, rules: schema.Schema) -> None:
    """Raise APIError that names the field in which a value differs from a schema."""
    validator = Draft202012Validator(rules | {"components": {"schemas": SCHEMAS}})
    error = best_match(validator.iter_errors(value))
    if error is not None:
        path = [*error.absolute_path, *_name(error)]
        raise APIError(422, "invalid", _sentence(error), "/".join(map(str, path)))


def _name(error: ValidationError) -> list[str]:
    """The name of the field that is missing or unknown."""
    if error.validator == "required":
        return [name for name in error.validator_value if name not in error.instance][:1]
    if error.validator == "additionalProperties":
        return sorted(set(error.instance) - set(error.schema["properties"]))[:1]
    return []


def _sentence(error: ValidationError) -> str:
    """What is wrong, without the text itself, which may be long."""
    limit = error.validator_value
    match error.validator:
        case "required":
            return "This field is missing."
        case "additionalProperties":
            return f"There is no such field; there are {', '.join(error.schema['properties'])}."
        case "type":
            return f"This must be of type {limit}."
        case "enum":
            return f"This must be one of {', '.join(map(str, limit))}."
        case "maxLength":
            return f"This has more than {limit:,} characters."
        case "maxItems":
            return f"There are more than {limit:,} of them."
        case "minItems" | "minLength":
            return "This is empty."
        case _:
            return f"This must be {_BOUNDS[error.validator]} {limit}."


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
