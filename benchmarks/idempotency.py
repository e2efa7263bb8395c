"""Every POST that changes something: a hundred at once under one key, and a kill -9 in their middle; what was made is counted.

Each route has subjects of its own, one for the hundred and one for each kill. After a kill the API is started again, and what was
not answered is sent again. How often a change was made is how many rows of it the audit log has; what is not audited is counted by itself.
"""

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

from benchmarks._api import Api
from benchmarks._databases import places
from benchmarks._sessions import in_shadow_test, later, proved, ready
from benchmarks.contract import drifting
from lifecycle_core.access import Role, Secret
from lifecycle_core.alerts.delivery import Outcome
from lifecycle_core.operations import alerts, audit, cases, drift, keys, policies, shadow, versions, versions_asked
from lifecycle_core.operations.database import upgrade
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.written_cases import WrittenCase
from lifecycle_core.settings import ANCHORS, LOOPBACK
from lifecycle_core.store.database import Database

LIFECYCLE, SHADOW = "/api/lifecycle", "/api/reliability/shadow"
ANCHOR: Final = f"{LIFECYCLE}/audit/anchor"
TRACES: Final = "/v1/traces"
TOLD_ONCE: Final = f"{LIFECYCLE}/keys/create"
PATIENCE_S: Final = 60.0
PAIR: Final = {"scenarioId": "p1", "incumbent": {"successes": 0}, "candidate": {"successes": 1}}
_OK: Final = (200, 202)
_TOLD_ONCE_STATUS: Final = 409
_CASE: Final = {"name": "friday", "goal": "You want a deep clean on Friday."}
_SECRET: Final = Secret.made(bytes(range(32)))

Ready = Callable[[Database, Provenance, str], dict[str, Any]]
"""Prepares a subject of that name: -> the body of the request about it."""


def run(posts: int = 100, kills: int = 2, database: str = "sqlite", routes: str = "", seed: int = 1) -> dict[str, object]:
    """So many parallel identical requests of each route, and the same again for each kill; routes : only those whose path has this."""
    chosen = {path: it for path, it in CASES.items() if routes in path}
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    with places()[database]() as url, TemporaryDirectory() as place:
        store = Database(url)
        upgrade(store)
        act = Provenance("benchmark", datetime.now(UTC).replace(microsecond=0))
        keys.create(store, act, "client", roles=[Role.ADMIN], secret=_SECRET)
        api = Api(Path(place), LIFECYCLE_DATABASE_URL=url, LIFECYCLE_RATE_LIMIT="none", LIFECYCLE_PREFECT_PORT="1")
        trial = _Trial(api, store, act, posts, chance)
        try:
            api.start()
            found = {path: [trial.tried(path, number) for number in range(kills + 1)] for path in chosen}
        finally:
            api.kill()
            store.close()
    tries = [it for of_route in found.values() for it in of_route]
    print(f"{'':<38}{'made':>12}{'answers that differ':>22}{'killed after answers':>26}")
    for path, of_route in found.items():
        made, moments = ", ".join(str(it.made) for it in of_route), ", ".join(str(it.killed_after) for it in of_route[1:])
        print(f"{path:<38}{made:>12}{sum(it.differing for it in of_route):>22}{moments:>26}")
    return {
        "routes": len(found),
        "posts": posts,
        "objects_max": max(it.made for it in tries),
        "kills": sum(it.killed_after is not None for it in tries),
        "killed_before_any_answer": sum(it.killed_after == 0 for it in tries),
        "doubled": sum(it.made > 1 for it in tries),
        "lost": sum(it.made < 1 for it in tries),
        "differing_answers": sum(it.differing for it in tries),
        "database": database,
    }


