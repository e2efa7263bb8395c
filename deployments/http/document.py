"""The OpenAPI document: what FastAPI finds in the routes, and what it cannot see.

1. An operation has the name that `names` gives it, and links to those that its answer leads to.
2. The gate and the bodies answer before a route does: their refusals stand with every operation that may meet them.
3. Refusals and headers stand once, among the components; so does the conversation, which two shapes of a body are made of.
4. Each body and each answer has an example, recorded by `make docs` from requests that were made.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from deployments.http.access import ROLES, SCHEME
from deployments.http.names import LINKS, NAMES, TAGS
from deployments.http.problems import MEDIA_TYPE, NotReadyProblem, Problem, told
from deployments.wire.traffic import conversation_schema
from deployments.wire.versions import OneVersionWire, VersionWire

EXAMPLES: Final = Path(__file__).parent / "examples"
PROBLEMS: Final = "problems"
"""The example file of what is refused: by status, and by code where one status has several."""

EVERY: Final = (421, 422, 500, 503)
"""What everybody may be answered: for another host, for a parameter that is none, where the program fails, and where too many ask."""
GUARDED: Final = (401, 403, 429)
"""What the gate may answer for a route that asks for a role."""
CHANGING: Final = (400, 403, 408, 413, 415)
"""What may be answered before a body is read: that it cannot be, that a page elsewhere sends it, its slowness, its size and its packing."""
PAGED: Final = (400,)
"""What is answered to a cursor that was not given out."""

_HEADERS: Final[Mapping[str, tuple[str, str, bool]]] = {
    "X-Request-Id": ("string", "Names the request in logs and in the audit log; your own where you sent one.", True),
    "X-Dry-Run": ("string", "`true` where all of it was tried and nothing kept.", False),
    "ETag": ("string", "What `If-Match` may insist on, and `If-None-Match` need not be sent again.", True),
    "Link": ("string", 'Where the next page is, `rel="next"`; absent at the end.', False),
    "Retry-After": ("integer", "Seconds until it may work.", True),
    "WWW-Authenticate": ("string", "Bearer: the key is sent as `Authorization: Bearer al_…`.", True),
    "Location": ("string", "Where it is told how far it has come.", True),
}
_FRAMEWORKS: Final = {"HTTPValidationError", "ValidationError"}
"""Shapes of refusals that FastAPI would give."""
_STAMPED: Final = {VersionWire.__name__, OneVersionWire.__name__}
"""Shapes that are answered with an etag."""
_JSON: Final = "application/json"


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document of `app`."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = made.setdefault("components", {})
    components["securitySchemes"] = {
        SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "al_<id>_<secret>",
            "description": "Made by `lifecycle keys create`. On loopback nobody needs one until the first is made.",
        }
    }
    for kind in (Problem, NotReadyProblem):
        schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= schema.pop("$defs", {}) | {kind.__name__: schema}
    components["schemas"]["Conversation"] = conversation_schema()
    components["schemas"] = {name: it for name, it in sorted(components["schemas"].items()) if name not in _FRAMEWORKS}
    components["headers"] = {
        name: {"description": about, "required": always, "schema": {"type": kind}} for name, (kind, about, always) in _HEADERS.items()
    }
    components["responses"] = {}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _complete(operation, NAMES[method.upper(), path], method, components)
    _plain(made)
    paths = made.pop("paths")
    return {**made, "servers": [{"url": "/", "description": "Where this document was read."}], "tags": list(_tags()), "paths": paths}


def _tags() -> Iterator[dict[str, str]]:
    yield from ({"name": name, "description": about} for name, about in TAGS.items())


def _complete(operation: dict[str, Any], name: str, method: str, components: dict[str, Any]) -> None:
    """Tell of `operation` what its route does not know."""
    parameters = {it["name"]: it for it in operation.get("parameters", ())}
    refusals = {*EVERY, *(CHANGING if method == "post" else ()), *(PAGED if "cursor" in parameters else ())}
    if ROLES in operation:
        refusals |= {*GUARDED}
        operation["description"] = f"{operation.get('description', '')}\n\nRole: {' or '.join(operation[ROLES])}.".strip()
    operation["operationId"] = name
    responses = operation["responses"] | {str(status): told(status) for status in refusals}
    operation["responses"] = {status: _shared(status, it, components) for status, it in sorted(responses.items())}
    for status, response in operation["responses"].items():
        if "$ref" not in response:
            response["headers"] = {it: _header(it) for it in _headers(status, response, parameters)}
            if status[0] == "2":
                response["links"] = {link.to: link.told() for link in LINKS if link.of == name}
                if not response["links"]:
                    del response["links"]
    _exemplify(operation, parameters, examples(name))


def _headers(status: str, response: dict[str, Any], parameters: Mapping[str, Any]) -> Iterator[str]:
    yield "X-Request-Id"
    shape = response.get("content", {}).get(_JSON, {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    if status == str(HTTPStatus.NOT_MODIFIED.value) or shape in _STAMPED:
        yield "ETag"
    if "dryRun" in parameters:
        yield "X-Dry-Run"
    if "cursor" in parameters:
        yield "Link"
    if status == str(HTTPStatus.ACCEPTED.value):
        yield "Location"


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def _shared(status: str, response: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A refusal as a reference to what all operations share; any other answer as it is."""
    content = response.get("content", {}).get(MEDIA_TYPE)
    if content is None:
        return response
    kind = content["schema"]["$ref"].rpartition("/")[2]
    name = HTTPStatus(int(status)).phrase.title().replace(" ", "") + kind.removesuffix("Problem")
    if name not in components["responses"]:
        headers = ["X-Request-Id", *(["WWW-Authenticate"] if status == "401" else []), *response.get("headers", ())]
        found = {it["code"]: it for it in examples(PROBLEMS).values() if it["status"] == int(status)}
        ready = {code: it for code, it in found.items() if ("samples" in it) == (kind == NotReadyProblem.__name__)}
        named = {code: {"summary": it["title"], "value": it} for code, it in sorted((ready or found).items())}
        components["responses"][name] = {
            "description": response["description"],
            "headers": {it: _header(it) for it in headers},
            "content": {MEDIA_TYPE: {**content, "examples": named}},
        }
    return {"$ref": f"#/components/responses/{name}"}


