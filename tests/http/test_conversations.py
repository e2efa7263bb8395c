import json

import pytest

from lifecycle_core.operations.database import verify
from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from tasks import context

ROW = {"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T11:30:00Z", "booked": True}
PATH = "/api/lifecycle/conversations"


def kept():
    return verify(context.database()).conversations


@pytest.mark.parametrize(
    ("body", "content_type", "accepted"),
    [
        (json.dumps(ROW), "application/json", 1),
        (json.dumps([ROW, {**ROW, "id": "c2"}]), "application/json", 2),
        ("\n".join(json.dumps({**ROW, "id": f"c{number}"}) for number in range(3)), "application/x-ndjson", 3),
    ],
    ids=["one", "an array", "lines"],
)
def test_conversations_go_in_and_are_counted(client, body, content_type, accepted):
    said = client.post(PATH, content=body, headers={"Content-Type": content_type})
    assert (said.status_code, said.json()) == (200, {"accepted": accepted, "known": 0, "differing": 0})
    assert kept() == accepted


def test_the_same_again_is_known_and_other_content_is_told(client):
    client.post(PATH, json=ROW)
    assert client.post(PATH, json=[ROW, {**ROW, "booked": False}]).json() == {"accepted": 0, "known": 2, "differing": 1}


def test_one_bad_record_among_good_ones_is_named_and_nothing_is_written(client):
    said = client.post(PATH, json=[ROW, {**ROW, "id": "c2", "cost_usd": -0.5}])
    assert said.status_code == 422
    assert said.headers["Content-Type"] == "application/problem+json"
    assert "conversation [1]: cost_usd is -0.5; it must be 0 or more; nothing was written" in said.text
    assert kept() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"booked": "maybe"},
        {"ended_at": "2025-10-07T11:30:00"},
        {"bookd": True},
        {"started_at": "2025-10-08T00:00:00Z"},
        {"ended_at": "9999-12-31T23:59:59-14:00"},
        {"ended_at": "9999-12-31T23:59:59Z"},
        {"ended_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_a_record_that_cannot_be_meant_is_refused_with_its_field(client, wrong):
    said = client.post(PATH, json={**ROW, **wrong})
    assert said.status_code == 422
    assert next(iter(wrong)) in said.text


@pytest.mark.parametrize("body", ["", "nope", '{"id": "c', "[", "\x00"])
def test_what_is_no_json_is_refused(client, body):
    assert client.post(PATH, content=body).status_code == 422


def test_a_body_past_the_limit_is_not_read_and_refused_with_the_limit(client):
    said = client.post(PATH, content=b" " * (MAX_BODY_BYTES + 1))
    assert said.status_code == 413
    assert "16 MiB" in said.text


def test_messages_past_the_limit_are_refused_with_the_limit(client):
    said = client.post(PATH, json={**ROW, "messages": [{"role": "user", "content": "x" * 10_000_000}]})
    assert said.status_code == 422
    assert "1,000,000 characters" in said.text


def test_the_openapi_document_shows_what_may_be_sent(client):
    document = client.get("/openapi.json").json()
    described = document["paths"][PATH]["post"]["requestBody"]["content"]
    one, many = described["application/json"]["schema"]["oneOf"]
    conversation = document["components"]["schemas"]["Conversation"]
    assert one["$ref"].endswith("/Conversation")
    assert {"id", "variant", "ended_at"} == set(conversation["required"])
    assert all(it["description"] for it in conversation["properties"].values())
    assert many["items"] == one
    assert "application/x-ndjson" in described
