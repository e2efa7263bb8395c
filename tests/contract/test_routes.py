"""The routes that the plan names, in its section 10 and its workflows, and ours beside them; the committed document is what they are."""

import json
from pathlib import Path
from urllib.request import urlopen

import pytest

from deployments.demo.browsing import served
from deployments.http.app import create_app
from deployments.http.openapi import DOCUMENT, document

PLAN = {
    ("GET", "/api/lifecycle/drift/detect"),
    ("GET", "/api/lifecycle/drift/history"),
    ("GET", "/api/lifecycle/drift/metrics"),
    ("POST", "/api/lifecycle/versions/register"),
    ("POST", "/api/lifecycle/versions/activate"),
    ("POST", "/api/lifecycle/versions/rollback"),
    ("GET", "/api/lifecycle/versions/active"),
    ("GET", "/api/lifecycle/versions/history"),
    ("GET", "/api/lifecycle/versions/compare"),
    ("GET", "/api/lifecycle/versions/diff"),
    ("POST", "/api/lifecycle/versions/tag"),
    ("GET", "/api/lifecycle/versions/list"),
    ("GET", "/api/lifecycle/retraining/check"),
    ("POST", "/api/lifecycle/retraining/start"),
    ("POST", "/api/lifecycle/retraining/finalize"),
    ("GET", "/api/lifecycle/retraining/status"),
    ("GET", "/api/lifecycle/retraining/history"),
    ("GET", "/api/lifecycle/status"),
    ("GET", "/api/reliability/shadow/status"),
    ("GET", "/api/reliability/shadow/analysis"),
    ("GET", "/api/reliability/metrics"),
}
BESIDE = {
    ("GET", "/api/lifecycle/drift/backtest"),
    ("GET", "/api/lifecycle/drift/episode"),
    ("GET", "/api/lifecycle/drift/explain"),
    ("POST", "/api/lifecycle/drift/known"),
    ("POST", "/api/lifecycle/conversations"),
    ("POST", "/v1/traces"),
    ("GET", "/api/lifecycle/alerts"),
    ("GET", "/api/lifecycle/alerts/messages"),
    ("POST", "/api/lifecycle/alerts/silence"),
    ("POST", "/api/lifecycle/alerts/lift"),
    ("POST", "/api/lifecycle/alerts/test"),
    ("POST", "/api/lifecycle/alerts/resend"),
    ("GET", "/api/lifecycle/policy"),
    ("POST", "/api/lifecycle/policy/set"),
    ("POST", "/api/lifecycle/policy/reset"),
    ("GET", "/api/lifecycle/policy/history"),
    ("GET", "/api/lifecycle/retraining/review"),
    ("GET", "/api/lifecycle/retraining/report"),
    ("POST", "/api/lifecycle/retraining/approve"),
    ("POST", "/api/lifecycle/retraining/reject"),
    ("POST", "/api/lifecycle/retraining/cancel"),
    ("GET", "/api/reliability/shadow/evidence"),
    ("GET", "/api/reliability/shadow/agreement"),
    ("GET", "/api/reliability/shadow/plan"),
    ("GET", "/api/lifecycle/failures"),
    ("GET", "/api/lifecycle/training/export"),
    ("GET", "/api/lifecycle/cases"),
    ("GET", "/api/lifecycle/cases/report"),
    ("GET", "/api/lifecycle/cases/tools"),
    ("POST", "/api/lifecycle/cases/add"),
    ("POST", "/api/lifecycle/cases/remove"),
    ("POST", "/api/lifecycle/cases/restore"),
    ("POST", "/api/reliability/shadow/samples"),
    ("GET", "/api/lifecycle/versions/version"),
    ("GET", "/api/lifecycle/versions/rollback/preview"),
    ("POST", "/api/lifecycle/versions/untag"),
    ("GET", "/api/lifecycle/audit"),
    ("GET", "/api/lifecycle/audit/verify"),
    ("POST", "/api/lifecycle/audit/anchor"),
    ("GET", "/api/lifecycle/whoami"),
    ("GET", "/api/lifecycle/keys"),
    ("POST", "/api/lifecycle/keys/create"),
    ("POST", "/api/lifecycle/keys/revoke"),
    ("GET", "/metrics"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
}
COMMITTED = json.loads(Path(DOCUMENT).read_text())
OPERATIONS = [(method.upper(), path, it) for path, methods in COMMITTED["paths"].items() for method, it in methods.items()]


def answers_of(operation):
    """The answers by status, of which refusals stand among the components."""
    shared = COMMITTED["components"]["responses"]
    return {status: shared[it["$ref"].rpartition("/")[2]] if "$ref" in it else it for status, it in operation["responses"].items()}


def fields_of(schema):
    """Every field of what a request is made of, by its shape's name."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        shape = COMMITTED["components"]["schemas"][name]
        for field, it in shape.get("properties", {}).items():
            yield f"{name}.{field}", it
            yield from fields_of(it)
    for part in [schema.get("items", {}), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
        yield from fields_of(part) if part else ()


def test_all_21_routes_of_the_plan_are_there_and_those_beside_them():
    assert len(PLAN) == 21
    assert {(method, path) for method, path, _ in OPERATIONS} == PLAN | BESIDE


def test_the_committed_document_is_the_one_that_is_served(api):
    assert api.get("/openapi.json").json() == COMMITTED


def test_the_committed_document_is_written_as_the_command_writes_it():
    assert Path(DOCUMENT).read_text() == document(), "run `make docs`"


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS])
def test_every_refusal_of_a_route_is_documented_as_a_problem(method, path, operation):
    refusals = {status: answer for status, answer in answers_of(operation).items() if status[0] not in "23"}
    assert {"421", "422", "500"} <= set(refusals)
    for answer in refusals.values():
        assert set(answer["content"]) == {"application/problem+json"}


def test_every_operation_has_a_name_of_its_own():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(it.isidentifier() and it[0].islower() for it in names)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS])
def test_an_operation_says_what_it_does_and_what_it_is_asked_with(method, path, operation):
    assert operation["summary"]
    assert operation["description"]
    assert [it["name"] for it in operation.get("parameters", []) if not it.get("description")] == []
    contents = operation.get("requestBody", {}).get("content", {}).values()
    fields = [it for content in contents for it in fields_of(content["schema"])]
    assert [name for name, it in fields if not (it.get("description") or "$ref" in it)] == []


def test_every_link_leads_from_what_an_answer_tells_to_what_an_operation_asks():
    operations = {operation["operationId"]: operation for _, _, operation in OPERATIONS}
    links = [it for one in operations.values() for answer in one["responses"].values() for it in answer.get("links", {}).values()]
    assert len(links) > 10
    for it in links:
        parameters = {parameter["name"] for parameter in operations[it["operationId"]].get("parameters", [])}
        assert {name.removeprefix("header.") for name in it.get("parameters", {})} <= parameters


def test_the_api_answers_over_a_real_socket(clock):
    with served(create_app()) as url, urlopen(f"{url}/api/lifecycle/status", timeout=30) as answer:  # noqa: S310 - http on loopback
        told = json.load(answer)
        assert answer.headers["Content-Type"] == "application/json"
    assert (told["at"], told["variants"]) == ("2025-10-07T12:00:00Z", [])
