"""Under load: what is refused, what is let in, and what never waits."""

import asyncio
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from deployments.http import bodies, lanes
from deployments.http.app import ROUTERS
from deployments.http.lanes import Lane, Lanes
from lifecycle_core.errors import OverloadedError
from lifecycle_core.operations.database import verify
from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from tasks import context

THREADS = 40
"""What anyio gives to routes."""
BATCHES = "/api/lifecycle/conversations"
ROLLBACK = "/api/lifecycle/versions/rollback"


@dataclass
class Asked:
    """One request to the application, told in ASGI's words, whose client may be slow or go away."""

    app: object
    path: str
    parts: list[bytes]
    method: str = "POST"
    length: int | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list = field(default_factory=list)

    async def answered(self):
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        headers += [(b"content-length", str(self.length).encode())] if self.length is not None else []
        scope = {"type": "http", "method": self.method, "path": self.path, "query_string": b"", "headers": headers, "http_version": "1.1"}
        await self.app(scope | {"client": ("127.0.0.1", 1), "scheme": "http", "server": ("localhost", 3001)}, self._receive, self._send)
        return self

    @property
    def status(self):
        return self.sent[0]["status"] if self.sent else None

    @property
    def retry_after(self):
        return int(dict(self.sent[0]["headers"])[b"retry-after"])

    async def _receive(self):
        if self.parts:
            return {"type": "http.request", "body": self.parts.pop(0), "more_body": bool(self.parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)


@pytest.fixture
def app(client):
    return client.app


def conversation(name):
    return b'{"id": "%s", "variant": "baseline", "ended_at": "%s"}' % (name.encode(), context.now().isoformat().encode())


def lane_of(app, path):
    """The lane of a path in the application as it is built."""
    it = app.middleware_stack
    while not isinstance(it, bodies._Bodies):
        it = it.app
    return it._lanes.of("POST", path)


@asynccontextmanager
async def busy(lane):
    """As long as this lasts every place at work is taken."""
    async with AsyncExitStack() as taken:
        for _ in range(lane.at_once):
            await taken.enter_async_context(lane.at_work())
        yield


async def until(so):
    """Let others go on until it is so."""
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


def test_every_path_of_a_lane_is_a_route():
    known = {route.path for router in ROUTERS for route in router.routes}
    assert known >= lanes._TRAFFIC | lanes._ANALYSIS | lanes._STARTS
    assert known >= {path for _, path in lanes._SIGNS | lanes.URGENT}


def test_a_page_s_rollback_is_urgent_and_its_verifying_of_the_log_is_not():
    it = Lanes()
    assert it.of("POST", "/variant/rollback") is it.of("POST", "/api/lifecycle/versions/rollback")
    assert it.of("GET", "/audit/verify") is it.of("GET", "/api/lifecycle/audit/verify")
    assert it.of("GET", "/audit") not in {it.of("GET", "/audit/verify"), it.of("POST", "/variant/rollback")}


def test_the_places_of_all_lanes_are_fewer_than_the_threads_so_the_urgent_never_wait_for_the_rest():
    it = Lanes()
    assert it._urgent.at_once + it._traffic.at_once + it._analysis.at_once + it._others.at_once < THREADS


def test_a_full_lane_refuses_and_tells_when_to_come_back():
    lane = Lane("batches", at_once=1, waiting=1)
    with lane.entered(), lane.entered(), pytest.raises(OverloadedError, match=r"2 batches are in hand.*ask again in 1 s"):
        ExitStack().enter_context(lane.entered())
    with lane.entered():
        pass


def test_a_lane_holds_so_many_bytes_and_no_more():
    lane = Lane("batches", at_once=1, waiting=9, most_bytes=2**20)
    with lane.held(2**20), pytest.raises(OverloadedError, match="come to 1 MiB"):
        ExitStack().enter_context(lane.held(1))
    with lane.held(2**20):
        pass


def test_who_waits_too_long_for_a_place_is_refused_and_takes_none(monkeypatch):
    monkeypatch.setattr(lanes, "PATIENCE_S", 0.01)
    lane = Lane("batches", at_once=1, waiting=9)

    async def play():
        async with lane.at_work():
            with pytest.raises(OverloadedError, match="were not enough"):
                await AsyncExitStack().enter_async_context(lane.at_work())
        async with lane.at_work() as waited:
            return waited

    assert asyncio.run(play()) is False


def test_a_rollback_goes_on_where_traffic_and_all_else_are_full(client, app):
    client.get("/healthz")
    with ExitStack() as full:
        for path in (BATCHES, "/api/lifecycle/drift/detect", "/api/lifecycle/versions/list"):
            lane = lane_of(app, path)
            for _ in range(lane.at_once + lane.waiting):
                full.enter_context(lane.entered())
        told = client.post(BATCHES, content=conversation("c1"))
        assert (told.status_code, told.json()["code"]) == (503, "overloaded")
        assert int(told.headers["Retry-After"]) >= 1
        assert client.get("/api/lifecycle/versions/list").status_code == 503
        assert client.post(ROLLBACK, json={"variantName": "nobody"}).status_code == 404
        assert [client.get(it).status_code for it in ("/healthz", "/readyz")] == [200, 200]
    assert client.post(BATCHES, content=conversation("c1")).json()["accepted"] == 1


def test_a_crowd_is_served_in_part_and_refused_in_part_and_what_was_accepted_is_there(client, app):
    client.get("/healthz")
    lane = lane_of(app, BATCHES)
    room = lane.at_once + lane.waiting

    async def play():
        asked = [Asked(app, BATCHES, [conversation(f"c{number}")]) for number in range(room + 20)]
        async with busy(lane):
            crowd = [asyncio.create_task(it.answered()) for it in asked]
            await until(lambda: sum(it.status == 503 for it in asked) == 20)
        return await asyncio.gather(*crowd)

    told = asyncio.run(play())
    statuses = [it.status for it in told]
    assert (statuses.count(200), statuses.count(503)) == (room, 20)
    assert all(1 <= it.retry_after <= 30 for it in told if it.status == 503)
    assert verify(context.database()).conversations == room


def test_a_body_that_announces_more_than_the_lane_may_hold_is_refused_before_it_is_read(client, app):
    client.get("/healthz")
    lane = lane_of(app, BATCHES)
    with lane.held(lane.most_bytes - MAX_BODY_BYTES + 1):
        it = asyncio.run(Asked(app, BATCHES, [b"never read"], length=MAX_BODY_BYTES).answered())
    assert (it.status, it.parts) == (503, [b"never read"])


def test_a_body_that_tells_no_length_is_counted_as_it_comes(client, app):
    client.get("/healthz")
    lane = lane_of(app, BATCHES)
    with lane.held(lane.most_bytes - 10):
        it = asyncio.run(Asked(app, BATCHES, [b" " * 8, b" " * 8, b"never read"]).answered())
    assert (it.status, it.parts) == (503, [b"never read"])
    assert lane._bytes == 0


def test_a_body_that_trickles_is_given_up(client, app, monkeypatch):
    client.get("/healthz")
    monkeypatch.setattr(bodies, "BODY_WITHIN_S", 0.05)

    class Trickling(Asked):
        async def _receive(self):
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b" ", "more_body": True}

    it = asyncio.run(Trickling(app, BATCHES, []).answered())
    assert it.status == 408
    assert lane_of(app, BATCHES)._inside == 0


def test_who_went_away_while_he_waited_is_not_worked_for(client, app):
    client.get("/healthz")
    lane = lane_of(app, BATCHES)

    async def play():
        asked = Asked(app, BATCHES, [conversation("c1")])
        async with busy(lane):
            waiting = asyncio.create_task(asked.answered())
            await until(lambda: lane._inside == 1)
            asked.gone.set()
        return await waiting

    assert asyncio.run(play()).sent == []
    assert client.get("/api/lifecycle/status").json()["variants"] == []
