"""What the API logs: each request on one line, in JSON, and nothing that is secret or somebody's."""

import io
import json
import logging

import pytest

from deployments import logs
from lifecycle_core.operations import audit
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
    quiet()


def quiet():
    """Log as before."""
    for name in logs.OURS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)


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


def test_what_is_told_beside_an_event_is_masked_however_deep(logged):
    told = {
        "headers": {"authorization": f"Bearer {SECRET}", "x": [SOMEBODYS]},
        "error": ValueError("password='hunter2'"),
        "n": 7,
        "up": True,
    }
    logging.getLogger("tasks.x").warning("told", extra={"beside": told})
    [line] = logged()
    assert line["beside"] == {
        "headers": {"authorization": "Bearer ***", "x": ["<EMAIL>, <PHONE>"]},
        "error": "ValueError(\"password='***'\")",
        "n": 7,
        "up": True,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql://ada:p@ss/w@db/x is away", "postgresql://***db/x is away"),
        ("https://ada@host/?a=b", "https://***host/?a=b"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("Authorization: Basic YWRhOnB3cHc=", "Authorization: Basic ***"),
        ("card 4111 1111 1111 1111", "card <CARD>"),
        ("session 00520354-bf74-4edf-886e-d6094f3c1ed4 at 2025-10-07T12:00:00Z", None),
        ("booked 65.0% against 75.0%, n = 212, e = 41; 1,000,000 tokens", None),
    ],
)
def test_secrets_and_numbers_of_somebody_are_hidden_and_ours_are_told(text, told):
    assert logs.without_secrets(text) == (told or text)


def test_a_long_value_is_told_by_its_ends_and_read_quickly(logged):
    logging.getLogger("tasks.x").warning("%s", f"{SECRET}{'x@' * 10**6}{SOMEBODYS}")
    [line] = logged()
    assert len(line["event"]) < logs.MOST_CHARACTERS
    assert line["event"].startswith("***")
    assert line["event"].endswith("<PHONE>")


def test_people_on_a_terminal_are_told_in_their_words(client):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    logs.configure(out)
    client.get(STATUS)
    quiet()
    assert "request" in out.getvalue()
    assert "{" not in out.getvalue()


def test_a_name_of_a_request_is_echoed_logged_and_in_the_audit_log(client, logged):
    body = {"variantName": "v", "systemPrompt": "be kind"}
    told = client.post("/api/lifecycle/versions/register", json=body, headers={"X-Request-Id": "ask-7"})
    assert (told.headers["X-Request-Id"], logged()[0]["request_id"]) == ("ask-7", "ask-7")
    assert audit.of_request(context.database(), "ask-7")


def test_under_its_level_nothing_is_logged(client):
    out = io.StringIO()
    logs.configure(out, "error")
    client.get(STATUS)
    quiet()
    assert out.getvalue() == ""
