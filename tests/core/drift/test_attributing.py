"""What is asked of the conversations is what the check asked of their sums."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.attributing import Sums, questions_of
from lifecycle_core.drift.attribution import Quantity
from lifecycle_core.drift.report import Against, Comparison, DriftReport, Evidence, Figure, Held, Metric, MetricReport, Status, Tail
from lifecycle_core.rollups import OTHER_ACTIONS

NOW = datetime(2025, 10, 7, 12, tzinfo=UTC)
WEEKS = Window(NOW - timedelta(days=28), NOW - timedelta(days=2))
EVIDENCE = Evidence(48, -0.3, -0.2, None, 6.0, 4.0, NOW - timedelta(hours=48), 100, 1000, 0.5, 0.7, WEEKS)
HELD = Held(
    comparison=Comparison.COST,
    entered_at=NOW - timedelta(hours=9),
    onset=NOW - timedelta(hours=12),
    reference=WEEKS,
    version=3,
    length=6,
    quiet_checks=0,
    needed=24,
    relative_change=0.5,
    n=200,
    hours=12,
)


def report_of(**metrics):
    plain = {metric: MetricReport(metric, Status.STABLE, Figure(0, 0), Figure(0, 0), 0.1) for metric in Metric}
    told = tuple(replace(it, **metrics.get(metric.name.lower(), {})) for metric, it in plain.items())
    shown = Window(NOW - timedelta(days=7), NOW - timedelta(days=1)), Window(NOW - timedelta(days=1), NOW)
    return DriftReport("baseline", 4, NOW, *shown, metrics=told, previous_version=3)


def test_a_drift_is_asked_about_by_the_comparison_that_decided():
    (asked,) = questions_of(report_of(booking_rate={"status": Status.DRIFT, "decided_by": EVIDENCE}))
    assert asked.comparison is Comparison.BOOKING_RATE
    assert (asked.recent, asked.reference) == (Window(EVIDENCE.onset, NOW), WEEKS)
    assert (asked.recent_version, asked.reference_version, asked.like_hours, asked.decided) == (4, 4, False, True)


def test_windows_of_less_than_a_day_ask_for_like_hours():
    short = replace(EVIDENCE, hours=6, onset=NOW - timedelta(hours=6))
    (asked,) = questions_of(report_of(booking_rate={"status": Status.DRIFT, "decided_by": short}))
    assert asked.like_hours


def test_where_the_version_before_was_compared_its_conversations_are_asked_for():
    before = replace(EVIDENCE, against=Against.PREVIOUS_VERSION)
    (asked,) = questions_of(report_of(booking_rate={"status": Status.DRIFT, "decided_by": before}))
    assert (asked.recent_version, asked.reference_version) == (4, 3)


def test_an_alarm_that_lasts_is_asked_about_from_its_onset_against_its_frozen_reference():
    latest = replace(EVIDENCE, hours=5, onset=NOW - timedelta(hours=5), z=9.0)
    (asked,) = questions_of(report_of(cost={"status": Status.DRIFT, "decided_by": latest, "held": (HELD,)}))
    assert (asked.recent, asked.reference, asked.reference_version) == (Window(HELD.onset, NOW), WEEKS, 3)


def test_a_tail_that_alarms_alone_is_asked_about_by_its_edge():
    tail = Tail(Status.DRIFT, 0.5, replace(EVIDENCE, z=7.0))
    held = (replace(HELD, comparison=Comparison.COST_TAIL),)
    (asked,) = questions_of(report_of(cost={"status": Status.DRIFT, "decided_by": replace(EVIDENCE, z=1.0), "tail": tail, "held": held}))
    assert (asked.comparison, asked.edge, asked.quantity) == (Comparison.COST_TAIL, 0.5, Quantity.RATE)


def test_of_what_is_suspected_the_stronger_is_asked_about():
    tail = Tail(Status.SUSPECTED, 0.5, replace(EVIDENCE, z=3.0))
    weak, strong = ({"status": Status.SUSPECTED, "decided_by": replace(EVIDENCE, z=z), "tail": tail} for z in (2.6, 3.4))
    assert [it.comparison for it in questions_of(report_of(cost=weak))] == [Comparison.COST_TAIL]
    assert [it.comparison for it in questions_of(report_of(cost=strong))] == [Comparison.COST]


def test_what_is_suspected_is_not_asked_about_beside_a_drift():
    told = report_of(
        cost={"status": Status.SUSPECTED, "decided_by": EVIDENCE}, response_time={"status": Status.DRIFT, "decided_by": EVIDENCE}
    )
    assert [it.comparison for it in questions_of(told)] == [Comparison.RESPONSE_TIME]


@pytest.mark.parametrize("status", [Status.STABLE, Status.INSUFFICIENT_DATA])
def test_a_named_metric_without_drift_is_asked_about_by_the_pair_shown(status):
    told = report_of(cost={"status": status, "decided_by": EVIDENCE})
    (asked,) = questions_of(told, Metric.COST)
    assert (asked.recent, asked.reference, asked.decided) == (told.recent, told.reference, False)


def test_drifts_that_have_ended_are_left_out_of_what_decided_and_not_of_the_pair_shown():
    ended = (Window(NOW - timedelta(days=9), NOW - timedelta(days=5)),)
    told = report_of(cost={"status": Status.DRIFT, "decided_by": EVIDENCE})
    assert [questions_of(told, it, ended)[0].left_out for it in (Metric.COST, Metric.BOOKING_RATE)] == [ended, ()]


def test_nothing_is_asked_where_nothing_is_doubtful():
    assert questions_of(report_of()) == ()


def test_a_conversation_shows_a_changed_mix_by_its_calls_of_what_rose():
    sums = Sums({"look_up": 0, "book": 1}, {"look_up": 1.5, OTHER_ACTIONS: 0.1})
    assert sums.excess(["look_up"] * 4 + ["book", "new"]) == (pytest.approx(2.5 + 0.9), "look_up", 4, 1.5)


def test_a_conversation_without_such_calls_does_not_show_it():
    assert Sums({"book": 1}, {"look_up": 1.5}).excess(["book"])[0] == 0
