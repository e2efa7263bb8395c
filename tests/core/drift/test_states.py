"""What makes an alarm, what it freezes, and what ends it."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from lifecycle_core.drift.background import Background
from lifecycle_core.drift.backtest import Segment, replay
from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.episodes import QUIET_CHECKS, FrozenReference, references_after
from lifecycle_core.drift.measure import Compared
from lifecycle_core.drift.metrics import MEASURES
from lifecycle_core.drift.report import Against, Comparison, Metric, Severity, Status
from lifecycle_core.drift.scan import Scan
from lifecycle_core.drift.sliding import History, Reference
from lifecycle_core.drift.states import SUSPICION, follow, healed, in_a_row, judge
from lifecycle_core.drift.windows import LENGTHS, LOOK_BACK_HOURS, instant
from lifecycle_core.policy import Policy
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.worlds import DRIFTS, HEALTHY, MILD, STILL, Behaviour, draw

pytestmark = pytest.mark.slow

NOW = 488_940
"""2025-10-11T12:00Z, in hours since 1970."""
POLICY = Policy()


def told(*spans: tuple[int, Behaviour], until=0, per_day=200, seed=1, world=MILD) -> RollupTable:
    """The rollups of an agent that behaves as each span says from its hour on, relative to `NOW`; healthy before the first."""
    drawn = [
        draw(world, np.random.default_rng((seed, begin % 9973)), start=NOW + begin, hours=end - begin, per_day=per_day, behaviour=behaviour)
        for ((begin, behaviour), (end, _)) in pairwise([(-2000, HEALTHY), *spans, (until, HEALTHY)])
    ]
    whole = replace(drawn[0], **{name: np.concatenate([getattr(it, name) for it in drawn]) for name in drawn[0].__dataclass_fields__})
    return tabulate(whole, start=NOW - 2000, hours=2000 + until)


def watch(table, ends):
    """The checks of some hours, one after the other, each knowing the alarms that those before it left."""
    kept: dict[object, FrozenReference] = {}
    for end in ends:
        background = Background(
            held=tuple(it for it in kept.values() if it.ended_at is None),
            left_out=tuple((it.onset_at, it.healed_at) for it in kept.values() if it.healed_at is not None),
        )
        report = detect(table, POLICY, instant(NOW + end), background=background)
        kept |= {(it.comparison, it.entered_at): it for it in references_after(report)}
        yield report


def scanned(z, change, n=(100, 100)) -> Scan:
    """The comparisons of some lengths, by how far they are apart and by how much; the threshold is .10."""
    z, change = np.array(z, dtype=float), np.array(change, dtype=float)
    ones, many = np.ones(len(z)), [np.full(len(z), float(it)) for it in n]
    passes = change >= 0.1
    return Scan(*many, Compared(ones, ones, change), passes, z, (ones, ones), np.full(len(z), np.inf), ones, ~passes)


@pytest.mark.parametrize(
    ("z", "change", "status", "strongest"),
    [
        ([5.0, 4.2], [0.2, 0.3], Status.DRIFT, 0),
        ([5.0, 4.2], [0.09, 0.3], Status.DRIFT, 1),
        ([3.9, 9.0], [0.2, 0.09], Status.SUSPECTED, 0),
        ([2.5, 0.0], [0.1, 0.2], Status.SUSPECTED, 0),
        ([2.4, 9.0], [0.3, 0.0], Status.STABLE, 1),
    ],
    ids=["both alarm", "the larger change is too small", "suspected", "just suspected", "no length has both"],
)
def test_an_alarm_needs_the_change_and_the_evidence_of_one_length(z, change, status, strongest):
    verdict = judge(scanned(z, change), entry=4.0, fewest=50)
    assert (verdict.status, verdict.strongest) == (status, strongest)


@pytest.mark.parametrize("n", [(49, 1000), (1000, 49)])
def test_fewer_than_fifty_on_either_side_say_nothing(n):
    assert judge(scanned([9.0], [0.9], n), entry=4.0, fewest=50).status is Status.INSUFFICIENT_DATA


def test_what_is_in_a_row_begins_anew_after_a_break():
    assert in_a_row(np.array([False, True, True, False, True])).tolist() == [0, 1, 2, 0, 1]


def test_health_begins_at_the_first_of_the_checks_that_ended_an_alarm():
    assert in_a_row(np.ones(QUIET_CHECKS, dtype=bool))[-1] == QUIET_CHECKS
    assert healed(1000) == 1000 - QUIET_CHECKS + 1


def test_an_alarm_freezes_the_weeks_before_its_onset():
    table = told((-48, DRIFTS["latency x2"]))
    found = next(it for it in watch(table, range(-46, 0)) if it.drifts)
    (alarm,) = found.held
    assert (alarm.entered_at, alarm.onset) == (found.at, found.at - timedelta(hours=alarm.length))
    assert abs(alarm.onset - instant(NOW - 48)) <= timedelta(hours=6)
    assert alarm.reference.end == alarm.onset
    assert alarm.reference.start == found.at - timedelta(days=28)


@pytest.mark.parametrize("days", [14, 21])
@pytest.mark.parametrize("name", ["booking .55", "cost x2", "latency x1.4", "action mix"])
def test_a_lasting_drift_never_becomes_the_new_normal(name, days):
    table = told((-24 * days, DRIFTS[name]))
    found = replay([Segment(table=table, begins=0)], POLICY, np.arange(NOW - 24 * days, NOW + 1))
    first = found.alarms[0]
    assert first.entered < NOW - 24 * days + 72
    assert first.ended is None
    assert found.metrics[first.comparison.metric].drifting[-1]


def test_unfrozen_the_drift_would_be_its_own_reference():
    table = told((-24 * 35, DRIFTS["latency x1.4"]))
    assert detect(table, POLICY, instant(NOW)).of(Metric.RESPONSE_TIME).status is not Status.DRIFT


def test_while_it_lasts_the_latest_conversations_are_told_against_the_frozen_weeks():
    table = told((-24 * 10, DRIFTS["cost x2"]))
    *_, last = watch(table, [*range(-24 * 10, -24 * 9), -5, 0])
    report = last.of(Metric.COST)
    (alarm,) = report.held
    assert report.decided_by.against is Against.FROZEN
    assert (alarm.n >= 200, alarm.hours >= 24, alarm.quiet_checks) == (True, True, 0)
    assert alarm.relative_change == pytest.approx(1.0, abs=0.4)
    assert report.decided_by.relative_change == pytest.approx(alarm.relative_change)


@pytest.mark.parametrize("name", ["booking .55", "cost x2", "latency x2", "action mix"])
def test_after_the_cure_an_alarm_ends_within_four_days(name):
    table = told((-24 * 10, DRIFTS[name]), (-24 * 5, HEALTHY))
    found = replay([Segment(table=table, begins=0)], POLICY, np.arange(NOW - 24 * 10, NOW + 1))
    ended = [it.ended for it in found.alarms]
    assert None not in ended
    assert NOW - 24 * 5 + QUIET_CHECKS < max(ended) <= NOW - 24


def test_too_few_conversations_since_the_onset_end_no_alarm():
    table = told((-30, DRIFTS["latency x2"]), (-20, HEALTHY))
    ends = np.arange(NOW - 12, NOW)
    columns = Columns.used(table.entries)
    history = History.of(table, columns, NOW - 100, NOW)
    reference = Reference.of(table, columns, NOW - 700, NOW - 30)
    found = follow(Comparison.RESPONSE_TIME, history, reference, ends, NOW - 20, POLICY)
    assert not found.near.any()
    assert np.isnan(found.change).all()
    assert not found.hours.any()


def test_a_change_of_half_a_threshold_holds_an_alarm_and_less_lets_it_end():
    columns, held = Columns.used, []
    for booking in (0.75 * 0.93, 0.75 * 0.97):
        table = told((-100, Behaviour(booking=booking)), per_day=5_000, world=STILL)
        history = History.of(table, columns(table.entries), NOW - 100, NOW)
        reference = Reference.of(table, columns(table.entries), NOW - 700, NOW - 100)
        held.append(not follow(Comparison.BOOKING_RATE, history, reference, np.array([NOW]), NOW - 100, POLICY).near[0])
    assert held == [True, False]


def test_the_distance_of_a_mix_is_told_less_what_chance_alone_makes_of_it():
    near = {False: 0, True: 0}
    spread = HEALTHY.mix
    for seed in range(20):
        table = told((-60, Behaviour(mix=spread)), per_day=100, world=STILL, seed=seed)
        columns = Columns.used(table.entries)
        recent = History.of(table, columns, NOW - 48, NOW).latest(np.array([NOW]), lambda it: it.of("conversations"), 60, NOW - 47)[0]
        weeks = Reference.of(table, columns, NOW - 700, NOW - 60).all
        mix = MEASURES[Comparison.ACTION_DISTRIBUTION]
        for beyond, change in ((True, mix.beyond_chance(recent, weeks)), (False, mix.compare(recent, weeks).change)):
            near[beyond] += bool(change[0] < 0.02)
    assert near[True] > 2 * near[False]


def test_a_metric_alarms_once_whether_by_itself_or_by_its_tail():
    runaway_then_dear = told((-60, DRIFTS["runaways"]), (-30, Behaviour(cost_usd=2 * HEALTHY.cost_usd, runaways=0.02)), per_day=1000)
    found = replay([Segment(table=runaway_then_dear, begins=0)], POLICY, np.arange(NOW - 62, NOW + 1))
    of_cost = [it for it in found.alarms if it.comparison.metric is Metric.COST]
    assert [it.comparison for it in of_cost] == [Comparison.COST_TAIL]
    *_, last = watch(runaway_then_dear, [*range(of_cost[0].entered - NOW - 1, of_cost[0].entered - NOW + 2), 0])
    report = last.of(Metric.COST)
    assert [it.comparison for it in report.held] == [Comparison.COST_TAIL]
    assert report.tail.status is Status.DRIFT


def test_what_was_found_as_a_whole_and_in_its_tail_at_once_are_two_alarms_of_one_metric():
    table = told((-24, Behaviour(cost_usd=4 * HEALTHY.cost_usd, runaways=0.10)), per_day=1000)
    found = next(it for it in watch(table, range(-24, 0)) if it.drifts)
    assert {it.comparison for it in found.held} == {Comparison.COST, Comparison.COST_TAIL}
    assert found.drifts == (Metric.COST,)


def test_severity_is_low_while_the_latest_conversations_are_no_longer_past_the_threshold():
    table = told((-640, DRIFTS["cost x2"]), (-600, Behaviour(cost_usd=1.15 * HEALTHY.cost_usd)), per_day=1000, world=STILL)
    *_, last = watch(table, [*range(-640, -630), 0])
    report = last.of(Metric.COST)
    assert (report.status, report.severity) == (Status.DRIFT, Severity.LOW)
    assert 0.10 < report.held[0].relative_change < 0.20


def test_the_hours_of_an_ended_drift_are_in_no_window_and_no_lesson():
    span = (instant(NOW - 24 * 12), instant(NOW - 24 * 8))
    table = told((-24 * 12, DRIFTS["latency x2"]), (-24 * 8, HEALTHY))
    clean = (table.hours < NOW - 24 * 12) | (table.hours >= NOW - 24 * 8)
    never = RollupTable.of("simulated", 1, table.actions, table.hours[clean], table.provider_fault[clean], table.dense()[clean])
    left_out = detect(table, POLICY, instant(NOW), background=Background(left_out=(span,)))
    gone, whole = detect(never, POLICY, instant(NOW)), detect(table, POLICY, instant(NOW))
    for metric in Metric:
        one, other = (replace(it.of(metric).decided_by, interval=None) for it in (left_out, gone))
        assert replace(one, z=0.0) == replace(other, z=0.0)
        assert one.z == pytest.approx(other.z)
    assert left_out.day_correlation == pytest.approx(gone.day_correlation)
    assert gone.of(Metric.RESPONSE_TIME).decided_by.z < SUSPICION < whole.of(Metric.RESPONSE_TIME).decided_by.z


def test_the_pair_that_is_shown_holds_the_hours_of_an_ended_drift():
    table = told((-24 * 4, DRIFTS["latency x2"]), (-24 * 2, HEALTHY))
    span = (instant(NOW - 24 * 4), instant(NOW - 24 * 2))
    left_out = detect(table, POLICY, instant(NOW), background=Background(left_out=(span,)))
    assert left_out.of(Metric.RESPONSE_TIME).reference == detect(table, POLICY, instant(NOW)).of(Metric.RESPONSE_TIME).reference


def test_a_check_that_never_ran_changes_no_end():
    table = told((-24 * 10, DRIFTS["latency x2"]), (-24 * 5, HEALTHY))
    found = replay([Segment(table=table, begins=0)], POLICY, np.arange(NOW - 24 * 10, NOW + 1))
    (alarm,) = found.alarms
    entered, ended = alarm.entered - NOW, alarm.ended - NOW
    reports = list(watch(table, [entered, ended - 1, ended]))
    assert [len(it.ended) for it in reports] == [0, 0, 1]
    assert reports[-1].drifts == ()


def test_all_lengths_of_a_check_lie_within_its_look_back():
    assert LENGTHS[-1] + 28 * 24 == LOOK_BACK_HOURS
