"""The log of changes writes itself, in a chain, and nothing passes it by."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from lifecycle_core.errors import UnauditedWriteError
from lifecycle_core.operations import versions
from lifecycle_core.store import audit, audit_checks
from lifecycle_core.store.tables import ActivationRow, AuditRow, QuarantineRow, VersionRow


def logged(database):
    with database.read() as tx:
        return tx.exec(select(AuditRow).order_by(col(AuditRow.id))).all()


def problems(database):
    with database.read() as tx:
        return list(audit_checks.broken_links(tx))


def activate_all(tx):
    for row in tx.exec(select(VersionRow)):
        row.is_active = 1
    tx.flush()


def change(database, act):
    """Register versions, activate them and roll back."""
    for prompt in ("one", "two"):
        versions.register(database, act, variant="baseline", system_prompt=prompt)
    for number in (1, 2):
        versions.activate(database, act, "baseline", number)
    versions.roll_back(database, replace(act, why="bookings fell", request_id="r-7"), "baseline")
    return database


@pytest.fixture
def changed(database, act):
    """A database of SQLite in which something was changed."""
    return change(database, act)


@pytest.fixture
def changed_anywhere(any_database, act):
    """A database of each kind in which something was changed."""
    return change(any_database, act)


def test_every_link_follows_from_the_one_before(changed_anywhere):
    rows = logged(changed_anywhere)
    assert [row.previous_hash for row in rows] == [audit.GENESIS, *(row.hash for row in rows[:-1])]
    assert problems(changed_anywhere) == []


def test_a_link_says_who_when_why_and_in_which_request(changed_anywhere, act):
    last = logged(changed_anywhere)[-1]
    assert (last.by, last.at, last.why, last.request_id) == ("test", act.at, "bookings fell", "r-7")


def test_a_link_says_what_changed_from_what_to_what(changed):
    moves = [(row.subject, row.before["is_active"], row.after["is_active"]) for row in logged(changed) if "is_active" in row.before]
    assert moves[-2:] == [("model_versions:baseline/2", 1, 0), ("model_versions:baseline/1", 0, 1)]


def test_a_new_row_is_named_by_the_id_that_the_database_gave_it(changed_anywhere):
    subjects = [row.subject for row in logged(changed_anywhere) if row.subject.startswith("activations:") and "kind" in row.after]
    assert subjects == [f"activations:baseline/{number}" for number in (1, 2, 3)]


def test_the_head_counts_the_links_and_tells_the_last_hash(changed_anywhere):
    rows = logged(changed_anywhere)
    with changed_anywhere.read() as tx:
        assert audit.head(tx) == (len(rows), rows[-1].hash)


def test_a_change_that_changes_nothing_is_not_logged(changed, act):
    before = len(logged(changed))
    with changed.write(act) as tx:
        row = tx.exec(select(VersionRow).where(VersionRow.version == 1)).one()
        row.tags = dict(row.tags)
    assert len(logged(changed)) == before


def test_a_change_of_a_column_that_is_not_audited_is_not_logged(changed, act):
    before = len(logged(changed))
    with changed.write(act) as tx:
        tx.exec(select(VersionRow).where(VersionRow.version == 1)).one().details = {"description": "better"}
    assert len(logged(changed)) == before


def test_what_is_rolled_back_leaves_no_link(changed_anywhere, act):
    before = len(logged(changed_anywhere))
    with changed_anywhere.write(act) as tx:
        tx.exec(select(VersionRow).where(VersionRow.version == 1)).one().is_active = 0
        tx.flush()
        tx.rollback()
    assert len(logged(changed_anywhere)) == before


@pytest.mark.parametrize(
    "statement",
    [
        update(VersionRow).values(is_active=1),
        delete(ActivationRow),
        insert(ActivationRow).values(variant_name="baseline", version=9),
        delete(AuditRow),
        update(AuditRow).values(by="nobody"),
    ],
    ids=["update", "delete", "insert", "delete of the log", "update of the log"],
)
def test_a_write_outside_a_flush_is_refused(changed, act, statement):
    with pytest.raises(UnauditedWriteError, match="outside a flush; load the rows"), changed.write(act) as tx:
        tx.execute(statement)


def test_raw_sql_is_refused(changed_anywhere, act):
    with pytest.raises(UnauditedWriteError, match="raw SQL"), changed_anywhere.write(act) as tx:
        tx.execute(text("UPDATE model_versions SET is_active = 1"))


def test_the_drivers_own_sql_is_refused(changed, act):
    with pytest.raises(UnauditedWriteError, match="raw SQL"), changed.write(act) as tx:
        tx.connection().exec_driver_sql("DELETE FROM audit_log")


def test_a_change_of_the_schema_is_refused(changed, act):
    with pytest.raises(UnauditedWriteError, match="raw SQL"), changed.write(act) as tx:
        AuditRow.__table__.drop(tx.connection())


def test_a_bulk_save_past_the_flush_is_refused(changed, act):
    with pytest.raises(UnauditedWriteError), changed.write(act) as tx:
        tx.bulk_update_mappings(VersionRow, [{"id": 1, "is_active": 1}])


def test_a_deletion_of_an_audited_row_is_refused(changed, act):
    with pytest.raises(UnauditedWriteError, match="kept for ever"), changed.write(act) as tx:
        tx.delete(tx.exec(select(VersionRow).where(VersionRow.version == 1)).one())


def test_a_flush_that_failed_opens_no_way_past_the_log(changed_anywhere, act):
    with changed_anywhere.write(act) as tx:
        with pytest.raises(IntegrityError), tx.begin_nested():
            activate_all(tx)
        with pytest.raises(UnauditedWriteError):
            tx.execute(update(VersionRow).values(is_active=1))


def test_a_table_that_is_not_audited_may_be_written_in_bulk(changed, act):
    row = {"content_hash": "h", "source": "f", "line": 1, "reason": "r", "field": None, "content": "{}", "received_at": act.at}
    with changed.write(act) as tx:
        tx.execute(insert(QuarantineRow), [row])
    with changed.read() as tx:
        assert tx.exec(select(QuarantineRow.source)).all() == ["f"]


def test_a_link_changed_afterwards_is_found(changed):
    with changed.migrate() as connection:
        connection.execute(update(AuditRow).where(col(AuditRow.id) == 2).values(by="somebody else"))
    assert [it.split(" (")[0] for it in problems(changed)] == ["audit row 2"]


def test_a_link_taken_out_is_found(changed):
    with changed.migrate() as connection:
        connection.execute(delete(AuditRow).where(col(AuditRow.id) == 3))
    assert problems(changed) == ["audit row 4 does not follow the row before it: one is missing or was put in"]
