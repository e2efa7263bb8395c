"""Backtests over stored traffic: which range, which version, what it would have cost, and that nothing is changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.windows import instant
from lifecycle_core.errors import InvalidInputError, UnknownVariantError
from lifecycle_core.operations import backtesting, checked, drift, policies, traffic, versions
from lifecycle_core.operations.backtesting import backtest
from lifecycle_core.policy import Mode, Policy, RetrainingPolicy, ShadowPolicy
from lifecycle_core.retraining.backtests import Stretch
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.store import backtests, conversations
from tests.filled import filled

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def talk(act, *, days, rate=0.75, until=0.0, version=None, a_day=96, seed=1):
    """Traffic of so many days before the test's noon, or before `until` days before it."""
    chance, gap = np.random.default_rng(seed), DAY / a_day
    return [
        Conversation(
            id=f"{version}-{days}-{number}",
            variant="baseline",
            version=version,
            ended_at=act.at - days * DAY + gap * (number + 0.5),
            booked=bool(chance.random() < rate),
            cost_usd=float(np.exp(chance.normal(-6, 0.5))),
            actions=("look_up", "book"),
        )
        for number in range(round((days - until) * a_day))
    ]


@pytest.fixture
def ill(database, act):
    """Three healthy weeks, then three days in which bookings fell."""
    return filled(database, act, fall)


def fall(database, act):
    traffic.ingest(database, act, [*talk(act, days=24, until=3), *talk(act, days=3, rate=0.3)])


def test_all_that_is_stored_is_replayed_where_no_range_is_given(ill, act):
    found = backtest(ill, "baseline", act.at)
    assert (found.window.start, found.window.end) == (act.at - 24 * DAY + HOUR, act.at)
    assert (len(found.ends), found.conversations) == (24 * 24, 24 * 96)


def test_a_range_is_floored_to_the_hour(ill, act):
    found = backtest(ill, "baseline", act.at, start=act.at - 2 * DAY + HOUR / 2, end=act.at - DAY + HOUR / 3)
    assert (found.window.start, found.window.end) == (act.at - 2 * DAY, act.at - DAY)


def test_the_drift_is_an_alarm_and_a_retraining_of_the_present_policy(ill, act):
    found = backtest(ill, "baseline", act.at)
    (spell,) = found.current.spells
    assert spell.drifts == (Metric.BOOKING_RATE,)
    assert act.at - 3 * DAY < instant(spell.began) <= act.at - 2 * DAY
    assert [it.triggers for it in found.current.retrainings] == [(Metric.BOOKING_RATE,)]
    assert found.changed is None


def test_another_threshold_is_judged_beside_it(ill, act):
    found = backtest(ill, "baseline", act.at, changed=Policy(booking_rate_threshold=0.9))
    assert found.changed is not None
    assert (len(found.current.spells), len(found.changed.spells), found.changed.retrainings) == (1, 0, ())


def test_the_bare_thresholds_are_judged_by_the_present_policys_own(ill, act):
    policies.set_policy(ill, act, "baseline", Policy(booking_rate_threshold=0.2))
    assert backtest(ill, "baseline", act.at).bare.policy == Policy(booking_rate_threshold=0.2, mode=Mode.THRESHOLD)


@pytest.mark.parametrize("mode", [Mode.EVIDENCE, Mode.THRESHOLD])
def test_every_hour_is_judged_as_the_watch_of_that_hour_judges_it(ill, act, mode):
    policies.set_policy(ill, act, "baseline", Policy(mode=mode))
    found = backtest(ill, "baseline", act.at)
    for hour in found.ends[-90:].tolist():
        report = drift.check_and_record(ill, replace(act, at=instant(hour)), "baseline", instant(hour))
        drifting = {it for it, spans in found.current.spans.items() if any(begin <= hour < end for begin, end in spans)}
        assert drifting == set(report.drifts), instant(hour)
    recorded = [it.created_at for it in reversed(drift.history(ill, "baseline", 9)) if it.created_at > instant(int(found.ends[-90]))]
    assert recorded
    assert recorded == [instant(it.began) for it in found.current.spells if it.began > found.ends[-90]]


