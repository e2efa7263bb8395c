"""A shadow test: its goals drawn, its samples kept, its verdict found.

1. A scenario gets its place when it is drawn or posted, and keeps it: what comes later, whenever it ended, stands behind it.
2. A look never passes the first scenario that is still being served.
3. A scenario has one sample: the first stays. Once there is a verdict no more are taken.
4. What is replayed and what a deployed agent posts are never mixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.operations.drawing import draw, may_draw, too_few
from lifecycle_core.operations.retraining import expect
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.episode import Scenario
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.errors import ForbiddenMoveError, NotReadyError, SampleRefusedError
from lifecycle_core.retraining.options import MAX_REPLAYS
from lifecycle_core.retraining.session import Event, Session, Status, ended, moved
from lifecycle_core.retraining.shadow import Arm, Progress, Sample, Source, complete_prefix, progress, serves_twice
from lifecycle_core.retraining.verdict import Verdict
from lifecycle_core.store import answers, samples, sessions, versions
from lifecycle_core.store.database import Database, Transaction

CLOCK_SKEW: Final = timedelta(minutes=5)
"""By how much a deployed agent's clock may differ from ours."""
RATE_OF: Final = 50
"""Of how many samples, the last ones, the rate is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A scenario to be served by both versions.

    again : the incumbent serves it a second time. live_success : how its conversation itself went; None = unknown.
    """

    scenario: Scenario
    again: bool
    live_success: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A deployed agent's own pair: what each version made of one scenario."""

    scenario_id: str
    ended_at: datetime
    incumbent: Arm | None
    candidate: Arm | None
    again: Arm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch of samples: those kept, those that were known or came too late, and how many the session has now."""

    kept: int
    known: int
    samples: int


def start_shadow(database: Database, act: Provenance, session_id: str) -> Session:
    """Step 8: begin the shadow test of an evaluated candidate; it ends in the policy's number of days."""
    with database.write(act, "start_shadow") as tx:
        it = sessions.locked(tx, session_id)
        if it.shadow_started_at is not None:
            return it
        if it.open and it.evaluation is None:
            message = f"session {session_id} is {it.status} and has no evaluation; evaluate its candidate first"
            raise ForbiddenMoveError(message)
        deadline = act.at + timedelta(days=it.policy.shadow.max_days)
        return sessions.save(tx, replace(moved(it, Event.SHADOW_STARTED), shadow_started_at=act.at, deadline_at=deadline))


def goals(database: Database, act: Provenance, session_id: str, limit: int, masker: Masker) -> list[Goal]:
    """Draw what goals there are, masked, and answer the first `limit` that wait for a sample.

    None once there is a verdict, or where pairs are posted. A test of recorded goals ends undecided where the record holds fewer than its
    first look needs. Raises UnknownSessionError.
    """
    with database.read() as tx:
        drawn = draw(tx, sessions.get(tx, session_id), act.at, masker)
    with database.write(act, "draw_goals") as tx:
        it = sessions.locked(tx, session_id)
        if not _serving(it) or samples.count(tx, session_id, Source.POSTED):
            return []
        samples.plan(tx, session_id, drawn.conversations, it.policy.shadow.source, act.at)
        if drawn.last and it.goals_drawn_at is None:
            few, it = too_few(tx, it), replace(it, goals_drawn_at=act.at)
            it = sessions.save(tx, ended(it, Event.LEAVE_UNDECIDED, act.at, few) if few else it)
            if not it.open:
                return []
        waiting = samples.planned(tx, session_id)[:limit]
        twice = [serves_twice(one.number, it.policy.shadow) for one in waiting]
        return [Goal(scenario=one.scenario, again=again, live_success=one.live_success) for one, again in zip(waiting, twice, strict=True)]


def goals_wait(database: Database, session_id: str, at: datetime) -> bool:
    """Whether a shadow test has goals without a sample, drawn already or to be drawn as of `at`; raises UnknownSessionError."""
    with database.read() as tx:
        it = sessions.get(tx, session_id)
        if not _serving(it) or samples.count(tx, session_id, Source.POSTED):
            return False
        return bool(samples.pending(tx, session_id)) or may_draw(tx, it, at)


def record_samples(database: Database, act: Provenance, session_id: str, batch: Sequence[Sample]) -> Recorded:
    """Keep the samples of scenarios that have none yet.

    The same batch again changes nothing, and neither does one after the verdict, or after a deployed agent posted its pairs.
    """
    with database.write(act, "record_samples") as tx:
        it = sessions.locked(tx, session_id)
        takes = _serving(it) and not samples.count(tx, session_id, Source.POSTED)
        kept = samples.record(tx, act, session_id, batch) if takes else 0
        return Recorded(kept=kept, known=len(batch) - kept, samples=samples.count(tx, session_id))


