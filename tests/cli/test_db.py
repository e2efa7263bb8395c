"""`lifecycle db`: the schema up and down, and the contents counted anew."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from deployments.supervisor.folder import held
from lifecycle_core.store.migrations import HEAD

DATABASE = Path("data/lifecycle.db")


def test_a_fresh_database_is_brought_up_and_told_to_be_up_to_date_the_next_time(lifecycle):
    DATABASE.unlink()
    assert lifecycle("db", "upgrade").stdout.endswith(f"{HEAD} now\nUndo: lifecycle db downgrade base --yes\n")
    assert lifecycle("db", "upgrade").stdout.endswith("lifecycle.db was up to date\n")
    assert lifecycle("db", "revision").stdout == f"{HEAD}\n"


def test_the_undoing_of_an_upgrade_takes_it_back(lifecycle):
    lifecycle("db", "downgrade", "0004", "--yes")
    said = lifecycle("db", "upgrade").stdout.splitlines()
    assert said[1] == "Undo: lifecycle db downgrade 0004 --yes"
    assert said[2].startswith("Audit: ")
    lifecycle(*said[1].split()[2:])
    assert lifecycle("db", "revision").stdout == "0004\n"


def test_without_a_terminal_nothing_is_taken_back_unless_told_twice(watched):
    said = watched("db", "downgrade", "base")
    assert said.exit_code == 2
    assert "there is no terminal to ask at; give --yes" in said.stderr
    assert watched("db", "revision").stdout == f"{HEAD}\n"


def test_the_schema_goes_down_and_up_again(lifecycle):
    said = lifecycle("db", "downgrade", "base", "--yes")
    assert f"has lost revision {HEAD}, 0009, 0008, 0007, 0006, 0005, 0004, 0003, 0002, 0001\nUndo: lifecycle db upgrade" in said.stdout
    assert lifecycle("db", "revision").stdout == "-\n"
    assert lifecycle("db", "upgrade").exit_code == 0


def test_a_revision_that_never_was_is_refused(lifecycle):
    said = lifecycle("db", "downgrade", "9999", "--yes")
    assert said.exit_code == 2
    revisions = "0001, 0002, 0003, 0004, 0005, 0006, 0007, 0008, 0009, 0010"
    assert said.stderr == f"the database has not had revision '9999'; it has had: {revisions}; base takes all back\n"


def test_a_database_of_a_newer_program_is_left_alone(lifecycle):
    with closing(sqlite3.connect(DATABASE)) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    said = lifecycle("status")
    assert said.exit_code == 1
    assert f"the database has revision 9999, and this program knows revisions up to {HEAD}; use the newer program" in said.stderr


def test_a_sound_database_verifies(watched):
    said = watched("db", "verify")
    assert said.exit_code == 0
    assert "conversations  840\n" in said.stdout
    assert "problems       0\n" in said.stdout


def test_what_does_not_add_up_is_told_and_exits_with_5(watched):
    with closing(sqlite3.connect(DATABASE)) as other, other:
        other.execute("DELETE FROM conversations WHERE id = 'c7'")
    said = watched("db", "verify")
    assert said.exit_code == 5
    assert "  " in said.stdout.splitlines()[-1]
    assert len(json.loads(watched("db", "verify", "--json").stdout)["problems"]) > 0


def test_the_undoing_of_a_restore_brings_back_what_gave_way(watched):
    assert "holds 840 conversations" in watched("db", "backup", "backup.db").stdout
    with closing(sqlite3.connect(DATABASE)) as other, other:
        other.execute("UPDATE conversations SET model = 'another'")
    said = watched("db", "restore", "backup.db", "--yes")
    assert said.exit_code == 0, said.stderr
    undo = next(it for it in said.stdout.splitlines() if it.startswith("Undo: "))
    assert watched(*undo.split()[2:]).exit_code == 0
    with closing(sqlite3.connect(DATABASE)) as other:
        assert other.execute("SELECT DISTINCT model FROM conversations").fetchall() == [("another",)]


def test_nothing_is_restored_while_the_folder_is_served(watched):
    watched("db", "backup", "backup.db")
    with held(DATABASE.parent.resolve()):
        said = watched("db", "restore", "backup.db", "--yes")
    assert said.exit_code == 1
    assert "end it with `lifecycle down`" in said.stderr
