"""Every refusal is a problem document that names the value, the limit and the remedy."""

import pytest

from deployments.http.problems import MEDIA_TYPE
from lifecycle_core.operations import status
from lifecycle_core.operations.database import downgrade
from tasks import context

DETECT = "/api/lifecycle/drift/detect"
HISTORY = "/api/lifecycle/drift/history"
REGISTER = "/api/lifecycle/versions/register"


def test_a_problem_has_the_members_of_the_standard_and_a_code(client):
    told = client.get("/nowhere", headers={"X-Request-Id": "ask-1"})
    assert told.headers["Content-Type"] == MEDIA_TYPE
    assert told.headers["X-Request-Id"] == "ask-1"
    assert told.json() == {
        "type": "/problems/not-found",
        "title": "Not Found",
        "status": 404,
        "code": "not-found",
        "detail": "GET /nowhere: Not Found; /docs lists every route",
        "requestId": "ask-1",
        "errors": [],
    }


@pytest.mark.parametrize(
    ("path", "status_code", "sentence"),
    [
        (DETECT, 422, "variant is missing"),
        (f"{DETECT}?variant=baselin", 404, "no variant is called 'baselin'"),
        (f"{DETECT}?variant=b&at=2025-10-07T12:00:00", 422, "has no zone; add Z for UTC (2025-10-07T12:00:00Z)"),
        (f"{DETECT}?variant=b&at=9999-01-01T00:00:00Z", 422, "give an instant from the year 2000 to now"),
        (f"{DETECT}?variant=b&at=0001-01-01T00:00:00Z", 422, "give an instant from the year 2000 to now"),
        (f"{DETECT}?variant=b&at=noon", 422, "at is 'noon': write it in ISO 8601 with a zone, as 2025-10-07T12:00:00Z"),
        (f"{DETECT}?variant=b&at=1759838400", 422, "at is '1759838400': write it in ISO 8601"),
        (f"{DETECT}?variant=b&bogus=1", 422, "'bogus' is no parameter of /api/lifecycle/drift/detect; it takes variant, mode, at"),
        ("/healthz?deep=1", 422, "'deep' is no parameter of /healthz; it takes none"),
        (f"{DETECT}?variant=b&mode=best", 422, "mode is 'best': input should be 'evidence' or 'threshold'"),
        (f"{HISTORY}?limit=-1", 422, "limit is '-1': input should be greater than or equal to 1"),
        (f"{HISTORY}?limit=1001", 422, "limit is '1001': input should be less than or equal to 1000"),
        (f"{HISTORY}?cursor=2147483648", 400, "hand back nextCursor as it is"),
        (f"{HISTORY}?cursor=abc", 400, "cursor was not given out for this list"),
        ("/api/lifecycle/versions/active?variantName=nobody", 404, "no variant is called 'nobody'"),
        ("/api/lifecycle/versions/compare?variantName=b&version1=0&version2=1", 422, "version1 is '0'"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused_in_one_sentence(client, path, status_code, sentence):
    told = client.get(path)
    assert (told.status_code, told.headers["Content-Type"]) == (status_code, MEDIA_TYPE)
    assert sentence in told.json()["detail"]
    assert "\n" not in told.json()["detail"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"variantName": "b"}, "systemPrompt is missing"),
        ({"variantName": "b", "systemPrompt": "x", "prompt": "y"}, "prompt is not a field of this request"),
        ({"variant_name": "b", "systemPrompt": "x"}, "variant_name is not a field of this request"),
        ({"variantName": 7, "systemPrompt": "x"}, "variantName is 7: input should be a valid string"),
        ([], "body is not a JSON object"),
    ],
)
def test_a_body_is_taken_strictly_and_nothing_is_written(client, body, sentence):
    told = client.post(REGISTER, json=body)
    assert told.status_code == 422
    assert sentence in told.json()["detail"]
    assert client.get("/api/lifecycle/versions/list").json()["variants"] == []


@pytest.mark.parametrize(
    ("body", "status_code", "sentence"),
    [
        (b"[", 422, "body is not JSON (character 2)"),
        (b'{"variantName": nope}', 422, "body is not JSON (character 17)"),
        (b'{"variantName": "\xff"}', 400, "the body is not UTF-8 (byte 18)"),
        (b'{"metadata":' + b"[" * 100_000, 413, "the body nests lists or objects over 100 deep"),
        (b'{"variantName": ' + b"1" * 5000 + b"}", 400, "the body cannot be read; send one JSON object in UTF-8"),
    ],
    ids=["an end", "a word", "bytes", "depth", "a number"],
)
def test_a_body_that_cannot_be_read_is_refused_with_the_place_or_the_reason(client, body, status_code, sentence):
    told = client.post(REGISTER, content=body, headers={"Content-Type": "application/json"})
    assert (told.status_code, told.headers["Content-Type"]) == (status_code, MEDIA_TYPE)
    assert sentence in told.json()["detail"]


def test_a_number_written_as_text_is_refused(client):
    told = client.post("/api/lifecycle/versions/activate", json={"variantName": "b", "version": "2"})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "version")


def test_a_method_that_a_route_lacks_is_405_with_those_it_has(client):
    told = client.delete(DETECT)
    assert (told.status_code, told.json()["code"], told.headers["Allow"]) == (405, "method-not-allowed", "GET")


def test_a_fault_of_the_program_tells_its_request_and_nothing_else(client, monkeypatch):
    def failing(*_: object) -> None:
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(status, "status", failing)
    told = client.get("/api/lifecycle/status", headers={"X-Request-Id": "ask-2"})
    assert (told.status_code, told.json()["code"], told.json()["requestId"]) == (500, "internal", "ask-2")
    assert "secret detail" not in told.text


def test_a_database_that_is_gone_is_503_and_says_when_to_try_again(client, tmp_path):
    client.get("/readyz")
    context.database().close()
    (tmp_path / "lifecycle.db").write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    told = client.get("/readyz")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "1")
    assert client.get("/healthz").status_code == 200


def test_a_database_that_lost_its_schema_is_not_ready(client):
    assert client.get("/readyz").status_code == 200
    downgrade(context.database(), "base")
    told = client.get("/readyz")
    assert (told.status_code, told.json()["code"]) == (503, "schema-mismatch")
    assert "run lifecycle db upgrade" in told.json()["detail"]
