"""Verification finds what is not as it must be, and says it in a sentence."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic, versions
from lifecycle_core.operations.database import verify
from lifecycle_core.store.tables import ActivationRow, AuditRow, ConversationRow, RollupRow, VersionRow

HOUR = timedelta(hours=1)


@pytest.fixture
def kept(any_database, act):
    """A hundred conversations of two versions, one of them active."""
    conversations = [
        Conversation(
            id=str(number),
            variant="baseline",
            version=number % 2 + 1,
            ended_at=act.at - timedelta(minutes=number),
            booked=number % 3 == 0,
            cost_usd=number / 7,
            response_times_s=(1.0, number / 3),
            actions=("look", "book")[: number % 3],
        )
        for number in range(100)
    ]
    for start in range(0, 100, 30):
        traffic.ingest(any_database, act, conversations[start : start + 30])
    for prompt in ("one", "two"):
        versions.register(any_database, act, variant="baseline", system_prompt=prompt)
    versions.activate(any_database, act, "baseline", 1)
    versions.activate(any_database, act, "baseline", 2)
    return any_database


def broken_by(database, statement):
    """What verification says after `statement` went past everything that guards the tables."""
    with database.migrate() as connection:
        connection.execute(statement)
    return verify(database).problems


def test_what_was_written_as_it_must_be_has_no_problems(kept):
    found = verify(kept)
    assert (found.problems, found.conversations) == ((), 100)
    assert found.rollups_checked == 5
    assert found.audit_rows > 0


def test_an_empty_database_has_no_problems(any_database):
    assert verify(any_database).problems == ()


def test_a_sum_that_was_changed_is_found(kept, act):
    statement = update(RollupRow).where(col(RollupRow.version) == 1, col(RollupRow.hour) == act.at).values(booked=7)
    assert broken_by(kept, statement) == ("rollup of 'baseline' version 1 at 2025-10-07T12:00Z says booked 7; its conversations make 1",)


def test_a_histogram_that_was_changed_is_found(kept, act):
    statement = update(RollupRow).where(col(RollupRow.version) == 2, col(RollupRow.hour) == act.at - HOUR).values(cost_histogram=b"")
    (problem,) = broken_by(kept, statement)
    assert problem == (
        "rollup of 'baseline' version 2 at 2025-10-07T11:00Z says cost_histogram 0; its conversations make 1, and 27 more of that part"
    )


def test_a_conversation_without_its_rollup_is_found(kept):
    problems = broken_by(kept, delete(RollupRow).where(col(RollupRow.version) == 1))
    assert len(problems) == 3
    assert all("is missing; its conversations make one" in it for it in problems)


def test_a_rollup_without_its_conversations_is_found(kept):
    problems = broken_by(kept, delete(ConversationRow).where(col(ConversationRow.version) == 1))
    assert len(problems) == 3
    assert all(it.endswith("has no conversations") for it in problems)


def test_an_active_version_that_nobody_activated_is_found(kept):
    problems = broken_by(kept, update(VersionRow).values(is_active=1 - col(VersionRow.is_active)).where(col(VersionRow.version) == 2))
    assert problems == (
        "variant 'baseline' has active versions []; its last activation made it version 2",
        "variant 'baseline' has the tag production on versions [2]; active are []",
    )


def test_an_activation_that_does_not_follow_is_found(kept):
    problems = broken_by(kept, update(ActivationRow).where(col(ActivationRow.version) == 2).values(previous_version=None))
    assert problems == ("activation 2 of 'baseline' says that version None was active before; it was 1",)


def test_a_changed_audit_row_is_found(kept):
    (problem,) = broken_by(kept, update(AuditRow).where(col(AuditRow.id) == 1).values(why="because"))
    assert problem.startswith("audit row 1 (model_versions:baseline/1) was changed after it was written")
