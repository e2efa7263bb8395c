"""The real timeline as the watch lives it: taken in hour by hour, checked and recorded each hour."""

from datetime import timedelta

import pytest

from benchmarks._real_timeline import SWITCH, replayed
from lifecycle_core.drift.report import Metric

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def passed():
    return replayed(with_models=True)


def test_no_check_up_to_the_swap_alarms_where_the_bare_thresholds_do_at_62(passed):
    assert (len(passed.before), passed.alarms_before(), passed.bare) == (145, 0, 62)


@pytest.mark.parametrize(("metric", "within_hours"), [(Metric.RESPONSE_TIME, 12), (Metric.BOOKING_RATE, 24)])
def test_the_swap_is_found_within_a_day(passed, metric, within_hours):
    assert passed.first(metric) - SWITCH <= timedelta(hours=within_hours)


def test_the_last_check_finds_what_the_page_says_and_the_hour_of_the_swap(passed):
    last = passed.reports[-1]

    assert (last.drifts, last.incidents) == ((Metric.BOOKING_RATE, Metric.RESPONSE_TIME), ())
    assert last.of(Metric.BOOKING_RATE).decided_by.onset == SWITCH


def test_where_conversations_tell_their_model_the_model_is_the_answer(passed):
    found = {it.question.comparison.metric: it.finding for it in passed.explanation.attributions}

    assert set(found) == {Metric.BOOKING_RATE, Metric.RESPONSE_TIME}
    assert {it.label for it in found.values()} == {"model"}
