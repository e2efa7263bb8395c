"""Verification finds what is not as it must be, and says it in a sentence."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, text, update
from sqlmodel import col

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import DatabaseUnavailableError
from lifecycle_core.operations import traffic, versions, versions_asked
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


def test_packed_sums_that_were_changed_are_found(kept, act):
    statement = update(RollupRow).where(col(RollupRow.version) == 2, col(RollupRow.hour) == act.at - HOUR).values(sums=b"")
    problems = broken_by(kept, statement)
    told = "rollup of 'baseline' version 2 at 2025-10-07T11:00Z packs"
    assert f"{told} conversations 0; its conversations make 30" in problems
    assert f"{told} cost_histogram 0; its conversations make 1, and 27 more of that part" in problems


def test_a_conversation_without_its_rollup_is_found(kept):
    problems = broken_by(kept, delete(RollupRow).where(col(RollupRow.version) == 1))
    assert sum("is missing; its conversations make one" in it for it in problems) == 3
    assert "hourly sums of baseline version 1 count 0 conversations; there are 50" in problems


def test_a_rollup_without_its_conversations_is_found(kept):
    problems = broken_by(kept, delete(ConversationRow).where(col(ConversationRow.version) == 1))
    assert sum(it.endswith("has no conversations") for it in problems) == 3
    assert "hourly sums of baseline version 1 count 50 conversations; there are 0" in problems


def test_an_active_version_that_nobody_activated_is_found(kept):
    problems = broken_by(kept, update(VersionRow).values(is_active=1 - col(VersionRow.is_active)).where(col(VersionRow.version) == 2))
    assert problems[:2] == (
        "variant 'baseline' has active versions []; its last activation made it version 2",
        "variant 'baseline' has the tag production on versions [2]; active are []",
    )


def test_an_activation_that_does_not_follow_is_found(kept):
    problems = broken_by(kept, update(ActivationRow).where(col(ActivationRow.version) == 2).values(previous_version=None))
    assert problems[0] == "activation 2 of 'baseline' says that version None was active before; it was 1"


def test_a_changed_audit_row_is_found(kept):
    (problem,) = broken_by(kept, update(AuditRow).where(col(AuditRow.id) == 1).values(why="because"))
    assert problem.startswith("audit row 1 (model_versions:baseline/1) was changed after it was written")


def test_a_rollback_and_what_follows_it_have_no_problems(kept, act):
    versions.roll_back(kept, act, "baseline")
    versions.activate(kept, act, "baseline", 2)
    versions.tag(kept, act, "baseline", 1, "gold", "a good one")
    assert verify(kept).problems == ()


CHANGED = "version 2 of 'baseline' is not what was registered: its content has another hash"
ACTIVATION = "activations:baseline/1 has"
UNCOUNTED = "the conversations or rollups of 'baseline' are damaged and cannot be counted"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE model_versions SET system_prompt = 'evil' WHERE version = 2", CHANGED),
        ("UPDATE model_versions SET model = 'another' WHERE version = 2", CHANGED),
        ("UPDATE model_versions SET tools = '[1]' WHERE version = 2", CHANGED),
        ("UPDATE model_versions SET parameters = '3' WHERE version = 2", CHANGED),
        ("UPDATE model_versions SET content_hash = 'x' WHERE version = 2", CHANGED),
        (
            "UPDATE model_versions SET tags = '{}' WHERE version = 1",
            "model_versions:baseline/1 has tags {}; the audit log says {'rollback': 'active before version 2'}",
        ),
        ("DELETE FROM model_versions WHERE version = 1", "model_versions:baseline/1 is in the audit log and no longer in its table"),
        ("UPDATE activations SET popped = NOT popped WHERE id = 2", "activation 2 of 'baseline' says that it is taken back; it was not"),
        ("UPDATE activations SET \"by\" = 'eve' WHERE id = 1", f"{ACTIVATION} by 'eve'; the audit log says 'test'"),
        ("UPDATE activations SET why = 'so' WHERE id = 1", f"{ACTIVATION} why 'so'; the audit log says ''"),
        (
            "UPDATE activations SET at = '2020-01-01 00:00:00.000000+00:00' WHERE id = 1",
            f"{ACTIVATION} at '2020-01-01T00:00:00+00:00'; the audit log says '2025-10-07T12:00:00+00:00'",
        ),
        ("DELETE FROM audit_log", "activations:baseline/2 has no row in the audit log"),
    ],
)
def test_a_change_past_the_audit_log_is_found(kept, statement, problem):
    assert problem in broken_by(kept, text(statement))


def test_a_forged_activation_is_found(kept, act):
    row = {
        "id": 9,
        "variant_name": "baseline",
        "version": 2,
        "previous_version": 2,
        "at": act.at,
        "by": "eve",
        "why": "",
        "kind": "activate",
    }
    problems = broken_by(kept, insert(ActivationRow).values(**row, popped=False))
    assert "activations:baseline/9 has no row in the audit log" in problems


def test_a_forged_rollback_is_found(kept):
    problems = broken_by(kept, update(ActivationRow).where(col(ActivationRow.id) == 2).values(kind="rollback"))
    assert "activation 2 of 'baseline' went back to version 2; a rollback would have brought None" in problems


def test_a_tag_rollback_on_a_version_that_no_rollback_would_bring_is_found(kept):
    problems = broken_by(kept, update(VersionRow).where(col(VersionRow.version) == 1).values(tags={}))
    assert "variant 'baseline' has the tag rollback on versions []; a rollback would bring [1]" in problems


def test_the_last_row_taken_from_the_audit_log_is_found(kept):
    assert broken_by(kept, text("DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)")) != ()


def test_an_activation_logged_before_its_maker_was_audited_is_no_problem(any_database, act, monkeypatch):
    monkeypatch.setattr(ActivationRow, "audit_columns", ("version", "previous_version", "kind", "popped"))
    versions.register(any_database, act, variant="baseline", system_prompt="one")
    versions.activate(any_database, act, "baseline", 1)
    monkeypatch.undo()
    assert verify(any_database).problems == ()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_log SET after = '{}}' WHERE id = 3", "audit_log row 3 is damaged: its after is '{}}'"),
        ("UPDATE audit_log SET before = '[]' WHERE id = 3", "audit row 3 (model_versions:baseline/2) was changed after it was written"),
        ("UPDATE audit_log SET after = '[]' WHERE id = 3", "audit row 3 (model_versions:baseline/2) was changed after it was written"),
        ("UPDATE model_versions SET tags = 'x' WHERE id = 1", "model_versions row 1 is damaged: its tags is 'x'"),
        (r"""UPDATE model_versions SET tools = '["\ud800"]' WHERE version = 2""", CHANGED),
    ],
)
def test_a_damaged_document_is_found_and_what_is_behind_it_looked_at(kept, statement, problem):
    with kept.migrate() as connection:
        connection.execute(text("UPDATE activations SET why = 'so' WHERE id = 1"))
    assert {problem, f"{ACTIVATION} why 'so'; the audit log says ''"} <= {*broken_by(kept, text(statement))}


def test_a_damaged_conversation_is_found(any_database, act):
    traffic.ingest(any_database, act, [Conversation(id="7", variant="baseline", version=1, ended_at=act.at)])
    (first, *_) = broken_by(any_database, text("UPDATE conversations SET actions = '['"))
    assert first == f"{UNCOUNTED}: the database is damaged where it says '[' (lifecycle db verify names the row); put a backup in its place"


def test_a_damaged_rollup_is_found(kept):
    (problem,) = broken_by(kept, update(RollupRow).values(sums=b"123"))
    assert problem.startswith(UNCOUNTED)


def test_a_time_that_sqlite_cannot_read_is_found(database, act):
    versions.register(database, act, variant="baseline", system_prompt="one")
    problems = broken_by(database, text("UPDATE model_versions SET created_at = 'noon'"))
    assert problems == ("model_versions row 1 is damaged: its created_at is 'noon'",)


def test_who_reads_a_damaged_document_is_told_what_is_damaged(kept):
    with kept.migrate() as connection:
        connection.execute(text("UPDATE model_versions SET tags = '{}}'"))
    with pytest.raises(DatabaseUnavailableError, match=r"is damaged where it says '\{\}\}'.*put a backup in its place"):
        versions_asked.active(kept, "baseline")


def test_a_text_of_no_encoding_is_a_damaged_database(database, act):
    versions.register(database, act, variant="baseline", system_prompt="one")
    with database.migrate() as connection:
        connection.execute(text("UPDATE model_versions SET system_prompt = CAST(x'ff' AS TEXT)"))
    with pytest.raises(DatabaseUnavailableError, match="is damaged; put a backup in its place"):
        verify(database)
