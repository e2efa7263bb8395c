"""The outbox: one worker claims a delivery, what fails comes again later, and at last it is dead where everybody sees it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from lifecycle_core.alerts.delivery import LEASE, PAUSES, DeliveryState, Outcome
from lifecycle_core.errors import UnknownMessageError
from lifecycle_core.operations import alerts
from lifecycle_core.operations.database import verify
from lifecycle_core.store.tables import AlertDeliveryRow, AlertMessageRow

TARGETS = ("x", "y")
FAILED = Outcome(error="503")


def _of_another_variant(database, act, number):
    document = {"id": f"m{number}", "kind": "test", "variant": "", "at": act.at, "title": "", "lines": [], "path": ""}
    with database.write(act) as tx:
        tx.add(AlertMessageRow(id=f"m{number}", variant=f"v{number}", kind="test", document=document, written_at=act.at, targets=None))


def later(act, by):
    return replace(act, at=act.at + by)


@pytest.fixture
def written(any_database, act):
    """A message that waits."""
    return any_database, alerts.test(any_database, act, "one").message.id


def test_a_message_goes_to_every_target_there_is_when_it_is_addressed(written, act):
    database, name = written
    assert {it.delivery.target for it in alerts.take(database, act, TARGETS)} == set(TARGETS)
    assert {it.message.id for it in alerts.take(database, later(act, LEASE), TARGETS)} == {name}


def test_where_nobody_is_to_be_told_a_message_shows_so(written, act):
    database, name = written
    assert alerts.take(database, act, ()) == []
    found = alerts.message(database, name)
    assert (found.addressed_at, found.deliveries) == (act.at, ())


def test_a_claimed_delivery_is_nobody_elses_until_its_lease_is_over(written, act):
    database, _ = written
    [first, _] = alerts.take(database, act, TARGETS)
    assert alerts.take(database, later(act, LEASE / 2), TARGETS) == []
    again = alerts.take(database, later(act, LEASE), TARGETS)
    assert alerts.settle(database, later(act, LEASE), first, FAILED) is DeliveryState.PENDING
    assert {alerts.settle(database, later(act, LEASE), it, Outcome()) for it in again} == {DeliveryState.DELIVERED}


def test_what_failed_comes_again_after_each_pause_and_is_dead_after_the_last(written, act):
    database, name = written
    now, states = act, []
    for pause in (*PAUSES, timedelta()):
        [claimed] = alerts.take(database, now, ["x"])
        states.append(alerts.settle(database, now, claimed, FAILED))
        assert alerts.take(database, later(now, pause * 0.99), ["x"]) == []
        now = later(now, pause)
    assert states == [*[DeliveryState.PENDING] * len(PAUSES), DeliveryState.DEAD]
    [way] = alerts.message(database, name).deliveries
    assert (way.state, way.attempts, way.error) == (DeliveryState.DEAD, len(PAUSES) + 1, "503")


def test_all_that_waits_for_a_target_is_due_when_it_is_back(any_database, act):
    for number in range(3):
        _of_another_variant(any_database, act, number)
    claimed = alerts.take(any_database, act, ["x"])
    for it in claimed:
        alerts.settle(any_database, act, it, FAILED)
    now = later(act, PAUSES[0])
    first = alerts.take(any_database, now, ["x"], limit=1)
    assert len(first) == 1
    for it in alerts.take(any_database, now, ["x"]):
        alerts.settle(any_database, now, it, FAILED)
    assert alerts.take(any_database, now, ["x"]) == []
    alerts.settle(any_database, now, first[0], Outcome())
    assert len(alerts.take(any_database, now, ["x"])) == 2


def test_a_target_that_asks_for_more_time_is_given_it(written, act):
    database, _ = written
    [claimed] = alerts.take(database, act, ["x"])
    alerts.settle(database, act, claimed, Outcome(error="429", after_s=600))
    assert alerts.take(database, later(act, timedelta(seconds=599)), ["x"]) == []
    assert len(alerts.take(database, later(act, timedelta(seconds=600)), ["x"])) == 1


def test_a_dead_delivery_is_tried_anew_when_somebody_says_so(written, act):
    database, name = written
    [claimed] = alerts.take(database, act, ["x"])
    assert alerts.settle(database, act, claimed, Outcome(error="410", gone=True)) is DeliveryState.DEAD
    assert (alerts.resend(database, act, name).deliveries, alerts.resend(database, act).deliveries) == (1, 0)
    assert [it.message.id for it in alerts.take(database, act, ["x"])] == [name]
    with pytest.raises(UnknownMessageError):
        alerts.resend(database, act, "msg_none")


def test_a_target_is_told_of_one_variant_in_order(written, act):
    database, first = written
    second = alerts.test(database, act, "two").message.id
    [claimed] = alerts.take(database, act, ["x"])
    assert claimed.message.id == first
    alerts.settle(database, act, claimed, FAILED)
    assert alerts.take(database, act, ["x"]) == []
    now = later(act, PAUSES[0])
    for name in (first, second):
        [claimed] = alerts.take(database, now, ["x"])
        assert claimed.message.id == name
        alerts.settle(database, now, claimed, Outcome())


def test_of_many_workers_at_once_each_delivery_is_one_workers(any_database, act):
    for number in range(40):
        _of_another_variant(any_database, act, number)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: alerts.take(any_database, act, ["x"], limit=7), range(8)))
    while left := alerts.take(any_database, act, ["x"]):
        taken.append(left)
    ids = [it.message.id for batch in taken for it in batch]
    assert len(ids) == len(set(ids)) == 40


def test_a_delivery_that_is_neither_delivered_nor_dead_nor_due_is_seen(written, act):
    database, _ = written
    alerts.take(database, act, ["x"])
    with database.write(act) as tx:
        tx.execute(update(AlertDeliveryRow).values(state="lost"))
    assert any("is lost, and neither delivered" in it for it in verify(database).problems)


def test_a_message_that_lost_a_delivery_is_seen(written, act):
    database, name = written
    alerts.take(database, act, TARGETS)
    with database.write(act) as tx:
        tx.execute(update(AlertMessageRow).values(targets=3))
    assert any(f"message {name} was addressed to 3 targets and has 2" in it for it in verify(database).problems)
