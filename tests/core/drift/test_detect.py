from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lifecycle_core.drift.background import Background, Before
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import Metric, RecommendedAction, Severity, Status
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Policy
from lifecycle_core.rollup_tables import Entries, RollupTable
from lifecycle_core.rollups import WIDTH, scalar
from lifecycle_core.simulation.worlds import DRIFTS, HEALTHY, Behaviour

POLICY = Policy()
NOTHING = RollupTable.of("baseline", 1, (), np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros((0, WIDTH)))


def test_healthy_traffic_is_stable_in_every_metric(simulated, now):
    report = detect(simulated(), POLICY, now)

    assert {it.status for it in report.metrics} <= {Status.STABLE, Status.SUSPECTED}
    assert (report.drifts, report.incidents, report.severity) == ((), (), None)
    assert report.recommended_action is RecommendedAction.MONITOR


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("booking .55", Metric.BOOKING_RATE),
        ("escalation .15", Metric.ESCALATION_RATE),
        ("cost x2", Metric.COST),
        ("latency x2", Metric.RESPONSE_TIME),
        ("action mix", Metric.ACTION_DISTRIBUTION),
    ],
)
def test_a_drift_is_found_in_its_metric_and_no_other(simulated, now, name, metric):
    assert detect(simulated(drift=DRIFTS[name]), POLICY, now).drifts == (metric,)


@pytest.mark.parametrize(
    "better",
    [Behaviour(booking=0.95), Behaviour(escalation=0.005), Behaviour(cost_usd=HEALTHY.cost_usd / 2), Behaviour(latency_s=1.0)],
    ids=["booking", "escalation", "cost", "latency"],
)
def test_improvement_is_told_without_alarm(simulated, now, better):
    report = detect(simulated(drift=better), POLICY, now)

    assert report.drifts == ()
    assert any(it.relative_change is not None and abs(it.relative_change) > 0.15 for it in report.metrics)


def test_the_deciding_length_names_the_onset(simulated, now):
    evidence = detect(simulated(drift=DRIFTS["booking .55"], drift_hours=48), POLICY, now).of(Metric.BOOKING_RATE).decided_by

    assert evidence.hours == 48
    assert evidence.onset == now - timedelta(hours=48)
    assert (evidence.reference.start, evidence.reference.end) == (now - timedelta(days=28), evidence.onset)
    assert evidence.z >= evidence.entry
    assert evidence.interval[0] < evidence.relative_change < evidence.interval[1] < 0


def test_a_length_under_a_day_meets_like_hours_of_the_days_before(simulated, now):
    evidence = detect(simulated(drift=DRIFTS["latency x2"], drift_hours=6, per_day=1000), POLICY, now).of(Metric.RESPONSE_TIME).decided_by

    assert evidence.hours == 6
    assert evidence.reference_n < 27.5 * evidence.recent_n * 2


@pytest.mark.parametrize("metric", [it for it in Metric if it is not Metric.ACTION_DISTRIBUTION])
def test_every_change_with_a_number_has_an_interval_around_it(simulated, now, metric):
    evidence = detect(simulated(), POLICY, now).of(metric).decided_by

    assert evidence.interval[0] <= evidence.relative_change <= evidence.interval[1]


def test_the_pair_shown_is_the_last_day_against_the_six_before(simulated, now):
    report = detect(simulated(), POLICY, now + timedelta(minutes=59))

    assert report.at == report.recent.end == now
    assert (report.recent.start, report.reference.end, report.reference.start) == (
        now - timedelta(hours=24),
        now - timedelta(hours=24),
        now - timedelta(days=7),
    )


def test_the_figures_shown_are_those_of_the_pair(simulated, now):
    table = simulated()
    recent = table.dense()[table.hours >= table.hours.max() - 23].sum(axis=0)
    figure = detect(table, POLICY, now).of(Metric.BOOKING_RATE).recent

    assert figure.n == recent[scalar("booked_n")]
    assert figure.value == pytest.approx(recent[scalar("booked")] / recent[scalar("booked_n")])


def test_a_shown_change_is_recent_less_reference_over_reference(simulated, now):
    report = detect(simulated(), POLICY, now).of(Metric.COST)

    assert report.absolute_change == pytest.approx(report.recent.value - report.reference.value)
    assert report.relative_change == pytest.approx(report.absolute_change / report.reference.value)