def post_samples(database: Database, act: Provenance, session_id: str, batch: Sequence[Posted]) -> Recorded:
    """Take a deployed agent's own pairs; all of them, or nothing.

    Under an idempotency key a batch is taken once and answered as the first time.
    Raises UnknownSessionError, and SampleRefusedError for a test that is closed, a pair that lacks an arm, a scenario that has a sample, an
    end before the test began or in the future, and a test whose scenarios are replayed.
    """
    with database.write(act, "post_samples") as tx:
        it = sessions.locked(tx, session_id)
        return answers.once(tx, act, ("post_samples", session_id, list(batch)), Recorded, lambda: _post(tx, act, it, batch))


def recorded_samples(database: Database, session_id: str) -> list[Sample]:
    """Every sample of a session, in their order; raises UnknownSessionError."""
    with database.read() as tx:
        return samples.recorded(tx, sessions.get(tx, session_id).session_id)


def analysis(database: Database, session_id: str, at: datetime) -> ShadowAnalysis:
    """What the shadow test says: its verdict where there is one, else the evidence so far, as of `at`. Changes nothing.

    Raises UnknownSessionError, and ForbiddenMoveError where the test has not begun.
    """
    with database.read() as tx:
        it = sessions.get(tx, session_id)
        return it.shadow_analysis or analysis_of(tx, it, at)


def progress_of(database: Database, session_id: str, at: datetime) -> Progress:
    """How far the shadow test has come, and how long its next look will take; raises UnknownSessionError."""
    with database.read() as tx:
        return progress_in(tx, sessions.get(tx, session_id), at)


def keep_verdict(database: Database, act: Provenance, session_id: str) -> Session:
    """Step 9: the verdict, where the samples allow one, and the review where it asks a person; without one nothing changes.

    A test whose incumbent is not active any more ends undecided, since no verdict of it could promote.
    """
    with database.write(act, "keep_verdict") as tx:
        it = sessions.locked(tx, session_id)
        if it.shadow_analysis is not None or not it.open:
            return it
        expect(it, Status.SHADOW_TESTING, "a verdict")
        return _keep(tx, act, it, analysis_of(tx, it, act.at))


def close(database: Database, act: Provenance, session_id: str, because: str) -> Session:
    """End a shadow test that can be served no further, by the samples that it has; what waits is given up. One with a verdict stays."""
    with database.write(act, "close_shadow") as tx:
        it = sessions.locked(tx, session_id)
        if not _serving(it):
            return it
        samples.withdraw(tx, session_id)
        it = replace(it, goals_drawn_at=it.goals_drawn_at or act.at)
        found = samples.recorded(tx, session_id)
        return _keep(tx, act, it, it.analyze(found, closed=True, closed_because=because))


def analysis_of(tx: Transaction, it: Session, at: datetime) -> ShadowAnalysis:
    """The evidence so far, in an open transaction; raises ForbiddenMoveError where the test has not begun."""
    if it.deadline_at is None:
        message = f"session {it.session_id} is {it.status}; it has no shadow test yet"
        raise ForbiddenMoveError(message)
    found, waiting = samples.recorded(tx, it.session_id), samples.pending(tx, it.session_id)
    replayed = not any(sample.source is Source.POSTED for sample in found)
    closed = at >= it.deadline_at or (it.goals_drawn_at is not None and replayed and not waiting)
    return it.analyze(found, pending=waiting, closed=closed)


def not_ready(tx: Transaction, it: Session, at: datetime, *, forced: bool = False) -> NotReadyError:
    """The refusal of an ending before the samples are in, with their count and an estimate; `forced` : too few for that too."""
    how_far = progress_in(tx, it, at)
    fewest = it.policy.shadow.fewest_for_force
    remedy = f"force needs {fewest}, the fewest that harm is tested by" if forced else "wait, or pass force=true with a reason"
    message = f"shadow test of {it.new_variant} has {how_far.sentence}; {remedy}"
    seconds = how_far.hours_left * 3600 if how_far.hours_left is not None else None
    return NotReadyError(message, samples=how_far.n, needed=how_far.needed, seconds_left=seconds)


