from datetime import timedelta

import numpy as np
import pytest

from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.incidents import Share, incident_hours, incidents_of
from lifecycle_core.drift.report import Metric, RecommendedAction, Status
from lifecycle_core.policy import Policy
from lifecycle_core.rollup_tables import Served
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.simulation.hourly import Stage, hourly
from lifecycle_core.simulation.worlds import DRIFTS, MILD, ROUGH, SEASONS, STILL, Behaviour, Moments, World

pytestmark = pytest.mark.slow

POLICY = Policy()
START = 480_000
LOOK_BACK = 49 * 24


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
    assert "missing_latency" in _kinds(detect(simulated(drift=Behaviour(untimed=0.5)), POLICY, now))


def test_costs_that_become_zero_are_an_incident(now):
    stages = (Stage(START), Stage(epoch_hour(now) - 48, Behaviour(free=0.5)))
    hours = 24 * 49
    (table,) = hourly(SEASONS, np.random.default_rng(1), start=epoch_hour(now) - hours, hours=hours, per_day=200, stages=stages)

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


def _share(world: World, rate: float, seed: int, *, days: int, per_day: float, risen: float = 0.0, since: int = 0) -> tuple[Share, Served]:
    """Hours of a share of which some is missing, and from hour `since` on so much of it."""
    hours, generator = np.arange(START, START + 24 * days), np.random.default_rng(seed)
    moments = Moments(world, generator, hours)
    n = generator.poisson(per_day / 24 * moments.traffic())
    daily = np.where(hours >= (since or hours[-1] + 1), risen, moments.rate(rate))
    return Share(hours, generator.binomial(n, daily).astype(float), n.astype(float)), Served(hours, n.astype(float))


def test_all_hours_at_once_say_what_each_says_alone():
    share, traffic = _share(MILD, 0.01, 1, days=56, per_day=1000, risen=0.2, since=START + 24 * 53)
    lulled = np.where((share.hours >= START + 24 * 54) & (share.hours < START + 24 * 55), 0.2, 1.0)
    traffic = Served(traffic.hours, np.round(traffic.conversations * lulled * (share.hours < START + 24 * 55 + 12)))
    ends = np.arange(START + 24 * 52, START + 24 * 56 + 1)
    together = incident_hours({"missing_cost": share}, traffic, ends, 50)
    alone = [{it.kind for it in incidents_of({"missing_cost": share}, traffic, int(now), 50)} for now in ends]

    assert {kind for kinds in alone for kind in kinds} == {"missing_cost", "traffic", "no_traffic"}
    assert [{kind for kind, hours in together.items() if hours[place]} for place in range(len(ends))] == alone


def test_what_lies_after_an_hour_or_long_before_it_changes_nothing():
    share, traffic = _share(MILD, 0.01, 1, days=90, per_day=1000, risen=0.1, since=START + 24 * 60)
    now = START + 24 * 60 + 6
    near = (share.hours >= now - LOOK_BACK) & (share.hours < now)
    cut = Share(share.hours[near], share.events[near], share.n[near])

    found = incidents_of({"missing_cost": share}, traffic, now, 50)
    assert found
    assert found == incidents_of({"missing_cost": cut}, Served(traffic.hours[near], traffic.conversations[near]), now, 50)


def test_rows_of_an_hour_that_are_told_apart_are_added():
    share, traffic = _share(MILD, 0.01, 1, days=50, per_day=1000, risen=0.1, since=START + 24 * 49)
    now = START + 24 * 50
    halves = Share(np.tile(share.hours, 2), np.tile(share.events / 2, 2), np.tile(share.n / 2, 2))

    assert incidents_of({"missing_cost": halves}, traffic, now, 50) == incidents_of({"missing_cost": share}, traffic, now, 50)


@pytest.mark.parametrize("per_day", [200, 1000, 10_000])
def test_bad_days_of_a_rare_share_are_no_incident(per_day):
    """A day in fifty that misses 4% is what a beta-binomial world of this kind has; ten quarters of one share."""
    ends = np.arange(START + LOOK_BACK, START + LOOK_BACK + 2184) + 1
    alarming = 0
    worst = 0.0
    for seed in range(10):
        share, traffic = _share(ROUGH, 0.01, seed, days=49 + 91, per_day=per_day)
        alarming += int(incident_hours({"missing_cost": share}, traffic, ends, 50)["missing_cost"].any())
        worst = max(worst, float((share.events.reshape(-1, 24).sum(axis=1) / share.n.reshape(-1, 24).sum(axis=1)).max()))

    assert worst > 0.05
    assert alarming <= 1


@pytest.mark.parametrize(("per_day", "hours"), [(50, 168), (200, 48), (1000, 24), (10_000, 6)])
def test_ten_per_cent_missing_instead_of_one_is_found(per_day, hours):
    found = 0
    for seed in range(10):
        since = START + 24 * 49 + 7
        share, traffic = _share(MILD, 0.01, seed, days=60, per_day=per_day, risen=0.1, since=since)
        found += int(incident_hours({"missing_cost": share}, traffic, since + 1 + np.arange(hours), 50)["missing_cost"].any())

    assert found >= 7


def test_a_share_that_was_never_missing_is_missed_when_it_goes():
    share, traffic = _share(MILD, 0.0, 1, days=50, per_day=1000, risen=0.3, since=START + 24 * 50 - 3)
    (incident,) = incidents_of({"missing_latency": share}, traffic, START + 24 * 50, 50)

    assert incident.reference_share == 0
    assert incident.since is not None


def test_a_share_that_is_missing_every_night_is_no_incident():
    share, traffic = _share(STILL, 0.01, 1, days=60, per_day=1000)
    night = share.hours % 24 < 6
    nightly = Share(share.hours, np.where(night, np.round(0.3 * share.n), share.events), share.n)

    assert not incident_hours({"missing_cost": nightly}, traffic, np.arange(START + LOOK_BACK, START + 1440), 50)["missing_cost"].any()


def test_without_any_conversation_there_is_no_incident():
    nothing = np.zeros(0, dtype=np.int64)
    empty = Share(nothing, np.zeros(0), np.zeros(0))

    assert incidents_of({"missing_cost": empty}, Served(nothing, np.zeros(0)), START, 50) == ()
