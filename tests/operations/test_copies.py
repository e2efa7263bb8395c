"""A backup is the database as of one instant, whole or not there; a restore keeps what gave way."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import DamagedDatabaseError, InvalidInputError
from lifecycle_core.operations import database as operations
from lifecycle_core.operations import traffic
from lifecycle_core.store.database import Database


@pytest.fixture
def kept(tmp_path, act):
    """A database with ten conversations."""
    with closing(Database(f"sqlite:///{tmp_path / 'lifecycle.db'}")) as database:
        operations.upgrade(database)
        add(database, act, range(10))
        yield database


def add(database, act, numbers):
    """Ingest a conversation for each number."""
    traffic.ingest(
        database, act, [Conversation(id=str(it), variant="v", ended_at=act.at - timedelta(minutes=it), booked=True) for it in numbers]
    )


def test_a_backup_restored_is_what_was_backed_up_and_what_gave_way_is_kept(kept, act, tmp_path):
    operations.back_up(kept, tmp_path / "backup.db")
    add(kept, act, range(10, 15))
    operations.restore(kept, tmp_path / "backup.db", tmp_path / "aside.db", act)
    assert operations.verify(kept).conversations == 10
    assert operations.verify(kept).problems == ()
    with closing(Database(f"sqlite:///{tmp_path / 'aside.db'}")) as aside:
        assert operations.verify(aside).conversations == 15


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
        found = [operations.back_up(kept, tmp_path / f"{it}.db") for it in range(5)]
    finally:
        stop.set()
        writer.join()
    assert all(it.problems == () and it.conversations % 5 == 0 for it in found)


def test_a_backup_of_an_older_schema_is_brought_up_when_it_is_put_back(kept, act, tmp_path):
    with closing(Database(f"sqlite:///{tmp_path / 'old.db'}")) as old:
        operations.upgrade(old)
        operations.downgrade(old, "0003")
    applied = operations.restore(kept, tmp_path / "old.db", tmp_path / "aside.db", act)
    assert applied[0] == "0004"
    assert operations.verify(kept).problems == ()


def test_a_damaged_backup_changes_nothing(kept, act, tmp_path):
    operations.back_up(kept, tmp_path / "backup.db")
    with closing(Database(f"sqlite:///{tmp_path / 'backup.db'}")) as backup, backup.migrate() as connection:
        connection.exec_driver_sql("DELETE FROM conversations WHERE id = '3'")
    with pytest.raises(DamagedDatabaseError):
        operations.restore(kept, tmp_path / "backup.db", tmp_path / "aside.db", act)
    assert operations.verify(kept).conversations == 10
    assert not (tmp_path / "aside.db").exists()


def test_a_backup_never_overwrites(kept, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InvalidInputError, match="exists already"):
        operations.back_up(kept, tmp_path / "mine")


def test_a_backup_is_its_owners_alone_and_leaves_nothing_beside_it(kept, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    operations.back_up(kept, folder / "backup.db")
    assert [it.name for it in folder.iterdir()] == ["backup.db"]
    assert (folder / "backup.db").stat().st_mode & 0o777 == 0o600