def test_a_backtest_changes_nothing(ill, act):
    backtest(ill, "baseline", act.at)
    assert (drift.history(ill, None, 10), drift.metrics(ill, act.at).checks) == ([], 0)


def test_an_alarm_that_goes_on_at_the_beginning_is_known(ill, act):
    found = backtest(ill, "baseline", act.at, start=act.at - DAY)
    (spell,) = found.current.spells
    assert instant(spell.began) < found.window.start
    assert found.current.hours_in_drift == 25


def test_each_metric_has_its_figures_and_its_n(ill, act):
    found = backtest(ill, "baseline", act.at)
    charts = {it.metric: it for it in found.charts}
    assert list(charts) == list(Metric)
    assert {metric: it.n for metric, it in charts.items()} == {
        **dict.fromkeys(Metric, 24 * 96),
        Metric.ESCALATION_RATE: 0,
        Metric.RESPONSE_TIME: 0,
    }
    report = drift.check(ill, "baseline", act.at).of(Metric.BOOKING_RATE)
    booked = charts[Metric.BOOKING_RATE]
    assert booked.recent[-1] == pytest.approx(report.recent.value)
    assert booked.reference[-1] == pytest.approx(report.reference.value)


def test_through_promotions_and_a_change_that_is_meant_the_episodes_are_those_of_the_watch(database, act):
    for number in (1, 2):
        versions.register(database, act, variant="baseline", system_prompt=f"Prompt {number}")
    for hours, number in ((-900, 1), (-60, 2)):
        versions.activate(database, replace(act, at=act.at + hours * HOUR + timedelta(minutes=17)), "baseline", number)
    spans = [(24, 80 / 24, 0.75), (80 / 24, 60 / 24, 0.3), (60 / 24, 24 / 24, 0.3), (1, 0, 0.75)]
    traffic.ingest(database, act, [it for days, until, rate in spans for it in talk(act, days=days, until=until, rate=rate, a_day=144)])
    for hour in range(-84, 1):
        at = act.at + hour * HOUR
        drift.check_and_record(database, replace(act, at=at), "baseline", at)
        if hour == -40:
            drift.known(database, replace(act, at=at + HOUR), drift.history(database, "baseline", 1)[0].id, "it is meant")
    recorded = list(reversed(drift.history(database, "baseline", 9)))
    found = backtest(database, "baseline", act.at, start=act.at - 84 * HOUR).current
    assert [(it.version, it.known_at is not None) for it in recorded[:2]] == [(1, False), (2, True)]
    assert [(instant(it.began), it.ended and instant(it.ended), it.severity, it.hours) for it in found.spells] == [
        (it.created_at, it.closed_at, it.severity, it.checks) for it in recorded
    ]
    kept = [alarm for it in recorded for alarm in drift.episode(database, it.id).alarms]
    assert [(it.comparison, instant(it.entered), instant(it.onset), it.length) for it in found.alarms] == [
        (it.comparison, it.entered_at, it.onset_at, it.hours) for it in kept
    ]


def test_an_alarm_lasts_through_the_first_activation_of_the_version_that_served_all_along(ill, act):
    whole = backtest(ill, "baseline", act.at).current
    versions.register(ill, act, variant="baseline", system_prompt="Prompt 1")
    versions.activate(ill, replace(act, at=act.at - 20 * HOUR), "baseline", 1)
    assert backtest(ill, "baseline", act.at).current.alarms == whole.alarms


@pytest.fixture
def switched(database, act):
    """Traffic of version 1, then of 2, then of 3, taken back to 2: activated at odd minutes, one only for some minutes."""
    for version in (1, 2, 3):
        versions.register(database, act, variant="baseline", system_prompt=f"Prompt {version}")
    for days, version in ((14, 1), (9, 2), (4, 3), (2, 2)):
        versions.activate(database, replace(act, at=act.at - days * DAY + timedelta(minutes=17)), "baseline", version)
    traffic.ingest(database, act, [*talk(act, days=20, until=14), *talk(act, days=14, seed=2, version=None)])
    return database


