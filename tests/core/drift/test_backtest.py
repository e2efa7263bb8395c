"""A replayed history is the chain of its single checks, each given what those before it left."""

from dataclasses import replace
from itertools import pairwise
from operator import itemgetter

import numpy as np
import pytest

from lifecycle_core.drift.background import Background, Before
from lifecycle_core.drift.backtest import Replay, Segment, replay
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.episodes import references_after
from lifecycle_core.drift.replay import STATUSES
from lifecycle_core.drift.report import Against, Comparison, Metric, Severity
from lifecycle_core.drift.windows import LOOK_BACK_HOURS, instant
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import ACTIONS, PRODUCTS, epoch_hour
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.worlds import DRIFTS, HEALTHY, MILD, Behaviour, draw

pytestmark = pytest.mark.slow

NOW = 488_940
"""2025-10-11T12:00Z, in hours since 1970."""
POLICY = Policy()


def told(*spans: tuple[int, Behaviour], until: int, per_day=300, seed=3, version=1, begins=-LOOK_BACK_HOURS) -> RollupTable:
    """The rollups of an agent that behaves as each span says from its hour on, relative to `NOW`; healthy before the first."""
    starts = [begins, *(hour for hour, _ in spans), until]
    parts = []
    for place, ((begin, end), behaviour) in enumerate(zip(pairwise(starts), [HEALTHY, *(it for _, it in spans)], strict=True)):
        if begin == end:
            continue
        chance = np.random.default_rng((seed, place))
        drawn = draw(MILD, chance, start=NOW + begin, hours=end - begin, per_day=per_day, behaviour=behaviour)
        parts.append(tabulate(drawn, start=NOW + begin, hours=end - begin))
    return joined(*parts, version=version)


def joined(*parts: RollupTable, version=1) -> RollupTable:
    """The tables one after the other."""
    hours, faults, sums = (
        np.concatenate(it) for it in zip(*((part.hours, part.provider_fault, part.dense()) for part in parts), strict=True)
    )
    return RollupTable.of("simulated", version, parts[0].actions, hours, faults, sums)


def chain(segments, policy, ends):
    """The checks one by one: reports, and what is kept of their alarms, by the check that found each."""
    reports, kept = [], {}
    for number, segment in enumerate(segments):
        last = segments[number + 1].begins if number + 1 < len(segments) else int(ends[-1]) + 1
        going_on = [epoch_hour(it.onset_at) for (*_, its), it in kept.items() if its == number - 1 and it.ended_at is None]
        before = None
        if segment.since is not None:
            until = min([segment.since, *(going_on if segment.compared else ())])
            before = Before(since=instant(segment.since), table=segment.before, until=instant(until), compared=segment.compared)
        for end in ends[(ends >= segment.begins) & (ends < last)].tolist():
            left_out = tuple((it.onset_at, it.healed_at) for it in kept.values() if it.healed_at is not None)
            held = tuple(it for (*_, its), it in kept.items() if its == number and it.ended_at is None)
            report = detect(segment.table, policy, instant(end), background=Background(before=before, held=held, left_out=left_out))
            kept |= {(it.comparison, it.entered_at, number): it for it in references_after(report)}
            reports.append(report)
    return reports, list(kept.values())


def expect_the_same(segments, ends, policy=POLICY, every=6) -> Replay:
    """Compare a replay with its chain, check by check and alarm by alarm, and give it back.

    every : of the checks in which no alarm begins or ends, so many hours apart are compared; those around these, all.
    """
    found = replay(segments, policy, ends)
    turns = np.array([it for alarm in found.alarms for it in (alarm.entered, alarm.ended) if it is not None], dtype=int)
    near = (np.abs(ends[:, None] - np.append(turns, [it.begins for it in segments])) <= 1).any(axis=1)
    picks = near | ((ends - ends[0]) % every == 0) | (ends == ends[-1])
    reports, kept = chain(segments, policy, ends[picks])
    for metric in Metric:
        hourly, told = found.metrics[metric], [it.of(metric) for it in reports]
        assert [STATUSES[it] for it in hourly.status[picks]] == [it.status for it in told], metric
        assert hourly.severity[picks].tolist() == [-1 if it.severity is None else it.severity.rank for it in told], metric
        assert hourly.recent_n[picks].tolist() == [it.recent.n for it in told]
        change = [it.total_variation if metric is Metric.ACTION_DISTRIBUTION else it.relative_change for it in told]
        np.testing.assert_allclose(hourly.change[picks], np.array(change, dtype=float), atol=1e-9)
        for figures, side in ((hourly.recent, "recent"), (hourly.reference, "reference")):
            np.testing.assert_allclose(figures[picks], np.array([getattr(it, side).value for it in told], dtype=float), rtol=1e-9)
    entry = np.array([next((it.decided_by.entry for it in report.metrics if it.decided_by), np.nan) for report in reports])
    decided = ~np.isnan(entry)
    np.testing.assert_allclose(found.entry[picks][decided], entry[decided])
    told_alarms = [(it.comparison, it.entered, it.onset, it.ended, it.length) for it in found.alarms]
    checked = [
        (it.comparison, epoch_hour(it.entered_at), epoch_hour(it.onset_at), it.ended_at and epoch_hour(it.ended_at), it.hours)
        for it in kept
    ]
    assert sorted(told_alarms, key=itemgetter(1, 0)) == sorted(checked, key=itemgetter(1, 0))
    assert found.ends.tolist() == ends.tolist()
    return found


