"""Databases that earlier programs wrote, recorded in `tests/released`, come to this program's schema with all that was in them."""

import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, policies, retraining, traffic, versions, versions_asked
from lifecycle_core.operations.database import downgrade, revision, upgrade, verify
from lifecycle_core.store import migrations
from tests.released.recording import ACT

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[1] / "released"
REVISIONS = sorted(it.name.partition(".")[0] for it in RECORDED.glob("*.sqlite.sql.gz"))
MADE_ANEW = {"hourly_rollups", "drift_references"}
"""What a revision packs otherwise, or drops because no program wrote it before; the first is counted anew by `verify`."""


@pytest.fixture
def load(any_url, opened):
    """Makes the database that the last program of a revision left."""

    def as_of(released):
        database = opened(any_url)
        told = gzip.decompress((RECORDED / f"{released}.{database.dialect}.sql.gz").read_bytes()).decode()
        if database.dialect == "sqlite":
            with closing(sqlite3.connect(database.name)) as connection:
                connection.executescript(told)
        else:
            import psycopg

            with psycopg.connect(any_url, autocommit=True) as connection:
                connection.execute(told.encode())
        assert revision(database) == released
        return database

    return as_of


def contents(database):
    """Table -> column -> its values as text, in their own order."""
    there = MetaData()
    with database.migrate() as connection:
        there.reflect(connection)
        return {
            name: {it.name: sorted(map(str, connection.scalars(table.select().with_only_columns(it)))) for it in table.columns}
            for name, table in there.tables.items()
        }


def test_the_last_program_of_each_revision_is_recorded():
    scripts = ScriptDirectory(migrations._HERE, version_locations=[migrations._HERE / "revisions"])
    assert sorted(it.revision for it in scripts.walk_revisions()) == REVISIONS


@pytest.mark.parametrize("released", REVISIONS)
def test_what_an_earlier_program_wrote_comes_up_whole_holds_is_read_and_goes_on(load, released):
    database = load(released)
    before = contents(database)
    assert upgrade(database, ACT) == [it for it in REVISIONS if it > released]
    assert verify(database).problems == ()

    after = contents(database)
    for name in before.keys() - MADE_ANEW - {"alembic_version", "audit_log"}:
        for column in before[name].keys() & after[name].keys():
            assert after[name][column] == before[name][column], f"{name}.{column}"
    assert len(after["audit_log"]["hash"]) == len(before["audit_log"]["hash"]) + (released != REVISIONS[-1])  # an upgrade is told, too
    assert set(before["audit_log"]["hash"]) <= set(after["audit_log"]["hash"])

    assert {"booking", "filed"} <= set(traffic.variants(database))
    assert versions_asked.active(database, "booking").system_prompt == "You book. 2"
    assert len(drift.history(database, "booking", 10)) == len(before["drift_detections"]["id"])
    if released >= "0003":
        ended = {it.variant: it.status for it in retraining.history(database, None, 10)}
        assert ended == {"promoted": "promoted", "asked": "awaiting_review", "tested": "shadow_testing"}
        assert policies.policy(database, "booking").retraining.cooldown_days == 9

    later = replace(ACT, at=ACT.at + timedelta(hours=6))
    traffic.ingest(database, later, [Conversation(id="new", variant="booking", ended_at=later.at, booked=True)])
    assert versions.roll_back(database, later, "booking").current_version == 1
    drift.check_and_record(database, later, "booking", later.at)
    found = verify(database)
    assert (found.problems, found.conversations) == ((), len(before["conversations"]["id"]) + 1)


def test_a_step_that_fails_leaves_the_database_of_the_earlier_program_as_it_was(load, monkeypatch):
    database = load("0001")
    before = contents(database)
    scripts = ScriptDirectory(migrations._HERE, version_locations=[migrations._HERE / "revisions"])
    last = scripts.get_revision(migrations.HEAD).module
    real = last.upgrade

    def broken():
        real()
        message = "power cut"
        raise RuntimeError(message)

    monkeypatch.setattr(last, "upgrade", broken)
    monkeypatch.setattr(migrations, "_scripts", lambda: scripts)
    with pytest.raises(RuntimeError, match="power cut"):
        upgrade(database, ACT)
    assert revision(database) == "0001"
    assert contents(database) == before
    monkeypatch.undo()
    assert upgrade(database, ACT) == REVISIONS[1:]
    assert verify(database).problems == ()


@pytest.mark.parametrize("released", REVISIONS[:-1])
def test_what_came_up_goes_back_to_where_it_came_from(load, released):
    database = load(released)
    before = contents(database)
    upgrade(database, ACT)
    downgrade(database, released)
    after = contents(database)
    assert after.keys() == before.keys()
    for name in before.keys() - {"audit_log"}:
        assert after[name] == before[name], name
