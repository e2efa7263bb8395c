"""What Prometheus reads, and whether the API is ready."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, traffic
from tasks import context


@pytest.fixture
def metrics(client):
    """Its families by name."""
    return lambda: {it.name: it for it in text_string_to_metric_families(client.get("/metrics").text)}


def checked(hours_ago):
    """A variant that was checked so many hours ago."""
    act = context.act("test")
    batch = [Conversation(id=str(it), variant="baseline", ended_at=act.at - timedelta(hours=it + 1)) for it in range(3)]
    traffic.ingest(context.database(), act, batch)
    drift.check_and_record(context.database(), act, "baseline", act.at - timedelta(hours=hours_ago))


def test_requests_are_counted_by_route_and_never_by_what_clients_make_up(client, metrics):
    for path in ("/healthz", "/made/up/1", "/made/up/2"):
        client.get(path)
    counted = {
        (it.labels["route"], it.labels["status"]): it.value
        for it in metrics()["agent_lifecycle_http_requests"].samples
        if it.name.endswith("_total")
    }
    assert (counted["/healthz", "200"], counted["other", "404"]) == (1, 2)


def test_the_state_is_read_when_it_is_asked_for(client, metrics):
    checked(1)
    told = metrics()
    assert told["agent_lifecycle_conversations"].samples[0].value == 3
    assert told["agent_lifecycle_last_check_timestamp_seconds"].samples[0].value > 1.7e9
    assert {it.labels["severity"] for it in told["agent_lifecycle_open_drift_episodes"].samples} == {"low", "medium", "high"}


def test_every_name_is_ours_and_says_its_unit(metrics):
    checked(1)
    for name, it in metrics().items():
        assert name.startswith("agent_lifecycle_")
        assert it.documentation.endswith(".")
        assert not name.endswith(("_ms", "_hours", "_percent"))


def test_ready_is_told_with_the_last_check(client):
    assert client.get("/readyz").json() | {"revision": ""} == {
        "status": "ok",
        "revision": "",
        "lastCheckAt": None,
        "lastCheckAgeS": None,
        "watchStalled": False,
    }
    checked(1)
    told = client.get("/readyz").json()
    assert (told["watchStalled"], 3000 < told["lastCheckAgeS"] < 7300) == (False, True)


def test_a_watch_that_stands_still_is_told_and_the_api_is_ready_without_it(client):
    checked(3)
    told = client.get("/readyz")
    assert (told.status_code, told.json()["watchStalled"]) == (200, True)