def hours(first, last) -> np.ndarray:
    return np.arange(NOW + first, NOW + last + 1)


@pytest.mark.parametrize(
    ("name", "comparison", "per_day"),
    [
        ("booking .55", Comparison.BOOKING_RATE, 400),
        ("escalation .15", Comparison.ESCALATION_RATE, 1000),
        ("cost x2", Comparison.COST, 200),
        ("latency x2", Comparison.RESPONSE_TIME, 200),
        ("action mix", Comparison.ACTION_DISTRIBUTION, 200),
        ("runaways", Comparison.COST_TAIL, 1000),
        ("stalls 10%", Comparison.RESPONSE_TIME_TAIL, 1000),
    ],
)
def test_a_drift_that_comes_and_goes_is_what_its_checks_find_one_by_one(name, comparison, per_day):
    table = told((-130, DRIFTS[name]), (-96, HEALTHY), until=40, per_day=per_day)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-134, 38), every=12)
    alarm = next(it for it in found.alarms if it.comparison is comparison)
    assert alarm.entered < NOW - 96 < alarm.ended


def test_every_single_hour_of_a_drift_is_its_check():
    table = told((-48, DRIFTS["booking .55"]), until=0, per_day=200)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-50, 0), every=1)
    assert [it.ended for it in found.alarms] == [None]


def test_an_alarm_at_the_last_hour_lasts():
    table = told((-8, DRIFTS["latency x2"]), until=0, per_day=300)
    first = next(it.entered for it in replay([Segment(table=table, begins=0)], POLICY, hours(-10, 0)).alarms)
    found = expect_the_same([Segment(table=table, begins=0)], np.arange(NOW - 10, first + 1))
    assert [(it.entered, it.ended) for it in found.alarms] == [(first, None)]


def test_the_hours_of_a_drift_that_has_ended_are_in_no_later_window():
    table = told((-300, DRIFTS["cost x2"]), (-270, HEALTHY), (-90, DRIFTS["cost x2"]), until=0, per_day=200)
    segments = [Segment(table=table, begins=0)]
    found = expect_the_same(segments, hours(-302, -66), every=24)
    first, second = (it for it in found.alarms if it.comparison is Comparison.COST)
    assert first.ended is not None
    assert second.entered > NOW - 90


def test_a_second_metric_may_alarm_while_the_first_lasts():
    table = told((-60, DRIFTS["cost x2"]), (-30, replace(DRIFTS["latency x2"], cost_usd=DRIFTS["cost x2"].cost_usd)), until=0, per_day=200)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-62, 0), every=9)
    assert {Comparison.COST, Comparison.RESPONSE_TIME} <= {it.comparison for it in found.alarms}


def test_a_providers_fault_is_no_drift_in_either():
    table = told((-40, Behaviour(crashes=0.4)), until=0, per_day=300)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-42, -10))
    assert found.alarms == ()
    assert detect(table, POLICY, instant(NOW - 10)).incidents


def test_a_fault_beside_a_drift_hides_it_in_neither():
    table = told((-40, Behaviour(crashes=0.2, latency_s=4.0)), until=0, per_day=300)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-42, -20))
    assert {it.comparison for it in found.alarms} == {Comparison.RESPONSE_TIME}


def test_an_outage_ends_no_alarm_of_a_drift_that_goes_on():
    ill = DRIFTS["escalation .15"]
    table = told((-160, ill), (-100, replace(ill, crashes=0.8)), (-20, ill), until=0, per_day=500)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-162, 0), every=12)
    assert [(it.comparison, it.ended) for it in found.alarms] == [(Comparison.ESCALATION_RATE, None)]


def test_an_outage_keeps_no_alarm_of_a_drift_that_is_over():
    table = told((-160, DRIFTS["booking .55"]), (-120, Behaviour(crashes=0.4)), until=0, per_day=500)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-162, 0), every=12)
    (alarm,) = found.alarms
    assert NOW - 120 < alarm.ended < NOW - 40


