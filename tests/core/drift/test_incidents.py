from datetime import timedelta

import pytest

from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import Metric, RecommendedAction, Status
from lifecycle_core.policy import Policy
from lifecycle_core.rollups import scalar
from lifecycle_core.simulation.worlds import DRIFTS, Behaviour

POLICY = Policy()


def _kinds(report) -> set[str]:
    return {it.kind for it in report.incidents}


def test_an_alarm_that_is_gone_without_broken_conversations_is_an_incident(simulated, now):
    report = detect(simulated(drift=DRIFTS["provider fault"]), POLICY, now)
    incident = next(it for it in report.incidents if it.kind == "provider_faults")

    assert report.drifts == ()
    assert report.of(Metric.BOOKING_RATE).incident
    assert incident.metrics == (Metric.BOOKING_RATE,)
    assert incident.share == pytest.approx(0.3, abs=0.06)
    assert incident.reference_share == 0
    assert "a provider's fault broke" in incident.message


def test_an_incident_alone_never_advises_to_retrain(simulated, now):
    assert detect(simulated(drift=DRIFTS["provider fault"]), POLICY, now).recommended_action is RecommendedAction.INVESTIGATE


def test_a_drift_beside_an_incident_stays_a_drift(simulated, now):
    report = detect(simulated(drift=Behaviour(crashes=0.2, booking=0.5)), POLICY, now)

    assert report.drifts == (Metric.BOOKING_RATE,)
    assert not report.of(Metric.BOOKING_RATE).incident


def test_faults_that_were_always_there_excuse_nothing(simulated, now):
    report = detect(simulated(behaviour=Behaviour(crashes=0.05), drift=Behaviour(crashes=0.05, booking=0.6)), POLICY, now)

    assert report.drifts == (Metric.BOOKING_RATE,)
    assert "provider_faults" not in _kinds(report)


def test_costs_that_go_missing_are_an_incident(simulated, now):
    report = detect(simulated(drift=Behaviour(unpriced=0.2)), POLICY, now)
    incident = next(it for it in report.incidents if it.kind == "missing_cost")

    assert report.drifts == ()
    assert incident.share == pytest.approx(0.2, abs=0.06)
    assert incident.reference_share == pytest.approx(0.01, abs=0.005)
    assert now - timedelta(hours=96) <= incident.since < now


def test_response_times_that_go_missing_are_an_incident(simulated, now):
    table = simulated()
    late = table.hours >= table.hours.max() - 47
    table.sums[late, scalar("latency_n")] *= 0.5

    assert "missing_latency" in _kinds(detect(table, POLICY, now))


def test_costs_that_become_zero_are_an_incident(simulated, now):
    table = simulated()
    late = table.hours >= table.hours.max() - 47
    table.sums[late, scalar("cost_zero_n")] = 0.5 * table.sums[late, scalar("cost_n")]

    assert "zero_cost" in _kinds(detect(table, POLICY, now))


def test_a_cost_that_was_never_there_is_no_incident(simulated, now):
    assert detect(simulated(behaviour=Behaviour(unpriced=1.0)), POLICY, now).incidents == ()


def test_an_outage_is_an_incident(simulated, now):
    report = detect(simulated(drift=DRIFTS["outage"], drift_hours=6), POLICY, now)

    assert _kinds(report) == {"no_traffic"}
    assert "no conversation ended in the last 6 h" in report.incidents[0].message
    assert report.incidents[0].since == now - timedelta(hours=6)


def test_an_outage_of_a_young_variant_is_an_incident_after_a_week(simulated, now):
    assert _kinds(detect(simulated(drift=DRIFTS["outage"], drift_hours=12, days=9), POLICY, now)) == {"no_traffic"}
    assert detect(simulated(drift=DRIFTS["outage"], drift_hours=12, days=6), POLICY, now).incidents == ()


def test_traffic_that_more_than_halves_is_an_incident(simulated, now):
    report = detect(simulated(drift=DRIFTS["traffic -60%"]), POLICY, now)

    assert _kinds(report) == {"traffic"}
    assert report.drifts == ()


def test_traffic_that_falls_by_a_third_is_none(simulated, now):
    assert detect(simulated(drift=Behaviour(traffic=0.67)), POLICY, now).incidents == ()


@pytest.mark.parametrize("day", range(3))
def test_a_weekend_is_no_incident(simulated, now, day):
    assert detect(simulated(per_day=1000), POLICY, now - timedelta(days=day)).incidents == ()


def test_traffic_is_judged_after_five_weeks_only(simulated, now):
    assert detect(simulated(drift=DRIFTS["traffic -60%"], days=30), POLICY, now).incidents == ()


def test_a_metric_with_an_incident_says_what_it_is_without_the_broken(simulated, now):
    assert detect(simulated(drift=DRIFTS["provider fault"]), POLICY, now).of(Metric.BOOKING_RATE).status in {
        Status.STABLE,
        Status.SUSPECTED,
    }
