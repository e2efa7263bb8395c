"""The examples of the document: each operation has them, they are true of its schemas, and they are what is answered."""

import json

import pytest
from jsonschema import Draft202012Validator

from deployments.http.docs import page
from deployments.http.document import EXAMPLES
from tests.contract.recording import recorded
from tests.contract.test_routes import COMMITTED, OPERATIONS, answers_of

SCHEMAS = {"components": COMMITTED["components"]}
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]
SECRETS = ("@", "+1 ", "555-")
"""What would betray a person."""


def faults(schema, example):
    return [f"{list(it.path)}: {it.message}" for it in Draft202012Validator(SCHEMAS | schema).iter_errors(example)]


@pytest.mark.parametrize("operation", [it for _, _, it in OPERATIONS], ids=IDS)
def test_every_body_has_an_example_of_its_schema(operation):
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        assert faults(content["schema"], content["example"]) == []


@pytest.mark.parametrize("operation", [it for _, _, it in OPERATIONS], ids=IDS)
def test_every_answer_has_an_example_of_its_schema(operation):
    for status, answer in answers_of(operation).items():
        for content in answer.get("content", {}).values():
            shown = [content["example"]] if "example" in content else [it["value"] for it in content["examples"].values()]
            assert shown, status
            assert [faults(content["schema"], it) for it in shown] == [[]] * len(shown)


@pytest.mark.parametrize("operation", [it for _, _, it in OPERATIONS], ids=IDS)
def test_every_required_parameter_has_an_example_of_its_schema(operation):
    for it in operation.get("parameters", []):
        assert not it.get("required") or "example" in it, it["name"]
        assert "example" not in it or faults(it["schema"], it["example"]) == []


@pytest.mark.slow
def test_the_committed_examples_are_those_that_the_api_gives():
    committed = {path.stem: json.loads(path.read_text()) for path in EXAMPLES.glob("*.json")}
    assert recorded() == committed, "run `make docs`"


def test_no_example_names_a_person():
    told = "".join(path.read_text() for path in EXAMPLES.glob("*.json"))
    assert [it for it in SECRETS if it in told] == []


def test_the_page_of_the_routes_shows_each_with_its_role_and_its_examples():
    shown = page(COMMITTED).body.decode()
    for _, _, operation in OPERATIONS:
        assert f'id="{operation["operationId"]}"' in shown
        assert " or ".join(operation.get("x-required-roles", ["everybody"])) in shown
    examples = [it for path in EXAMPLES.glob("*.json") for it in json.loads(path.read_text()).get("answers", {})]
    assert shown.count('<details class="shown">') >= len(examples) - 1  # one file holds the refusals
    assert "<script" not in shown