def test_an_agent_that_calls_nothing_any_more_does_not_end_the_alarm_of_its_mix():
    table = told((-160, DRIFTS["action mix"]), until=0, per_day=400)
    sums = table.dense()
    sums[table.hours >= NOW - 100, ACTIONS.start : PRODUCTS.stop] = 0
    mute = RollupTable.of("simulated", 1, table.actions, table.hours, table.provider_fault, sums)
    found = expect_the_same([Segment(table=mute, begins=0)], hours(-162, 0), every=12)
    assert [(it.comparison, it.ended) for it in found.alarms] == [(Comparison.ACTION_DISTRIBUTION, None)]


def test_a_young_variants_first_hours_are_judged_alike():
    table = told((-20, DRIFTS["booking .55"]), until=0, per_day=300, begins=-24 * 9)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-24 * 9 - 3, 0), every=9)
    assert found.alarms


def handed_over(*, old=(), new=(), known=False) -> list[Segment]:
    """A version that takes over four days before `NOW`, or the same after a change that is meant, with how each behaves."""
    before = told(*old, until=-96, per_day=200)
    after = told(*new, until=0, per_day=200, seed=5, begins=-96, version=1 if known else 2)
    whole = joined(before, after)
    first = Segment(table=whole if known else before, begins=0)
    return [first, Segment(table=whole if known else after, begins=NOW - 95, since=NOW - 96, before=before, compared=not known)]


def test_a_worse_version_is_found_against_the_one_before_in_both():
    segments = handed_over(new=[(-96, DRIFTS["cost x2"])])
    found = expect_the_same(segments, hours(-99, -40))
    assert found.alarms[0].comparison is Comparison.COST
    reports, _ = chain(segments, POLICY, np.arange(NOW - 95, found.alarms[0].entered + 1))
    assert reports[-1].of(Metric.COST).decided_by.against is Against.PREVIOUS_VERSION


def test_a_drift_that_goes_on_at_the_handover_freezes_what_lay_before_it_in_both():
    drift = DRIFTS["latency x2"]
    found = expect_the_same(handed_over(old=[(-140, drift)], new=[(-96, drift)]), hours(-142, -50), every=9)
    ill, still_ill = found.alarms
    assert (ill.entered < NOW - 96, ill.ended) == (True, None)
    assert still_ill.entered > NOW - 96


def test_a_drift_of_the_version_before_that_ended_is_in_no_weeks_of_reference():
    drift = DRIFTS["latency x2"]
    found = expect_the_same(handed_over(old=[(-240, drift), (-200, HEALTHY)], new=[(-96, drift)]), hours(-242, -60), every=24)
    assert [it.ended is not None for it in found.alarms] == [True, False]


def test_after_a_change_that_is_meant_nothing_before_it_is_compared():
    drift = DRIFTS["latency x2"]
    found = expect_the_same(handed_over(new=[(-96, drift)], known=True), hours(-98, 0), every=9)
    assert found.alarms == ()


def test_a_drift_within_the_time_after_a_meant_change_is_found_alike():
    new = [(-96, DRIFTS["latency x2"]), (-12, Behaviour(latency_s=9.0))]
    found = expect_the_same(handed_over(new=new, known=True), hours(-96, 0), every=9)
    assert {it.comparison for it in found.alarms} == {Comparison.RESPONSE_TIME}
    assert found.alarms[0].entered > NOW - 12


def test_the_bare_thresholds_are_passed_in_the_same_hours():
    table = told((-30, DRIFTS["booking .65"]), until=0, per_day=200)
    policy = replace(POLICY, mode=Mode.THRESHOLD)
    found = expect_the_same([Segment(table=table, begins=0)], hours(-60, 0), policy, every=2)
    assert found.alarms == ()
    assert found.metrics[Metric.BOOKING_RATE].drifting.any()
    assert not found.metrics[Metric.BOOKING_RATE].drifting.all()


def test_an_alarm_tells_the_worst_severity_of_its_hours():
    table = told((-24, DRIFTS["booking .65"]), (-12, Behaviour(booking=0.2)), until=0, per_day=1000)
    found = replay([Segment(table=table, begins=0)], POLICY, hours(-26, 0))
    alarm = next(it for it in found.alarms if it.comparison is Comparison.BOOKING_RATE)
    ranks = found.metrics[Metric.BOOKING_RATE].severity
    assert alarm.severity is list(Severity)[ranks.max()]


def test_a_policy_of_other_thresholds_and_windows_is_judged_alike():
    table = told((-30, DRIFTS["cost x1.3"]), until=0, per_day=300)
    policy = replace(POLICY, cost_increase_threshold=0.05, recent_hours=12, reference_days=3, min_samples_for_comparison=20)
    assert expect_the_same([Segment(table=table, begins=0)], hours(-32, 0), policy).alarms


def test_what_was_checked_before_the_first_segment_is_not_told():
    table = told(until=0, per_day=20)
    found = replay([Segment(table=table, begins=NOW - 10)], POLICY, hours(-20, 0))
    assert found.ends.tolist() == list(range(NOW - 10, NOW + 1))
