"""Who may ask, under which name, and how much."""

import json

import pytest

from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from tasks import context

STATUS = "/api/lifecycle/status"
REGISTER = "/api/lifecycle/versions/register"
BODY = {"variantName": "baseline", "systemPrompt": "be kind"}


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:3001", "testserver", "localhost.attacker.example", ""])
def test_another_name_than_this_hosts_is_refused(client, host):
    told = client.get(STATUS, headers={"Host": host})
    assert (told.status_code, told.json()["code"]) == (421, "unknown-host")


@pytest.mark.parametrize("host", ["localhost", "LocalHost:3001", "127.0.0.1:3001", "[::1]:3001"])
def test_this_hosts_own_names_are_answered(client, host):
    assert client.get(STATUS, headers={"Host": host}).status_code == 200


def test_the_address_that_is_served_is_answered(client, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_API_HOST", "127.0.0.2")
    context.settings.cache_clear()
    assert client.get(STATUS, headers={"Host": "127.0.0.2:3001"}).status_code == 200


@pytest.mark.parametrize(
    "betrayed",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8080"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Content-Type": "text/plain"},
    ],
    ids=str,
)
def test_a_page_elsewhere_changes_nothing(client, betrayed):
    told = client.post(REGISTER, content=json.dumps(BODY), headers=betrayed)
    assert (told.status_code, told.json()["code"]) == (403, "cross-site")
    assert client.get("/api/lifecycle/versions/list").json()["variants"] == []


def test_a_page_of_this_api_may_ask(client):
    told = client.post(REGISTER, json=BODY, headers={"Origin": "http://localhost:3001", "Sec-Fetch-Site": "same-origin"})
    assert told.status_code == 200


def test_a_link_from_elsewhere_may_be_followed(client):
    assert client.get("/docs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_is_json_whatever_it_is_called(client, content_type):
    told = client.post(REGISTER, content=json.dumps(BODY), headers={"Content-Type": content_type} if content_type else {})
    assert (told.status_code, told.json()["version"]) == (200, 1)


def test_a_body_past_the_bound_is_refused_by_its_length(client):
    told = client.post(REGISTER, content=b"{}", headers={"Content-Length": str(MAX_BODY_BYTES + 1)})
    assert (told.status_code, told.json()["code"]) == (413, "too-large")


def test_a_body_that_tells_no_length_is_read_to_the_bound_alone(client):
    def pieces():
        for _ in range(40):
            yield b" " * 2**20

    told = client.post(REGISTER, content=pieces())
    assert (told.status_code, told.json()["code"]) == (413, "too-large")
    assert "16 MiB" in told.json()["detail"]


def test_every_answer_names_its_request_and_forbids_guesses_of_its_kind(client):
    for told in (client.get("/healthz"), client.get("/healthz", headers={"Host": "attacker.example"})):
        assert len(told.headers["X-Request-Id"]) == 32
        assert told.headers["X-Content-Type-Options"] == "nosniff"