@cache
def examples(name: str) -> dict[str, Any]:
    """What was recorded under `name`; empty before the first recording."""
    path = EXAMPLES / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _exemplify(operation: dict[str, Any], parameters: Mapping[str, Any], recorded: Mapping[str, Any]) -> None:
    for name, value in recorded.get("parameters", {}).items():
        parameters[name]["example"] = value
    if "body" in recorded:
        operation["requestBody"]["content"][_JSON]["example"] = recorded["body"]
    for status, answer in recorded.get("answers", {}).items():
        for content in operation["responses"][status]["content"].values():
            content["example"] = answer


def _plain(it: Any, *, names: bool = False) -> None:  # noqa: ANN401 - any part of a document
    """Take out what a schema's generator adds and nobody reads: titles made from names, descriptions twice, null for what a header lacks.

    names : `it` maps names of fields to their schemas, of which one may be called title.
    """
    if isinstance(it, list):
        for part in it:
            _plain(part)
    if not isinstance(it, dict):
        return
    if not names:
        if isinstance(it.get("title"), str) and ("type" in it or "anyOf" in it or "properties" in it or "$ref" in it or "enum" in it):
            del it["title"]
        if it.get("in") in {"query", "header"}:
            it["schema"] = _given(it["schema"], it.get("description"))
    for name, part in it.items():
        if name not in {"example", "examples", "default"}:
            _plain(part, names=name in {"properties", "schemas"} and not names)


def _given(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    """The schema of a parameter without the null, which is how Python says that it is absent."""
    kinds = [it for it in schema.get("anyOf", ()) if it != {"type": "null"}]
    told = {name: value for name, value in schema.items() if not (name == "description" and value == description)}
    return {**{name: value for name, value in told.items() if name != "anyOf"}, **kinds[0]} if len(kinds) == 1 else told
