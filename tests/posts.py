"""A body for every POST of the document, and the kind of database in which it has something to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lifecycle_core.alerts.delivery import Outcome
from lifecycle_core.operations import alerts, cases, versions
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.written_cases import WrittenCase
from lifecycle_core.store.database import Database
from tasks import context

LIFECYCLE, SHADOW = "/api/lifecycle", "/api/reliability/shadow"
ANCHOR = f"{LIFECYCLE}/audit/anchor"
"""It takes no body, and writes to a file beside the database."""
VARIANT = {"variantName": "baseline"}
PAIR = {"scenarioId": "p1", "endedAt": datetime.now(UTC).isoformat(), "incumbent": {"successes": 0}, "candidate": {"successes": 1}}
CASE = {"name": "friday", "goal": "You want a deep clean on Friday."}
SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "chat",
    "startTimeUnixNano": "1759316400000000000",
    "endTimeUnixNano": "1759316402000000000",
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.agent.name", "value": {"stringValue": "baseline"}},
    ],
}
TRACES = {"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}
CASES = {
    f"{LIFECYCLE}/conversations": ("ready", {"id": "new", "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z"}),
    "/v1/traces": ("ready", TRACES),
    ANCHOR: ("ready", {}),
    f"{LIFECYCLE}/drift/known": ("ready", {"episodeId": 1, "reason": "meant"}),
    f"{LIFECYCLE}/alerts/silence": ("ready", {"variant": "baseline", "hours": 2, "reason": "a release"}),
    f"{LIFECYCLE}/alerts/lift": ("silenced", {"silenceId": 1}),
    f"{LIFECYCLE}/alerts/test": ("ready", {}),
    f"{LIFECYCLE}/alerts/resend": ("dead", {}),
    f"{LIFECYCLE}/policy/set": ("ready", {"variant": "baseline", "settings": {"bookingRateThreshold": 0.2}}),
    f"{LIFECYCLE}/policy/reset": ("ready", {"variant": "baseline"}),
    f"{LIFECYCLE}/keys/create": ("ready", {"name": "ada", "roles": ["admin"]}),
    f"{LIFECYCLE}/keys/revoke": ("ready", {"name": "ada"}),
    f"{LIFECYCLE}/cases/add": ("ready", {"variant": "baseline", "cases": [CASE]}),
    f"{LIFECYCLE}/cases/remove": ("kept", {"variant": "baseline", "names": [CASE["name"]]}),
    f"{LIFECYCLE}/cases/restore": ("removed", {"variant": "baseline", "names": [CASE["name"]]}),
    f"{LIFECYCLE}/retraining/start": ("ready", {"variant": "baseline"}),
    f"{LIFECYCLE}/retraining/approve": ("asked", {"reason": "read all ten"}),
    f"{LIFECYCLE}/retraining/reject": ("asked", {"reason": "read all ten"}),
    f"{LIFECYCLE}/retraining/cancel": ("asked", {}),
    f"{LIFECYCLE}/retraining/finalize": ("asked", {"force": True, "reason": "now"}),
    f"{LIFECYCLE}/versions/register": ("ready", VARIANT | {"systemPrompt": "new"}),
    f"{LIFECYCLE}/versions/activate": ("two", VARIANT | {"version": 1}),
    f"{LIFECYCLE}/versions/rollback": ("two", VARIANT),
    f"{LIFECYCLE}/versions/tag": ("two", VARIANT | {"version": 2, "tag": "good"}),
    f"{LIFECYCLE}/versions/untag": ("two", VARIANT | {"version": 2, "tag": "experimental"}),
    f"{SHADOW}/samples": ("tested", {"samples": [PAIR]}),
}


def dead_delivery(database: Database, act: Provenance) -> None:
    """Leave a message that its one target wants no more."""
    alerts.test(database, act, "dead")
    [claimed] = alerts.take(database, act, ["hooks.example/1"])
    alerts.settle(database, act, claimed, Outcome(error="hooks.example answered 410", gone=True))


def prepared(path: str, folder: Path, template: Callable[[str], Any]) -> dict[str, Any]:
    """Put a database of the case's kind in `folder`, whose template of each kind `template` gives: -> the body."""
    kind, body = CASES[path]
    session = template(kind if kind in {"asked", "tested"} else "ready").to(folder / "lifecycle.db")
    if kind in {"kept", "removed"}:
        cases.add(context.database(), context.act("test"), "baseline", [WrittenCase(**CASE)], masker=Masker(b"k" * 32))
    if kind == "removed":
        cases.remove(context.database(), context.act("test"), "baseline", [CASE["name"]])
    if kind == "silenced":
        alerts.silence(context.database(), context.act("test"), "baseline", [], timedelta(hours=2), "a release")
    if kind == "dead":
        dead_delivery(context.database(), context.act("test"))
    if kind == "two":
        act = context.act("test")
        versions.register(context.database(), act, variant="baseline", system_prompt="two")
        versions.activate(context.database(), act, "baseline", 2)
    return body | {"sessionId": session} if kind in {"asked", "tested"} else body
