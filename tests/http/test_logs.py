"""What the API logs: each request on one line, in JSON, and nothing that is secret or somebody's."""

import io
import json
import logging

import pytest

from deployments import logs
from tasks import context

SECRET = context.new_secret().text
SOMEBODYS = "ada@example.org, (212) 555-0147"
STATUS = "/api/lifecycle/status"


@pytest.fixture
def logged(client):
    """The lines that are logged, one document each."""
    out = io.StringIO()
    logs.configure(out, "info")
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    for name in logs.OURS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def test_a_request_is_one_line_with_its_name_and_its_caller(client, logged):
    client.get(STATUS, headers={"X-Request-Id": "ask-1"})
    [line] = logged()
    assert (line["event"], line["route"], line["status"], line["request_id"]) == ("request", STATUS, 200, "ask-1")
    assert (line["caller"], line["level"]) == ("http:anonymous", "info")
    assert line["milliseconds"] > 0


def test_a_refused_request_is_logged_too(client, logged):
    client.get("/nowhere/al_secret", headers={"Host": "attacker.example"})
    [line] = logged()
    assert (line["route"], line["status"]) == ("other", 421)


def test_what_asks_all_the_time_is_not_told(client, logged):
    client.get("/healthz")
    assert logged() == []


def test_no_body_no_address_and_no_key_is_logged(client, logged):
    headers = {"Authorization": f"Bearer {SECRET}"}
    client.post("/api/lifecycle/versions/register", json={"variantName": "v", "systemPrompt": SOMEBODYS}, headers=headers)
    client.get(STATUS, params={"at": SOMEBODYS})
    told = json.dumps(logged())
    assert "request" in told
    assert all(it not in told for it in (SECRET, "ada@", "555-0147"))


def test_a_traceback_is_logged_without_what_is_secret_in_it(client, logged, monkeypatch):
    def fail():
        message = f"{SECRET} postgresql://ada:pass-word@db/x Bearer abc.def {SOMEBODYS} sk-proj-12345678"
        raise RuntimeError(message)

    with monkeypatch.context() as broken:
        broken.setattr(context, "now", fail)
        assert client.get("/metrics").status_code == 500
    told = json.dumps(logged())
    assert "RuntimeError" in told
    assert all(it not in told for it in (SECRET, "pass-word", "abc.def", "ada@", "555-0147", "sk-proj"))


def test_what_the_standard_library_logs_is_shaped_alike(logged):
    logging.getLogger("tasks.x").warning("key %s", SECRET)
    [line] = logged()
    assert (line["event"], line["level"], line["logger"]) == ("key ***", "warning", "tasks.x")


def test_under_its_level_nothing_is_logged(client):
    out = io.StringIO()
    logs.configure(out, "error")
    client.get(STATUS)
    assert out.getvalue() == ""
