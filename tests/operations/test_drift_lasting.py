"""Alarms that last for longer than the weeks in which all that they are judged by is at hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.drift.report import Metric
from lifecycle_core.operations import drift, traffic, versions
from tests.operations.test_drift_watch import ACT, at, record, talk

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("days_new", [27, 28, 29, 40])
def test_an_alarm_against_the_version_before_lasts_when_its_own_version_is_new_no_more(database, days_new):
    for number in (1, 2):
        versions.register(database, ACT, variant="baseline", system_prompt=f"Prompt {number}")
    versions.activate(database, replace(ACT, at=at(-90 * 24)), "baseline", 1)
    versions.activate(database, replace(ACT, at=at(-40 * 24)), "baseline", 2)
    traffic.ingest(database, ACT, [*talk((-70 * 24, -40 * 24, 0.75), (-40 * 24, 0, 0.35), a_day=100)])
    assert record(database, -38 * 24).drifts == (Metric.BOOKING_RATE,)
    report = drift.check(database, "baseline", at((days_new - 40) * 24) + timedelta(minutes=5))
    (alarm,) = report.held
    assert (alarm.version, report.ended, report.drifts) == (1, (), (Metric.BOOKING_RATE,))
    assert alarm.relative_change == pytest.approx(-0.5, abs=0.15)
