"""Two kinds of lives for sessions that are killed: the real flow, tasks and client; and the operations alone, with values for models.

The first is what runs, and takes a second a life; the second passes the same transactions in milliseconds, every way to end, and what
else writes beside.
"""

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks._boundaries import Moment, Passed, watch_calls
from benchmarks._driven import VARIANT, Driven, SuspendedError, seeded, visits
from benchmarks._killed_lives import Killed, killed
from benchmarks._others import OTHERS, ready_for_others
from benchmarks._sessions import STEPS, later, proved, ready, samples
from benchmarks.steps import OPTIONS, QUICK
from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest, ChatUnavailableError
from lifecycle_core.operations import probation, promotion, retraining, shadow, spending
from lifecycle_core.operations.database import upgrade
from lifecycle_core.policy import ShadowSource
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.retraining.shadow import Sample
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED
from lifecycle_core.store.database import Database

ACT: Final = Provenance("benchmark", datetime(2025, 10, 7, 12, tzinfo=UTC), "a trial")
ENDINGS: Final = (
    *("promoted", "approved", "rejected", "forced", "cancelled", "given up", "failed", "unanswered"),
    *("drawn", "posted", "closed"),
)
"""How sessions end, and what their shadow tests are fed with, in turn."""
BY_HAND: Final = frozenset({"approved", "rejected", "unanswered", "closed"})
"""Those that a person is asked about."""
BATCH: Final = 20
CALLS: Final = 3


def start_flow(folder: Path) -> None:
    """A variant that drifted, for lives by the real flow."""
    folder.mkdir()
    seeded(folder, prompts.GAP, visits(DRIFTED, prompts.GAP, 3, per_day=80), days=4, policy=QUICK)


def by_flow(folder: Path, base_url: str, number: int, _life: int, passed: Passed) -> str:
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
    with closing(Database(f"sqlite:///{folder}/lifecycle.db")) as database:
        upgrade(database)
        ready(database, ACT)
        ready_for_others(database, ACT)


def killed_by_values(place: Path, kills: int, seed: int) -> Killed:
    """Kill sessions of that kind, in `place`, after one of each ending was taken to it unharmed: what lives need is loaded and compiled."""
    start, now = place / "start", place / "now"
    start_values(start)
    database = Database(f"sqlite:///{now}/lifecycle.db")
    for number in range(len(ENDINGS)):
        shutil.copytree(start, now)
        by_values(database, number, number, lambda *_boundary: None)
        shutil.rmtree(now)
    return killed(start, now, partial(by_values, database), kills, seed)


def by_values(database: Database, number: int, life: int, passed: Passed) -> str:
    """A life by operations alone, towards the ending that is the session's turn; does something of what else writes, before it or after."""
    other, act = OTHERS[(number + life // 2) % len(OTHERS)], later(ACT, minutes=life)
    if life % 2:
        other(database, act, life)
    ended = _taken_on(database, number, life, passed)
    if not life % 2:
        other(database, act, life)
    database.close()
    return ended


def _taken_on(database: Database, number: int, life: int, passed: Passed) -> str:
    ending = ENDINGS[number % len(ENDINGS)]
    source = ShadowSource.RECORDED if ending == "drawn" else ShadowSource.NEW
    it = retraining.begin(database, ACT, VARIANT, "chaos", Options(manual_review=ending in BY_HAND, seed=number, shadow_source=source))
    if life:
        it = retraining.revived(database, ACT, it.session_id)
    it = retraining.note_flow_run(database, ACT, it.session_id, f"run {life}", life)
    for step in STEPS:
        if not it.open:
            break
        _call(database, it, f"{it.status}", passed)
        it = _ended_early(database, it, ending) or step(database, ACT, it.session_id)
    if it.open:
        it = _tested(database, it, ending)
    if it.success:
        probation.check(database, later(ACT, minutes=life), VARIANT)
    return str(it.status)


def _call(database: Database, it: Session, text: str, passed: Passed) -> None:
    """Calls to a model, as a step makes them; one of them comes to nothing at first."""
    for number in range(CALLS):
        asked = ChatRequest(purpose="step", model="m", messages=(ChatMessage(role="user", content=f"{text} {number}"),))
        held = spending.reserve(database, ACT, it.session_id, asked)
        if held.reply is None and number == 0:
            spending.fail(database, ACT, held, ChatUnavailableError("503"))
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
    if it.status is Status.SHADOW_TESTING and it.shadow_analysis is None:
        _sampled(database, it, ending)
        if ending == "forced":
            return promotion.finalize(database, ACT, it.session_id, force=True, reason="now")
        if ending == "closed":
            it = shadow.close(database, ACT, it.session_id, "nobody serves it")
        else:
            it = shadow.keep_verdict(database, ACT, it.session_id)
    if it.status is Status.AWAITING_REVIEW and ending == "unanswered":
        return promotion.promote_or_roll_back(database, later(ACT, days=30), it.session_id)
    if it.status is Status.AWAITING_REVIEW:
        answer = Answer.REJECT if ending == "rejected" else Answer.PROMOTE
        promotion.record_decision(database, ACT, it.session_id, answer, "seen")
    return promotion.promote_or_roll_back(database, ACT, it.session_id)


def _sampled(database: Database, it: Session, ending: str) -> None:
    """Samples in batches: what each life is asked to keep again is kept once."""
    found = samples(ACT, 100) if ending in BY_HAND else proved(ACT)
    found = found[: len(found) // 2] if ending in {"forced", "closed"} else found
    if ending == "drawn":
        shadow.goals(database, ACT, it.session_id, BATCH, Masker(bytes(32)))
    for first in range(0, len(found), BATCH):
        batch = found[first : first + BATCH]
        if ending == "posted":
            act = replace(ACT, idempotency_key=f"batch {first}")
            shadow.post_samples(database, act, it.session_id, [_posted(one) for one in batch])
        else:
            shadow.record_samples(database, ACT, it.session_id, batch)


def _posted(it: Sample) -> shadow.Posted:
    return shadow.Posted(scenario_id=it.scenario_id, ended_at=ACT.at, incumbent=it.incumbent, candidate=it.candidate, again=it.again)
