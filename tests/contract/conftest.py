"""The API at the plan's instants, the traffic of its examples, and what it means that a reply holds an example."""

import math
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tasks import context
from tests.api import application
from tests.documented import expect_documented

NOON = datetime.fromisoformat("2025-10-07T12:00:00Z")
DAY = timedelta(days=1)


@pytest.fixture
def clock(tmp_path, monkeypatch, sqlite_template):
    """Stops the clock at an instant; the database is kept."""
    shutil.copyfile(sqlite_template, tmp_path / "lifecycle.db")
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))

    def stop(at: datetime) -> None:
        monkeypatch.setenv("LIFECYCLE_CLOCK", f"{at.isoformat()}=2025-01-01T00:00:00Z*0")
        context.settings.cache_clear()

    stop(NOON)
    context.configure()
    yield stop
    if context.current.cache_info().currsize:
        context.database().close()
    monkeypatch.undo()
    context.configure()


@pytest.fixture
def api(clock):
    """The API as the plan's curl commands find it, at noon of 2025-10-07."""
    with TestClient(application(), base_url="http://localhost:3001") as client:
        client.event_hooks["response"].append(expect_documented)
        yield client


@pytest.fixture
def traffic(api) -> Callable[..., None]:
    """Sends conversations that ended evenly over a span; of a flag the first so many are true, of actions each has one in turn."""

    def send(count: int, start: datetime, end: datetime, *, actions: list[str] | None = None, **given: Any) -> None:
        flags = {name: given.pop(name) for name in ("booked", "escalated") if name in given}
        turns = islice(cycle(actions or [""]), count)
        batch = [
            {
                "id": f"{start.isoformat()}-{number}",
                "variant": "baseline",
                "ended_at": (start + (end - start) * number / count).isoformat(),
                **{name: number < true for name, true in flags.items()},
                **({"actions": [action]} if action else {}),
                **given,
            }
            for number, action in enumerate(turns)
        ]
        answer = api.post("/api/lifecycle/conversations", json=batch)
        assert answer.json()["accepted"] == count, answer.text

    return send


@pytest.fixture
def windows(traffic) -> Callable[..., None]:
    """Sends the traffic of the plan's two windows before noon: seven days less one, and the last day."""

    def send(baseline: dict[str, Any], recent: dict[str, Any]) -> None:
        traffic(start=NOON - 7 * DAY, end=NOON - DAY, **baseline)
        traffic(start=NOON - DAY, end=NOON, **recent)

    return send


@pytest.fixture
def detect(api) -> Callable[[], dict[str, Any]]:
    """The report of the literal rule, which is the one that the plan's examples follow."""

    def ask() -> dict[str, Any]:
        answer = api.get("/api/lifecycle/drift/detect?variant=baseline&mode=threshold")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    return ask


@pytest.fixture
def holds() -> Callable[[object, object], bool]:
    """Whether a reply says all that an example says, in the same words; it may say more in objects, nothing more in lists."""
    return _holds


def _holds(reply: object, example: object) -> bool:
    if example is ...:
        return True
    if isinstance(example, dict):
        return isinstance(reply, dict) and all(name in reply and _holds(reply[name], told) for name, told in example.items())
    if isinstance(example, list):
        return isinstance(reply, list) and len(reply) == len(example) and all(map(_holds, reply, example))
    if isinstance(example, float):
        return isinstance(reply, float) and math.isclose(reply, example, rel_tol=1e-9)
    return type(reply) is type(example) and reply == example
