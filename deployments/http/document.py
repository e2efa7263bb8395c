"""The OpenAPI document: what FastAPI finds in the routes, and what it cannot see: keys, refusals before a route, shared problems."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from deployments.http.access import ROLES, SCHEME
from deployments.http.problems import NotReadyProblem, Problem, told

GUARDED: Final = (401, 403, 429)
"""What the gate may answer for a route that asks for a role."""
HEADER: Final = {"X-Request-Id": {"description": "Names the request in logs and in the audit log.", "schema": {"type": "string"}}}


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
    components["schemas"] = dict(sorted(components["schemas"].items()))
    for methods in made["paths"].values():
        for operation in methods.values():
            _complete(operation)
    return made


def _complete(operation: dict[str, Any]) -> None:
    """Tell of `operation` what its route does not know."""
    if ROLES in operation:
        operation["responses"] |= {str(status): told(status) for status in GUARDED}
        roles = " or ".join(operation[ROLES])
        operation["description"] = f"{operation.get('description', '')}\n\nRole: {roles}.".strip()
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for response in operation["responses"].values():
        response["headers"] = {**HEADER, **response.get("headers", {})}
