"""What the hourly checks of a variant add up to."""

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import QUIET_CHECKS, after_check
from lifecycle_core.drift.report import DriftReport, Evidence, Figure, Metric, MetricReport, Severity, Status

START = datetime(2025, 10, 7, 12, tzinfo=UTC)


def check(hour, *drifts: Metric, severity=Severity.LOW, onset=-24, version=1, status=Status.STABLE):
    """The report of the check at `hour`, in which `drifts` drift and the other metrics have `status`."""
    at = START + timedelta(hours=hour)
    recent, reference = Window.before(at, hours=24), Window.before(at, hours=168)
    evidence = Evidence(24, 0.2, 0.1, None, 5.0, 4.0, START + timedelta(hours=onset), 50, 300, 0.9, 0.7, reference)
    nothing = Figure(100, 0, 0.5)
    metrics = tuple(
        MetricReport(it, Status.DRIFT, nothing, nothing, 0.1, severity=severity, decided_by=evidence)
        if it in drifts
        else MetricReport(it, status, nothing, nothing, 0.1)
        for it in Metric
    )
    return DriftReport("baseline", version, at, reference, recent, metrics)


def after(*reports: DriftReport):
    """Every episode that `reports` in order left behind."""
    episodes = []
    for report in reports:
        going_on = episodes.pop() if episodes and episodes[-1].open else None
        written = after_check(going_on, report)
        episodes += written or ([going_on] if going_on else [])
    return episodes


def test_a_healthy_check_opens_nothing():
    assert after(check(0)) == []


def test_a_drift_opens_an_episode():
    (episode,) = after(check(0, Metric.BOOKING_RATE, severity=Severity.MEDIUM))
    assert (episode.drifts, episode.severity, episode.checks) == ((Metric.BOOKING_RATE,), Severity.MEDIUM, 1)
    assert (episode.created_at, episode.onset_at, episode.open) == (START, START - timedelta(hours=24), True)


def test_the_next_positive_check_prolongs_it():
    (episode,) = after(check(0, Metric.COST), check(1, Metric.COST))
    assert (episode.checks, episode.last_seen_at) == (2, START + timedelta(hours=1))


def test_drifts_are_all_that_were_seen_in_the_plans_order():
    (episode,) = after(check(0, Metric.COST), check(1, Metric.BOOKING_RATE))
    assert episode.drifts == (Metric.BOOKING_RATE, Metric.COST)


@pytest.mark.parametrize("order", [(Severity.LOW, Severity.HIGH), (Severity.HIGH, Severity.LOW)])
def test_severity_rises_and_never_falls(order):
    (episode,) = after(*(check(hour, Metric.COST, severity=it) for hour, it in enumerate(order)))
    assert episode.severity is Severity.HIGH


def test_the_onset_is_the_earliest_that_was_told():
    (episode,) = after(check(0, Metric.COST, onset=-3), check(1, Metric.COST, onset=-48), check(2, Metric.COST, onset=-1))
    assert episode.onset_at == START - timedelta(hours=48)


def test_quiet_checks_in_a_row_close_it():
    (episode,) = after(check(0, Metric.COST), *(check(hour) for hour in range(1, QUIET_CHECKS + 1)))
    assert episode.closed_at == START + timedelta(hours=QUIET_CHECKS)
    assert episode.closed_because == "24 checks in a row found no drift"


def test_one_quiet_check_too_few_leaves_it_open():
    (episode,) = after(check(0, Metric.COST), *(check(hour) for hour in range(1, QUIET_CHECKS)))
    assert episode.open


def test_a_positive_check_starts_the_row_anew():
    quiet = [check(hour) for hour in range(1, QUIET_CHECKS)]
    (episode,) = after(check(0, Metric.COST), *quiet, check(24, Metric.COST), *quiet)
    assert episode.open


def test_a_suspected_drift_is_no_drift():
    (episode,) = after(check(0, Metric.COST), *(check(hour, status=Status.SUSPECTED) for hour in range(1, QUIET_CHECKS + 1)))
    assert not episode.open


def test_a_check_without_enough_data_judges_nothing():
    silent = [check(hour, status=Status.INSUFFICIENT_DATA) for hour in range(1, 2 * QUIET_CHECKS)]
    (episode,) = after(check(0, Metric.COST), *silent)
    assert (episode.open, episode.quiet_checks) == (True, 0)


def test_another_version_closes_it():
    (episode,) = after(check(0, Metric.COST), check(1, version=2))
    assert (episode.closed_at, episode.closed_because) == (START + timedelta(hours=1), "version 2 took its place")


def test_another_version_that_drifts_has_an_episode_of_its_own():
    first, second = after(check(0, Metric.COST), check(1, Metric.COST, version=2))
    assert (first.open, second.open, second.version, second.checks) == (False, True, 2, 1)


def test_after_its_end_a_drift_opens_another():
    first, second = after(check(0, Metric.COST), *(check(hour) for hour in range(1, 25)), check(25, Metric.COST))
    assert (first.open, second.open) == (False, True)
