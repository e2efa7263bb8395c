"""Windows of many checks at once are those of each check's own sums."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.gathering import HourSpan, gather
from lifecycle_core.drift.histograms import Counted, RunningHistogram
from lifecycle_core.drift.metrics import MEASURES
from lifecycle_core.drift.report import Comparison
from lifecycle_core.drift.running import Running
from lifecycle_core.drift.sliding import History, Reference, conversations_a_day, kept
from lifecycle_core.drift.windows import LENGTHS, LOOK_BACK_HOURS
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.worlds import MILD, draw

pytestmark = pytest.mark.slow

NOW = 488_940
"""2025-10-11T12:00Z, in hours since 1970."""
ENDS = np.array([NOW - 30, NOW - 29, NOW - 7, NOW])
LEFT_OUT = ((NOW - 400, NOW - 350), (NOW - 20, NOW - 10))


@pytest.fixture(scope="module")
def table() -> RollupTable:
    """Two months of thin traffic, with hours and whole days without any, and provider's faults."""
    start, hours = NOW - LOOK_BACK_HOURS - 240, LOOK_BACK_HOURS + 240
    drawn = draw(MILD, np.random.default_rng(2), start=start, hours=hours, per_day=40)
    drawn.crashed[:] = np.random.default_rng(3).random(len(drawn.crashed)) < 0.05
    whole = tabulate(drawn, start=start, hours=hours)
    served = (whole.hours // 24) % 7 != 2
    return RollupTable.of("thin", 1, whole.actions, whole.hours[served], whole.provider_fault[served], whole.dense()[served])


def gathered(table, end, left_out=()):
    """The sums of one check."""
    own = HourSpan(end - LOOK_BACK_HOURS, end)
    spans = (HourSpan(end - 24, end), HourSpan(end - 168, end - 24))
    return gather(table, Columns.used(table.entries), own, *spans, left_out=left_out)


def expect_equal(side, alone):
    """Both sides hold the same sums."""
    for name in ("conversations", "booked", "cost_usd", "log_latency_squared"):
        np.testing.assert_allclose(side.of(name), alone.of(name), atol=1e-7)
    for found, wanted in (
        (side.calls, alone.calls),
        (side.products, alone.products),
        (side.latency.counts, alone.latency.counts),
        (side.cost.counts, alone.cost.counts),
        (side.latency.n, alone.latency.n),
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-7)


@pytest.mark.parametrize("left_out", [(), LEFT_OUT], ids=["all hours", "without those of ended drifts"])
@pytest.mark.parametrize("place", range(len(ENDS)))
def test_the_windows_of_every_check_are_the_sums_of_its_rows(table, place, left_out):
    history = History.of(table, Columns.used(table.entries), int(ENDS[0]) - LOOK_BACK_HOURS, NOW, kept(table, left_out))
    windows = history.windows(ENDS)
    alone = gathered(table, int(ENDS[place]), left_out).windows
    lengths = np.arange(len(LENGTHS))
    here = windows.take((np.full(len(LENGTHS), place), lengths))
    expect_equal(here.recent, alone.recent.take((lengths,)))
    expect_equal(here.reference, alone.reference.take((lengths,)))
    np.testing.assert_allclose(here.recent_days, alone.recent_days[:-1])
    np.testing.assert_allclose(here.reference_days, alone.reference_days[:-1])


@pytest.mark.parametrize("place", range(len(ENDS)))
@pytest.mark.parametrize("it", list(Comparison))
def test_the_days_that_teach_every_check_are_its_own(table, it, place):
    measure, lengths = MEASURES[it], np.arange(len(LENGTHS))
    history = History.of(table, Columns.used(table.entries), int(ENDS[0]) - LOOK_BACK_HOURS, NOW)
    here = history.windows(ENDS).take((np.full(len(LENGTHS), place), lengths))
    alone = gathered(table, int(ENDS[place])).windows.take((lengths,))
    found, wanted = (measure.taught(windows.teaching, windows.reference) for windows in (here, alone))
    np.testing.assert_allclose(found.statistic, wanted.statistic, rtol=1e-7)
    np.testing.assert_allclose(np.sort(found.n, axis=1)[:, -7:], np.sort(wanted.n, axis=1)[:, -7:])


def test_history_begins_at_the_first_hour_that_held_anything_within_the_look_back(table):
    history = History.of(table, Columns.used(table.entries), int(table.hours[0]), NOW)
    late = table.hours[table.hours >= ENDS[0] - LOOK_BACK_HOURS]
    assert history.first(ENDS)[0] == late[0]
    assert [int(it) for it in history.first(np.array([int(table.hours[0]), NOW + 10 * LOOK_BACK_HOURS]))] == [
        int(table.hours[0]),
        NOW + 10 * LOOK_BACK_HOURS,
    ]


def test_traffic_is_told_a_day_that_held_any(table):
    history = History.of(table, Columns.used(table.entries), NOW - LOOK_BACK_HOURS, NOW)
    told = [gathered(table, int(end)).conversations_a_day for end in ENDS]
    np.testing.assert_allclose(conversations_a_day(history.windows(ENDS)), told)
    assert told[0] > 35


@pytest.mark.parametrize("wanted", [1, 40, 75])
def test_the_latest_are_the_fewest_whole_hours_that_hold_them_and_at_least_a_day(table, wanted):
    history = History.of(table, Columns.used(table.entries), NOW - LOOK_BACK_HOURS, NOW)
    since = NOW - 60
    side, hours = history.latest(ENDS, lambda it: it.of("booked_n"), wanted, since)
    for end, n, back in zip(ENDS.tolist(), side.of("booked_n"), hours.tolist(), strict=True):
        held = [table.column("booked_n")[(table.hours >= end - it) & (table.hours < end)].sum() for it in range(end - since + 1)]
        enough = [it for it in range(24, len(held)) if held[it] >= wanted]
        assert back == (enough[0] if enough else 0)
        assert n == (held[back] if enough else 0)


def test_no_conversation_before_the_onset_is_among_the_latest(table):
    history = History.of(table, Columns.used(table.entries), NOW - LOOK_BACK_HOURS, NOW)
    side, hours = history.latest(ENDS, lambda it: it.of("conversations"), 10, NOW - 23)
    assert (side.of("conversations").tolist(), hours.tolist()) == ([0] * 4, [0] * 4)


@pytest.fixture(scope="module")
def reference(table) -> Reference:
    """Some weeks that do not begin at midnight, without an ended drift."""
    return Reference.of(table, Columns.used(table.entries), NOW - 700, NOW - 90, LEFT_OUT)


@pytest.mark.parametrize("end", ENDS.tolist())
def test_a_reference_meets_a_short_window_by_the_clock_and_a_long_one_as_a_whole(table, reference, end):
    inside = (table.hours >= NOW - 700) & (table.hours < NOW - 90) & kept(table, LEFT_OUT)
    side, calls = reference.side(np.array([end])), table.column("conversations")
    for found, length in zip(side.of("conversations")[0], LENGTHS.tolist(), strict=True):
        alike = (end - 1 - table.hours) % 24 < length if length < 24 else np.ones(len(table.hours), dtype=bool)
        assert found == pytest.approx(calls[inside & alike].sum())
    assert reference.all.of("conversations") == pytest.approx(calls[inside].sum())


def test_a_references_days_are_those_that_held_a_conversation(table, reference):
    inside = (table.hours >= NOW - 700) & (table.hours < NOW - 90) & kept(table, LEFT_OUT)
    days = len(np.unique(table.hours[inside] // 24))
    assert reference.span_days == days < 610 / 24
    assert reference.conversations_a_day == pytest.approx(table.column("conversations")[inside].sum() / days)
    assert reference.days.sums.of("conversations").sum() <= reference.all.of("conversations")


def test_only_complete_days_of_a_reference_teach(table, reference):
    first = -(-(NOW - 700) // 24)
    whole = (table.hours >= first * 24) & (table.hours < (NOW - 90) // 24 * 24) & kept(table, LEFT_OUT)
    assert reference.days.first == first
    assert reference.days.sums.of("conversations").sum() == table.column("conversations")[whole].sum()


def test_hours_that_are_left_out_are_half_open(table):
    chosen = kept(table, [(NOW - 400, NOW - 350)])
    assert set(table.hours[~chosen]) == {it for it in table.hours.tolist() if NOW - 400 <= it < NOW - 350}


COUNTS = arrays(float, st.tuples(st.integers(1, 6), st.integers(0, 8)), elements=st.integers(0, 5).map(float))
QS = st.sampled_from([0.0, 0.01, 0.5, 0.9, 0.99, 1.0])


def both(counts, chosen) -> tuple[RunningHistogram, Counted]:
    """A window of some rows of (rows, b) counts, by its running totals and with its bins at hand; and an empty one."""
    begin, end = sorted(min(it, len(counts)) for it in chosen)
    edges = np.stack([np.arange(counts.shape[1]), np.arange(counts.shape[1]) + 1.0]) + 1
    upto = np.concatenate([np.zeros((1, counts.shape[1])), counts.cumsum(axis=0)]).cumsum(axis=1)
    window = np.stack([counts[begin:end].sum(axis=0), np.zeros(counts.shape[1])])
    return RunningHistogram(upto, edges, np.array([end, end]), np.array([begin, end])), Counted(window, edges)


@given(COUNTS, st.tuples(st.integers(0, 6), st.integers(0, 6)))
def test_running_totals_hold_the_counts_of_their_bins(counts, chosen):
    running, counted = both(counts, chosen)
    np.testing.assert_array_equal(running.counts, counted.counts)
    np.testing.assert_array_equal(running.n, counted.n)


@given(COUNTS, st.tuples(st.integers(0, 6), st.integers(0, 6)), QS)
def test_a_quantile_of_running_totals_is_that_of_their_bins(counts, chosen, q):
    running, counted = both(counts, chosen)
    np.testing.assert_allclose(running.quantile(q), counted.quantile(q), rtol=1e-9)


@given(COUNTS, st.tuples(st.integers(0, 6), st.integers(0, 6)), QS)
def test_the_edge_of_a_tail_and_what_lies_past_it_are_those_of_the_bins(counts, chosen, q):
    running, counted = both(counts, chosen)
    np.testing.assert_array_equal(running.percentile(q), counted.percentile(q))
    edge = counted.percentile(q)
    np.testing.assert_array_equal(running.past(edge), counted.past(edge))
    assert (counted.past(edge) <= (1 - q) * counted.n + 1e-6).all()


def test_a_window_over_no_rows_is_empty(table):
    columns = Columns.used(table.entries)
    side = Running.over(columns, np.ones((3, len(columns.places)))).side(np.array([2, 2]), np.array([2, 1]))
    assert side.of("conversations").tolist() == [0.0, 1.0]
    assert side.take((np.array([1]),)).latency.n.tolist() == [len(columns.latency)]
