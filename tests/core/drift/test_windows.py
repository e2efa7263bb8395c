from datetime import datetime, timedelta

import numpy as np
import pytest

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.gathering import HourSpan, gather
from lifecycle_core.drift.teaching import Days, Teaching, teaching
from lifecycle_core.drift.windows import LENGTHS, instant, recent_hours, reference_hours, span
from lifecycle_core.policy import Policy
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import WIDTH, epoch_hour, scalar
from lifecycle_core.simulation.worlds import DRIFTS

NOW = 488_940
HOURS = np.arange(NOW - 49 * 24, NOW)
SPANS = HourSpan(NOW - 49 * 24, NOW), HourSpan(NOW - 24, NOW), HourSpan(NOW - 168, NOW - 24)


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
    gathered = gather(table, Columns.used(table.entries), *SPANS)
    place = LENGTHS.tolist().index(8)
    recent = [sums for hour, sums in zip(table.hours, table.dense(), strict=True) if NOW - 8 <= hour < NOW]

    assert np.allclose(gathered.windows.recent.at(place).scalars, np.sum(recent, axis=0)[: gathered.windows.recent.scalars.shape[-1]])
    assert gathered.windows.recent.at(place).latency.n == pytest.approx(np.sum(recent, axis=0)[scalar("latency_n")])


def test_without_the_broken_is_as_if_they_had_never_been(simulated):
    table = simulated(drift=DRIFTS["provider fault"])
    whole = ~table.provider_fault
    kept = RollupTable.of("baseline", 1, table.actions, table.hours[whole], table.provider_fault[whole], table.dense()[whole])
    columns = Columns.used(table.entries)
    without, never = gather(table, columns, *SPANS).without_broken(), gather(kept, columns, *SPANS).windows

    for name in ("scalars", "calls", "products"):
        assert np.allclose(getattr(without.recent, name), getattr(never.recent, name)[:-1])
        assert np.allclose(getattr(without.teaching.sums, name), getattr(never.teaching.sums, name))
    assert np.allclose(without.recent.latency.counts, never.recent.latency.counts[:-1])


def _teaching(hours) -> Teaching:
    sums = np.zeros((len(hours), WIDTH))
    sums[:, scalar("conversations")] = 1
    table = RollupTable.of("baseline", 1, (), hours, np.zeros(len(hours), bool), sums)
    columns, first = Columns.used(table.entries), int(hours[0]) // 24
    by_day = columns.by_group(table.entries, hours // 24 - first, NOW // 24 + 1 - first)
    return teaching(Days(first, columns.sums(by_day)), np.array(NOW), np.array(int(hours[0])))


def _days(taught: Teaching, length) -> np.ndarray:
    """The days, since 1970, that teach a length."""
    places, meant = taught.places(taught.of)
    place = LENGTHS.tolist().index(length)
    return places[place][meant[place]] + taught.days.first


def test_complete_calendar_days_before_the_last_seven_teach_up_to_a_week():
    days = _days(_teaching(HOURS), 24)

    assert len(days) == 21
    assert (days.max() + 1) * 24 <= NOW - 168 < (days.max() + 2) * 24


@pytest.mark.parametrize(("length", "count"), [(336, 28), (504, 27)])
def test_the_days_before_the_window_teach_a_longer_length(length, count):
    days = _days(_teaching(HOURS), length)

    assert len(days) == count
    assert (days.max() + 1) * 24 <= NOW - length


def test_with_little_history_all_complete_days_before_the_window_teach():
    taught = _teaching(HOURS[-13 * 24 :])

    assert [len(_days(taught, it)) for it in (1, 24, 72, 168)] == [12, 11, 9, 5]


def test_a_day_without_traffic_teaches_nothing():
    taught = _teaching(HOURS[(HOURS // 24 + 3) % 7 < 5])

    assert int((taught.sums.of("conversations")[taught.of[0]] > 0).sum()) == 15


def test_an_hour_is_the_instant_at_which_it_begins():
    assert epoch_hour(instant(NOW)) == NOW
    assert instant(NOW) == datetime.fromisoformat("2025-10-11T12:00:00+00:00")
