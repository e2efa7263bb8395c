"""Each invariant is asked of both databases, and finds what breaks it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from benchmarks._sessions import in_shadow_test, later, proved
from lifecycle_core.operations import alerts, backfills, leases, shadow
from lifecycle_core.operations.database import verify
from lifecycle_core.store import invariants
from lifecycle_core.store.tables import RetrainingSessionRow

SESSION = "UPDATE retraining_sessions SET "
BREAKING = {
    "What was ever active has an active version: a production prompt is always served.": ["UPDATE model_versions SET is_active = 0"],
    "What is activated is registered.": ["UPDATE activations SET version = 9"],
    "A session has a status that there is, and has ended if, and only if, that is an ending.": [SESSION + "status = 'promoted'"],
    "A session is a success if, and only if, it promoted its candidate.": [SESSION + "success = 1"],
    "A session that promoted did so once.": [SESSION + "status = 'promoted'"],
    "Only a session that promoted activated anything.": [
        "UPDATE activations SET session_id = (SELECT session_id FROM retraining_sessions)"
    ],
    "A decision has its evidence: who promoted had an evaluation, and a verdict, a demand or a person's answer.": [
        SESSION + "status = 'promoted', evaluation = NULL"
    ],
    "What is tested or decided is registered.": [SESSION + "version = 9"],
    "A sample is of a session whose shadow test began.": [SESSION + "shadow_started_at = NULL"],
    "A message was addressed to as many targets as it has deliveries.": ["UPDATE alert_messages SET targets = 3"],
    "A delivery is delivered, dead with an error, or pending.": ["UPDATE alert_deliveries SET state = 'lost'"],
    "A conversation is of a variant that there is, and what it is counted in too.": [
        "UPDATE conversations SET variant = 'nobody'",
        "UPDATE hourly_rollups SET variant = 'nobody'",
    ],
    "A file of a backfill is pending, or done with its counts, or failed with its reason, and what is over is nobody's.": [
        "UPDATE backfill_files SET state = 'done'"
    ],
    "No lease stays where nobody holds on to it, takes it over or lets it go.": ["UPDATE leases SET until = '2020-01-01 00:00:00+00'"],
}
NOT_BROKEN_HERE = {
    "A variant has one active version at most.",
    "A variant has one drift episode at most that goes on, and none ends before it begins.",
    "A variant has one session at most that goes on.",
    "A version is on one probation at most, and one that goes on is of a version that was activated.",
    "A variant has one alert episode at most that goes on.",
    "A call of a model that was settled says what it came to.",
}
"""Unique indexes forbid to break them, or their rows are not made here; their statements are run all the same."""


@pytest.fixture
def lived(any_database, act):
    """A database with something of everything, in which all holds."""
    session = in_shadow_test(any_database, act)
    shadow.record_samples(any_database, act, session.session_id, proved(later(act, days=-1)))
    alerts.test(any_database, act, "one")
    alerts.take(any_database, act, ["x"])
    backfills.begin(any_database, act, ["a"], "auto", {}, 1)
    leases.take(any_database, act, "work", "somebody")
    return any_database


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


def test_every_invariant_is_broken_here_or_named():
    assert set(invariants.statements()) == set(BREAKING) | NOT_BROKEN_HERE


def test_an_unlawful_move_is_found(lived, act):
    with lived.write(replace(act, at=act.at + timedelta(hours=1))) as tx:
        tx.exec(select(RetrainingSessionRow)).one().status = "analyzing"
    assert any("went from shadow_testing to analyzing" in it for it in verify(lived).problems)
