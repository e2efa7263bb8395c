"""What the hourly checks of a variant add up to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import QUIET_CHECKS, after_check, references_after
from lifecycle_core.drift.report import Comparison, DriftReport, Evidence, Figure, Held, Metric, MetricReport, Severity, Status

START = datetime(2025, 10, 7, 12, tzinfo=UTC)


def alarm(metric, *, entered=0, onset=-24, quiet=0) -> Held:
    """An alarm that lasts, found by the check at `entered`; after 24 quiet checks it is one that ends."""
    began = START + timedelta(hours=onset)
    reference = Window(began - timedelta(days=27), began)
    entered_at = START + timedelta(hours=entered)
    return Held(Comparison(metric), entered_at, began, reference, 1, entered - onset, quiet, QUIET_CHECKS, 0.2, 200, 24)


def check(hour, *drifts: Metric, severity=Severity.LOW, onset=-24, version=1, status=Status.STABLE, ended=()):
    """The report of the check at `hour`, in which `drifts` drift and the other metrics have `status`; `ended` are its ended alarms."""
    at = START + timedelta(hours=hour)
    recent, reference = Window.before(at, hours=24), Window.before(at, hours=168)
    evidence = Evidence(24, 0.2, 0.1, None, 5.0, 4.0, START + timedelta(hours=onset), 50, 300, 0.9, 0.7, reference)
    nothing = Figure(100, 0, 0.5)
    metrics = tuple(
        MetricReport(it, Status.DRIFT, nothing, nothing, 0.1, severity=severity, decided_by=evidence, held=(alarm(it, onset=onset),))
        if it in drifts
        else MetricReport(it, status, nothing, nothing, 0.1)
        for it in Metric
    )
    return DriftReport("baseline", version, at, reference, recent, metrics, ended=tuple(ended))


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


def test_without_an_alarm_that_lasts_the_onset_is_where_the_recent_window_begins():
    report = check(0, Metric.COST)
    bare = replace(report, metrics=tuple(replace(it, held=(), decided_by=None) for it in report.metrics))
    assert after(bare)[0].onset_at == bare.recent.start


def test_the_course_has_a_turn_wherever_the_severity_or_the_drifts_are_others():
    both = (Metric.BOOKING_RATE, Metric.COST)
    checks = [check(0, Metric.COST), check(1, Metric.COST), check(2, *both), check(3, *both, severity=Severity.HIGH), check(4, *both)]
    (episode,) = after(*checks)
    assert [(it.at, it.severity, it.drifts) for it in episode.course] == [
        (checks[0].at, Severity.LOW, (Metric.COST,)),
        (checks[2].at, Severity.LOW, both),
        (checks[3].at, Severity.HIGH, both),
        (checks[4].at, Severity.LOW, both),
    ]


def test_the_check_that_ends_the_last_alarm_closes_it_and_says_how():
    (episode,) = after(check(0, Metric.COST), check(40, ended=[alarm(Metric.COST, quiet=QUIET_CHECKS)]))
    assert (episode.closed_at, episode.checks) == (START + timedelta(hours=40), 1)
    assert episode.closed_because == (
        "in 24 checks in a row the latest conversations, 200 of cost, lay near the weeks before the drift again"
    )


def test_while_another_alarm_lasts_the_end_of_one_leaves_it_open():
    ended = alarm(Metric.COST, quiet=QUIET_CHECKS)
    (episode,) = after(check(0, Metric.COST), check(1, Metric.BOOKING_RATE, ended=[ended]))
    assert (episode.open, episode.course[-1].drifts) == (True, (Metric.BOOKING_RATE,))


def test_of_a_check_the_alarms_that_last_and_those_that_it_ends_are_kept():
    ended = alarm(Metric.COST, quiet=QUIET_CHECKS)
    report = check(40, Metric.BOOKING_RATE, onset=-5, ended=[ended])
    lasting, over = references_after(report)
    assert (lasting.comparison, lasting.ended_at, lasting.hours) == (Comparison.BOOKING_RATE, None, 5)
    assert (over.comparison, over.ended_at, over.healed_at) == (Comparison.COST, report.at, START + timedelta(hours=17))
    assert (over.onset_at, over.starts_at, over.ends_at) == (ended.onset, ended.reference.start, ended.reference.end)


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
