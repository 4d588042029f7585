"""The API's description in OpenAPI 3.1; requests are checked against the same schemas."""

from typing import Any

from core.cards import EMBEDDING
from core.embeddings.similarity import MAX_TERM_LENGTH, MAX_TERMS, MEASURES
from core.prediction.answer import CERTAINTIES, CONFIDENCE
from core.prediction.questions import TOP
from core.tasks import TASKS
from core.text.input_checks import MAX_CHARACTERS, MAX_SENTENCE_CHARACTERS

Schema = dict[str, Any]

BASE = "/api/v1"
MAX_TEXTS = 500
"""Papers or citations in a request."""
MAX_BYTES = 16 << 20
"""The size of a request's body."""
MAX_NEIGHBOURS = 100


def text(most: int, description: str) -> Schema:
    """A text of limited length."""
    return {"type": "string", "maxLength": most, "description": description}


def closed(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object with these properties only, so that a misspelt one is not ignored."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def many(item: str) -> Schema:
    """One to `MAX_TEXTS` objects of a schema."""
    items = {"$ref": f"#/components/schemas/{item}"}
    return {"type": "array", "minItems": 1, "maxItems": MAX_TEXTS, "items": items}


def result(answer: Schema) -> Schema:
    """What is answered to a request of several texts: one answer each, in order."""
    return closed({"answers": {"type": "array", "items": answer}}, ("answers",))


ID = text(200, "Comes back with the answer.")
NAME = {"type": "string"}
PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
NOTE = {"type": "string", "description": "Why there is no answer; empty where there is one."}
TERM = {"type": "string", "minLength": 1, "maxLength": MAX_TERM_LENGTH}
CODES = {"type": "array", "items": NAME}
LABELS = {"type": "object", "additionalProperties": PROBABILITY}
CLASSIFIED = closed({"id": NAME, "labels": CODES, "scores": LABELS, "note": NOTE})

SCHEMAS: dict[str, Schema] = {
    "Paper": closed(
        {
            "id": ID,
            "title": text(MAX_CHARACTERS, "Plain text or LaTeX."),
            "abstract": text(MAX_CHARACTERS, "Plain text or LaTeX."),
        }
    ),
    "Citation": closed(
        {
            "id": ID,
            "string": text(MAX_SENTENCE_CHARACTERS, "A sentence that cites something."),
            "section": text(MAX_SENTENCE_CHARACTERS, "The name of its section, if known."),
        },
        ("string",),
    ),
    "SuggestRequest": closed(
        {
            "papers": many("Paper"),
            "confidence": {
                "type": "number",
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 1,
                "default": CONFIDENCE,
                "description": "How often the prediction set is to hold the primary category.",
            },
        },
        ("papers",),
    ),
    "ClassifyRequest": closed(
        {
            "papers": many("Paper"),
            "task": {"enum": [name for name in TASKS if name != "intent"], "default": "archive"},
            "model": {"type": "string", "description": "By default the task's default model."},
        },
        ("papers",),
    ),
    "IntentRequest": closed({"citations": many("Citation"), "model": NAME}, ("citations",)),
    "Suggestions": result(
        closed(
            {
                "id": NAME,
                "primary": NAME,
                "probability": {"anyOf": [PROBABILITY, {"type": "null"}]},
                "cross_lists": CODES | {"description": "Likeliest first."},
                "prediction_set": CODES | {"description": "Likeliest first."},
                "certainty": {"enum": list(CERTAINTIES)},
                "note": NOTE,
            }
        )
    ),
    "Classifications": result(
        CLASSIFIED | {"description": f"scores: of the {TOP} likeliest labels, best first."}
    ),
    "Similarities": closed(
        {
            "terms": CODES,
            "measure": {"enum": list(MEASURES)},
            "values": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
            "unknown": CODES | {"description": "Words without a vector; they count as zero."},
        }
    ),
    "Neighbours": closed(
        {
            "term": NAME,
            "neighbours": {
                "type": "array",
                "items": closed(
                    {"word": NAME, "similarity": {"type": "number"}, "rank": {"type": "integer"}}
                ),
            },
        }
    ),
    "Models": closed(
        {
            "models": {
                "type": "array",
                "items": closed(
                    {
                        "task": {"enum": [*TASKS, EMBEDDING]},
                        "name": NAME,
                        "label": NAME,
                        "bytes": {"type": "integer"},
                        "metrics": {"type": "object"},
                    }
                ),
            }
        }
    ),
    "Health": closed({"status": {"const": "ok"}, "primary": NAME}),
    "Error": closed(
        {
            "error": closed(
                {
                    "code": NAME,
                    "message": NAME,
                    "field": {
                        "type": "string",
                        "description": "Where in the request, such as papers/0/title.",
                    },
                },
                ("code", "message"),
            )
        },
        ("error",),
    ),
}

PARAMETERS: dict[str, dict[str, Schema]] = {
    "similarity": {
        "term": {"type": "array", "items": TERM, "minItems": 1, "maxItems": MAX_TERMS},
        "measure": {"enum": list(MEASURES), "default": "cosine"},
    },
    "neighbours": {
        "term": TERM,
        "top": {"type": "integer", "minimum": 1, "maximum": MAX_NEIGHBOURS, "default": 10},
    },
    "models": {},
    "health": {},
}
"""The query parameters of what is asked by GET; `term` must be there."""

POSTS = {
    "suggest": ("SuggestRequest", "Suggestions", "Where to submit papers, and where to list them."),
    "classify": ("ClassifyRequest", "Classifications", "The labels of papers."),
    "intent": ("IntentRequest", "Classifications", "Why something is cited."),
}
GETS = {
    "similarity": ("Similarities", "How similar terms are, each to each."),
    "neighbours": ("Neighbours", "The words nearest to a term."),
    "models": ("Models", "The installed models and their main figures."),
    "health": ("Health", "Classifies a sentence."),
}
EXAMPLES: dict[str, Any] = {
    "suggest": {
        "papers": [
            {
                "id": "one",
                "title": "Ramsey numbers of sparse graphs",
                "abstract": "We prove new upper bounds on the Ramsey numbers of sparse graphs.",
            }
        ],
        "confidence": 0.9,
    },
    "classify": {"papers": [{"title": "Error correction with surface codes"}], "task": "subject"},
    "intent": {
        "citations": [
            {"string": "We trained the network as in Smith et al. (2010).", "section": "Methods"}
        ]
    },
    "similarity": "term=SARS&term=MERS&term=fever",
    "neighbours": "term=SARS&top=3",
    "models": "",
    "health": "",
}
"""A request of each kind: a body or a query."""
ERRORS = {
    400: "The body is not JSON.",
    401: "The token is missing or wrong.",
    404: "There is no such model, or no such word; the error names the field.",
    413: f"The body has more than {MAX_BYTES >> 20} MB.",
    415: "The body is not announced as JSON.",
    422: "A field is missing, unknown or invalid; the error names it.",
    503: "A model cannot be used.",
}


def reference(schema: str) -> Schema:
    """A response's or request's content: JSON of a schema."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def responses(schema: str, errors: tuple[int, ...]) -> Schema:
    """The responses of an operation."""
    failures = {
        str(code): {"description": ERRORS[code], "content": reference("Error")} for code in errors
    }
    return {"200": {"description": "The answer.", "content": reference(schema)}, **failures}


def _post(name: str) -> Schema:
    asked, answered, summary = POSTS[name]
    content = reference(asked)
    content["application/json"]["example"] = EXAMPLES[name]
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": content},
        "responses": responses(answered, (400, 401, 404, 413, 415, 422, 503)),
    }


def _get(name: str) -> Schema:
    answered, summary = GETS[name]
    parameters = [
        {"name": key, "in": "query", "required": key == "term", "schema": schema}
        for key, schema in PARAMETERS[name].items()
    ]
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": responses(answered, (401, 404, 422, 503)),
    }


def openapi(has_token: bool) -> Schema:
    """The description of the API; has_token: whether requests must bring one."""
    paths = {f"{BASE}/{name}": {"post": _post(name)} for name in POSTS}
    paths |= {f"{BASE}/{name}": {"get": _get(name)} for name in GETS}
    components: Schema = {"schemas": SCHEMAS}
    if has_token:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Paperlens",
            "version": "1",
            "description": "The answers of Paperlens' pages and command line. One paper or up to "
            f"{MAX_TEXTS}; texts are not stored.",
        },
        "paths": paths,
        "components": components,
        **({"security": [{"token": []}]} if has_token else {}),
    }
