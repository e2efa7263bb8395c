"""Variants are known by a row, and writers of one variant wait for each other."""

from threading import Event, Thread

import pytest

from lifecycle_core.errors import UnknownVariantError
from lifecycle_core.store import variants


def enter(database, act, *names: str):
    with database.write(act) as tx:
        for name in names:
            variants.enter(tx, name, act.at)


def test_entering_a_variant_again_changes_nothing(any_database, act):
    enter(any_database, act, "baseline", "baseline")
    enter(any_database, act, "baseline")
    with any_database.read() as tx:
        assert variants.names(tx) == ["baseline"]


def test_variants_are_named_in_order(database, act):
    enter(database, act, "casual", "baseline")
    with database.read() as tx:
        assert variants.names(tx) == ["baseline", "casual"]


def test_a_second_writer_of_a_variant_waits_for_the_first(any_database, act):
    enter(any_database, act, "baseline")
    order, started = [], Event()

    def second() -> None:
        started.set()
        with any_database.write(act) as tx:
            variants.lock(tx, "baseline")
            order.append("second")

    waiting = Thread(target=second)
    with any_database.write(act) as tx:
        variants.lock(tx, "baseline")
        waiting.start()
        started.wait()
        waiting.join(0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize(
    ("known", "remedy"),
    [
        ((), "ingest its conversations or register a version first"),
        (("baseline",), "did you mean 'baseline'?"),
        (("casual", "formal"), "known are 'casual', 'formal'"),
        (("a1", "a2", "a3", "a4", "a5", "a6"), "known are 'a1', 'a2', 'a3', 'a4', 'a5' and others"),
    ],
)
def test_an_unknown_variant_is_refused_with_what_is_known(database, act, known, remedy):
    enter(database, act, *known)
    with database.read() as tx, pytest.raises(UnknownVariantError) as refused:
        variants.expect(tx, "basline")
    assert str(refused.value) == f"no variant is called 'basline'; {remedy}"
