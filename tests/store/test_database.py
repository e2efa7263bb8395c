"""Transactions keep all or nothing, and what goes wrong under them is told in one sentence."""

import os
import re
import sqlite3
import stat
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path
from subprocess import PIPE, Popen, run
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import func, insert, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import select

from lifecycle_core.errors import DatabaseUnavailableError, InvalidInputError, LostRaceError, SchemaMismatchError
from lifecycle_core.operations.database import revision, upgrade
from lifecycle_core.store.database import Database
from lifecycle_core.store.failures import DatabaseFaultError, no_file
from lifecycle_core.store.migrations import HEAD
from lifecycle_core.store.tables import ConversationRow, VariantRow

UPGRADE = """
import sys
from lifecycle_core.operations.database import upgrade
from lifecycle_core.store.database import Database
print(*upgrade(Database(sys.argv[1])))
"""

FILL = """
import sys
from datetime import UTC, datetime
from lifecycle_core.errors import DatabaseUnavailableError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import ConversationRow, VariantRow
act = Provenance("fill", datetime(2025, 10, 7, tzinfo=UTC))
database = Database(sys.argv[1])
try:
    for batch in range(100):
        with database.write(act) as tx:
            tx.add_all(VariantRow(name=f"{batch}-{number:0500}", created_at=act.at) for number in range(50))
except DatabaseUnavailableError as refusal:
    print(refusal)
"""


def names(database):
    with database.read() as tx:
        return tx.exec(select(VariantRow.name)).all()


def enter(database, act, name):
    with database.write(act) as tx:
        tx.add(VariantRow(name=name, created_at=act.at))


