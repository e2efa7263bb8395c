"""What serves delivers alerts by itself, looks whether the watch stands still, and outlives what goes wrong."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from benchmarks._receiver import SECRET, receiving
from deployments.supervisor import alerting
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import alerts, drift, traffic
from tasks import alerts as tasks
from tasks import context


@pytest.fixture
def receiver(database, tmp_path, monkeypatch):
    with receiving() as it:
        monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("LIFECYCLE_WEBHOOKS", it.url)
        monkeypatch.setenv("LIFECYCLE_WEBHOOK_SECRET", SECRET)
        monkeypatch.setattr(alerting, "EVERY_S", 0.01)
        monkeypatch.setattr(alerting, "WATCH_EVERY_S", 0.02)
        context.configure()
        yield it
    context.database().close()
    monkeypatch.undo()
    context.configure()


def serve(until):
    """Let it go on until something is so, ten seconds at most."""

    async def live():
        serving = asyncio.create_task(alerting.alert_for_ever())
        async with asyncio.timeout(10):
            while not until():  # noqa: ASYNC110 - what is waited for is elsewhere
                await asyncio.sleep(0.01)
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving

    asyncio.run(live())


def test_a_message_is_delivered_by_what_serves(receiver):
    made = alerts.test(context.database(), context.act("ada"), "one").message
    serve(lambda: receiver.bodies)
    assert receiver.ids == [made.id]


def test_a_watch_that_stands_still_is_told(receiver):
    act, database = context.act("ada"), context.database()
    three_hours_ago = act.at - timedelta(hours=3)
    traffic.ingest(database, act, [Conversation(id="1", variant="a", ended_at=three_hours_ago - timedelta(hours=1))])
    drift.check_and_record(database, act, "a", three_hours_ago)
    serve(lambda: receiver.bodies)
    assert [it["data"]["title"].startswith("this installation: stalled watch: the last check is of") for it in receiver.bodies] == [True]


def test_what_goes_wrong_once_ends_nothing(receiver, monkeypatch):
    asked = []

    def broken():
        asked.append(1)
        message = "the disk is full"
        raise RuntimeError(message)

    monkeypatch.setattr(tasks, "deliver", broken)
    serve(lambda: len(asked) > 2)
