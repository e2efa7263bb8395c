"""Each invariant is asked of both databases, and finds what breaks it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from benchmarks._sessions import STEPS, in_shadow_test, later, proved, ready, taken
from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
from lifecycle_core.operations import alerts, backfills, leases, promotion, retraining, shadow, spending
from lifecycle_core.operations.database import verify
from lifecycle_core.store import invariants
from lifecycle_core.store.tables import AlertEpisodeRow, DriftDetectionRow, RetrainingSessionRow
from lifecycle_core.traffic.backfill import FileCounts

SESSION = "UPDATE retraining_sessions SET "
PROMOTED = " WHERE status = 'promoted'"
BREAKING = {
    "What was ever active has an active version: a production prompt is always served.": ["UPDATE model_versions SET is_active = 0"],
    "What is activated is registered.": ["UPDATE activations SET version = 9"],
    "A session has a status that there is, and has ended if, and only if, that is an ending.": [
        SESSION + "status = 'promoted' WHERE completed_at IS NULL"
    ],
    "A session is a success if, and only if, it promoted its candidate.": [SESSION + "success = 1"],
    "A session that promoted did so once.": ["DELETE FROM activations WHERE session_id IS NOT NULL"],
    "Only a session that promoted activated anything.": [
        "UPDATE activations SET session_id = (SELECT session_id FROM retraining_sessions WHERE status = 'cancelled')"
    ],
    "A decision has its evidence: who promoted had an evaluation, and a verdict, a demand or a person's answer.": [
        SESSION + "evaluation = NULL" + PROMOTED
    ],
    "What is tested or decided is registered, and so is whatever a session names as its candidate.": [SESSION + "version = 9"],
    "A session keeps what each step that it has behind it found.": [SESSION + "failure_analysis = NULL"],
    "Who is not promoted is told why, and only he.": [SESSION + "reasons = '[\"too dear\"]'" + PROMOTED],
    "A person's answer and the ending of a session do not contradict each other.": [
        SESSION + 'review = \'{"answer":"reject"}\'' + PROMOTED
    ],
    "A session that promoted put its candidate on probation once, and another did not.": ["DELETE FROM probations"],
    "An activation that rests on a session activates the candidate of that session.": [SESSION + "version = 1" + PROMOTED],
    "A sample is of a session whose shadow test began.": [SESSION + "shadow_started_at = NULL"],
    "A scenario that was served keeps its sample, when it came and from whom; one that waits keeps none of them.": [
        "UPDATE shadow_samples SET recorded_by = NULL WHERE place = 0"
    ],
    "A message was addressed to as many targets as it has deliveries.": ["UPDATE alert_messages SET targets = 3"],
    "A delivery is delivered, dead with an error, or pending.": ["UPDATE alert_deliveries SET state = 'lost'"],
    "A delivery that is over is claimed by nobody.": ["UPDATE alert_deliveries SET state = 'delivered', delivered_at = due_at"],
    "A call of a model that was answered keeps its answer, one that failed says why, and one that is under way has neither.": [
        "UPDATE chat_calls SET reply = NULL"
    ],
    "A session has an account of what it spent.": ["DELETE FROM spendings"],
    "A conversation is of a variant that there is, and what it is counted in too.": [
        "UPDATE conversations SET variant = 'nobody' WHERE variant = 'sold'",
        "UPDATE hourly_rollups SET variant = 'nobody' WHERE variant = 'sold'",
    ],
    "The hourly sums of a version count its conversations, and no fewer where some were let go.": ["DELETE FROM hourly_rollups"],
    "Of a file that was taken in each record is a conversation or was refused.": [
        """UPDATE backfill_files SET counts = '{"records": 4, "conversations": 2, "quarantined": 1}' WHERE state = 'done'"""
    ],
    "A file of a backfill is pending, or done with its counts, or failed with its reason, and what is over is nobody's.": [
        "UPDATE backfill_files SET state = 'failed'"
    ],
    "No lease stays where nobody holds on to it, takes it over or lets it go.": ["UPDATE leases SET until = '2020-01-01 00:00:00+00'"],
    "A version is on one probation at most, and one that goes on is of a version that was activated.": [
        "UPDATE probations SET version = 9"
    ],
    "A variant has one active version at most.": ["DROP INDEX one_active_version", "UPDATE model_versions SET is_active = 1"],
    "A variant has one session at most that goes on.": ["DROP INDEX one_open_session", SESSION + "completed_at = NULL"],
    "A variant has one drift episode at most that goes on, and none ends before it begins.": [
        "UPDATE drift_detections SET closed_at = '2020-01-01 00:00:00+00'"
    ],
    "A variant has one alert episode at most that goes on.": [
        "DROP INDEX one_open_alert_episode",
        "UPDATE alert_episodes SET variant = 'one'",
    ],
}


@pytest.fixture
def lived(any_database, act):
    """A database with something of everything, in which all holds."""
    early = later(act, days=-1)
    session = in_shadow_test(any_database, act)
    shadow.record_samples(any_database, act, session.session_id, proved(early))
    ready(any_database, act, variant="sold")
    promotion.cancel(any_database, act, retraining.begin(any_database, act, "sold", "another").session_id, "not now")
    it = taken(any_database, act, len(STEPS), variant="sold")
    request = ChatRequest(model="m", purpose="read", messages=(ChatMessage(role="user", content="Why?"),))
    reply = ChatReply(content="So.", model="m", input_tokens=1, output_tokens=1, cost_usd=0.1, seconds=1.0)
    spending.settle(any_database, act, spending.reserve(any_database, act, it.session_id, request), reply)
    shadow.record_samples(any_database, act, it.session_id, proved(act))
    shadow.keep_verdict(any_database, act, it.session_id)
    promotion.promote_or_roll_back(any_database, act, it.session_id)
    alerts.test(any_database, act, "one")
    alerts.take(any_database, act, ["x"])
    name = backfills.begin(any_database, act, ["a"], "auto", {}, 1).id
    claimed = backfills.claim(any_database, act, name, "w")
    backfills.finish(any_database, act, claimed, FileCounts(records=3, conversations=2, quarantined=1))
    leases.take(any_database, act, "work", "somebody")
    for variant in ("sold", "baseline"):
        drifted(any_database, act, variant)
    return any_database


def drifted(database, act, variant):
    """An episode of drift that goes on, and one of an alert."""
    with database.write(act) as tx:
        told = {"version": 1, "onset_at": act.at, "last_seen_at": act.at, "checks": 1, "quiet_checks": 0}
        none = {"closed_because": None, "known_because": None, "known_by": None}
        tx.add(DriftDetectionRow(variant=variant, created_at=act.at, drift_types="booking_rate", severity="low", **told, **none))
        tx.add(AlertEpisodeRow(variant=variant, opened_at=act.at, closed_at=None, told=[], told_at=None, messages=0))


def found(database, at):
    with database.read() as tx:
        return list(invariants.broken(tx, at))


def test_where_all_holds_nothing_is_said(lived, act):
    assert found(lived, act.at) == []


def test_what_breaks_each_is_found(lived, act):
    unseen = []
    for name, statements in BREAKING.items():
        asked = invariants.statements()[name]
        parameters = {"long_ago": act.at - timedelta(hours=1)} if "long_ago" in asked.compile().params else {}
        with lived.migrate() as connection:
            deferred = "SET session_replication_role = replica" if lived.dialect == "postgresql" else "PRAGMA defer_foreign_keys = ON"
            for statement in (deferred, *statements):
                connection.execute(text(statement))
            unseen += [] if connection.execute(asked, parameters).scalars().all() else [name]
            connection.rollback()
    assert unseen == []


def test_every_invariant_is_broken_here():
    assert set(invariants.statements()) == set(BREAKING)


def test_an_unlawful_move_is_found(lived, act):
    with lived.write(replace(act, at=act.at + timedelta(hours=1))) as tx:
        tx.exec(select(RetrainingSessionRow).where(RetrainingSessionRow.status == "shadow_testing")).one().status = "analyzing"
    assert any("went from shadow_testing to analyzing" in it for it in verify(lived).problems)
