from datetime import datetime, timedelta

import numpy as np
import pytest

from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.gathering import HourSpan, gather
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.teaching import teaching
from lifecycle_core.drift.windows import LENGTHS, instant, recent_hours, reference_hours, span
from lifecycle_core.policy import Policy
from lifecycle_core.rollups import RollupTable, epoch_hour, scalar
from lifecycle_core.simulation.watches import scans, watch
from lifecycle_core.simulation.worlds import DRIFTS, MILD

NOW = 488_940
HOURS = np.arange(NOW - 49 * 24, NOW)


def _chosen(weights, length) -> np.ndarray:
    return HOURS[weights[LENGTHS.tolist().index(length)] > 0]


@pytest.mark.parametrize("length", LENGTHS.tolist())
def test_a_window_and_its_reference_never_overlap(length):
    recent, reference = _chosen(recent_hours(HOURS, NOW), length), _chosen(reference_hours(HOURS, NOW), length)

    assert len(recent) == length
    assert reference.max() < recent.min()


@pytest.mark.parametrize("length", [it for it in LENGTHS.tolist() if it < 24])
def test_a_length_under_a_day_meets_the_same_hours_of_27_days(length):
    recent, reference = _chosen(recent_hours(HOURS, NOW), length), _chosen(reference_hours(HOURS, NOW), length)

    assert set(reference % 24) == set(recent % 24)
    assert len(reference) == 27 * length


@pytest.mark.parametrize(("length", "begins"), [(24, 28 * 24), (168, 28 * 24), (336, 42 * 24), (504, 49 * 24)])
def test_a_longer_length_meets_all_hours_before_it(length, begins):
    reference = _chosen(reference_hours(HOURS, NOW), length)

    assert (reference.min(), reference.max()) == (NOW - begins, NOW - length - 1)
    assert len(reference) == begins - length


def test_the_span_of_a_check_holds_every_window(now):
    window = span(Policy(), now + timedelta(minutes=59))

    assert (window.start, window.end) == (now - timedelta(days=49), now)


def test_a_longer_reference_is_read_where_a_policy_asks_for_it(now):
    assert span(Policy(reference_days=60), now).start == now - timedelta(days=60)


def test_the_sums_are_those_of_the_rows_added_one_by_one(simulated):
    table = simulated(drift=DRIFTS["provider fault"])
    gathered = gather(table, HourSpan(NOW - 49 * 24, NOW), HourSpan(NOW - 24, NOW), HourSpan(NOW - 168, NOW - 24))
    place = LENGTHS.tolist().index(8)
    recent = [sums for hour, sums in zip(table.hours, table.sums, strict=True) if NOW - 8 <= hour < NOW]

    assert np.allclose(gathered.windows.recent.at(place).scalars, np.sum(recent, axis=0)[: gathered.windows.recent.scalars.shape[-1]])
    assert gathered.windows.recent.at(place).latency.sum() == pytest.approx(np.sum(recent, axis=0)[scalar("latency_n")])


def test_without_the_broken_is_as_if_they_had_never_been(simulated):
    table = simulated(drift=DRIFTS["provider fault"])
    whole = ~table.provider_fault
    kept = RollupTable("baseline", 1, table.actions, table.hours[whole], table.provider_fault[whole], table.sums[whole])
    spans = HourSpan(NOW - 49 * 24, NOW), HourSpan(NOW - 24, NOW), HourSpan(NOW - 168, NOW - 24)
    without, never = gather(table, *spans).without_broken(), gather(kept, *spans).windows

    for name in ("scalars", "calls", "products", "latency", "cost"):
        assert np.allclose(getattr(without.recent, name), getattr(never.recent, name))
        assert np.allclose(getattr(without.days, name), getattr(never.days, name))


def _taught(weights, of_length, length) -> list[np.ndarray]:
    return [HOURS[day > 0] for day in weights[of_length[LENGTHS.tolist().index(length)]] if day.any()]


def test_complete_calendar_days_before_the_last_seven_teach_up_to_a_week():
    days = _taught(*teaching(HOURS, NOW, int(HOURS[0])), 24)

    assert len(days) == 21
    assert {len(it) for it in days} == {24}
    assert {int(it[0]) % 24 for it in days} == {0}
    assert max(it.max() for it in days) < NOW - 168


@pytest.mark.parametrize(("length", "count"), [(336, 28), (504, 27)])
def test_the_days_before_the_window_teach_a_longer_length(length, count):
    days = _taught(*teaching(HOURS, NOW, int(HOURS[0])), length)

    assert len(days) == count
    assert max(it.max() for it in days) < NOW - length


def test_with_little_history_all_complete_days_before_the_window_teach():
    first = NOW - 13 * 24
    weights, of_length = teaching(HOURS[-13 * 24 :], NOW, first)
    counts = [int((weights[of_length[LENGTHS.tolist().index(it)]].sum(axis=1) > 0).sum()) for it in (1, 24, 72, 168)]

    assert counts == [12, 11, 9, 5]


def test_a_day_without_traffic_teaches_nothing():
    weekdays = HOURS[(HOURS // 24 + 3) % 7 < 5]
    weights, of_length = teaching(weekdays, NOW, int(weekdays[0]))

    assert int((weights[of_length[0]].sum(axis=1) > 0).sum()) == 15


def test_an_hour_is_the_instant_at_which_it_begins():
    assert epoch_hour(instant(NOW)) == NOW
    assert instant(NOW) == datetime.fromisoformat("2025-10-11T12:00:00+00:00")


def test_a_simulated_watch_finds_what_checks_one_by_one_find(simulated, now):
    table = simulated(drift=DRIFTS["booking .55"], days=60, drift_hours=100, world=MILD)
    ends = np.array([NOW - 200, NOW - 97, NOW - 60, NOW - 3, NOW])
    watched, found = watch(table, ends), scans(table, ends)

    for place, end in enumerate(ends.tolist()):
        report = detect(table, Policy(), instant(end))
        for metric in Metric:
            decided = report.of(metric).decided_by
            assert bool(watched.alarms[metric][place]) == report.of(metric).drifting
            assert found[metric][0].z[place, LENGTHS.tolist().index(decided.hours)] == pytest.approx(decided.z, abs=1e-6)
