"""What Prometheus reads, and whether the API is ready."""

import threading
from datetime import timedelta
from typing import Final

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, traffic, versions
from lifecycle_core.operations.database import downgrade
from tasks import context

THREADS: Final = 40
"""How many routes may wait for the database at a time."""


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
    assert told["agent_lifecycle_variants"].samples[0].value == 1
    assert told["agent_lifecycle_last_check_timestamp_seconds"].samples[0].value > 1.7e9
    assert {it.labels["severity"]: it.value for it in told["agent_lifecycle_open_drift_episodes"].samples} == {
        "low": 0,
        "medium": 0,
        "high": 0,
    }
    assert {it.labels["version"] for it in told["agent_lifecycle_build_info"].samples} == {client.app.version}


def test_no_label_has_values_that_clients_make_up(client, metrics):
    versions.register(context.database(), context.act("test"), variant="made-up", system_prompt="be kind")
    client.get("/api/lifecycle/versions/active", params={"variantName": "made-up"})
    client.request("MADEUP", "/healthz")
    told = [it for family in metrics().values() for it in family.samples]
    assert {name for it in told for name in it.labels} == {
        "method",
        "route",
        "status",
        "le",
        "severity",
        "signal",
        "state",
        "version",
        "python",
    }
    assert not [it for it in told if any("made" in value.lower() for value in it.labels.values())]


def test_a_database_that_does_not_answer_is_a_scrape_that_fails(client):
    downgrade(context.database(), "base")
    told = client.get("/metrics")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "1")


def test_seconds_are_counted_by_route(client, metrics):
    client.get("/healthz")
    told = metrics()["agent_lifecycle_http_request_seconds"]
    [counted] = [it.value for it in told.samples if it.name.endswith("_count") and it.labels["route"] == "/healthz"]
    assert (told.type, counted) == ("histogram", 1)


def test_every_name_is_ours_and_says_its_unit(metrics):
    checked(1)
    for name, it in metrics().items():
        assert name.startswith("agent_lifecycle_")
        assert it.documentation.endswith(".")
        assert not name.endswith(("_ms", "_hours", "_percent"))


def test_a_sign_of_life_waits_for_no_thread(client):
    stopped, waiting = threading.Event(), threading.Barrier(THREADS + 1)

    def hold():
        waiting.wait(10)
        stopped.wait(10)

    async def fill():
        async with anyio.create_task_group() as group:
            for _ in range(THREADS):
                group.start_soon(anyio.to_thread.run_sync, hold)

    held = client.portal.start_task_soon(fill)
    waiting.wait(10)
    told = client.get("/healthz")
    stopped.set()
    held.result(10)
    assert told.json() == {"status": "ok"}


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
