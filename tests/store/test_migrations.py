"""Schema and tables are one, on both databases, and every step can be taken back."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert, inspect, text
from sqlmodel import SQLModel

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.drift.episodes import Episode
from lifecycle_core.drift.report import DriftReport, Metric, Severity
from lifecycle_core.errors import DatabaseUnavailableError, InvalidInputError, SchemaMismatchError
from lifecycle_core.operations import traffic, versions
from lifecycle_core.operations.database import downgrade, revision, upgrade, verify
from lifecycle_core.store import conversations, episodes, migrations, variants
from lifecycle_core.store.database import Database

REVISIONS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"]
VERSION_TABLE = Table("alembic_version", MetaData(), Column("version_num", Integer))


@pytest.fixture
def fresh(any_url, opened):
    """A database of each kind without tables."""
    return opened(any_url)


def test_the_migrated_schema_is_that_of_the_tables(any_database):
    with any_database.migrate() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_the_head_named_in_the_program_is_the_newest_revision():
    assert ScriptDirectory(migrations._HERE, version_locations=[migrations._HERE / "revisions"]).get_current_head() == migrations.HEAD


def test_a_fresh_database_has_no_revision(fresh):
    assert revision(fresh) is None


def test_an_upgrade_names_what_it_applied_and_applies_it_once(fresh):
    assert upgrade(fresh) == REVISIONS
    assert upgrade(fresh) == []
    assert revision(fresh) == migrations.HEAD


def test_a_downgrade_takes_everything_back(any_database):
    assert downgrade(any_database, "base") == REVISIONS[::-1]
    assert revision(any_database) is None
    with any_database.migrate() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_after_a_downgrade_an_upgrade_builds_all_again(any_database):
    downgrade(any_database, "base")
    assert upgrade(any_database) == REVISIONS


def test_answers_come_and_go_with_their_revision_and_versions_stay(any_database, act):
    versions.register(any_database, act, variant="baseline", system_prompt="one")
    assert downgrade(any_database, "0001") == ["0010", "0009", "0008", "0007", "0006", "0005", "0004", "0003", "0002"]
    with any_database.migrate() as connection:
        assert "answers" not in inspect(connection).get_table_names()
    assert upgrade(any_database) == ["0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"]
    with any_database.migrate() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    assert versions.register(any_database, replace(act, idempotency_key="k"), variant="baseline", system_prompt="one").version == 1


def test_rollups_are_repacked_and_packed_as_before_without_a_difference(any_database, act):
    batch = [
        Conversation(
            id=str(number),
            variant=f"v{number % 3}",
            version=1 + number % 2,
            ended_at=act.at - timedelta(hours=number % 7),
            booked=number % 2 == 0,
            cost_usd=number / 3,
            response_times_s=(number + 1.0,),
            actions=("look", "book")[: number % 3],
            errors=({"tool": None, "message": "agent_error"},) if number % 11 == 0 else (),
        )
        for number in range(100)
    ]
    traffic.ingest(any_database, act, batch)
    before = rollups(any_database)
    downgrade(any_database, "0003")
    assert upgrade(any_database) == ["0004", "0005", "0006", "0007", "0008", "0009", "0010"]
    after = rollups(any_database)
    assert before.keys() == after.keys()
    assert all((before[key] == after[key]).all() for key in before)
    assert verify(any_database).problems == ()


def test_a_rollup_that_cannot_be_read_stops_the_upgrade_and_is_named(any_database, act):
    traffic.ingest(any_database, act, [Conversation(id="c", variant="baseline", version=1, ended_at=act.at)])
    downgrade(any_database, "0003")
    with any_database.migrate() as connection:
        connection.execute(Table("hourly_rollups", MetaData(), Column("cost_histogram", LargeBinary)).update().values(cost_histogram=b"1"))
    with pytest.raises(DatabaseUnavailableError, match=r"the rollup of 'baseline' version 1 at 2025-10-07 12:00.* has a cost_histogram"):
        upgrade(any_database)
    assert revision(any_database) == "0003"


def test_an_older_episode_stays_and_its_course_is_unknown(any_database, act):
    report = DriftReport(
        variant="baseline", version=1, at=act.at, reference=Window(act.at, act.at), recent=Window(act.at, act.at), metrics=()
    )
    instants = {"onset_at": act.at, "created_at": act.at, "last_seen_at": act.at}
    older = Episode(variant="baseline", version=1, drifts=(Metric.COST,), severity=Severity.LOW, **instants, report=report)
    with any_database.write(act) as tx:
        episodes.save(tx, older)
    downgrade(any_database, "0003")
    upgrade(any_database)
    with any_database.read() as tx:
        assert episodes.open_of(tx, "baseline") == replace(older, id=1)
    assert verify(any_database).problems == ()


def rollups(database):
    with database.read() as tx:
        return {key: sums for name in variants.names(tx) for key, sums in conversations.rollups(tx, name).items()}


def test_a_downgrade_to_a_revision_never_had_says_which_there_were(any_database):
    with pytest.raises(InvalidInputError, match="'0042'; it has had: 0001, 0002, 0003, 0004, 0005, 0006, 0007, 0008, 0009, 0010; base"):
        downgrade(any_database, "0042")


def test_a_newer_database_is_refused_with_both_revisions(any_database):
    with any_database.migrate() as connection:
        connection.execute(VERSION_TABLE.update().values(version_num="9999"))
    with pytest.raises(SchemaMismatchError, match=r"revision 9999, and this program knows revisions up to 0010"):
        upgrade(any_database)


def test_another_programs_tables_are_left_alone(fresh):
    strange = Table("conversations", MetaData(), Column("id", Integer))
    with fresh.migrate() as connection:
        strange.create(connection)
        connection.execute(insert(strange).values(id=1))
    with pytest.raises(SchemaMismatchError, match="table conversations that this program did not make"):
        upgrade(fresh)
    with fresh.migrate() as connection:
        assert inspect(connection).get_table_names() == ["conversations"]


@pytest.mark.postgres
def test_a_migration_that_would_keep_others_waiting_gives_up_and_leaves_all_as_it_was(postgres_url, monkeypatch):
    monkeypatch.setattr("lifecycle_core.store.database.LOCK_SECONDS", 1)
    with closing(Database(postgres_url)) as database, closing(Database(postgres_url)) as other:
        upgrade(database)
        with other.read() as tx:
            tx.connection().execute(text("SELECT * FROM retention"))
            with pytest.raises(DatabaseUnavailableError, match="locked"):
                downgrade(database, "0009")
            assert revision(database) == REVISIONS[-1]
        assert downgrade(database, "0009") == REVISIONS[-1:]
        assert upgrade(database) == REVISIONS[-1:]
