"""Traffic and settings at the edges: what a check answers to each."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.report import Comparison, Metric, RecommendedAction, Severity, Status
from lifecycle_core.operations import drift, policies, traffic, versions
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.rollups import NAMED_ACTIONS, OTHER_ACTIONS

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2025, 10, 27, 12, tzinfo=UTC)
"""A day and a half after the clocks of Europe went back."""
ACT = Provenance("test", NOON)


def held(days, *, until=0.0, a_day=72, version=None, of=None, **told: object):
    """Conversations of so many days before noon, evenly spaced, all alike; `of` gives each what it says by its number."""
    gap = DAY / a_day
    return [
        Conversation(
            id=f"{version}-{days}-{number}",
            variant="baseline",
            version=version,
            ended_at=NOON - days * DAY + gap * (number + 0.5),
            **{**told, **(of(number) if of else {})},
        )
        for number in range(round((days - until) * a_day))
    ]


def checked(database, *batch, at=NOON, mode=None):
    traffic.ingest(database, ACT, batch)
    return drift.check(database, "baseline", at, mode)


def test_windows_without_data_have_nothing_to_say_and_name_the_newest_conversation(database):
    report = checked(database, *held(90, until=80, booked=True))
    assert (report.status, report.drifts, report.incidents) == (Status.INSUFFICIENT_DATA, (), ())
    assert report.recommended_action is RecommendedAction.MONITOR
    assert [it.recent.n for it in report.metrics] == [0] * 5
    assert any("the newest before ended at 2025-08-08T11:50Z: ask as of then" in it for it in report.notes)


def test_a_variant_that_never_held_a_conversation_has_insufficient_data(database):
    versions.register(database, ACT, variant="baseline", system_prompt="You book.")
    report = drift.check(database, "baseline", NOON)
    assert (report.status, report.latest, report.version) == (Status.INSUFFICIENT_DATA, None, 1)


def test_one_conversation_is_shown_and_judges_nothing(database):
    report = checked(database, held(0.5, a_day=2, booked=True, cost_usd=0.02, response_times_s=(1.0,), actions=("book",))[0])
    booked = report.of(Metric.BOOKING_RATE)
    assert (report.status, booked.recent.n, booked.recent.value, booked.reference.n) == (Status.INSUFFICIENT_DATA, 1, 1.0, 0)
    assert booked.unknown_because == "no conversation of the reference window knows it"
    assert report.of(Metric.RESPONSE_TIME).recent.value == pytest.approx(1.0, rel=0.02)


def test_of_one_recent_conversation_nothing_is_said_however_it_ended(database):
    report = checked(database, *held(30, until=1, booked=True), held(0.5, a_day=2, booked=False)[0])
    assert report.drifts == ()
    assert report.of(Metric.BOOKING_RATE).recent.value == 0.0


@pytest.mark.parametrize(("booked", "unknown"), [(True, None), (False, "the reference is zero")], ids=["all", "none"])
@pytest.mark.parametrize("mode", [Mode.EVIDENCE, Mode.THRESHOLD])
def test_where_all_succeed_or_none_ever_did_nothing_drifts(database, booked, unknown, mode):
    report = checked(database, *held(30, booked=booked, escalated=booked), mode=mode)
    for metric in (Metric.BOOKING_RATE, Metric.ESCALATION_RATE):
        told = report.of(metric)
        assert (told.status, told.recent.value, told.unknown_because) == (Status.STABLE, float(booked), unknown)


def test_from_all_successes_to_none_is_a_grave_drift_of_minus_all(database):
    report = checked(database, *held(30, until=2, booked=True), *held(2, booked=False))
    told = report.of(Metric.BOOKING_RATE)
    assert (told.status, told.severity, told.decided_by.relative_change) == (Status.DRIFT, Severity.HIGH, -1.0)


def test_from_no_success_to_all_is_no_alarm(database):
    report = checked(database, *held(30, until=1, booked=False), *held(1, booked=True))
    told = report.of(Metric.BOOKING_RATE)
    assert (told.status, told.relative_change, told.absolute_change, told.unknown_because) == (
        Status.STABLE,
        None,
        1.0,
        "the reference is zero",
    )


@pytest.mark.parametrize("mode", [Mode.EVIDENCE, Mode.THRESHOLD])
def test_one_action_alone_is_a_mix_that_cannot_change(database, mode):
    report = checked(database, *held(30, actions=("book",)), mode=mode)
    told = report.of(Metric.ACTION_DISTRIBUTION)
    assert (told.status, told.total_variation, told.chi_squared, told.degrees_of_freedom) == (Status.STABLE, 0.0, None, None)
    assert [(it.action, it.share) for it in told.recent.shares] == [("book", 1.0)]


def test_without_any_action_the_mix_is_unknown(database):
    told = checked(database, *held(30, booked=True)).of(Metric.ACTION_DISTRIBUTION)
    assert (told.status, told.total_variation, told.unknown_because) == (Status.STABLE, None, "one of the windows has no action")


def test_of_five_thousand_actions_the_commonest_keep_their_names_and_the_rest_are_one(database):
    chance = np.random.default_rng(1)

    def calls(_):
        return {"actions": ("book", *(f"tool {it}" for it in chance.integers(0, 5000, 6).tolist()))}

    report = checked(database, *held(30, of=calls))
    told = report.of(Metric.ACTION_DISTRIBUTION)
    assert (told.status, report.drifts) == (Status.STABLE, ())
    assert len(told.reference.shares) <= NAMED_ACTIONS + 1
    assert {"book", OTHER_ACTIONS} <= {it.action for it in told.recent.shares}
    assert sum(it.count for it in told.recent.shares) == 7 * told.recent.n


@pytest.mark.parametrize("loop", ["book", "never called before"])
def test_one_conversation_of_five_thousand_actions_is_one_conversation(database, loop):
    chance = np.random.default_rng(2)

    def calls(_):
        return {"actions": tuple(chance.choice(["look up", "book", "confirm"], 6).tolist())}

    looping = Conversation(id="loop", variant="baseline", ended_at=NOON - HOUR, actions=(loop,) * 5000)
    report = checked(database, *held(30, of=calls), looping)
    told = report.of(Metric.ACTION_DISTRIBUTION)
    assert told.status is not Status.DRIFT
    assert told.recent.shares[0].count >= 5000
    assert told.total_variation > 0.5


def test_costs_of_zero_are_costs_and_have_no_relative_change(database):
    report = checked(database, *held(30, cost_usd=0.0))
    told = report.of(Metric.COST)
    assert (told.status, told.recent.value, told.recent.missing) == (Status.STABLE, 0.0, 0)
    assert (told.relative_change, told.unknown_because) == (None, "the reference is zero")
    assert report.incidents == ()


def test_costs_that_become_zero_are_an_incident_and_no_drift(database):
    report = checked(database, *held(49, until=2, cost_usd=0.02), *held(2, cost_usd=0.0))
    assert report.drifts == ()
    assert [it.kind for it in report.incidents] == ["zero_cost"]


def test_a_clock_an_hour_ahead_is_believed_and_waits_for_its_hour(database):
    ahead = Conversation(id="ahead", variant="baseline", ended_at=NOON + HOUR * 0.9, booked=False)
    before = checked(database, *held(30, booked=True), ahead)
    after = drift.check(database, "baseline", NOON + HOUR)
    assert (before.of(Metric.BOOKING_RATE).recent.n, before.of(Metric.BOOKING_RATE).recent.value) == (72, 1.0)
    assert after.of(Metric.BOOKING_RATE).recent.value < 1.0
    assert before.late_rows - after.late_rows == 3
    assert after.latest == ahead.ended_at


def test_a_clock_an_hour_behind_makes_rows_late_and_changes_no_verdict(database):
    behind = [
        Conversation(id=f"behind {number}", variant="baseline", ended_at=NOON - HOUR - number * HOUR / 60 - HOUR / 120, booked=True)
        for number in range(5)
    ]
    before, after = checked(database, *held(30, booked=True)), checked(database, *behind)
    assert after.late_rows - before.late_rows == 5
    assert after.status is before.status is Status.STABLE


def test_over_the_end_of_summer_time_every_hour_is_counted_once_in_utc(database):
    there = ZoneInfo("Europe/Berlin")
    first = datetime(2025, 10, 25, 22, tzinfo=UTC)  # midnight in Berlin, of a day of 25 hours
    batch = [
        Conversation(id=f"{hour}-{n}", variant="baseline", ended_at=(first + hour * HOUR + n * HOUR / 4).astimezone(there), booked=True)
        for hour in range(25)
        for n in range(4)
    ]
    traffic.ingest(database, ACT, batch)
    counts = [drift.check(database, "baseline", first + hour * HOUR).of(Metric.BOOKING_RATE).recent.n for hour in (1, 2, 3, 24, 25)]
    assert counts == [4, 8, 12, 96, 96]


@pytest.mark.parametrize(("fold", "hour"), [(0, 0), (1, 1)])
def test_the_hour_that_comes_twice_is_the_one_that_its_offset_says(database, fold, hour):
    traffic.ingest(database, ACT, held(30, booked=True))
    asked = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)
    assert drift.check(database, "baseline", asked).at == datetime(2025, 10, 26, hour, tzinfo=UTC)


def rates(rate, seed):
    chance = np.random.default_rng(seed)
    return lambda _: {"booked": bool(chance.random() < rate), "cost_usd": float(np.exp(chance.normal(-4, 0.5)))}


def test_a_threshold_of_zero_still_asks_for_evidence(database):
    traffic.ingest(database, ACT, held(30, of=rates(0.75, 1)))
    zero = dict.fromkeys(("booking_rate_threshold", "cost_increase_threshold", "action_distribution_threshold"), 0.0)
    policies.set_policy(database, ACT, "baseline", Policy(**zero))
    report = drift.check(database, "baseline", NOON)
    assert (report.drifts, report.of(Metric.BOOKING_RATE).threshold) == ((), 0.0)


def test_past_a_threshold_of_zero_a_proved_change_is_a_grave_drift(database):
    traffic.ingest(database, ACT, [*held(30, until=3, of=rates(0.75, 1)), *held(3, of=rates(0.35, 2))])
    policies.set_policy(database, ACT, "baseline", Policy(booking_rate_threshold=0.0))
    report = drift.check(database, "baseline", NOON)
    assert (report.drifts, report.severity) == ((Metric.BOOKING_RATE,), Severity.HIGH)


@pytest.mark.parametrize("times", [4, 8])
def test_a_threshold_of_five_asks_for_six_times_the_cost(database, times):
    dear = rates(0.75, 2)
    more = [*held(3, of=lambda number: {"booked": True, "cost_usd": times * dear(number)["cost_usd"]})]
    traffic.ingest(database, ACT, [*held(30, until=3, of=rates(0.75, 1)), *more])
    policies.set_policy(database, ACT, "baseline", Policy(cost_increase_threshold=5.0))
    held_by = {it.comparison for it in drift.check(database, "baseline", NOON).held}
    assert (Comparison.COST in held_by) is (times > 6)


def test_traffic_that_stops_is_an_incident_while_a_week_before_tells_what_was_expected(database):
    report = checked(database, *held(30, until=2, booked=True))
    assert [it.kind for it in report.incidents] == ["no_traffic"]
    assert (report.drifts, report.recommended_action) == ((), RecommendedAction.INVESTIGATE)
    assert "no conversation ended in the last 24 h; the newest before ended at 2025-10-25T11:50Z: ask as of then" in report.notes


def test_long_after_traffic_stopped_there_is_insufficient_data(database):
    report = checked(database, *held(90, until=50, booked=True))
    assert (report.status, report.incidents) == (Status.INSUFFICIENT_DATA, ())


def test_an_alarm_lasts_while_no_conversation_tells_that_it_ended(database):
    traffic.ingest(database, ACT, [*held(30, until=6, booked=True, a_day=144), *held(6, until=4, booked=False, a_day=144)])
    for hours in (96, 0):
        at = NOON - hours * HOUR
        report = drift.check_and_record(database, Provenance("test", at), "baseline", at)
        assert report.drifts == (Metric.BOOKING_RATE,)
    (alarm,) = report.held
    assert (alarm.quiet_checks, alarm.relative_change) == (0, -1.0)
    assert [it.open for it in drift.history(database, "baseline", 10)] == [True]


def test_of_ten_years_of_history_a_check_reads_the_last_seven_weeks(database):
    recent = held(49, booked=True, a_day=12)
    alone = checked(database, *recent)
    older = [
        Conversation(id=f"old {number}", variant="baseline", ended_at=NOON - 49 * DAY - (number + 0.5) * DAY / 2, booked=False)
        for number in range((10 * 365 - 49) * 2)
    ]
    traffic.ingest(database, ACT, older)
    assert min(it.ended_at for it in older).year == 2015
    assert drift.check(database, "baseline", NOON) == alone


@pytest.mark.parametrize("active", [1, 2])
def test_of_two_versions_in_one_window_the_active_one_is_checked_by_its_own_conversations(database, active):
    for number in (1, 2):
        versions.register(database, ACT, variant="baseline", system_prompt=f"Prompt {number}")
    versions.activate(database, Provenance("test", NOON - 60 * DAY), "baseline", active)
    report = checked(database, *held(30, version=1, booked=True), *held(30, version=2, booked=False, a_day=24))
    told = report.of(Metric.BOOKING_RATE)
    assert (report.version, told.recent.n, told.recent.value) == ((1, 72, 1.0) if active == 1 else (2, 24, 0.0))
    assert (report.drifts, report.incidents) == ((), ())


def test_of_two_versions_that_nobody_activated_the_newest_that_served_is_checked(database):
    report = checked(database, *held(30, version=1, booked=True), *held(30, version=2, booked=False))
    assert (report.version, report.of(Metric.BOOKING_RATE).recent.value) == (2, 0.0)