def test_a_value_unknown_is_told_as_missing(simulated, now):
    figure = detect(simulated(behaviour=Behaviour(unpriced=0.2)), POLICY, now).of(Metric.COST).reference

    assert figure.missing == pytest.approx(0.2 * (figure.n + figure.missing), rel=0.25)


def test_the_action_mix_is_shown_with_its_shares_and_the_plain_chi_squared(simulated, now):
    report = detect(simulated(), POLICY, now).of(Metric.ACTION_DISTRIBUTION)

    assert report.recent.shares[0].action == "collect_info"
    assert sum(it.share for it in report.recent.shares) == pytest.approx(1)
    assert report.degrees_of_freedom == 3
    assert report.chi_squared > 0
    assert 0 < report.total_variation < 0.1
    assert report.relative_change is None


def test_no_data_is_no_drift_and_no_error(now):
    report = detect(NOTHING, POLICY, now)

    assert {it.status for it in report.metrics} == {Status.INSUFFICIENT_DATA}
    assert {it.decided_by for it in report.metrics} == {None}
    assert (report.status, report.incidents, report.day_correlation) == (Status.INSUFFICIENT_DATA, (), None)


@pytest.mark.parametrize("days", [1, 3])
def test_under_fifty_conversations_on_a_side_nothing_is_said(simulated, now, days):
    report = detect(simulated(days=days, per_day=20, drift=Behaviour(booking=0.0), drift_hours=24), POLICY, now)

    assert report.status is Status.INSUFFICIENT_DATA


def test_an_outcome_never_known_is_insufficient_data_for_that_metric_alone(simulated, now):
    table = simulated()
    sums = table.dense()
    sums[:, [scalar("booked"), scalar("booked_n")]] = 0
    table = replace(table, entries=Entries.of(sums))
    report = detect(table, POLICY, now)

    assert report.of(Metric.BOOKING_RATE).status is Status.INSUFFICIENT_DATA
    assert report.of(Metric.BOOKING_RATE).unknown_because == "no conversation of the recent window knows it"
    assert report.of(Metric.COST).status is Status.STABLE


def test_a_zero_reference_gives_no_change_and_its_reason(simulated, now):
    report = detect(simulated(behaviour=Behaviour(escalation=0.0), drift=Behaviour(escalation=0.15)), POLICY, now)
    escalation = report.of(Metric.ESCALATION_RATE)

    assert escalation.status is Status.DRIFT
    assert escalation.decided_by.relative_change is None
    assert escalation.severity is Severity.HIGH
    assert detect(simulated(behaviour=Behaviour(escalation=0.0)), POLICY, now).of(Metric.ESCALATION_RATE).unknown_because == (
        "the reference is zero"
    )


def test_a_change_under_the_threshold_is_no_drift_however_sure(simulated, now):
    table = simulated(drift=Behaviour(booking=0.70), drift_hours=24 * 14, per_day=20_000, days=49)
    report = detect(table, replace(POLICY, booking_rate_threshold=0.12), now).of(Metric.BOOKING_RATE)

    assert report.status is Status.STABLE
    assert report.decided_by.z > report.decided_by.entry


def test_evidence_short_of_the_entry_level_is_suspicion(simulated, now):
    report = detect(simulated(drift=DRIFTS["booking .65"], per_day=60, drift_hours=72, seed=3), POLICY, now).of(Metric.BOOKING_RATE)

    assert report.status is Status.SUSPECTED
    assert 2.5 <= report.decided_by.z < report.decided_by.entry
    assert not report.drifting


def test_no_window_reaches_past_the_versions_own_time(simulated, now):
    since = now - timedelta(days=5, minutes=30)
    served = Background(before=Before(since=since))
    report = detect(simulated(drift=DRIFTS["booking .55"], drift_hours=24 * 5 + 1), POLICY, now, background=served)

    assert report.drifts == ()
    assert report.of(Metric.BOOKING_RATE).decided_by.reference.start == now - timedelta(days=5, hours=1)
    assert report.reference.start == now - timedelta(days=5, hours=1)
    assert any("this version has served since" in it for it in report.notes)


