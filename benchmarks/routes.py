"""The routes of the plan asked of a running `lifecycle serve`: the 18 of its reference, and the three that its workflows name beside them.

A variant with traffic that drifted, and a prompt with the gap that explains it, is put in a fresh folder;
then everything is started as `make up` starts it, with the scripted model, and asked over HTTP in the
order of the plan's workflows. A route counts where it answers 200 with all the names that the plan's
example has, and with all that the committed `openapi.json` requires.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from benchmarks._driven import VARIANT, seeded, visits
from deployments.demo.tree import Tree
from deployments.http.openapi import DOCUMENT
from lifecycle_core.policy import Policy, ShadowPolicy, ShadowSource
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED

LIFECYCLE: Final = "/api/lifecycle"
RELIABILITY: Final = "/api/reliability"
STARTS_WITHIN_S: Final = 240.0
DECIDED_WITHIN_S: Final = 240.0
ANSWERS_WITHIN_S: Final = 60.0
_METRICS: Final = {
    "bookingRate": "baselineRate recentRate change drift severity",
    "escalationRate": "baselineRate recentRate change drift severity",
    "cost": "baselineCost recentCost change drift severity",
    "responseTime": "",
    "actionDistribution": "baselineDistribution.0.action baselineDistribution.0.percentage recentDistribution chiSquared drift severity",
}
_FIGURES: Final = "version totalConversations bookings escalations avgCost avgTokens bookingRate escalationRate"


@dataclass(frozen=True, slots=True)
class Asked:
    """One route as the plan's curl commands ask it.

    names : the dotted names in the plan's example, a number for a place in a list; none where the plan gives no reply.
    """

    method: str
    path: str
    query: str = ""
    body: Mapping[str, object] | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the status, the reply, the seconds; which names are not in it, and how often it was asked for again."""

    asked: Asked
    status: int
    reply: Any
    seconds: float
    missing: tuple[str, ...]
    repeats: int = 0

    @property
    def good(self) -> bool:
        """Whether it is as the plan has it."""
        return self.status == HTTPStatus.OK and not self.missing


def run(samples: int = 12) -> dict[str, object]:
    """Ask every route; samples : of the shadow test, so that it ends while one waits."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "data"
        folder.mkdir()
        policy = Policy(shadow=ShadowPolicy(source=ShadowSource.RECORDED, replays=2, max_samples=samples, min_shadow_samples=samples))
        came = visits(DRIFTED, prompts.GAP, 3, per_day=80)
        seeded(folder, prompts.GAP, came, days=4, policy=policy, at=datetime.now(UTC))
        tree, began = Tree(folder), time.monotonic()
        try:
            tree.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)
            up = time.monotonic() - began
            answers = _all(tree.api_url, samples)
        finally:
            tree.end()
    print(f"serves after {up:.0f} s")
    print("method route                                     status  again  seconds  missing")
    for it in answers:
        print(f"{it.asked.method:<7}{it.asked.path:<42}{it.status:>6}{it.repeats:>7}{it.seconds:>9.2f}  {', '.join(it.missing) or '-'}")
    good, start = sum(it.good for it in answers), next(it for it in answers if it.asked.path.endswith("retraining/start"))
    print(f"{good} of {len(answers)} answer in the plan's shape")
    return {
        "routes": len(answers),
        "good": good,
        "wanting": {f"{it.asked.method} {it.asked.path}": [it.status, *it.missing] for it in answers if not it.good},
        "startSeconds": round(start.seconds, 1),
        "startAskedAgain": start.repeats,
        "servesAfterSeconds": round(up, 1),
    }


def _all(url: str, samples: int) -> list[Answer]:
    """The plan's routes in the order of its workflows; a session is followed to its end in between."""
    answers = [_ask(url, it) for it in _before()]
    options = {"shadowSource": "recorded", "replays": 2, "maxSamples": samples, "seed": 1}
    started = _started(url, _posted("retraining/start", _START, variant=VARIANT, options=options))
    answers += [started, *(_ask(url, Asked("GET", f"{RELIABILITY}/shadow/{name}")) for name in ("status", "analysis"))]
    session = started.reply.get("session", {}).get("id", "") if isinstance(started.reply, dict) else ""
    _await_decision(url, session)
    answers.append(_ask(url, _posted("retraining/finalize", _FINALIZE, sessionId=session)))
    return answers + [_ask(url, it) for it in _after()]


_START: Final = "message session.id session.variant session.version session.status session.trainingDataSize session.newVariant nextSteps.2"
_FINALIZE: Final = (
    "success message session.shadowAnalysis.verdict session.promotionCheck.shouldPromote session.promotionCheck.reasons reasons"
)


