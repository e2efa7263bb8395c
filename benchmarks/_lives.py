"""Two kinds of lives for sessions that are killed: the real flow, tasks and client; and the operations alone, with values for models.

The first is what runs, and takes a second a life; the second passes the same transactions in milliseconds, and every way to end.
"""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks._boundaries import Moment, Passed, watch_calls
from benchmarks._driven import VARIANT, Driven, SuspendedError, seeded, visits
from benchmarks._sessions import STEPS, later, proved, ready, samples, served
from benchmarks.steps import OPTIONS, QUICK
from lifecycle_core.alerts.delivery import Outcome
from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
from lifecycle_core.operations import alerts, drift, leases, probation, promotion, retraining, shadow, spending, traffic, versions
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED
from lifecycle_core.store.database import Database

ACT: Final = Provenance("benchmark", datetime(2025, 10, 7, 12, tzinfo=UTC))
ENDINGS: Final = ("promoted", "approved", "rejected", "forced", "cancelled", "given up", "failed", "unanswered")
"""How sessions end in turn."""
BATCH: Final = 20
BESIDE_EVERY: Final = 4
CALLS: Final = 3


def start_flow(folder: Path) -> None:
    """A variant that drifted, for lives by the real flow."""
    folder.mkdir()
    seeded(folder, prompts.GAP, visits(DRIFTED, prompts.GAP, 3, per_day=80), days=4, policy=QUICK)


def by_flow(folder: Path, base_url: str, number: int, passed: Passed) -> str:
    """A life by the real flow, against the endpoint at `base_url`; every other session is rejected where a person is asked."""
    watch_calls(passed)
    driven = Driven(folder, base_url)
    it = retraining.begin(driven.database, driven.act, VARIANT, "chaos", OPTIONS)
    while it.open:
        try:
            driven.run(it.session_id)
        except SuspendedError as wait:
            if wait.for_a_person:
                answer = Answer.REJECT if number % 2 else Answer.PROMOTE
                promotion.record_decision(driven.database, driven.act, it.session_id, answer, "seen")
            else:
                driven.serve(it.session_id)
        it = retraining.session(driven.database, it.session_id)
    return str(it.status)


def start_values(folder: Path) -> None:
    """A variant that may be retrained, for lives by operations alone."""
    folder.mkdir()
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    upgrade(database)
    ready(database, ACT)
    database.close()
    with TemporaryDirectory() as place:  # what a life compiles the first time each of those that are forked finds compiled
        shutil.copytree(folder, f"{place}/once")
        by_values(Path(place) / "once", 0, 0, lambda *_boundary: None)


def by_values(folder: Path, number: int, life: int, passed: Passed) -> str:
    """A life by operations alone, towards the ending that is the session's turn."""
    database, ending = Database(f"sqlite:///{folder}/lifecycle.db"), ENDINGS[number % len(ENDINGS)]
    if life % BESIDE_EVERY == 0:
        _beside(database, life)
    options = Options(manual_review=ending in {"approved", "rejected", "unanswered"}, seed=number)
    it = retraining.begin(database, ACT, VARIANT, "chaos", options)
    for step in STEPS:
        if not it.open:
            break
        _call(database, it, f"{it.status}", passed)
        it = _ended_early(database, it, ending) or step(database, ACT, it.session_id)
    if it.open:
        it = _tested(database, it, ending)
    _beside(database, life)
    database.close()
    return str(it.status)


def _call(database: Database, it: Session, text: str, passed: Passed) -> None:
    """Calls to a model, as a step makes them."""
    for number in range(CALLS):
        asked = ChatRequest(purpose="step", model="m", messages=(ChatMessage(role="user", content=f"{text} {number}"),))
        held = spending.reserve(database, ACT, it.session_id, asked)
        if held.reply is None:
            passed("step", Moment.ASKED)
            reply = ChatReply(content="So.", model="m", input_tokens=1, output_tokens=1, cost_usd=0.001, seconds=1.0)
            passed("step", Moment.ANSWERED)
            spending.settle(database, ACT, held, reply)


def _ended_early(database: Database, it: Session, ending: str) -> Session | None:
    if it.status is not Status.IMPROVING:
        return None
    if ending == "cancelled":
        return promotion.cancel(database, ACT, it.session_id, "not now")
    if ending == "failed":
        return promotion.fail(database, ACT, it.session_id, "its runs died")
    if ending == "given up":
        return promotion.give_up(database, ACT, it.session_id, "no usable candidate")
    return None


def _tested(database: Database, it: Session, ending: str) -> Session:
    found = samples(ACT, 100) if ending in {"approved", "rejected", "unanswered"} else proved(ACT)
    if it.status is Status.SHADOW_TESTING and it.shadow_analysis is None:
        for first in range(0, len(found) // 2 if ending == "forced" else len(found), BATCH):
            shadow.record_samples(database, ACT, it.session_id, found[first : first + BATCH])
        if ending == "forced":
            return promotion.finalize(database, ACT, it.session_id, force=True, reason="now")
        it = shadow.keep_verdict(database, ACT, it.session_id)
    if it.status is Status.AWAITING_REVIEW and ending == "unanswered":
        return promotion.promote_or_roll_back(database, later(ACT, days=30), it.session_id)
    if it.status is Status.AWAITING_REVIEW:
        answer = Answer.REJECT if ending == "rejected" else Answer.PROMOTE
        promotion.record_decision(database, ACT, it.session_id, answer, "seen")
    return promotion.promote_or_roll_back(database, ACT, it.session_id)


def _beside(database: Database, life: int) -> None:
    """What else writes to the database of a variant that is retrained."""
    act, came = later(ACT, minutes=life), [replace(it, id=f"{life}/{it.id}") for it in served(ACT, 5)]
    traffic.ingest(database, act, came)
    drift.sweep_and_record(database, act, act.at)
    probation.check(database, act, VARIANT)
    for prompt in ("You book.", f"You book well. {life}"):
        made = versions.register(database, act, variant="another", system_prompt=prompt)
        versions.activate(database, act, "another", made.version)
    versions.roll_back(database, act, "another")
    leases.take(database, act, "work", str(life))
    alerts.test(database, act, str(life))
    for it in alerts.take(database, act, ["nobody"]):
        alerts.settle(database, act, it, Outcome(error="503") if life % 2 else Outcome())