@contextmanager
def as_nobody():
    """Root may do everything; nobody may not."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.fixture
def folder():
    """A folder that nobody may enter, too."""
    with TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        path.chmod(0o700)


def test_a_write_is_kept(any_database, act):
    enter(any_database, act, "baseline")
    assert names(any_database) == ["baseline"]


def test_a_write_that_fails_leaves_nothing(any_database, act):
    with pytest.raises(LostRaceError), any_database.write(act) as tx:
        tx.add_all(VariantRow(name=name, created_at=act.at) for name in ("other", "baseline", "baseline"))
    assert names(any_database) == []


def test_a_write_that_fails_for_a_reason_that_nobody_foresaw_tells_no_words_of_a_customer(any_database, act):
    row = {"variant": "baseline", "id": "c1", "messages": [{"text": "I am Ada"}]}
    with pytest.raises(DatabaseFaultError, match=r"(?i)null.*INSERT INTO conversations") as failed, any_database.write(act) as tx:
        tx.execute(insert(ConversationRow).values(**row))
    assert "Ada" not in "".join(traceback.format_exception(failed.value))


def test_a_read_sees_one_state_throughout(any_database, act):
    with any_database.read() as tx:
        assert tx.exec(select(VariantRow.name)).all() == []
        enter(any_database, act, "baseline")
        assert tx.exec(select(VariantRow.name)).all() == []


def test_a_read_cannot_write(any_database, act):
    with pytest.raises(DatabaseUnavailableError, match="read-only"), any_database.read() as tx:
        tx.execute(insert(VariantRow).values(name="baseline", created_at=act.at))


def test_writers_in_threads_lose_nothing(any_database, act):
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: enter(any_database, act, f"v{number}"), range(60)))
    assert len(names(any_database)) == 60


def test_the_same_row_by_two_writers_is_a_lost_race(any_database, act):
    enter(any_database, act, "baseline")
    with pytest.raises(LostRaceError, match="at the same moment and nothing was written; try again"):
        enter(any_database, act, "baseline")


@pytest.mark.slow
def test_processes_that_meet_a_fresh_database_make_it_once(any_url):
    processes = [Popen([sys.executable, "-c", UPGRADE, any_url], stdout=PIPE, stderr=PIPE, text=True) for _ in range(4)]
    told = [process.communicate() for process in processes]
    *waited, first = sorted(out.strip() for out, _ in told)
    assert (waited, first.split()[-1:]) == ([""] * 3, [HEAD]), told


def test_the_file_of_sqlite_is_its_owners_alone(tmp_path, opened):
    upgrade(opened(f"sqlite:///{tmp_path}/deep/down/lifecycle.db"))
    assert stat.S_IMODE((tmp_path / "deep/down/lifecycle.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("pragma", "expected"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000), ("query_only", 0)]
)
def test_a_writer_of_sqlite_is_set_for_safety(database, act, pragma, expected):
    with database.write(act) as tx:
        assert tx.connection().connection.dbapi_connection.execute(f"PRAGMA {pragma}").fetchone() == (expected,)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://ada@db/x", "lifecycle.db", "", "postgresql", "postgresql://db:notaport/x"]
)
def test_another_url_is_refused_with_what_is_understood(url):
    with pytest.raises(InvalidInputError, match=r"give sqlite:///PATH of a file, or postgresql://"):
        Database(url)


@pytest.mark.parametrize(
    "url", ["mysql://ada:secret@db/x", "postgresql://ada:secret@db:notaport/x", "postgresql://ada:se/cret@db:notaport/x"]
)
def test_a_refused_url_hides_its_password(url):
    with pytest.raises(InvalidInputError, match=r"ada:\*\*\*@db") as refused:
        Database(url)
    assert "secret" not in str(refused.value)


def test_a_url_of_the_short_scheme_is_understood():
    assert Database("postgres://ada@db.example/agent").name == "postgresql://ada@db.example/agent"


def test_a_database_without_tables_says_how_to_make_them(any_url, opened):
    with pytest.raises(SchemaMismatchError, match="run: lifecycle db upgrade"):
        names(opened(any_url))


def test_a_locked_database_says_for_how_long_and_what_to_do(database, act, monkeypatch, opened):
    monkeypatch.setattr("lifecycle_core.store.database.LOCK_SECONDS", 0.05)
    other, locked = opened(database.url), r"lifecycle.db is locked by another program for over 10 s; end that program"
    with database.write(act) as tx:
        tx.connection()
        with pytest.raises(DatabaseUnavailableError, match=locked):
            enter(other, act, "baseline")


def test_a_connection_that_was_opened_while_nothing_could_be_written_is_not_kept(database, act):
    with database.write(act) as tx:
        tx.connection().connection.dbapi_connection.execute("PRAGMA query_only=ON")
    with pytest.raises(DatabaseUnavailableError, match="is read-only"):
        enter(database, act, "baseline")
    enter(database, act, "baseline")
    assert names(database) == ["baseline"]


def test_connections_that_are_all_in_use_are_kept_or_more_would_be_opened_beside_them(any_database):
    pools = any_database._reader.pool, any_database._writer.pool
    with pytest.raises(DatabaseUnavailableError, match="all its connections in use"), any_database.read():
        raise PoolTimeoutError
    assert (any_database._reader.pool, any_database._writer.pool) == pools


def broken_unseen(database, act):
    with database.write(act) as tx:
        tx.connection().invalidate()
        tx.execute(insert(VariantRow).values(name="baseline", created_at=act.at))


def test_a_connection_that_broke_unseen_is_told_and_nothing_is_kept(any_database, act):
    with pytest.raises(DatabaseUnavailableError, match="in the midst of a transaction"):
        broken_unseen(any_database, act)
    assert names(any_database) == []


def test_a_full_disk_says_so_and_keeps_nothing(database, act):
    fill = insert(VariantRow).values([{"name": f"{number:0500}", "created_at": act.at} for number in range(200)])
    with database.write(act) as tx:
        tx.connection().connection.dbapi_connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(DatabaseUnavailableError, match="full disk and nothing was written; free some space"), database.write(act) as tx:
        tx.execute(fill)
    assert names(database) == []


@pytest.mark.slow
def test_a_quota_says_so_and_keeps_what_was_kept_before(database, act):
    limited = 'ulimit -f 200; exec "$0" -c "$1" "$2"'
    told = run(["bash", "-c", limited, sys.executable, FILL, database.url], capture_output=True, text=True, check=True).stdout
    assert told.endswith("cannot be read or written by the disk under it and nothing was written; check the disk and its quota\n")
    assert len(names(database)) % 50 == 0


def test_pythons_own_sqlite_serves_where_the_wheel_is_missing(database, act, monkeypatch, opened):
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    other = opened(database.url)
    enter(other, act, "baseline")
    with other.read() as tx:
        assert type(tx.connection().connection.dbapi_connection) is sqlite3.Connection
        assert tx.exec(select(VariantRow.name)).all() == ["baseline"]


def test_a_file_that_is_no_database_is_named(tmp_path, opened):
    (tmp_path / "notes.txt").write_text("not a database, but a letter\n" * 100)
    with pytest.raises(DatabaseUnavailableError, match=r"notes.txt is not an SQLite database; name another file"):
        revision(opened(f"sqlite:///{tmp_path}/notes.txt"))


def test_a_file_where_a_folder_must_be_is_named(tmp_path, opened):
    (tmp_path / "file").touch()
    remedy = "file is no folder); name another folder with LIFECYCLE_DATA_DIR, or another file with --database"
    for path in (tmp_path / "file" / "lifecycle.db", tmp_path / "file" / "deep" / "lifecycle.db"):
        with pytest.raises(DatabaseUnavailableError, match=re.escape(remedy)):
            upgrade(opened(f"sqlite:///{path}"))


def test_a_folder_where_the_file_must_be_is_named(tmp_path, opened):
    with pytest.raises(DatabaseUnavailableError, match=r"cannot be opened \(Is a directory\); name another folder with LIFECYCLE_DATA_DIR"):
        upgrade(opened(f"sqlite:///{tmp_path}"))


@pytest.mark.parametrize("code", [ENOSPC, EDQUOT])
def test_a_disk_too_full_to_make_the_file_says_so(code):
    assert str(no_file(Path("lifecycle.db"), OSError(code, os.strerror(code)))).endswith("; free some space and run it again")


def test_a_folder_without_permission_is_named(folder, opened):
    folder.chmod(0o500)
    with as_nobody(), pytest.raises(DatabaseUnavailableError, match=r"cannot be opened \(Permission denied\); give this user the right"):
        upgrade(opened(f"sqlite:///{folder}/lifecycle.db"))


def test_a_read_only_file_is_named(folder, act, opened):
    database = opened(f"sqlite:///{folder}/lifecycle.db")
    upgrade(database)
    database.close()
    (folder / "lifecycle.db").chmod(0o444)
    folder.chmod(0o555)
    with as_nobody(), pytest.raises(DatabaseUnavailableError, match="give this user the right to"):
        enter(database, act, "baseline")


@pytest.mark.postgres
def test_a_server_that_is_away_is_named(tmp_path, opened):
    with pytest.raises(DatabaseUnavailableError, match="does not answer; check that the server runs"):
        upgrade(opened(f"postgresql://ada@/agent?host={tmp_path}"))


@pytest.mark.postgres
def test_a_postgresql_database_that_does_not_exist_is_named(postgres_server, opened):
    with pytest.raises(DatabaseUnavailableError, match="does not exist; create it"):
        upgrade(opened(postgres_server.uri_of(database="nowhere")))


@pytest.mark.postgres
def test_a_server_that_ends_the_connection_is_told(postgres_database, act):
    ended = "shutting down or cancelled the query; try again when it is back"
    with pytest.raises(DatabaseUnavailableError, match=ended), postgres_database.write(act) as tx:
        tx.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))


@pytest.mark.postgres
def test_a_connection_that_the_server_ended_is_replaced(postgres_database, act):
    with suppress(DatabaseUnavailableError), postgres_database.write(act) as tx:
        tx.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))
    enter(postgres_database, act, "baseline")
    assert names(postgres_database) == ["baseline"]


@pytest.mark.postgres
def test_a_text_that_postgresql_cannot_keep_is_bad_input(postgres_database, act):
    with pytest.raises(InvalidInputError, match="NUL character"):
        enter(postgres_database, act, "a\x00b")


@pytest.mark.postgres
def test_a_process_opens_no_more_connections_than_it_may_and_who_finds_all_busy_waits(postgres_url, act):
    database = Database(postgres_url, 2)
    upgrade(database)

    def add(number):
        with database.write(act) as tx:
            tx.add(VariantRow(name=f"v{number}", created_at=act.at))
        with database.read() as tx:
            return tx.connection().scalar(text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"))

    with ThreadPoolExecutor(6) as pool:
        assert max(pool.map(add, range(6))) <= 2
    database.close()
