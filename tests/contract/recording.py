"""The examples of the API's document, recorded from requests that were made: `python -m tests.contract.recording` writes them.

One story on a stopped clock: an agent's bookings fall, the drift is found and explained, a candidate is tested and promoted.
What is told of chance (a key, a cursor's signature) is told as if chance had always come out the same, and long lists are cut.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
import structlog
from fastapi.testclient import TestClient

from benchmarks._sessions import STEPS, in_shadow_test, proved, samples
from deployments.http.app import create_app
from deployments.http.document import EXAMPLES, PROBLEMS
from deployments.http.names import NAMES
from lifecycle_core.access import Role, Secret
from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import DatabaseUnavailableError, OverloadedError, RateLimitedError, SlowBodyError
from lifecycle_core.operations import drift, keys, shadow, traffic, versions
from lifecycle_core.provenance import Provenance
from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from tasks import context
from tests.posts import TRACES

NOON: Final = datetime.fromisoformat("2025-10-07T12:00:00Z")
BEGAN: Final = NOON - timedelta(days=36)
TRIED: Final = timedelta(days=2)
"""For how long the second version serves, before it is taken back."""
MOST_LISTED: Final = 2
SIGNIFICANT: Final = 6
"""Digits of a figure: machines differ in the last ones."""
MOST_CHARACTERS: Final = 1500
LIFECYCLE, SHADOW = "/api/lifecycle", "/api/reliability/shadow"
SECRET: Final = Secret.made(bytes(range(32)))
MADE: Final = Secret.made(bytes(range(32, 64)))
PROMPT: Final = "You book cleanings. Ask what is to be cleaned and when, then book it."
BETTER: Final = f"{PROMPT} Check the calendar before you offer a time."
KEPT_LONG: Final = {"interval", "90%", "liftInterval"}
"""Lists that are pairs, and not cut."""


@dataclass
class Recorder:
    """Asks, and keeps what was asked and answered under the operation's name."""

    client: TestClient
    environment: Any
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: dict[str, Any] = field(default_factory=dict)

    def stop(self, at: datetime) -> Provenance:
        """Stop the clock at an instant: -> who acts then."""
        self.environment.setenv("LIFECYCLE_CLOCK", f"{at.isoformat()}=2025-01-01T00:00:00Z*0")
        context.settings.cache_clear()
        return Provenance("system:example", at)

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, key: str = "", **parameters: Any) -> Any:
        """The answer, kept."""
        name = NAMES[method, path]
        sent = {} if body is None else {"json": body}
        headers = self._headers(f"example-{name}") | ({"Idempotency-Key": key} if key else {})
        answer = self.client.request(method, path, params=parameters, headers=headers, **sent)
        assert answer.status_code == status, answer.text
        told = answer.json() if "/json" in answer.headers["Content-Type"] else answer.text
        it = self.kept.setdefault(name, {"parameters": parameters, "answers": {}} | ({} if body is None else {"body": _short(body)}))
        it["answers"].setdefault(str(status), _short(told))
        return told

    def refused(self, method: str, path: str, **given: Any) -> None:
        """A refusal, kept by its code."""
        headers = self._headers("example-refused") | given.pop("headers", {})
        answer = self.client.request(method, path, headers={name: it for name, it in headers.items() if it}, **given)
        assert answer.status_code >= 400, answer.text
        self.problems[answer.json()["code"]] = answer.json()

    def _headers(self, request_id: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {SECRET.text}", "X-Request-Id": request_id}


def recorded() -> dict[str, Any]:
    """Every example by the name of its file."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("LIFECYCLE_DATA_DIR", folder)
        environment.setenv("LIFECYCLE_PREFECT_PORT", "1")
        environment.setattr(context, "new_secret", lambda: MADE)
        context.configure()
        with TestClient(create_app(), "http://localhost:3001", raise_server_exceptions=False) as client:
            it = Recorder(client, environment)
            _tell(it)
        context.database().close()
    context.configure()
    missing = set(NAMES.values()) - set(it.kept)
    assert not missing, f"nothing was recorded of {missing}"
    told = {name: {part: value for part, value in one.items() if value} for name, one in it.kept.items()}
    return json.loads(_as_if_by_no_chance(json.dumps({**told, PROBLEMS: dict(sorted(it.problems.items()))})))


def _tell(it: Recorder) -> None:
    act = it.stop(BEGAN)
    database = context.database()
    keys.create(database, act, "release-bot", roles=[Role.ADMIN], secret=SECRET)
    _versions(it)
    _drift(it)
    _policy(it)
    _alerts(it)
    _cases(it)
    _retraining(it)
    _keys(it)
    _audit(it)
    _refusals(it)
    for path in (f"{LIFECYCLE}/status", "/api/reliability/metrics", "/healthz", "/readyz", "/metrics"):
        it.ask("GET", path)
    it.ask("POST", "/v1/traces", TRACES)


def _versions(it: Recorder) -> None:
    base, of = f"{LIFECYCLE}/versions", {"variantName": "baseline"}
    written = {"description": "the first prompt", "createdBy": "release-bot"}
    body = of | {"systemPrompt": PROMPT, "model": "gpt-4o-mini", "parameters": {"temperature": 0.2}, "metadata": written}
    it.ask("POST", f"{base}/register", body)
    it.ask("POST", f"{base}/activate", of | {"version": 1, "reason": "the first version"})
    it.client.post(f"{base}/register", json=body | {"systemPrompt": BETTER}, headers=it._headers("example-second"))
    it.client.post(f"{base}/activate", json=of | {"version": 2, "reason": "asks the calendar"}, headers=it._headers("example-second"))
    it.stop(BEGAN + TRIED)
    it.ask("GET", f"{base}/rollback/preview", **of)
    it.ask("POST", f"{base}/rollback", of | {"reason": "an outage of the calendar"})
    it.ask("POST", f"{base}/tag", of | {"version": 2, "tag": "experimental", "description": "asks the calendar first"})
    it.ask("GET", f"{base}/version", **of, version=2)
    it.ask("POST", f"{base}/untag", of | {"version": 2, "tag": "experimental", "reason": "tried enough"})
    it.ask("GET", f"{base}/active", **of)
    it.ask("GET", f"{base}/history", **of, limit=2)
    it.ask("GET", f"{base}/diff", **of, version1=1, version2=2)
    it.ask("GET", f"{base}/list")


def _served(days: int, booked: int) -> Iterator[Conversation]:
    """Two conversations an hour for so many days, of ten of which so many are booked; in the last three days half as many."""
    for number in range(days * 48):
        end = BEGAN + timedelta(minutes=30 * (number + 3))
        fewer = number >= (days - 3) * 48
        success = number % 10 < (booked // 2 if fewer else booked)
        yield Conversation(
            id=f"c{number}",
            variant="baseline",
            version=2 if end < BEGAN + TRIED else 1,
            ended_at=end,
            booked=success,
            escalated=number % 25 == 0,
            cost_usd=0.0013 + 0.0001 * (number % 3),
            cost_source="billed",
            response_times_s=(1.5 + 0.1 * (number % 5), 2.0),
            actions=("collect_info", "check_availability", "confirm") if success else ("collect_info", "check_availability"),
            segments={"channel": "web" if number % 2 else "phone"},
        )


def _drift(it: Recorder) -> None:
    base, of = f"{LIFECYCLE}/drift", {"variant": "baseline"}
    end = BEGAN + timedelta(days=33, hours=2)
    act = it.stop(end)
    traffic.ingest(context.database(), act, list(_served(33, booked=6)))
    it.ask("GET", f"{LIFECYCLE}/versions/compare", variantName="baseline", version1=1, version2=2)
    sent = {"id": "call-8125", "variant": "baseline", "version": 1, "ended_at": f"{end - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"}
    sent |= {"booked": False, "escalated": True, "cost_usd": 0.0014, "response_times_s": [1.8, 2.1], "actions": ["collect_info"]}
    it.ask("POST", f"{LIFECYCLE}/conversations", sent | {"segments": {"channel": "phone"}})
    drift.check_and_record(context.database(), act, "baseline", end)
    it.ask("GET", f"{base}/detect", **of)
    it.ask("GET", f"{base}/explain", **of, limit=2)
    it.ask("GET", f"{base}/history", **of)
    it.ask("GET", f"{base}/episode", episode=1)
    it.ask("GET", f"{base}/metrics")
    it.ask("GET", f"{base}/backtest", **of, set=["bookingRateThreshold=0.15"])
    it.ask("GET", f"{LIFECYCLE}/retraining/check", **of)
    it.ask("POST", f"{base}/known", {"episodeId": 1, "reason": "the phone line closed for the holidays"})


def _policy(it: Recorder) -> None:
    base, of = f"{LIFECYCLE}/policy", {"variant": "baseline"}
    it.ask("POST", f"{base}/set", of | {"settings": {"bookingRateThreshold": 0.15}, "reason": "fewer alarms"})
    it.ask("GET", base, **of)
    it.ask("GET", f"{base}/history", **of)
    it.ask("POST", f"{base}/reset", of | {"settings": ["bookingRateThreshold"], "reason": "a try"})


def _alerts(it: Recorder) -> None:
    base, of = f"{LIFECYCLE}/alerts", {"variant": "baseline"}
    it.ask("GET", base, **of)
    kept = it.ask("POST", f"{base}/silence", of | {"signals": ["cost"], "hours": 2, "reason": "a new price list"})
    it.ask("POST", f"{base}/lift", {"silenceId": kept["id"], "reason": "the prices are in"})
    it.ask("POST", f"{base}/test", {"reason": "a new target"})
    it.ask("GET", f"{base}/messages", **of)
    it.ask("POST", f"{base}/resend", {"reason": "the target is back"})


def _cases(it: Recorder) -> None:
    base, of = f"{LIFECYCLE}/cases", {"variant": "baseline"}
    late = {"name": "late-on-friday", "goal": "You want a deep cleaning on Friday, between 16:00 and 19:00.", "taken": ["Friday 16:00"]}
    person = {
        "name": "wants-a-person",
        "goal": "You were billed twice; you want a person.",
        "outcome": "handed_over",
        "neverCalls": ["book"],
    }
    it.ask("POST", f"{base}/add", of | {"cases": [late | {"calls": ["check", "book"]}, person], "reason": "what support sees most"})
    it.ask("POST", f"{base}/remove", of | {"names": ["wants-a-person"], "reason": "a quota of its own now"})
    it.ask("GET", base, **of)
    it.ask("GET", f"{base}/tools", **of)
    it.ask("GET", f"{base}/report", **of)
    it.ask("POST", f"{base}/restore", of | {"names": ["wants-a-person"]})


def _retraining(it: Recorder) -> None:
    """One session of each ending, each of a variant of its own."""
    base, act = f"{LIFECYCLE}/retraining", it.stop(NOON)
    database = context.database()
    start = {"variant": "baseline", "options": {"reason": "bookings fell"}}
    started = it.ask("POST", f"{base}/start", start, status=202, key="october")
    it.refused("POST", f"{base}/finalize", json={"sessionId": started["session"]["id"]})
    for step in STEPS:
        step(database, act, started["session"]["id"])
    shadow.record_samples(database, act, started["session"]["id"], samples(act, 40))
    it.ask("POST", f"{base}/start", start, key="october")
    act = it.stop(NOON + timedelta(hours=3))
    it.ask("GET", f"{SHADOW}/status")
    it.ask("GET", f"{SHADOW}/analysis", sessionId=started["session"]["id"])
    it.ask("GET", f"{SHADOW}/evidence", sessionId=started["session"]["id"])
    it.ask("GET", f"{SHADOW}/agreement", sessionId=started["session"]["id"])
    it.ask("GET", f"{SHADOW}/plan", variant="baseline", effect=0.1)
    it.ask("GET", f"{base}/status", sessionId=started["session"]["id"])
    it.refused("POST", f"{base}/finalize", json={"sessionId": started["session"]["id"]})
    it.ask("POST", f"{base}/cancel", {"sessionId": started["session"]["id"], "reason": "the calendar is being moved"})

    paired = in_shadow_test(database, act, "support")
    pair = {"incumbent": {"successes": 0, "costUsd": 0.0014}, "candidate": {"successes": 1, "costUsd": 0.0015}}
    one = {"scenarioId": "call-9001", "endedAt": f"{context.now():%Y-%m-%dT%H:%M:%SZ}"} | pair
    it.ask("POST", f"{SHADOW}/samples", {"sessionId": paired.session_id, "samples": [one]})

    for route, variant in (("approve", "sales"), ("reject", "billing")):
        asked = in_shadow_test(database, act, variant, manual_review=True)
        shadow.record_samples(database, act, asked.session_id, proved(replace(act, at=act.at - timedelta(days=1))))
        shadow.keep_verdict(database, act, asked.session_id)
        it.ask("GET", f"{base}/review", sessionId=asked.session_id)
        it.ask("POST", f"{base}/{route}", {"sessionId": asked.session_id, "reason": "read all ten pairs"})
    ended = in_shadow_test(database, act, "returns")
    shadow.record_samples(database, act, ended.session_id, proved(replace(act, at=act.at - timedelta(days=1))))
    it.ask("POST", f"{base}/finalize", {"sessionId": ended.session_id})
    it.ask("GET", f"{base}/report", sessionId=ended.session_id, format="markdown")
    it.ask("GET", f"{base}/history", limit=2)
    _exported(it)


def _exported(it: Recorder) -> None:
    """One conversation with words among those of a variant that can be learnt from."""
    said = [
        {"role": "user", "content": "This is Ada Example, 555-0147. Is Monday at 9 free?"},
        {"role": "assistant", "content": "It is free. Shall I book it, Ada?"},
    ]
    ended = f"{context.now() - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    one = {"id": "call-9002", "variant": "support", "version": 1, "ended_at": ended, "booked": True, "messages": said}
    it.client.post(f"{LIFECYCLE}/conversations", json=one, headers=it._headers("example-spoken"))
    it.ask("GET", f"{LIFECYCLE}/failures", name="support")
    it.ask("GET", f"{LIFECYCLE}/training/export", name="support", format="openai", split="all")


def _keys(it: Recorder) -> None:
    base = f"{LIFECYCLE}/keys"
    it.ask("POST", f"{base}/create", {"name": "agent", "roles": ["ingest"], "expiresDays": 90, "reason": "sends its conversations"})
    it.ask("GET", base)
    it.ask("GET", f"{LIFECYCLE}/whoami")
    it.refused("GET", base, headers={"Authorization": f"Bearer {MADE.text}"})
    it.ask("POST", f"{base}/revoke", {"name": "agent", "reason": "moved to another machine"})


def _audit(it: Recorder) -> None:
    base = f"{LIFECYCLE}/audit"
    it.ask("GET", base, subject="model_versions:baseline/", limit=2)
    it.ask("POST", f"{base}/anchor")
    it.ask("GET", f"{base}/verify")


def _refusals(it: Recorder) -> None:
    versions_at = f"{LIFECYCLE}/versions"
    rollback = {"variantName": "baseline"}
    it.refused("GET", f"{versions_at}/active", params={"variantName": "baseline"}, headers={"Authorization": ""})
    it.refused("GET", f"{versions_at}/active", params={"variantName": "nobody"})
    it.refused("GET", f"{versions_at}/list", params={"limit": 0})
    it.refused("GET", f"{versions_at}/list", params={"cursor": "made-up"})
    it.refused("GET", f"{versions_at}/list", headers={"Host": "example.org"})
    it.refused("POST", f"{versions_at}/rollback", json=rollback)
    it.refused("POST", f"{versions_at}/rollback", json=rollback, headers={"If-Match": '"0000000000000000"'})
    it.refused("POST", f"{versions_at}/rollback", json=rollback, headers={"Origin": "https://example.org"})
    it.refused("POST", f"{versions_at}/rollback", content=b"\xff")
    it.refused("POST", f"{versions_at}/rollback", json=rollback, headers={"Content-Encoding": "br"})
    it.refused("POST", f"{versions_at}/rollback", content=b"[" * 200)
    it.refused("POST", f"{versions_at}/rollback", json=rollback, headers={"Content-Length": str(MAX_BODY_BYTES + 1)})
    act, key = it.stop(NOON + timedelta(hours=3)), {"Idempotency-Key": "order-17"}
    versions.activate(context.database(), act, "baseline", 2)
    it.client.post(f"{versions_at}/activate", json=rollback | {"version": 1}, headers=it._headers("example-first") | key)
    it.refused("POST", f"{versions_at}/activate", json=rollback | {"version": 2}, headers=key)
    for error in (
        RateLimitedError("more than 600 requests of key 'agent' in 1 minute; wait 21 s", retry_after_s=21),
        DatabaseUnavailableError("the database is locked: others have written to it for 10 s; ask again"),
        OverloadedError("64 batches are in hand, which is the most; nothing was done: ask again in 3 s", retry_after_s=3),
        SlowBodyError("the body has not come to its end within 30 s; nothing was done: send less at a time"),
        ZeroDivisionError(),
    ):
        with _failing(it, error):
            it.refused("GET", f"{versions_at}/list")


@contextmanager
def _failing(it: Recorder, error: Exception) -> Iterator[None]:
    """As long as this lasts the list of variants fails with `error`."""
    from lifecycle_core.operations import versions_asked

    def fail(*_given: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(versions_asked, "list_variants", fail)
        yield


def _short(it: Any) -> Any:
    """The same with long lists and long figures cut: what stays shows what they are."""
    if isinstance(it, Mapping):
        return {name: value if name in KEPT_LONG else _short(value) for name, value in it.items()}
    if isinstance(it, list):
        return [_short(one) for one in it[:MOST_LISTED]]
    if isinstance(it, float):
        return float(f"{it:.{SIGNIFICANT}g}")
    if isinstance(it, str) and len(it) > MOST_CHARACTERS:
        return it[:MOST_CHARACTERS].rpartition("\n")[0] + "\n"
    return it


def _as_if_by_no_chance(text: str) -> str:
    return re.sub(r'("nextCursor": ")[^"]+', r"\1WyJsaXN0IiwiNDEiXQ.kQ7bX0m1cX4pTjQyJ3v9wq0f5dE", text)


def write() -> None:
    """Write every example, and delete what is none any more."""
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = recorded()
    EXAMPLES.mkdir(exist_ok=True)
    for path in EXAMPLES.glob("*.json"):
        if path.stem not in found:
            path.unlink()
    for name, example in found.items():
        (EXAMPLES / f"{name}.json").write_text(json.dumps(example, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write()