@dataclass(frozen=True, slots=True)
class _Try:
    """made : how often the requests together made their change; killed_after : so many answers, None where nothing was killed."""

    made: int
    differing: int
    killed_after: int | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request, to be sent by many."""

    port: int
    path: str
    body: str
    key: str

    def send(self, number: int) -> tuple[int, bytes] | None:
        """Its answer to one of them; None where there was none."""
        connection = HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE_S)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {_SECRET.text}",
            "Idempotency-Key": self.key,
            "X-Request-Id": f"{self.key}-{number}",
        }
        try:
            connection.request("POST", self.path, self.body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class _Trial:
    api: Api
    store: Database
    act: Provenance
    posts: int
    chance: random.Random

    def tried(self, path: str, number: int) -> _Try:
        """All at once of one route; the first time nothing is killed."""
        subject = f"{path.rpartition('/')[2]}{number}"
        body = CASES[path](self.store, self.act, subject)
        before = self._made(path, subject, body)
        asked = _Asked(self.api.port, path, json.dumps(body), uuid4().hex)
        killed_after = self.chance.randint(0, self.posts // 2) if number else None
        answers = _sent(self.api, asked, self.posts, killed_after)
        kept = [it for it in answers if not (path == TOLD_ONCE and it[0] == _TOLD_ONCE_STATUS)]
        made = self._audited(asked.key) if before is None else (self._made(path, subject, body) or 0) - before
        return _Try(made, max(0, len(set(kept)) - 1) + sum(status not in _OK for status, _ in kept), killed_after)

    def _audited(self, key: str) -> int:
        """How often requests under the key made the one change of theirs that was made most often; one may begin what the next ends."""
        newest = audit.newest(self.store, audit.Asked(), 1000)
        mine = [it for it in newest if it.request_id and it.request_id.startswith(key)]
        return max(Counter((it.subject, tuple(it.after or ())) for it in mine).values(), default=0)

    def _made(self, path: str, subject: str, body: Mapping[str, Any]) -> int | None:
        """How much there is of what the audit log does not tell; None where it does."""
        if path in {f"{LIFECYCLE}/conversations", TRACES}:
            return sum(it.conversations for it in versions_asked.list_variants(self.store) if it.variant_name == subject)
        if path == f"{SHADOW}/samples":
            return len(shadow.recorded_samples(self.store, body["sessionId"]))
        anchors = self.api.folder / ANCHORS
        return None if path != ANCHOR else len(anchors.read_text().splitlines()) if anchors.exists() else 0


def _sent(api: Api, asked: _Asked, posts: int, killed_after: int | None) -> list[tuple[int, bytes]]:
    """The answer to each of `posts` senders; what a kill took is sent again when the API is back."""
    first, arrived = {}, threading.Semaphore(0)

    def send(number: int) -> None:
        first[number] = asked.send(number)
        arrived.release()

    with ThreadPoolExecutor(posts) as pool:
        done = pool.map(send, range(posts))
        if killed_after is not None:
            for _ in range(killed_after):
                arrived.acquire()
            api.kill()
        list(done)
        unanswered = [number for number, answer in first.items() if answer is None]
        if killed_after is not None:
            api.start()
        again = list(pool.map(asked.send, unanswered))
    return [it for it in (*first.values(), *again) if it is not None]


def _registered(database: Database, act: Provenance, variant: str, count: int = 1) -> dict[str, Any]:
    for number in range(1, count + 1):
        versions.register(database, act, variant=variant, system_prompt=f"prompt {number}")
        versions.activate(database, act, variant, number)
    return {"variantName": variant}


def _tagged(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    body = _registered(database, act, variant) | {"version": 1, "tag": "good"}
    versions.tag(database, act, variant, 1, "good", "")
    return body


def _tested(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    return {"sessionId": in_shadow_test(database, act, variant).session_id}


def _asked(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    it = in_shadow_test(database, act, variant, manual_review=True).session_id
    shadow.record_samples(database, act, it, proved(later(act, days=-1)))
    shadow.keep_verdict(database, act, it)
    return {"sessionId": it, "reason": "read all ten"}


def _proved(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    body = _tested(database, act, variant)
    shadow.record_samples(database, act, body["sessionId"], proved(later(act, days=-1)))
    return body


def _known(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    drifting(database, act, variant)
    return {"episodeId": drift.history(database, variant, 1)[0].id, "reason": "it is meant"}


def _changed(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    _registered(database, act, variant)
    policies.change_policy(database, act, variant, lambda it: replace(it, recent_hours=12), "set")
    return {"variant": variant}


def _cased(database: Database, act: Provenance, variant: str, *, removed: bool = False) -> dict[str, Any]:
    _registered(database, act, variant)
    cases.add(database, act, variant, [WrittenCase(name=_CASE["name"], goal=_CASE["goal"])], masker=Masker(bytes(32)))
    if removed:
        cases.remove(database, act, variant, [_CASE["name"]])
    return {"variant": variant, "names": [_CASE["name"]]}


def _revocable(database: Database, act: Provenance, name: str) -> dict[str, Any]:
    keys.create(database, act, name, roles=[Role.READ], secret=Secret.made(hashlib.sha256(name.encode()).digest()))
    return {"name": name}


def _trace(_it: Database, act: Provenance, name: str) -> dict[str, Any]:
    ended = str(int(act.at.timestamp()) * 10**9)
    told = {"gen_ai.operation.name": "chat", "gen_ai.agent.name": name}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in told.items()]
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "startTimeUnixNano": ended, "endTimeUnixNano": ended, "attributes": attributes}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def _silenced(database: Database, act: Provenance, variant: str) -> dict[str, Any]:
    _registered(database, act, variant)
    kept = alerts.silence(database, act, variant, [], timedelta(hours=2), "a release")
    return {"silenceId": kept.id}


def _dead(database: Database, act: Provenance, name: str) -> dict[str, Any]:
    made = alerts.test(database, act, name)
    for claimed in alerts.take(database, act, ["hooks.example/1"], 100):
        alerts.settle(database, act, claimed, Outcome(error="hooks.example answered 410", gone=True))
    return {"messageId": made.message.id}


CASES: Final[Mapping[str, Ready]] = {
    TRACES: _trace,
    f"{LIFECYCLE}/conversations": lambda _it, act, name: {"id": "new", "variant": name, "ended_at": act.at.isoformat()},
    ANCHOR: _registered,
    f"{LIFECYCLE}/drift/known": _known,
    f"{LIFECYCLE}/alerts/silence": lambda it, act, name: {
        "variant": _registered(it, act, name)["variantName"],
        "hours": 2,
        "reason": "a release",
    },
    f"{LIFECYCLE}/alerts/lift": _silenced,
    f"{LIFECYCLE}/alerts/test": lambda _it, _act, _name: {},
    f"{LIFECYCLE}/alerts/resend": _dead,
    f"{LIFECYCLE}/policy/set": lambda it, act, name: {
        "variant": _registered(it, act, name)["variantName"],
        "settings": {"bookingRateThreshold": 0.2},
    },
    f"{LIFECYCLE}/policy/reset": _changed,
    TOLD_ONCE: lambda _it, _act, name: {"name": name, "roles": ["read"]},
    f"{LIFECYCLE}/keys/revoke": _revocable,
    f"{LIFECYCLE}/cases/add": lambda it, act, name: {"variant": _registered(it, act, name)["variantName"], "cases": [_CASE]},
    f"{LIFECYCLE}/cases/remove": _cased,
    f"{LIFECYCLE}/cases/restore": partial(_cased, removed=True),
    f"{LIFECYCLE}/retraining/start": lambda it, act, name: {"variant": ready(it, act, variant=name) and name},
    f"{LIFECYCLE}/retraining/approve": _asked,
    f"{LIFECYCLE}/retraining/reject": _asked,
    f"{LIFECYCLE}/retraining/cancel": _tested,
    f"{LIFECYCLE}/retraining/finalize": _proved,
    f"{LIFECYCLE}/versions/register": lambda _it, _act, name: {"variantName": name, "systemPrompt": "Be kind."},
    f"{LIFECYCLE}/versions/activate": lambda it, act, name: _registered(it, act, name, 2) | {"version": 1},
    f"{LIFECYCLE}/versions/rollback": lambda it, act, name: _registered(it, act, name, 5),
    f"{LIFECYCLE}/versions/tag": lambda it, act, name: _registered(it, act, name) | {"version": 1, "tag": "good"},
    f"{LIFECYCLE}/versions/untag": _tagged,
    f"{SHADOW}/samples": lambda it, act, name: _tested(it, act, name) | {"samples": [PAIR | {"endedAt": act.at.isoformat()}]},
}
"""What prepares a subject of each route."""
