"""The verdict on a real swap of models, and on the two weeks before it, by the page that says what is true there."""

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import Metric, RecommendedAction, Severity, Status
from lifecycle_core.policy import Mode, Policy

pytestmark = pytest.mark.data

SWITCH = datetime(2025, 10, 6, 12, tzinfo=UTC)
END = SWITCH + timedelta(hours=24)
WEEK_BEFORE = [SWITCH - timedelta(hours=back) for back in range(144, -1, -1)]
"""Every hour from 2025-09-30T12:00Z to the switch."""


@pytest.fixture
def table(conversations, tabulated):
    return tabulated(conversations("timeline.jsonl.gz"))


@pytest.fixture
def report(table):
    return detect(table, Policy(), END)


def test_a_day_after_the_swap_booking_and_response_time_drift_and_nothing_else(report):
    assert report.drifts == (Metric.BOOKING_RATE, Metric.RESPONSE_TIME)
    assert report.incidents == ()
    assert report.severity is Severity.HIGH
    assert report.recommended_action is RecommendedAction.RETRAIN


def test_the_evidence_is_what_the_statistics_page_says(report):
    decided = report.of(Metric.BOOKING_RATE).decided_by

    assert decided.z == pytest.approx(4.7, abs=0.1)
    assert decided.entry == pytest.approx(4.0, abs=0.05)


def test_the_onset_of_the_drift_is_the_hour_of_the_swap(report):
    assert {report.of(it).decided_by.onset for it in report.drifts} == {SWITCH}


def test_the_pair_shown_is_the_one_of_its_description(report):
    booked, escalated, cost, latency, mix = report.metrics

    assert (booked.reference.n, booked.recent.n) == (360, 57)
    assert (booked.reference.value, booked.recent.value) == (pytest.approx(295 / 360), pytest.approx(32 / 57))
    assert escalated.relative_change == pytest.approx(0.895, abs=0.001)
    assert (cost.reference.value, cost.recent.value) == (pytest.approx(0.02288, abs=1e-5), pytest.approx(0.01479, abs=1e-5))
    assert (latency.reference.value, latency.recent.value) == (pytest.approx(1.90, rel=0.02), pytest.approx(3.96, rel=0.02))
    assert (cost.reference.missing, cost.recent.missing) == (8, 1)
    assert mix.total_variation < 0.1


def test_escalation_past_its_threshold_without_evidence_is_not_shown(report):
    assert report.of(Metric.ESCALATION_RATE).relative_change > Policy().escalation_rate_threshold
    assert report.of(Metric.ESCALATION_RATE).status in {Status.STABLE, Status.SUSPECTED}


def test_a_cost_that_fell_is_no_alarm(report):
    assert report.of(Metric.COST).relative_change == pytest.approx(-0.354, abs=0.001)
    assert report.of(Metric.COST).status is Status.STABLE


def test_no_hour_before_the_swap_alarms_where_the_bare_thresholds_alarm_in_62(table):
    found = [detect(table, Policy(), at) for at in WEEK_BEFORE]
    bare = [detect(table, Policy(mode=Mode.THRESHOLD, min_samples_for_comparison=1), at) for at in WEEK_BEFORE]
    of_rates = [set(it.drifts) - {Metric.ACTION_DISTRIBUTION} for it in bare]

    assert len(found) == 145
    assert [it.at for it in found if it.drifts or it.incidents] == []
    assert sum(bool(it) for it in of_rates) == 62
    assert sum(Metric.ESCALATION_RATE in it for it in of_rates) == 60
    assert sum(Metric.BOOKING_RATE in it for it in of_rates) == 2


@pytest.mark.parametrize(("metric", "within_hours"), [(Metric.RESPONSE_TIME, 12), (Metric.BOOKING_RATE, 24)])
def test_the_drift_is_found_within_a_day_and_stays_found(table, metric, within_hours):
    hours = [back for back in range(25) if metric in detect(table, Policy(), SWITCH + timedelta(hours=back)).drifts]

    assert hours[0] <= within_hours
    assert hours == list(range(hours[0], 25))
