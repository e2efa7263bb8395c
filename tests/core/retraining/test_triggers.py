"""When a drift starts a retraining, and what refuses it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import RecordedCheck
from lifecycle_core.drift.report import DriftReport, Figure, Incident, Metric, MetricReport, Severity, Status
from lifecycle_core.policy import Policy, RetrainingPolicy
from lifecycle_core.retraining.triggers import SAME_PROMPT, Past, should_retrain

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PAST = Past(active_version=1, active_since=AT - 30 * DAY)


def report(*drifts, incidents=()):
    """A report in which these metrics drift, each with its severity."""
    found = dict(drifts)
    metrics = tuple(
        MetricReport(
            metric=metric,
            status=Status.DRIFT if metric in found else Status.STABLE,
            reference=Figure(300, 0),
            recent=Figure(50, 0),
            threshold=0.1,
            severity=found.get(metric),
        )
        for metric in Metric
    )
    windows = {"reference": Window(AT - 7 * DAY, AT - DAY), "recent": Window(AT - DAY, AT)}
    return DriftReport(variant="baseline", version=1, at=AT, metrics=metrics, incidents=incidents, **windows)


def asked(*drifts, past=PAST, **rules):
    return should_retrain(report(*drifts), past, Policy(retraining=RetrainingPolicy(**rules)), AT)


def recorded(hours_ago, *drifts):
    status = Status.DRIFT if drifts else Status.STABLE
    return RecordedCheck(at=AT - timedelta(hours=hours_ago), version=1, status=status, drifts=drifts, severity=None)


HIGH = (Metric.BOOKING_RATE, Severity.HIGH)
MEDIUM = (Metric.COST, Severity.MEDIUM)
OTHER_MEDIUM = (Metric.ESCALATION_RATE, Severity.MEDIUM)
LOW = (Metric.ESCALATION_RATE, Severity.LOW)
SLOW = (Metric.RESPONSE_TIME, Severity.HIGH)


@pytest.mark.parametrize("drifts", [(HIGH,), (MEDIUM, OTHER_MEDIUM), (HIGH, LOW)], ids=["one high", "two medium", "a high and a low"])
def test_a_high_drift_or_two_medium_ones_start_it(drifts):
    told = asked(*drifts)
    assert (told.should_retrain, told.reason, told.refusals) == (True, "Drift detected", ())
    assert set(told.triggers) == {metric for metric, _ in drifts}


@pytest.mark.parametrize("drifts", [(MEDIUM,), (MEDIUM, LOW)], ids=["one medium", "a medium and a low"])
def test_less_starts_nothing_and_says_what_is_needed(drifts):
    told = asked(*drifts)
    assert not told.should_retrain
    assert told.reason.endswith("one drift of high severity or two of medium severity start a retraining")


def test_no_drift_starts_nothing():
    assert asked().reason == "no drift: stable"


def test_an_incident_alone_starts_nothing():
    incident = Incident("provider_faults", "30 of 50 were broken by the provider")
    told = should_retrain(report(incidents=(incident,)), PAST, Policy(), AT)
    assert told.reason == "no drift: stable; an incident (provider_faults) starts no retraining"


def test_a_metric_that_is_not_named_starts_nothing():
    told = asked(SLOW, retrain_on=("booking_rate", "cost"))
    assert told.reason == "response_time: not named in retrainOn (booking_rate, cost)"


def test_a_latency_drift_alone_gets_its_advice():
    assert asked(SLOW).advice == (SAME_PROMPT,)
    assert asked(SLOW, HIGH).advice == ()


def test_the_cooldown_is_told_with_its_end():
    told = asked(HIGH, past=replace(PAST, last_began_at=AT - 3 * DAY))
    assert (told.should_retrain, told.next_possible_at) == (False, AT + 4 * DAY)
    assert "the next may begin at 2025-10-11T12:00Z" in told.reason


def test_after_the_cooldown_it_starts_again():
    assert asked(HIGH, past=replace(PAST, last_began_at=AT - 7 * DAY)).should_retrain


def test_every_refusal_is_told():
    told = asked(MEDIUM, past=Past(last_began_at=AT - DAY, open_session="retrain_baseline_1"))
    assert len(told.refusals) == 4


def test_several_checks_in_a_row_may_be_asked_for():
    once, twice = replace(PAST, checks=(recorded(1),)), replace(PAST, checks=(recorded(1, Metric.BOOKING_RATE),))
    assert asked(HIGH, past=once, require_consecutive=2).reason.startswith("1 of 2 checks in a row found a drift")
    assert asked(HIGH, past=twice, require_consecutive=2).should_retrain


@pytest.mark.parametrize("days", [13, 14])
def test_without_a_drift_it_is_due_after_two_weeks_where_so_configured(days):
    told = asked(past=replace(PAST, last_began_at=AT - days * DAY), retrain_every_days=14)
    assert told.should_retrain is (days == 14)


def test_a_variant_that_was_never_retrained_is_due_from_its_activation_on():
    told = asked(retrain_every_days=14)
    assert (told.should_retrain, told.reason) == (True, "No retraining since 2025-09-07; the policy asks for one every 14 days")
