"""Alerts beside what they tell: judged with the recorded check, written in its transaction, once, and silenced where somebody says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.alerts.messages import Kind
from lifecycle_core.alerts.signals import Level, Signal, State
from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError, UnknownSilenceError, UnknownVariantError
from lifecycle_core.operations import alerting, alerts, audit, drift, policies, traffic, versions
from lifecycle_core.operations.database import verify
from lifecycle_core.policy import AlertPolicy, Policy
from lifecycle_core.provenance import Provenance

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACT = Provenance("ada", NOON)
SECRET_WORDS = "my number is 555-0199"


def talk(database, hours, rate, *, variant="a", before=NOON, cost=0.001):
    """Twelve conversations an hour in so many hours before an instant, of ten of which so many are booked."""
    came = [
        Conversation(
            id=f"{variant}-{before:%d%H}-{number}",
            variant=variant,
            version=1,
            ended_at=before - timedelta(minutes=5 * (number + 0.5)),
            booked=number % 10 < rate,
            escalated=False,
            cost_usd=cost * (1 + number % 3 / 10),
            goal=SECRET_WORDS,
        )
        for number in range(12 * hours)
    ]
    traffic.ingest(database, ACT, came)


def at(hours):
    return replace(ACT, at=NOON + hours * HOUR)


def check(database, hours=0, variant="a"):
    return drift.check_and_record(database, at(hours), variant, NOON + hours * HOUR)


def told(database):
    """The messages in the order of their writing."""
    return [it.message for it in alerts.messages(database, None, 1000)[::-1]]


def state(database, signal, variant="a", hours=0):
    return next(it.state for it in alerts.now(database, NOON + hours * HOUR, variant).signals if it.signal is signal)


@pytest.fixture
def low(any_database):
    """A variant of which three in ten are booked, and always were."""
    talk(any_database, 48, 3)
    return any_database


def test_a_check_that_finds_a_rate_below_its_threshold_writes_one_message_with_all_that_its_reader_needs(low):
    versions.register(low, ACT, variant="a", system_prompt="one")
    versions.register(low, ACT, variant="a", system_prompt="two")
    versions.activate(low, ACT, "a", 1)
    versions.activate(low, replace(ACT, why=SECRET_WORDS), "a", 2)
    policies.set_policy(low, ACT, "a", Policy())
    check(low)
    [it] = told(low)
    assert it.title.startswith("a: booking rate 30.")
    assert (it.kind, it.variant, it.at, it.version) == (Kind.OPENED, "a", NOON, 2)
    assert (it.lines[0].signal, it.lines[0].threshold, it.lines[0].n, it.lines[0].since) == (Signal.BOOKING_RATE, 0.7, 288, NOON)
    assert it.last_change == "version 2 activated at 2025-10-07 12:00Z by ada"
    assert it.path == "/variant?variant=a&at=2025-10-07T12%3A00%3A00Z"
    assert it.rollback == "lifecycle versions rollback a"
    assert SECRET_WORDS not in repr(it)


def test_the_same_hour_again_and_the_next_ones_write_no_other_message(low):
    for hours in (0, 0, 1, 2):
        check(low, hours)
    assert [it.kind for it in told(low)] == [Kind.OPENED]


def test_a_sweep_judges_the_variants_that_have_nothing_else_to_say(low):
    talk(low, 48, 9, variant="well")
    drift.sweep_and_record(low, ACT, NOON)
    assert [it.variant for it in told(low)] == ["a"]
    assert (state(low, Signal.BOOKING_RATE), state(low, Signal.BOOKING_RATE, "well")) == (State.ALERT, State.OK)


def test_an_episode_ends_with_a_message_after_three_checks_that_are_well(low):
    check(low)
    talk(low, 24, 9, before=NOON + 24 * HOUR)
    for hours in (24, 25, 26):
        assert state(low, Signal.BOOKING_RATE) is State.ALERT
        check(low, hours)
    assert [it.kind for it in told(low)] == [Kind.OPENED, Kind.CLOSED]
    assert "no longer alerts" in told(low)[-1].title


def test_a_drift_and_the_rates_that_fell_with_it_are_one_message(any_database):
    talk(any_database, 24 * 21, 9, before=NOON - 24 * HOUR)
    talk(any_database, 24, 2)
    report = check(any_database)
    [it] = told(any_database)
    assert report.drifts
    assert [line.signal for line in it.lines] == [Signal.DRIFT, Signal.BOOKING_RATE]
    assert it.lines[0].words == "drift: booking rate -78% past 10%, n = 288; high severity"
    assert (round(it.lines[0].value, 2), it.lines[0].threshold, it.lines[0].n) == (-0.78, 0.1, 288)


def test_what_is_found_out_about_past_hours_alerts_nobody(low):
    drift.check_and_record(low, at(72), "a", NOON)
    assert told(low) == []


def test_a_message_is_kept_with_its_check_or_neither_is(low, monkeypatch):
    def broken(*_):
        message = "the disk is full"
        raise RuntimeError(message)

    monkeypatch.setattr(alerting.outbox, "add", broken)
    with pytest.raises(RuntimeError):
        check(low)
    monkeypatch.undo()
    assert (told(low), drift.metrics(low, NOON).checks) == ([], 0)
    check(low)
    assert len(told(low)) == 1


def test_a_rollback_is_told_once_whoever_makes_it(any_database):
    for version in (1, 2):
        versions.register(any_database, ACT, variant="a", system_prompt=str(version))
        versions.activate(any_database, ACT, "a", version)
    act = replace(ACT, idempotency_key="k")
    for _ in range(2):
        versions.roll_back(any_database, act, "a")
    [it] = told(any_database)
    assert (it.kind, it.title) == (Kind.HAPPENED, "a: rolled back from version 2 to 1")


def test_a_silence_keeps_a_message_back_until_it_ends(low):
    kept = alerts.silence(low, ACT, "a", [], timedelta(hours=2), "a release")
    check(low)
    assert (told(low), state(low, Signal.BOOKING_RATE)) == ([], State.ALERT)
    check(low, 1)
    alerts.lift(low, at(1), kept.id)
    check(low, 2)
    assert [it.kind for it in told(low)] == [Kind.OPENED]


def test_a_silence_of_one_signal_leaves_the_others(low):
    alerts.silence(low, ACT, None, [Signal.ROLLBACK], timedelta(hours=2), "we try it out")
    check(low)
    for version in (1, 2):
        versions.register(low, ACT, variant="a", system_prompt=str(version))
        versions.activate(low, ACT, "a", version)
    versions.roll_back(low, ACT, "a")
    assert [it.kind for it in told(low)] == [Kind.OPENED]


def test_a_silence_has_an_owner_a_reason_and_an_end_and_stands_in_the_audit_log(low):
    it = alerts.silence(low, ACT, "a", [Signal.COST], timedelta(hours=2), "a release")
    assert (it.owner, it.reason, it.ends_at) == ("ada", "a release", NOON + 2 * HOUR)
    [row] = audit.newest(low, audit.Asked(subject=f"alert_silences:{it.id}"), 10)
    assert (row.by, row.why) == ("ada", "a release")
    assert alerts.lift(low, at(1), it.id).lifted_by == "ada"
    assert alerts.lift(low, at(2), it.id).lifted_at == NOON + HOUR


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"reason": " "}, InvalidInputError),
        ({"lasts": timedelta(0)}, InvalidInputError),
        ({"lasts": timedelta(days=91)}, InvalidInputError),
        ({"variant": "nobody"}, UnknownVariantError),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused(low, asked, error):
    given = {"variant": "a", "signals": [], "lasts": HOUR, "reason": "a release"} | asked
    with pytest.raises(error):
        alerts.silence(low, ACT, **given)
    with pytest.raises(UnknownSilenceError):
        alerts.lift(low, ACT, 99)


def test_a_signal_that_is_watched_only_is_shown_and_not_told(low):
    policies.set_policy(low, ACT, "a", Policy(alerts=AlertPolicy(watch_only=("booking_rate",))))
    check(low)
    found = next(it for it in alerts.now(low, NOON, "a").signals if it.signal is Signal.BOOKING_RATE)
    assert (told(low), found.state, found.reading.level) == ([], State.PAUSED, Level.ALERT)


def test_a_threshold_that_is_taken_away_ends_its_alert_with_the_next_check(low):
    check(low)
    policies.set_policy(low, ACT, "a", Policy(alerts=AlertPolicy(min_booking_rate=None)))
    check(low, 1)
    assert [it.kind for it in told(low)] == [Kind.OPENED, Kind.CLOSED]


def test_a_watch_that_stands_still_is_told_once_and_so_is_its_return(low):
    assert not alerting.judge_watch(low, ACT, 3600)
    check(low)
    assert not alerting.judge_watch(low, at(1), 3600)
    for hours in (3, 3.5, 4):
        assert alerting.judge_watch(low, at(hours), 3600)
    check(low, 5)
    assert not alerting.judge_watch(low, at(5.1), 3600)
    assert [it.title.split(":")[1] for it in told(low) if not it.variant] == [" stalled watch", " over"]


def test_a_policy_that_names_no_signal_there_is_is_refused(low):
    with pytest.raises(InvalidInputError, match=r"alerts\.watchOnly names mood"):
        policies.set_policy(low, ACT, "a", Policy(alerts=AlertPolicy(watch_only=("mood",))))


def test_after_all_of_it_the_database_verifies(low):
    check(low)
    alerts.silence(low, ACT, "a", [], HOUR, "a release")
    alerts.test(low, ACT, "t")
    alerts.take(low, ACT, ["x"])
    assert verify(low).problems == ()
