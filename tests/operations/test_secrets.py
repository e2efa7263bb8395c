"""What an installation signs with: made once, whoever is first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import select

from lifecycle_core.operations import secrets
from lifecycle_core.store.tables import AuditRow


def test_whoever_comes_second_finds_the_first_ones(any_database, act):
    first = secrets.of_purpose(any_database, act, "cursors", b"first")
    assert (first, secrets.of_purpose(any_database, act, "cursors", b"second")) == (b"first", b"first")


def test_each_purpose_has_its_own(any_database, act):
    secrets.of_purpose(any_database, act, "cursors", b"first")
    assert secrets.of_purpose(any_database, act, "anchors", b"second") == b"second"


def test_of_any_number_at_once_all_have_the_same(any_database, act):
    together = Barrier(8)

    def ask(number):
        together.wait()
        return secrets.of_purpose(any_database, act, "cursors", bytes([number]) * 32)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1


def test_it_is_not_written_into_the_audit_log(any_database, act):
    secrets.of_purpose(any_database, act, "cursors", b"known-to-nobody")
    with any_database.read() as tx:
        assert "known-to-nobody" not in str([it.model_dump() for it in tx.exec(select(AuditRow))])