def test_a_version_of_an_hour_ago_has_too_little_to_say(simulated, now):
    report = detect(simulated(), POLICY, now, background=Background(before=Before(since=now - timedelta(hours=1))))

    assert report.status is Status.INSUFFICIENT_DATA
    assert report.recent.start == now - timedelta(hours=1)
    assert report.reference.hours == 0


def test_hours_after_the_check_are_not_looked_at(simulated, now):
    table = simulated(drift=DRIFTS["booking .55"], drift_hours=48)

    assert detect(table, POLICY, now - timedelta(hours=48)).drifts == ()


def test_little_history_assumes_how_much_days_differ_and_says_so(simulated, now):
    report = detect(simulated(days=6), POLICY, now)

    assert report.day_correlation_assumed
    assert report.day_correlation == 0.01
    assert any("assumed to be 0.01" in it for it in report.notes)


def test_a_trial_of_one_conversation_a_month_ago_does_not_make_traffic_thinner(simulated, now):
    table = simulated(days=10)
    hours, faults, sums = (np.insert(it, 0, it[0], axis=0) for it in (table.hours, table.provider_fault, table.dense()))
    hours[0] -= 24 * 17
    tried = replace(table, hours=hours, provider_fault=faults, entries=Entries.of(sums))
    alone, after_trial = (detect(it, POLICY, now).of(Metric.COST).decided_by for it in (table, tried))

    assert after_trial.entry == pytest.approx(alone.entry, abs=0.06)


def test_seven_weeks_of_history_teach_how_much_days_differ(simulated, now):
    report = detect(simulated(), POLICY, now)

    assert not report.day_correlation_assumed
    assert report.day_correlation < 0.01


def test_silence_is_said_with_the_newest_conversation(simulated, now):
    later = now + timedelta(days=60)
    report = detect(simulated(), POLICY, later, latest=now - timedelta(minutes=5))

    assert report.status is Status.INSUFFICIENT_DATA
    assert any("no conversation ended in the last 24 h; the newest before ended at 2025-10-11T11:55Z" in it for it in report.notes)


def test_a_former_versions_conversation_is_no_reason_to_ask_as_of_then(simulated, now):
    later = now + timedelta(days=2)
    served = Background(before=Before(since=later - timedelta(hours=1)))
    report = detect(simulated(), POLICY, later, latest=now - timedelta(minutes=5), background=served)

    assert "no conversation ended in the last 24 h" in report.notes


def test_late_rows_of_the_recent_window_are_counted(simulated, now):
    table = simulated()
    sums = table.dense()
    sums[-3:, scalar("late")] = [2, 0, 1]
    table = replace(table, entries=Entries.of(sums))

    assert detect(table, POLICY, now).late_rows == 3


@pytest.mark.parametrize("drift_hours", [24, 48, 96])
def test_severity_is_that_of_the_decisive_change_however_long_ago_it_began(simulated, now, drift_hours):
    report = detect(simulated(drift=DRIFTS["booking .55"], drift_hours=drift_hours, per_day=1000), POLICY, now).of(Metric.BOOKING_RATE)

    assert report.decided_by.hours == drift_hours
    assert report.severity is Severity.HIGH


def test_a_high_severity_advises_to_retrain(simulated, now):
    assert detect(simulated(drift=DRIFTS["escalation .15"]), POLICY, now).recommended_action is RecommendedAction.RETRAIN


@pytest.mark.parametrize("at", [datetime(2025, 10, 7, 12), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])  # noqa: DTZ001 - refused
def test_an_instant_that_cannot_be_meant_is_refused(at):
    with pytest.raises(InvalidInputError, match=str(at.year)):
        detect(NOTHING, POLICY, at)


@pytest.mark.parametrize("zone", [5.5, -8])
def test_an_instant_of_another_zone_is_the_same_hour(simulated, now, zone):
    table = simulated()
    there = now.astimezone(tz=datetime.strptime(f"{int(zone):+03d}{int(zone % 1 * 60):02d}", "%z").tzinfo)

    assert detect(table, POLICY, there) == detect(table, POLICY, now)


def test_a_check_does_not_change_its_table(simulated, now):
    table = simulated(drift=DRIFTS["provider fault"])
    before = table.dense()
    detect(table, POLICY, now)

    assert np.array_equal(table.dense(), before)
