"""Reports of a drift and of a week: figures with their n and their interval, a day without traffic a gap, and all of it from sums."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.alerts import ACT
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, reporting, traffic, versions
from lifecycle_core.reports import drift as told
from lifecycle_core.reports import summary
from lifecycle_core.retraining.report.blocks import Mood, Trend

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GAP = 10
"""So many days ago nothing came in."""


def talk(variant, chance, days=30, a_day=72, fallen_days=0):
    for number in range(days * a_day):
        ago = (number + 0.5) / a_day * DAY
        if GAP * DAY < ago <= (GAP + 1) * DAY:
            continue
        rate = 0.4 if ago < fallen_days * DAY else 0.8
        yield Conversation(
            id=f"{variant}{number}",
            variant=variant,
            version=1,
            ended_at=NOON - ago,
            booked=bool(chance.random() < rate),
            escalated=number % 20 == 0,
            cost_usd=0.001 * float(chance.lognormal(0, 0.5)),
            response_times_s=(float(chance.lognormal(0.7, 0.3)),),
            actions=("look_up", "book"),
        )


@pytest.fixture
def watched(database):
    chance = np.random.default_rng(1)
    for name, fallen in (("fallen", 3), ("steady", 0)):
        versions.register(database, ACT, variant=name, system_prompt="one")
        versions.activate(database, replace(ACT, at=NOON - 40 * DAY), name, 1)
        traffic.ingest(database, ACT, list(talk(name, chance, fallen_days=fallen)))
    drift.check_and_record(database, ACT, "fallen", NOON)
    return database


def section(report, key):
    return next(it for it in report.sections if it.key == key)


def cells(table):
    return [[it.text for it in row] for row in table.rows]


def test_a_drift_report_says_what_drifted_and_shows_five_metrics_with_their_n(watched):
    report = told.report(reporting.drift_source(watched, "fallen", NOON))
    assert (report.outcome.text, report.outcome.mood) == ("drift", Mood.BAD)
    assert report.lead.startswith("booking rate drifted, high severity; improve the prompt")
    [table, _] = section(report, "metrics").blocks
    assert len(table.rows) == 5
    assert {row[5] for row in cells(table)} == {"72 / 432"}
    assert all("to" in row[4] for row in cells(table)[:4])


def test_each_day_has_its_interval_and_n_and_a_day_without_traffic_is_a_gap(watched):
    report = told.report(reporting.drift_source(watched, "fallen", NOON))
    trends = section(report, "days").blocks
    assert [it.name for it in trends] == ["booking rate", "escalation rate", "cost a conversation", "response time, geometric mean"]
    for it in trends:
        assert isinstance(it, Trend)
        assert [(day.n, day.value is None) for day in it.days] == [
            (0, True) if n == told.DAYS - 1 - GAP else (72, False) for n in range(28)
        ]
        assert all(day.interval[0] < day.value < day.interval[1] for day in it.days if day.value is not None)


def test_intervals_of_days_hold_the_truth_about_as_often_as_they_say(watched):
    report = told.report(reporting.drift_source(watched, "steady", NOON))
    booked, _, cost, latency = section(report, "days").blocks
    truths = (0.8, 0.001 * np.exp(0.125), np.exp(0.7))
    held = [low <= truth <= high for it, truth in zip((booked, cost, latency), truths, strict=True) for low, high in _known(it)]
    assert len(held) == 81
    assert sum(held) >= 71


def _known(trend):
    return [day.interval for day in trend.days if day.interval is not None]


def test_a_report_of_no_drift_offers_no_way_back(watched):
    report = told.report(reporting.drift_source(watched, "steady", NOON))
    assert report.outcome.mood is not Mood.BAD
    assert not any("rollback" in typed for typed, _ in section(report, "next").blocks[0].rows)


def test_a_week_tells_each_variant_beside_the_week_before_and_what_happened_in_it(watched):
    report = summary.report(reporting.summary_source(watched, NOON, 7))
    assert report.title == "The week to 2025-10-07 12:00Z"
    assert report.outcome.text == "1 drifting"
    [table] = section(report, "traffic").blocks
    assert [row[:2] for row in cells(table)] == [["fallen", "504"], ["steady", "504"]]
    [drifts] = section(report, "drifts").blocks
    assert cells(drifts)[0][0] == "fallen"
    [messages] = section(report, "messages").blocks
    assert cells(messages)[0][1:] == [messages.rows[0][1].text, "waits"]


def test_a_day_without_anything_says_so(database):
    report = summary.report(reporting.summary_source(database, NOON, 1))
    assert (report.title, report.outcome.text) == ("The day to 2025-10-07 12:00Z", "no drift goes on")
    assert section(report, "messages").lead == "none was written"