def _before() -> Iterator[Asked]:
    detected = ["variant timestamp baseline.start baseline.end recent.start recent.end drifts overallDrift"]
    detected += [" ".join(f"metrics.{metric}.{name}".rstrip(".") for name in names.split(" ")) for metric, names in _METRICS.items()]
    yield _asked("drift/detect", f"variant={VARIANT}", " ".join(detected))
    yield _asked("drift/history", f"variant={VARIANT}&limit=10")
    yield _asked("drift/metrics")
    metadata = {"description": "Mended", "createdBy": "retraining_system", "changes": ["Added explicit pricing structure"]}
    registered = "variantName version systemPrompt metadata.createdAt metadata.createdBy metadata.description metadata.changes"
    yield _posted("versions/register", registered, variantName=VARIANT, systemPrompt=f"{prompts.GAP}\nBe brief.", metadata=metadata)
    yield _posted("versions/activate", variantName=VARIANT, version=2)
    yield _posted("versions/tag", variantName=VARIANT, version=2, tag="stable", description="Stable version")
    compared = "variantName differences.bookingRate differences.escalationRate differences.avgCost differences.avgTokens"
    compared += "".join(f" version{number}.{name}" for number in (1, 2) for name in _FIGURES.split(" "))
    both = f"variantName={VARIANT}&version1=1&version2=2"
    yield _asked("versions/compare", both, compared)
    differing = "variantName lengthDiff samePrompt"
    differing += "".join(f" version{number}.{name}" for number in (1, 2) for name in ("version", "promptLength", "changes"))
    yield _asked("versions/diff", both, differing)
    yield _posted("versions/rollback", "variantName previousVersion currentVersion rolledBackAt", variantName=VARIANT)
    yield _asked("versions/active", f"variantName={VARIANT}")
    yield _asked("versions/history", f"variantName={VARIANT}")
    listed = "variant_name latestVersion totalVersions activeVersion"
    yield _asked("versions/list", "", " ".join(f"variants.0.{name}" for name in listed.split(" ")))
    yield _asked("retraining/check", f"variant={VARIANT}", "shouldRetrain reason driftAnalysis.metrics triggers")


def _after() -> Iterator[Asked]:
    yield _asked("retraining/status")
    yield _asked("retraining/history")
    yield _asked("status")
    yield Asked("GET", f"{RELIABILITY}/metrics")


def _asked(route: str, query: str = "", names: str = "") -> Asked:
    return Asked("GET", f"{LIFECYCLE}/{route}", query, None, tuple(names.split()))


def _posted(route: str, names: str = "", **body: object) -> Asked:
    return replace(_asked(route, "", names), method="POST", body=body)


def _started(url: str, it: Asked) -> Answer:
    """The answer to a start; one that could wait no longer is asked for again under its key, which stands for the same session."""
    answer, began = _ask(url, it), time.monotonic()
    while answer.status == HTTPStatus.ACCEPTED and time.monotonic() - began < DECIDED_WITHIN_S:
        again = _ask(url, it)
        answer = replace(again, seconds=answer.seconds + again.seconds, repeats=answer.repeats + 1)
    return answer


def _await_decision(url: str, session: str) -> None:
    """Wait until the session has ended by its own evidence, as the plan's workflow does before it finalizes."""
    asked = _asked("retraining/status", f"sessionId={session}")
    deadline = time.monotonic() + DECIDED_WITHIN_S
    while time.monotonic() < deadline:
        told = _ask(url, asked)
        if told.status != HTTPStatus.OK or told.reply["session"]["completedAt"]:
            return
        time.sleep(1)


def _ask(url: str, it: Asked) -> Answer:
    body = None if it.body is None else json.dumps(it.body).encode()
    address = f"{url}{it.path}" + (f"?{it.query}" if it.query else "")
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": it.path} if body else {})
    request = Request(address, data=body, headers=headers, method=it.method)  # noqa: S310 - http on loopback
    began = time.monotonic()
    try:
        with urlopen(request, timeout=ANSWERS_WITHIN_S) as answer:  # noqa: S310 - as above
            status, reply = answer.status, json.load(answer)
    except HTTPError as refusal:
        status, reply = refusal.code, json.load(refusal)
    seconds = time.monotonic() - began
    missing = [name for name in it.names if not _has(reply, name.split("."))]
    missing += [f"{name} (openapi.json)" for name in _wanting(reply, _shape(it))] if status == HTTPStatus.OK else [str(reply.get("detail"))]
    return Answer(it, status, reply, seconds, tuple(missing))


def _has(reply: Any, name: Sequence[str]) -> bool:  # noqa: ANN401 - any JSON value
    if not name:
        return True
    here, *rest = name
    if here.isdecimal():
        return isinstance(reply, list) and len(reply) > int(here) and _has(reply[int(here)], rest)
    return isinstance(reply, dict) and here in reply and _has(reply[here], rest)


_OPENAPI: Final = json.loads(Path(DOCUMENT).read_text())


def _shape(it: Asked) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _OPENAPI["paths"][it.path][it.method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
    return found


def _wanting(reply: Any, shape: Mapping[str, Any], at: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The names that a shape requires and that the reply has not."""
    if "$ref" in shape:
        yield from _wanting(reply, _OPENAPI["components"]["schemas"][shape["$ref"].rpartition("/")[2]], at)
    elif "anyOf" in shape:
        if reply is not None:
            found = [list(_wanting(reply, one, at)) for one in shape["anyOf"] if one.get("type") != "null"]
            yield from min(found, key=len, default=[])
    elif isinstance(reply, list):
        for number, one in enumerate(reply):
            yield from _wanting(one, shape.get("items", {}), f"{at}.{number}")
    elif isinstance(reply, dict):
        yield from (f"{at}.{name}".strip(".") for name in shape.get("required", ()) if name not in reply)
        for name, one in shape.get("properties", {}).items():
            if name in reply:
                yield from _wanting(reply[name], one, f"{at}.{name}")