def progress_in(tx: Transaction, it: Session, at: datetime) -> Progress:
    """How far the shadow test has come, in an open transaction."""
    ordered = complete_prefix(samples.recorded(tx, it.session_id), samples.pending(tx, it.session_id))
    counted = [found for found in ordered if found.counts]
    came = samples.arrivals(tx, it.session_id)[-RATE_OF:]
    hours = (at - came[0]).total_seconds() / 3600 if came else 0.0
    rate = len(came) / hours if hours > 0 else None
    return progress(len(counted), it.policy.shadow, samples_per_hour=rate, at=at, deadline_at=it.deadline_at)


def replaced(tx: Transaction, it: Session) -> str:
    """That, and by what, the version that the test compares with was replaced meanwhile; empty where it was not."""
    active = versions.active(tx, it.variant)
    if active is not None and active.version == it.incumbent_version:
        return ""
    now = f"version {active.version}" if active else "none"
    return f"the test compared with version {it.incumbent_version}, and {now} is active now"


def _keep(tx: Transaction, act: Provenance, it: Session, found: ShadowAnalysis) -> Session:
    """Write what a verdict makes of a session; without one nothing changes."""
    if found.verdict is not Verdict.COLLECTING:
        it = replace(it, shadow_analysis=found)
    gone = replaced(tx, it)
    if gone and found.verdict in {Verdict.COLLECTING, Verdict.TO_A_PERSON}:
        return sessions.save(tx, ended(it, Event.LEAVE_UNDECIDED, act.at, gone))
    if found.verdict is Verdict.COLLECTING:
        return it
    if found.verdict is Verdict.TO_A_PERSON:
        it = replace(moved(it, Event.REVIEW_ASKED), review_asked_at=act.at)
    return sessions.save(tx, it)


def _serving(it: Session) -> bool:
    return it.status is Status.SHADOW_TESTING and it.shadow_analysis is None


def _post(tx: Transaction, act: Provenance, it: Session, batch: Sequence[Posted]) -> Recorded:
    if not _serving(it):
        message = f"the shadow test of session {it.session_id} is closed: the session is {it.status}; nothing was written"
        raise SampleRefusedError(message, field="sessionId")
    known = samples.recorded(tx, it.session_id)
    if any(sample.source is not Source.POSTED for sample in known):
        message = f"the scenarios of session {it.session_id} are replayed, and a verdict never mixes kinds of evidence; nothing was written"
        raise SampleRefusedError(message, field="sessionId")
    seen = {sample.scenario_id for sample in known}
    checked = []
    for pair in batch:
        checked.append(_sample(pair, seen, it, act.at))
        seen.add(pair.scenario_id)
    samples.withdraw(tx, it.session_id)
    kept = samples.record(tx, act, it.session_id, checked)
    return Recorded(kept=kept, known=0, samples=len(seen))


def _sample(pair: Posted, seen: set[str], it: Session, at: datetime) -> Sample:
    if pair.incumbent is None or pair.candidate is None:
        missing = "incumbent" if pair.incumbent is None else "candidate"
        message = f"scenario {pair.scenario_id!r} has no outcome of the {missing}; post both of a pair. Nothing was written"
        raise SampleRefusedError(message, field=missing)
    most = max(arm.replays for arm in (pair.incumbent, pair.candidate, pair.again) if arm is not None)
    if most > MAX_REPLAYS:
        message = f"scenario {pair.scenario_id!r} has {most:,} replays of one version; post up to {MAX_REPLAYS}. Nothing was written"
        raise SampleRefusedError(message, field="replays")
    if pair.scenario_id in seen:
        message = f"scenario {pair.scenario_id!r} has a sample already, and a scenario counts once; nothing was written"
        raise SampleRefusedError(message, field="scenarioId")
    if pair.ended_at > at + CLOCK_SKEW:
        message = f"scenario {pair.scenario_id!r} ended at {pair.ended_at.isoformat()}, which is still to come; nothing was written"
        raise SampleRefusedError(message, field="endedAt")
    if it.shadow_started_at is not None and pair.ended_at < it.shadow_started_at - CLOCK_SKEW:
        before = f"before the shadow test began at {it.shadow_started_at.isoformat()}"
        message = f"scenario {pair.scenario_id!r} ended at {pair.ended_at.isoformat()}, {before}; nothing was written"
        raise SampleRefusedError(message, field="endedAt")
    return Sample(
        scenario_id=pair.scenario_id,
        ended_at=pair.ended_at,
        source=Source.POSTED,
        incumbent=pair.incumbent,
        candidate=pair.candidate,
        again=pair.again,
    )