def test_the_version_of_each_hour_is_the_one_that_a_check_of_that_hour_judges(switched, act):
    with switched.read() as tx:
        first, stop = epoch_hour(act.at) - 20 * 24, epoch_hour(act.at) + 1
        activations = [
            (-int(-at.timestamp() // 3600), epoch_hour(at), version) for at, version in conversations.activations(tx, "baseline")
        ]
        stretches = list(backtesting._stretches(tx, "baseline", activations, first, stop))
        assert (stretches[0].first, stretches[-1].stop) == (first, stop)
        assert all(one.stop == other.first for one, other in pairwise(stretches))
        for it in stretches:
            for hour in range(it.first, it.stop):
                found = checked.asked(tx, "baseline", instant(hour))
                assert it.version == (found.version or 1), instant(hour)
                assert (it.since, it.previous) == (found.since and epoch_hour(found.since), found.previous), instant(hour)
    assert [it.version for it in stretches] == [1, 1, 2, 3, 2]


def test_a_new_version_is_compared_with_the_one_before_it(switched, act):
    with switched.read() as tx:
        activations = [
            (-int(-at.timestamp() // 3600), epoch_hour(at), version) for at, version in conversations.activations(tx, "baseline")
        ]
        found = list(backtesting._stretches(tx, "baseline", activations, epoch_hour(act.at) - 13 * 24, epoch_hour(act.at)))
    assert [(it.version, it.previous) for it in found] == [(1, None), (2, 1), (3, 2), (2, 1)]


def test_switches_of_the_version_are_told(switched, act):
    found = backtest(switched, "baseline", act.at, start=act.at - 10 * DAY)
    assert [(instant(hour), version) for hour, version in found.switches] == [
        (act.at - 9 * DAY + HOUR, 2),
        (act.at - 4 * DAY + HOUR, 3),
        (act.at - 2 * DAY + HOUR, 2),
    ]


def test_before_any_activation_the_versions_are_those_of_the_traffic(database, act):
    traffic.ingest(database, act, [*talk(act, days=6, until=3, version=4), *talk(act, days=3, version=7)])
    with database.read() as tx:
        found = list(backtesting._stretches(tx, "baseline", [], epoch_hour(act.at) - 5 * 24, epoch_hour(act.at) + 1))
    assert [(it.version, it.stop - it.first) for it in found] == [(4, 49), (7, 72)]


def test_without_past_retrainings_the_cost_is_unknown(ill, act):
    cost = backtest(ill, "baseline", act.at).cost
    assert (cost.sessions, cost.mean, cost.usd, cost.open_hours, cost.open_assumed) == (0, None, None, 7 * 24, True)


def test_the_cost_is_the_mean_of_past_retrainings():
    began = datetime(2025, 9, 1, tzinfo=UTC)
    ended = [
        backtests.EndedSession(began, began + 10 * HOUR, backtests.Spent(calls=100, tokens=1000, usd=2.0)),
        backtests.EndedSession(began, began + 15 * HOUR, backtests.Spent(calls=300, tokens=2000, usd=1.0)),
    ]
    cost = backtesting._past_cost(ended, Policy())
    assert (cost.sessions, cost.mean, cost.usd) == (2, backtests.Spent(calls=200, tokens=1500, usd=1.5), 1.5)
    assert (cost.open_hours, cost.open_assumed) == (13, False)


def test_sessions_that_told_no_dollars_cost_an_unknown_amount():
    began = datetime(2025, 9, 1, tzinfo=UTC)
    cost = backtesting._past_cost([backtests.EndedSession(began, began + HOUR, backtests.Spent(calls=9, tokens=99))], Policy())
    assert (cost.mean, cost.usd) == (backtests.Spent(calls=9, tokens=99), None)


def test_a_change_that_plays_no_part_is_told(ill, act):
    found = backtest(ill, "baseline", act.at, changed=Policy(shadow=ShadowPolicy(replays=8)))
    assert any(note.startswith("What was set plays no part") for note in found.notes)


def test_a_longer_cooldown_begins_fewer_retrainings(ill, act):
    shorter, longer = (Policy(retraining=RetrainingPolicy(cooldown_days=it)) for it in (1, 14))
    policies.set_policy(ill, act, "baseline", replace(shorter, shadow=ShadowPolicy(max_days=1)))
    found = backtest(ill, "baseline", act.at, changed=longer)
    assert found.changed is not None
    assert len(found.current.retrainings) > len(found.changed.retrainings) == 1


def test_an_unknown_variant_is_refused(ill, act):
    with pytest.raises(UnknownVariantError, match="basline"):
        backtest(ill, "basline", act.at)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (2, 3, "the first check must not come after the last"),
        (400, 390, r"has no conversation from .* its conversations ended from 2025-09-13T12:00Z to 2025-10-07T12:00Z"),
        (365 * 12, 0, "are 12.0 years; a backtest replays at most 10"),
        (365 * 40, 0, "from is 1985"),
        (3, -2, "to is 2025-10-09"),
    ],
    ids=["the wrong way round", "without traffic", "too long", "before computers", "in the future"],
)
def test_a_range_that_cannot_be_meant_is_refused(ill, act, start, end, words):
    with pytest.raises(InvalidInputError, match=words):
        backtest(ill, "baseline", act.at, start=act.at - start * DAY, end=act.at - end * DAY)


def test_an_instant_without_a_zone_is_refused(ill, act):
    with pytest.raises(InvalidInputError, match="has no zone"):
        backtest(ill, "baseline", act.at, start=datetime(2025, 10, 1))  # noqa: DTZ001 - that is the fault


def test_a_variant_without_traffic_is_refused(database, act):
    versions.register(database, act, variant="quiet", system_prompt="Hello")
    with pytest.raises(InvalidInputError, match="has no conversation yet"):
        backtest(database, "quiet", act.at)


@pytest.mark.parametrize(("threshold", "drifting"), [(0.0, True), (5.0, False)], ids=["any rise", "a rise to six times as much"])
def test_thresholds_at_their_limits_are_replayed(ill, act, threshold, drifting):
    found = backtest(ill, "baseline", act.at, changed=Policy(mode=Mode.THRESHOLD, cost_increase_threshold=threshold))
    assert found.changed is not None
    assert (found.changed.hours_of(Metric.COST) > 0) is drifting


def test_a_policy_that_cannot_be_meant_is_refused(ill, act):
    with pytest.raises(InvalidInputError, match="bookingRateThreshold is -1"):
        backtest(ill, "baseline", act.at, changed=Policy(booking_rate_threshold=-1.0))


def test_from_a_drift_that_a_person_calls_known_nothing_before_its_onset_is_compared():
    one = Stretch(3, 100, 200, since=50, previous=2)
    assert list(backtesting._from_known([one], [(20, 10), (150, 120)])) == [
        Stretch(3, 100, 150, since=50, previous=2),
        Stretch(3, 150, 200, since=120, previous=3, compared=False),
    ]


def test_a_drift_that_was_known_before_a_stretch_begins_it():
    one = Stretch(1, 100, 200)
    assert list(backtesting._from_known([one], [(90, 40)])) == [Stretch(1, 100, 200, since=40, previous=1, compared=False)]


def test_an_alarm_ends_with_the_time_of_its_version(ill, act):
    """Its drift goes on, but what serves from then on is another version."""
    for number in (1, 2):
        versions.register(ill, act, variant="baseline", system_prompt=f"Prompt {number}")
    versions.activate(ill, replace(act, at=act.at - 30 * DAY), "baseline", 1)
    alarms = backtesting.backtest(ill, "baseline", act.at).current.alarms
    versions.activate(ill, replace(act, at=act.at - 3 * HOUR), "baseline", 2)
    found = [it for it in backtesting.backtest(ill, "baseline", act.at).current.alarms if it.entered < epoch_hour(act.at) - 3]
    assert {it.ended for it in alarms} == {None}
    assert {it.ended for it in found} == {epoch_hour(act.at) - 3}
