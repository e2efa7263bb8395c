"""A backup is the database as of one instant, whole or not there; a restore keeps what gave way."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from benchmarks._databases import programs
from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import DamagedDatabaseError, DatabaseUnavailableError, InvalidInputError, SchemaMismatchError, SetupError
from lifecycle_core.operations import backups, traffic
from lifecycle_core.operations import database as operations
from lifecycle_core.store.database import Database


@pytest.fixture
def kept(any_database, act, monkeypatch):
    """A database of each kind with ten conversations; PostgreSQL's programs are on the PATH."""
    if any_database.dialect == "postgresql":
        monkeypatch.setenv("PATH", str(programs()), prepend=":")
    add(any_database, act, range(10))
    return any_database


@pytest.fixture
def postgres_kept(postgres_database, act, monkeypatch):
    """The same of PostgreSQL alone."""
    monkeypatch.setenv("PATH", str(programs()), prepend=":")
    add(postgres_database, act, range(10))
    return postgres_database


def add(database, act, numbers):
    """Ingest a conversation for each number."""
    traffic.ingest(
        database, act, [Conversation(id=str(it), variant="v", ended_at=act.at - timedelta(minutes=it), booked=True) for it in numbers]
    )


def test_a_backup_restored_is_what_was_backed_up_and_what_gave_way_is_kept(kept, act, tmp_path):
    backups.back_up(kept, tmp_path / "backup")
    add(kept, act, range(10, 15))
    backups.restore(kept, tmp_path / "backup", tmp_path / "aside", act)
    assert operations.verify(kept).conversations == 10
    assert operations.verify(kept).problems == ()
    backups.restore(kept, tmp_path / "aside", tmp_path / "again", act)
    assert operations.verify(kept).conversations == 15


def test_a_backup_under_load_holds(kept, act, tmp_path):
    stop = threading.Event()

    def write():
        number = 10
        while not stop.is_set():
            add(kept, act, range(number, number + 5))
            number += 5

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [backups.back_up(kept, tmp_path / f"{it}") for it in range(5)]
    finally:
        stop.set()
        writer.join()
    assert all(it.problems == () and it.conversations % 5 == 0 for it in found)


def test_a_backup_of_an_older_schema_is_brought_up_when_it_is_put_back(kept, act, tmp_path, monkeypatch):
    operations.downgrade(kept, "0003")
    monkeypatch.setattr(backups, "expect_current", operations.revision)  # as the older program, which wrote it
    monkeypatch.setattr(backups, "_expect_sound", lambda found, _file: found)
    monkeypatch.setattr(backups, "verify", lambda _copy: None)
    monkeypatch.setattr(backups, "verified", lambda _tx: None)
    backups.back_up(kept, tmp_path / "old")
    monkeypatch.undo()
    if kept.dialect == "postgresql":
        monkeypatch.setenv("PATH", str(programs()), prepend=":")
    operations.upgrade(kept)
    assert backups.restore(kept, tmp_path / "old", tmp_path / "aside", act)[0] == "0004"
    assert operations.verify(kept).problems == ()
    assert operations.verify(kept).conversations == 10


def test_a_damaged_backup_changes_nothing(kept, act, tmp_path, monkeypatch):
    with kept.migrate() as connection:
        connection.execute(text("DELETE FROM conversations WHERE id = '3'"))
    with pytest.raises(DamagedDatabaseError):
        backups.back_up(kept, tmp_path / "refused")
    assert list(tmp_path.glob("*refused*")) == []
    with monkeypatch.context() as blind:
        blind.setattr(backups, "_expect_sound", lambda found, _file: found)
        backups.back_up(kept, tmp_path / "backup")
    add(kept, act, [3])
    with pytest.raises(DamagedDatabaseError):
        backups.restore(kept, tmp_path / "backup", tmp_path / "aside", act)
    assert conversations(kept) == 10


def test_a_dry_run_looks_at_the_whole_backup_and_changes_nothing(kept, act, tmp_path):
    backups.back_up(kept, tmp_path / "backup")
    add(kept, act, [10])
    assert backups.restore(kept, tmp_path / "backup", tmp_path / "aside", replace(act, dry_run=True)) == []
    assert operations.verify(kept).conversations == 11
    assert not (tmp_path / "aside").exists()


def test_a_backup_of_a_newer_program_is_refused_by_its_revision(kept, act, tmp_path, monkeypatch):
    with kept.migrate() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with monkeypatch.context() as newer:
        newer.setattr(backups, "expect_current", lambda _database: "9999")
        backups.back_up(kept, tmp_path / "backup")
    with pytest.raises(SchemaMismatchError, match="has revision 9999, and this program knows revisions up to 0010; use the newer program"):
        backups.restore(kept, tmp_path / "backup", tmp_path / "aside", act)


def test_a_file_that_is_no_backup_is_refused(kept, act, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises((InvalidInputError, DatabaseUnavailableError), match=r"is no backup|not an SQLite database"):
        backups.restore(kept, tmp_path / "mine", tmp_path / "aside", act)
    assert conversations(kept) == 10


@pytest.mark.postgres
def test_an_empty_postgresql_gets_what_another_held_and_has_nothing_to_keep(postgres_kept, postgres_server, act, tmp_path):
    backups.back_up(postgres_kept, tmp_path / "backup")
    with postgres_server.database() as url, closing(Database(url)) as empty:
        assert backups.restore(empty, tmp_path / "backup", tmp_path / "aside", act) == []
        assert operations.verify(empty).conversations == 10
        add(empty, act, [10])
        assert operations.verify(empty).problems == ()
    assert not (tmp_path / "aside").exists()


@pytest.mark.postgres
def test_tables_of_others_in_the_same_postgresql_are_left_alone(postgres_kept, act, tmp_path):
    with postgres_kept.migrate() as connection:
        connection.execute(text("CREATE TABLE theirs AS SELECT 7 AS number"))
    backups.back_up(postgres_kept, tmp_path / "backup")
    with postgres_kept.migrate() as connection:
        connection.execute(text("UPDATE theirs SET number = 8"))
    backups.restore(postgres_kept, tmp_path / "backup", tmp_path / "aside", act)
    with postgres_kept.migrate() as connection:
        assert connection.scalar(text("SELECT number FROM theirs")) == 8


@pytest.mark.postgres
def test_without_postgresql_s_programs_a_backup_is_refused_with_what_to_install(postgres_kept, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="pg_dump is not on the PATH; install PostgreSQL's client programs"):
        backups.back_up(postgres_kept, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_never_overwrites(kept, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InvalidInputError, match="exists already"):
        backups.back_up(kept, tmp_path / "mine")


def test_a_backup_is_its_owners_alone_and_leaves_nothing_beside_it(kept, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    backups.back_up(kept, folder / "backup")
    assert [it.name for it in folder.iterdir()] == ["backup"]
    assert (folder / "backup").stat().st_mode & 0o777 == 0o600


def conversations(database):
    with database.read() as tx:
        return tx.scalar(text("SELECT count(*) FROM conversations"))
